import type { AccountId, Symbol as Ticker } from '#domain/ids.ts';
import { ledgerSet } from '#projections/ledger.ts';
import type { LedgerSnapshot } from '../ports/ledger-snapshot.ts';
import type { KeptRow, KeptTable, PastReader, Segment, SegmentStore } from '../ports/past.ts';
import { readFacts } from './facts.ts';
import { beginFold, endOf, foldWindow, freshHappenings, start } from './fold.ts';
import { segmentOf } from './segment.ts';

export type SegmentSizes = {
  /** Events of the account in a segment: what a question about the past folds at most, once all is kept. */
  readonly events: number;
  /** Where the last segment lies further back than this many events of the account, or of the log, more are made. */
  readonly eventsBehind: number;
  readonly logBehind: number;
};
export const segmentSizes: SegmentSizes = { events: 250, eventsBehind: 500, logBehind: 100_000 };

/** A look that shows the past too. */
export type PastLook = LedgerSnapshot & { readonly past: PastReader };
export type WithPast = <T>(act: (look: PastLook) => Promise<T>) => Promise<T>;

const everything = (until: number) => ({ until, end: null });

type Next = {
  readonly segment: Segment;
  readonly rows: readonly KeptRow[];
  readonly isLast: boolean;
};

/** The segment after the last one; undefined where nothing has happened since. */
const nextSegment = async (
  { past, tables: live }: PastLook,
  accountId: AccountId,
  eventsMost: number,
): Promise<Next | undefined> => {
  const { checkpoint } = await live.live();
  const shown = everything(checkpoint);
  const before = await past.base(accountId, ledgerSet.version, shown);
  const from = before === undefined ? start : endOf(before);
  if (from.sequence >= checkpoint) return undefined;
  const fold = await beginFold(past, accountId, shown, before);
  const at = { accountId, through: from.sequence };
  const known = new Set<Ticker>();
  for (const { symbol } of fold.tables.positions.values()) known.add(symbol);
  const last = before === undefined ? null : readFacts(before.facts);
  const { facts, happenings } = freshHappenings(past, at, last);
  const window = await foldWindow(fold, {
    from,
    through: checkpoint,
    eventsMost,
    happenings,
    alsoMarksOf: [...known],
  });
  const fresh = [...fold.marksFrom.keys()].filter((symbol) => !known.has(symbol));
  const standing = async (table: KeptTable, keys: readonly string[]) =>
    new Set(await past.keysStanding(at, table, keys));
  const made = await segmentOf({
    accountId,
    before,
    through: window.end.sequence,
    sessions: window.end.sessions,
    events: window.events,
    happenings: window.happenings ?? new Map(),
    marketTimes: window.marketTimes,
    earlierMark: await past.latestMark(fresh, from.sequence),
    tables: fold.tables,
    facts,
    standing,
  });
  return { ...made, isLast: window.isLast };
};

/** Whether a question about the account would have to fold more than is good. */
const isBehind = async (
  { past, tables: live }: PastLook,
  accountId: AccountId,
  sizes: SegmentSizes,
): Promise<boolean> => {
  const { checkpoint } = await live.live();
  const last = await past.base(accountId, ledgerSet.version, everything(checkpoint));
  if (checkpoint - (last?.through ?? 0) > sizes.logBehind) return true;
  const revision = await past.revisionBy(accountId, checkpoint);
  return revision - (last?.revision ?? 0) > sizes.eventsBehind;
};

/**
 * Makes the segments of an account that are missing, each in a look and a transaction of its own, until `signal` aborts:
 * what was made by then stays. Nothing of it is needed for an answer, it only saves time.
 */
export const keepSegments = async (
  withPast: WithPast,
  store: SegmentStore,
  accountId: AccountId,
  signal: AbortSignal,
  sizes: SegmentSizes = segmentSizes,
): Promise<void> => {
  if (!(await withPast((look) => isBehind(look, accountId, sizes)))) return;
  for (;;) {
    signal.throwIfAborted();
    const next = await withPast((look) => nextSegment(look, accountId, sizes.events));
    if (next === undefined) return;
    // Where another one was added meanwhile, the next look sees it.
    const added = await store.add(next.segment, next.rows, ledgerSet.version);
    if (added && next.isLast) return;
  }
};
