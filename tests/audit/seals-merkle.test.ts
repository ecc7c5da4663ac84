import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  createMerkleFold,
  type Digest,
  leafHash,
  nodeHash,
  rootFrom,
} from '#audit/seals/merkle.ts';

// The test vectors of the certificate-transparency reference (RFC 6962; RFC 9162 hashes the same way).
const inputs = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => Buffer.from(hex, 'hex'));
const leafHashes = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
  '0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7',
  '07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7',
  'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
  '4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658',
  'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f',
  '46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1',
];
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
/** Leaf and size, counted from 0 and 1, and the path of its proof. */
const paths: readonly (readonly [leaf: number, size: number, path: readonly string[]])[] = [
  [0, 1, []],
  [
    0,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    5,
    8,
    [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
  [
    1,
    5,
    [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
];

const treeOf = (leaves: readonly Digest[], proven?: number) => {
  const fold = createMerkleFold(proven);
  for (const leaf of leaves) fold.add(leaf);
  return fold.tree();
};

/** RFC 9162, 2.1.1, word by word: split at the largest power of two below the size. */
const naiveRoot = (leaves: readonly Digest[]): Digest => {
  const [only] = leaves;
  if (only === undefined) return hash('sha256', '', 'buffer');
  if (leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
};

const someLeaves = (size: number): Digest[] =>
  Array.from({ length: size }, (_, place) => leafHash(`leaf ${place}`));
const anyPlace = fc
  .integer({ min: 1, max: 200 })
  .chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)));

describe('the Merkle tree of a seal', () => {
  it('hashes the eight standard inputs as published', () => {
    assert.deepEqual(
      inputs.map((input) => leafHash(input).toString('hex')),
      leafHashes,
    );
  });

  it('comes to the published root of every number of them', () => {
    const leaves = inputs.map(leafHash);
    for (const [size, root] of roots.entries()) {
      assert.equal(treeOf(leaves.slice(0, size)).root.toString('hex'), root);
    }
  });

  it('gathers the published paths', () => {
    for (const [leaf, size, path] of paths) {
      const tree = treeOf(inputs.slice(0, size).map(leafHash), leaf);
      assert.deepEqual(
        tree.path.map((node) => node.toString('hex')),
        path,
      );
    }
  });

  it('is, leaf by leaf, what the definition says of all leaves at once', () => {
    const leaves = someLeaves(130);
    const fold = createMerkleFold();
    for (const [place, leaf] of leaves.entries()) {
      fold.add(leaf);
      assert.deepEqual(fold.tree().root, naiveRoot(leaves.slice(0, place + 1)));
    }
  });

  it('proves every leaf of every size up to 40, and at no other place or size', () => {
    for (let size = 1; size <= 40; size += 1) {
      const leaves = someLeaves(size);
      for (const [index, leaf] of leaves.entries()) {
        const { root, path } = treeOf(leaves, index);
        assert.deepEqual(rootFrom(leaf, index, size, path), root);
        for (let other = 0; other < size; other += 1) {
          if (other !== index) assert.notDeepEqual(rootFrom(leaf, other, size, path), root);
        }
      }
    }
  });

  it('is proven by no path with a byte changed, a step less or a step more', () => {
    fc.assert(
      fc.property(anyPlace, fc.nat(), fc.integer({ min: 1, max: 255 }), ([size, index], at, by) => {
        const leaves = someLeaves(size);
        const leaf = leaves[index] as Digest;
        const { root, path } = treeOf(leaves, index);
        assert.deepEqual(rootFrom(leaf, index, size, path), root);
        assert.notDeepEqual(rootFrom(leaf, index, size, [...path, leaf]), root);
        assert.notDeepEqual(rootFrom(leafHash('another'), index, size, path), root);
        if (path.length === 0) return;
        assert.notDeepEqual(rootFrom(leaf, index, size, path.slice(1)), root);
        const changed = path.map((node) => Buffer.from(node));
        const node = changed[at % path.length] as Digest;
        node[at % node.length] = (node[at % node.length] as number) ^ by;
        assert.notDeepEqual(rootFrom(leaf, index, size, changed), root);
      }),
    );
  });
});
