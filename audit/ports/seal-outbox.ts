import type { Instant } from '#domain/time.ts';

/** What a place that keeps seals has had. */
export type TargetStanding = {
  /** An absolute path or a URL, without anything secret. */
  readonly target: string;
  /** The server delivers there by itself. */
  readonly automatic: boolean;
  /** Number of the last seal that it has; 0 for none. */
  readonly deliveredTo: number;
  readonly deliveredAt: Instant | null;
  /** Why the last attempt failed; null where it went well. */
  readonly failure: string | null;
  readonly failingSince: Instant | null;
};

/** Which seals went where, and the public keys that they go with. */
export type SealOutbox = {
  /** Makes exactly these the places that the server delivers to by itself. */
  readonly setAutomatic: (targets: readonly string[]) => Promise<void>;
  /** Number of the last seal that a place has; 0 for a new one. */
  readonly deliveredTo: (target: string) => Promise<number>;
  /** Notes that a place has every seal up to this one; what it had stays. */
  readonly delivered: (target: string, number: number) => Promise<void>;
  readonly failed: (target: string, why: string) => Promise<void>;
  /** The public key (PEM) of a fingerprint, where seals were signed with it. */
  readonly keyOf: (fingerprint: string) => Promise<string | undefined>;
  readonly keepKey: (fingerprint: string, pem: string) => Promise<void>;
};
