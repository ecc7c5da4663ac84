/** SHA-256 of a text, lower-case hex. */
export type Digest = (text: string) => string;
