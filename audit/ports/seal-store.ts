/** A seal: what the log was, signed. Its text form is what is hashed, signed and kept elsewhere. */
export type StoredSeal = {
  /** 1, 2, 3 … without a gap. */
  readonly number: number;
  /** The seal as one line of JSON, exactly as it was signed. */
  readonly text: string;
  /** Ed25519 over the text, base64url. */
  readonly signature: string;
};

export type SealStore = {
  /** Those with a number > `after`, oldest first, at most 1,000: ask again after the last. */
  readonly list: (after?: number) => Promise<readonly StoredSeal[]>;
  readonly last: () => Promise<StoredSeal | undefined>;
  /** Throws where the number is taken: another process sealed. */
  readonly add: (seal: StoredSeal) => Promise<void>;
};
