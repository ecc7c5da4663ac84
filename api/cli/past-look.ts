import { accountOfNumberIn, foldFromLog } from '#audit/as-of/from-log.ts';
import { openPast } from '#audit/as-of/past.ts';
import { createPastQueries } from '#audit/as-of/queries.ts';
import { NoSuchPast, type Point, type Seen, seenIn, type View } from '#audit/as-of/view.ts';
import type { LookSnapshot } from '#audit/ports/live-figures.ts';
import type { AccountId } from '#domain/ids.ts';
import { type Instant, instant } from '#domain/time.ts';
import type { Queries } from '#projections/ports/queries.ts';
import { accountIdOf, isUuid } from './values.ts';

/** A view of the ledger in one look. */
export type PastView = Seen & {
  readonly queries: Omit<Queries, 'status' | 'waitFor'>;
  /** Events that the read tables lack of what was asked for; null where the answer comes from the log alone. */
  readonly behind: number | null;
};

const nothingLive = {
  status: () => Promise.reject(new Error('A view of the past has no status.')),
  waitFor: () => Promise.reject(new Error('A view of the past waits for nothing.')),
};

const sequenceOf = (point: Point | null): number =>
  point?.kind === 'sequence' ? point.sequence : 0;

/** Where nothing was ever marked: then an account's own last event alone decides what has settled. */
const longAgo = instant('1900-01-01T00:00:00Z');

/** The market's clock as a look at the ledger tells it: the newest mark. */
export const marketClock = async ({ live }: LookSnapshot): Promise<Instant> =>
  (await live.marketAt()) ?? longAgo;

/** Whether the read tables lack what an answer about the account needs; marks alone are told as being behind. */
const mustReadLog = async (
  { past }: LookSnapshot,
  accountId: AccountId,
  { asOf, known }: View,
  checkpoint: number,
  until: number,
): Promise<boolean> => {
  if (checkpoint >= until) return false;
  if (Math.max(sequenceOf(asOf), sequenceOf(known)) > checkpoint) return true;
  const shown = await past.revisionBy(accountId, checkpoint);
  return (await past.revisionBy(accountId, until)) > shown;
};

/**
 * A view of one account: from the read tables and what is kept, or where they lack events of it from the log alone.
 * Throws NoSuchPast for what is beyond the log.
 */
export const pastView = async (
  look: LookSnapshot,
  accountId: AccountId,
  view: View,
  signal: AbortSignal,
): Promise<PastView> => {
  const { log, past: reader, tables } = look;
  const seen = await seenIn(log, view, await marketClock(look));
  const { checkpoint } = await tables.live();
  const fromLog = await mustReadLog(look, accountId, view, checkpoint, seen.until);
  const until = fromLog ? seen.until : Math.min(seen.until, checkpoint);
  const shown = { until, end: seen.end };
  const open = (id: AccountId) =>
    fromLog ? foldFromLog(look, id, view, shown) : openPast(reader, id, shown, { signal });
  const queries = createPastQueries({ reader, shown, at: seen.at, live: nothingLive, open });
  return { ...seen, until, queries, behind: fromLog ? null : seen.until - until };
};

/** The account of this id or number. Throws NoSuchPast where there is none. */
export const accountNamed = async (
  { past, log, tables }: LookSnapshot,
  name: string,
): Promise<AccountId> => {
  if (isUuid(name)) return accountIdOf(name);
  const { checkpoint } = await tables.live();
  const id = (await past.accountOfNumber(name)) ?? (await accountOfNumberIn(log, name, checkpoint));
  if (id === undefined) throw new NoSuchPast(`There is no account ${name}.`);
  return id;
};

export const notThere = (name: string): NoSuchPast =>
  new NoSuchPast(`There is no account ${name} in this view of the ledger.`);

/** A line about read tables that lag; none where they do not. */
export const behindLines = ({ behind }: PastView): readonly string[] =>
  behind === 0 || behind === null ? [] : [`The read tables are ${behind} events behind.`];
