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
  /** Those with a number > `after`, oldest first, at most `limit` and never more than 1,000: ask again after the last. */
  readonly list: (after?: number, limit?: number) => Promise<readonly StoredSeal[]>;
  readonly last: () => Promise<StoredSeal | undefined>;
  /** Throws SealTaken where the number does not come next: another process sealed. */
  readonly add: (seal: StoredSeal) => Promise<void>;
};

/** Another process has sealed in the meantime; nothing was written. */
export class SealTaken extends Error {
  override readonly name = 'SealTaken';
}
