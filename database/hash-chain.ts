import { hash } from 'node:crypto';

/** What the first event of a stream is chained to. */
export const firstHash = '0'.repeat(64);

/** SHA-256, lower-case hex, of the previous hash as text followed by the stored text, in UTF-8. */
export const chainHash = (previous: string, body: string): string =>
  hash('sha256', previous + body, 'hex');

/** One link as it is stored. */
export type Link = { readonly revision: number; readonly hash: string; readonly body: string };

export type ChainVerdict =
  | { readonly kind: 'intact'; readonly revision: number; readonly hash: string }
  /** The first link that does not follow from those before it. */
  | {
      readonly kind: 'broken';
      readonly revision: number;
      readonly reason: 'revision_missing' | 'hash_differs';
    };

/** Walks one stream's links, oldest first, from its start or from a link known to be good. */
export const verifyChain = (
  links: Iterable<Link>,
  after: { readonly revision: number; readonly hash: string } = { revision: 0, hash: firstHash },
): ChainVerdict => {
  let { revision, hash: previous } = after;
  for (const link of links) {
    revision += 1;
    if (link.revision !== revision) return { kind: 'broken', revision, reason: 'revision_missing' };
    if (chainHash(previous, link.body) !== link.hash) {
      return { kind: 'broken', revision, reason: 'hash_differs' };
    }
    previous = link.hash;
  }
  return { kind: 'intact', revision, hash: previous };
};
