import { hash } from 'node:crypto';

/** SHA-256. */
export type Digest = Buffer;

const leafPrefix = Buffer.of(0x00);
// By way of a text, whose bytes fit into a pool: a buffer of its own for each takes twice as long, and the collector too.
const sha256 = (data: string | Uint8Array): Digest =>
  Buffer.from(hash('sha256', data, 'binary'), 'latin1');

/** The hash of a leaf's data; text counts as UTF-8 (RFC 9162, 2.1.1). */
export const leafHash = (data: string | Uint8Array): Digest =>
  typeof data === 'string' ? sha256(`\0${data}`) : sha256(Buffer.concat([leafPrefix, data]));

/** A node's data: its prefix and the two below it, put together here each time. */
const node = Buffer.alloc(65, 0x01);

/** The hash of a node above two others (RFC 9162, 2.1.1). */
export const nodeHash = (left: Digest, right: Digest): Digest => {
  left.copy(node, 1);
  right.copy(node, 33);
  return sha256(node);
};

/** Leaves `first` to `first + size - 1`, counted from 0, and the hash above them. */
type Subtree = { readonly first: number; readonly size: number; readonly hash: Digest };

const holds = ({ first, size }: Subtree, leaf: number | undefined): boolean =>
  leaf !== undefined && leaf >= first && leaf < first + size;

/** What a tree came to: `path` leads from the proven leaf to the root, nearest first. */
export type MerkleTree = {
  readonly size: number;
  readonly root: Digest;
  readonly path: readonly Digest[];
};

export type MerkleFold = {
  readonly add: (leaf: Digest) => void;
  /** The tree of the leaves so far; more may follow. */
  readonly tree: () => MerkleTree;
};

/**
 * A tree that grows by one leaf hash at a time and holds no more than one subtree a level. With `proven`, a leaf's
 * place counted from 0, it gathers the inclusion path of that leaf on the way (RFC 9162, 2.1.3.1).
 */
export const createMerkleFold = (proven?: number): MerkleFold => {
  // Complete subtrees, sizes falling powers of two: the leaves' count in binary.
  const peaks: Subtree[] = [];
  const gathered: Digest[] = [];
  let size = 0;

  const join = (left: Subtree, right: Subtree, path: Digest[]): Subtree => {
    if (holds(left, proven)) path.push(right.hash);
    if (holds(right, proven)) path.push(left.hash);
    const hash = nodeHash(left.hash, right.hash);
    return { first: left.first, size: left.size + right.size, hash };
  };

  return {
    add: (leaf) => {
      let grown: Subtree = { first: size, size: 1, hash: leaf };
      for (let last = peaks.at(-1); last?.size === grown.size; last = peaks.at(-1)) {
        peaks.pop();
        grown = join(last, grown, gathered);
      }
      peaks.push(grown);
      size += 1;
    },
    tree: () => {
      const path = [...gathered];
      const [last, ...others] = peaks.toReversed();
      if (last === undefined) return { size, root: sha256(Buffer.alloc(0)), path };
      const { hash: root } = others.reduce((right, left) => join(left, right, path), last);
      return { size, root, path };
    },
  };
};

/** The root that a leaf and its path lead to; undefined where the path is none for that place (RFC 9162, 2.1.3.2). */
export const rootFrom = (
  leaf: Digest,
  index: number,
  size: number,
  path: readonly Digest[],
): Digest | undefined => {
  if (index < 0 || index >= size) return undefined;
  // Halved by division: bit operations would cut what is above 2^31.
  let place = index;
  let last = size - 1;
  let root = leaf;
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (place % 2 === 1 || place === last) {
      root = nodeHash(sibling, root);
      while (place % 2 === 0 && place !== 0) {
        place /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      root = nodeHash(root, sibling);
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? root : undefined;
};
