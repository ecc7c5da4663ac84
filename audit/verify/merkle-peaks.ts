import { type Digest, nodeHash } from '../seals/merkle.ts';

/** A complete subtree: how many leaves, and the hash above them, hex. */
export type Peak = { readonly size: number; readonly hash: string };

/** A Merkle tree (RFC 9162) that grows leaf by leaf and can be put aside: one subtree a level. */
export const createPeaks = (saved: readonly Peak[] = []) => {
  const peaks: { size: number; hash: Digest }[] = saved.map(({ size, hash }) => ({
    size,
    hash: Buffer.from(hash, 'hex'),
  }));
  return {
    add: (leaf: Digest): void => {
      let grown = { size: 1, hash: leaf };
      for (let last = peaks.at(-1); last?.size === grown.size; last = peaks.at(-1)) {
        peaks.pop();
        grown = { size: last.size + grown.size, hash: nodeHash(last.hash, grown.hash) };
      }
      peaks.push(grown);
    },
    /** Hex; null while there is no leaf. */
    root: (): string | null => {
      const [last, ...others] = peaks.toReversed();
      if (last === undefined) return null;
      return others.reduce((right, { hash }) => nodeHash(hash, right), last.hash).toString('hex');
    },
    save: (): readonly Peak[] =>
      peaks.map(({ size, hash }) => ({ size, hash: hash.toString('hex') })),
  };
};
export type Peaks = ReturnType<typeof createPeaks>;
