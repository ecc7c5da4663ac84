/** Makes uuids; version 7 in production, so that they sort by time and index well. */
export type Ids = { readonly next: () => string };
