import type { StreamName } from '#domain/ids.ts';
import type { Instant } from '#domain/time.ts';
import { firstHash } from '../hash-chain.ts';

/** What the next event of a stream builds on. */
export type Head = {
  readonly revision: number;
  readonly hash: string;
  /** Of the last event; null while there is none. */
  readonly recordedAt: Instant | null;
};

export const emptyHead: Head = { revision: 0, hash: firstHash, recordedAt: null };

/** The heads of the streams written last. They may be stale: the database compares. */
export type HeadCache = {
  readonly get: (stream: StreamName) => Head | undefined;
  readonly set: (stream: StreamName, head: Head) => void;
};

/** Keeps at most `capacity` heads, about 250 bytes each. */
export const createHeadCache = (capacity: number): HeadCache => {
  // A Map iterates in the order of insertion: what was written last is put at the end again.
  const heads = new Map<StreamName, Head>();
  return {
    get: (stream) => heads.get(stream),
    set: (stream, head) => {
      heads.delete(stream);
      heads.set(stream, head);
      if (heads.size <= capacity) return;
      for (const oldest of heads.keys()) {
        heads.delete(oldest);
        return;
      }
    },
  };
};
