import { setTimeout as sleep } from 'node:timers/promises';
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
  const before = await past.base(accountId, shown);
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
  const { checkpoint, version } = await live.live();
  // Tables of another program's projections are about to be rebuilt: what is kept would be theirs in part.
  if (version !== ledgerSet.version) return false;
  const last = await past.base(accountId, everything(checkpoint));
  if (checkpoint - (last?.through ?? 0) > sizes.logBehind) return true;
  const revision = await past.revisionBy(accountId, checkpoint);
  return revision - (last?.revision ?? 0) > sizes.eventsBehind;
};

/** Where segments come from and where they go; `withPast` must see what `store` has. */
export type SegmentPorts = {
  readonly withPast: WithPast;
  readonly store: SegmentStore;
};

/**
 * Makes the segments of an account that are missing, each in a look and a transaction of its own, until `signal` aborts:
 * what was made by then stays. Nothing of it is needed for an answer, it only saves time.
 */
export const keepSegments = async (
  { withPast, store }: SegmentPorts,
  accountId: AccountId,
  signal: AbortSignal,
  sizes: SegmentSizes = segmentSizes,
): Promise<void> => {
  if (!(await withPast((look) => isBehind(look, accountId, sizes)))) return;
  for (;;) {
    signal.throwIfAborted();
    const begun = performance.now();
    const next = await withPast((look) => nextSegment(look, accountId, sizes.events));
    if (next === undefined) return;
    const added = await store.add(next.segment, next.rows);
    // Where another one was added meanwhile, whoever did that goes on.
    if (!added || next.isLast) return;
    // Half of the time is left to what trades.
    await sleep(performance.now() - begun, undefined, { signal });
  }
};

export type SegmentKeeper = {
  /** Sees to it that what is missing of an account is kept, some time from now. */
  readonly keep: (accountId: AccountId) => void;
  /** Resolves when nothing is left to do. */
  readonly idle: () => Promise<void>;
  /** Stops, between two segments. */
  readonly close: () => Promise<void>;
};

/**
 * Keeps segments beside everything else, of one account after the other. `failed` hears why it could not: an answer
 * without them takes longer and is the same.
 */
export const createSegmentKeeper = (
  ports: SegmentPorts,
  failed: (error: unknown, accountId: AccountId) => void,
  sizes: SegmentSizes = segmentSizes,
): SegmentKeeper => {
  const closing = new AbortController();
  const { signal } = closing;
  const wanted = new Set<AccountId>();
  let working: Promise<void> = Promise.resolve();
  const keepOne = async (accountId: AccountId): Promise<void> => {
    try {
      if (!signal.aborted) await keepSegments(ports, accountId, signal, sizes);
    } catch (error) {
      if (!signal.aborted) failed(error, accountId);
    } finally {
      wanted.delete(accountId);
    }
  };
  return {
    keep: (accountId) => {
      if (wanted.has(accountId) || signal.aborted) return;
      wanted.add(accountId);
      working = working.then(() => keepOne(accountId));
    },
    idle: async () => {
      while (wanted.size > 0) await working;
    },
    close: async () => {
      closing.abort();
      await working;
    },
  };
};
