import type { AccountId, StreamName } from '#domain/ids.ts';
import type { AccountRange } from '../ports/log-reader.ts';

const prefixes = ['account-', 'reconciliation-'] as const;

const behind = (prefix: string, stream: string): AccountId | null =>
  stream.startsWith(prefix) ? (stream.slice(prefix.length) as AccountId) : null;

/** The account whose stream this is; null for any other's. */
export const accountOf = (stream: StreamName): AccountId | null => behind(prefixes[0], stream);

/** The account whose reconciliations this stream tells; null for any other's. */
export const reconciledIn = (stream: StreamName): AccountId | null => behind(prefixes[1], stream);

/** The account that a stream belongs to in one way or the other. */
export const ownerOf = (stream: StreamName): AccountId | null =>
  accountOf(stream) ?? reconciledIn(stream);

export const everyAccount: AccountRange = { from: null, to: null };

/** Whoever has the first accounts has what belongs to none, too. */
export const isFirst = ({ from }: AccountRange): boolean => from === null;

/** Whether what belongs to this account, or to none, is in the range. */
export const isIn = (range: AccountRange, accountId: string | null): boolean => {
  if (accountId === null) return isFirst(range);
  const { from, to } = range;
  return (from === null || accountId >= from) && (to === null || accountId < to);
};

/** The ranges that fall apart at these ids, which ascend. */
export const rangesBetween = (bounds: readonly string[]): readonly AccountRange[] => {
  const froms = [null, ...bounds];
  return froms.map((from, n) => ({ from, to: bounds[n] ?? null }));
};
