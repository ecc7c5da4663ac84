import { createPastQueries } from '#audit/as-of/queries.ts';
import { NoSuchPast, type Seen, seenIn, type View } from '#audit/as-of/view.ts';
import type { LookSnapshot } from '#audit/ports/live-figures.ts';
import type { AccountId } from '#domain/ids.ts';
import type { Instant } from '#domain/time.ts';
import type { Queries } from '#projections/ports/queries.ts';
import { accountIdOf, isUuid } from './values.ts';

/** A view of the ledger in one look. */
export type PastView = Seen & {
  readonly queries: Omit<Queries, 'status' | 'waitFor'>;
  /** Events that the read tables lack of what was asked for. */
  readonly behind: number;
};

const nothingLive = {
  status: () => Promise.reject(new Error('A view of the past has no status.')),
  waitFor: () => Promise.reject(new Error('A view of the past waits for nothing.')),
};

/** Looks up a view; `now` is the instant of the end of the log. Throws NoSuchPast for what is beyond it. */
export const pastView = async (
  { log, past, tables }: LookSnapshot,
  view: View,
  now: Instant,
  signal: AbortSignal,
): Promise<PastView> => {
  const seen = await seenIn(log, view, now);
  const { checkpoint } = await tables.live();
  const until = Math.min(seen.until, checkpoint);
  const shown = { until, end: seen.end };
  const settings = { reader: past, shown, at: seen.at, live: nothingLive, patience: { signal } };
  return { ...seen, until, queries: createPastQueries(settings), behind: seen.until - until };
};

/** The account of this id or number. Throws NoSuchPast where there is none. */
export const accountNamed = async ({ past }: LookSnapshot, name: string): Promise<AccountId> => {
  const id = isUuid(name) ? accountIdOf(name) : await past.accountOfNumber(name);
  if (id === undefined) throw new NoSuchPast(`There is no account ${name}.`);
  return id;
};

export const notThere = (name: string): NoSuchPast =>
  new NoSuchPast(`There is no account ${name} in this view of the ledger.`);

/** A line about read tables that lag; none where they do not. */
export const behindLines = ({ behind }: PastView): readonly string[] =>
  behind === 0 ? [] : [`The read tables are ${behind} events behind.`];
