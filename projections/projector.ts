import { InvariantViolation } from '#domain/invariant.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { runBulk } from './bulk/run.ts';
import { ledgerSet } from './ledger.ts';
import type { EventFeed } from './ports/event-feed.ts';
import type { ProjectionSet, ReadTableHost } from './ports/read-tables.ts';
import { standardRules } from './ports/rules.ts';
import { runProjections, Superseded } from './runner.ts';
import { ProjectionStopped } from './stopped.ts';

export type ProjectorSettings = {
  readonly host: ReadTableHost;
  readonly feed: EventFeed;
  readonly onApplied: (sequence: number) => void;
  /** Resolves after so many milliseconds, or when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: { readonly warn: (facts: object, message: string) => void };
  /** The set that this program projects; an older version in the database is rebuilt. */
  readonly set?: ProjectionSet;
};

const RETRY_MS = 500;

/**
 * Keeps the live read tables up to date until `signal` aborts: waits for its turn among processes, goes on after a
 * rebuild has switched the tables, and after the database was away. Throws ProjectionStopped, or InvariantViolation
 * where the log itself cannot be trusted: only a person helps then.
 */
export const runProjector = async (
  { host, feed, onApplied, sleep, log, set = ledgerSet }: ProjectorSettings,
  signal: AbortSignal,
): Promise<void> => {
  while (!signal.aborted) {
    try {
      await bringUpToVersion({ host, feed, set, log }, signal);
      await projectLive({ host, feed, set, onApplied }, signal);
    } catch (error) {
      if (error instanceof ProjectionStopped || error instanceof InvariantViolation) throw error;
      if (signal.aborted) return;
      if (error instanceof Superseded) continue;
      log.warn({ err: error }, 'the projector was interrupted and tries again');
      await sleep(RETRY_MS, signal);
    }
  }
};

const bringUpToVersion = async (
  { host, feed, set = ledgerSet, log }: Pick<ProjectorSettings, 'host' | 'feed' | 'set' | 'log'>,
  signal: AbortSignal,
): Promise<void> => {
  const version = await host.liveVersion(set);
  if (version === undefined || version >= set.version) return;
  log.warn({ version, needed: set.version }, 'older read tables are rebuilt');
  await rebuild({ host, feed, set }, signal);
};

const projectLive = async (
  {
    host,
    feed,
    set = ledgerSet,
    onApplied,
  }: Pick<ProjectorSettings, 'host' | 'feed' | 'set' | 'onApplied'>,
  signal: AbortSignal,
): Promise<void> => {
  const open = await host.openLive(set, signal);
  if (open === undefined) return;
  const { readTables } = open;
  try {
    await runProjections({ feed, readTables, onApplied }, signal);
  } catch (error) {
    if (error instanceof InvariantViolation) {
      const sequence = (await readTables.checkpoint()) + 1;
      await readTables.stop({ sequence, eventId: null, reason: error.message });
    }
    throw error;
  } finally {
    await open.close();
  }
};

// Larger batches than live: nobody waits for a single event.
const REBUILD_BATCH_MAX = 1_000;

/** The log after `after` up to `head`, the next page being read while one is worked on. */
export async function* logUpTo(
  feed: Pick<EventFeed, 'readAll'>,
  {
    after,
    head,
    signal,
    batchMax = REBUILD_BATCH_MAX,
  }: {
    readonly after: number;
    readonly head: number;
    readonly signal: AbortSignal;
    readonly batchMax?: number | undefined;
  },
): AsyncGenerator<readonly RecordedEvent[], void, void> {
  const read = (from: number): Promise<readonly RecordedEvent[]> | undefined => {
    const limit = Math.min(batchMax, head - from);
    const page = limit > 0 ? feed.readAll({ after: from, limit }) : undefined;
    page?.catch(() => {}); // Thrown where it is awaited, if anybody still wants it.
    return page;
  };
  let next = read(after);
  while (next !== undefined && !signal.aborted) {
    const page = await next;
    const last = page.at(-1);
    if (last === undefined) return;
    next = read(last.sequence);
    yield page;
  }
}

/** The log up to `head`, and then the end. */
const upTo = (feed: EventFeed, head: number): EventFeed => ({
  ...feed,
  subscribe: ({ after, batchMax, signal }) => logUpTo(feed, { after, head, signal, batchMax }),
});

/** Told the last event that was taken in, and where the log ended when the rebuild began. */
export type RebuildProgress = (sequence: number, head: number) => void;

/**
 * Fills new read tables from the first event beside the live ones, which stay as they are meanwhile, and then shows
 * the new ones in their place. Returns the sequence at which they were switched.
 */
export const rebuild = async (
  {
    host,
    feed,
    set = ledgerSet,
    onProgress = () => {},
  }: Pick<ProjectorSettings, 'host' | 'feed' | 'set'> & { readonly onProgress?: RebuildProgress },
  signal: AbortSignal,
): Promise<number> => {
  const beside = await host.openBeside(set);
  let switched = false;
  try {
    const head = await feed.head();
    const pages = logUpTo(feed, { after: 0, head, signal });
    const onFolded = (sequence: number) => onProgress(sequence, head);
    const bulk = { pages, readTables: beside.bulk, rules: standardRules, onFolded };
    let reached = await runBulk(bulk, signal);
    while (!switched) {
      signal.throwIfAborted();
      const settings = {
        feed: upTo(feed, await feed.head()),
        readTables: beside.readTables,
        onApplied: (sequence: number) => {
          reached = sequence;
          onProgress(sequence, head);
        },
        batchMax: REBUILD_BATCH_MAX,
      };
      await runProjections(settings, signal);
      signal.throwIfAborted();
      switched = await beside.promote();
    }
    return reached;
  } finally {
    if (!switched) await beside.discard();
    await beside.close();
  }
};
