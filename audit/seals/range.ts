import type { LogReader } from '../ports/log-reader.ts';
import { leafText, type SealedEvent } from './leaf.ts';
import { createMerkleFold, leafHash, type MerkleTree } from './merkle.ts';

export type Range = { readonly from: number; readonly to: number };

export type RangeTree = MerkleTree & {
  /** The first sequence of the range that is not there; null where it is whole. */
  readonly missing: number | null;
  /** The event whose path was asked for. */
  readonly event: SealedEvent | null;
};

/** Told how many of a range's events were looked at. */
export type RangeProgress = (done: number, total: number) => void;

/** The Merkle tree over the events of a range as they are now, with the path of one of them where it is asked for. */
export const treeOf = async (
  log: LogReader,
  { from, to }: Range,
  { prove, progress }: { readonly prove?: number; readonly progress?: RangeProgress } = {},
): Promise<RangeTree> => {
  const fold = createMerkleFold(prove === undefined ? undefined : prove - from);
  let expected = from;
  let missing: number | null = null;
  let event: SealedEvent | null = null;
  for await (const page of log.events({ fromSequence: from, toSequence: to })) {
    for (const stored of page) {
      if (stored.sequence !== expected) missing ??= expected;
      if (stored.sequence === prove) event = stored;
      expected = stored.sequence + 1;
      fold.add(leafHash(leafText(stored)));
    }
    progress?.(expected - from, to - from + 1);
  }
  if (expected <= to) missing ??= expected;
  return { ...fold.tree(), missing, event };
};
