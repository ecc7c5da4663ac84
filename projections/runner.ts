import type { RecordedEvent } from '#domain/recorded-event.ts';
import { takeChanges } from './batch.ts';
import { project } from './ledger.ts';
import { load } from './load.ts';
import { segments } from './needs.ts';
import type { EventFeed } from './ports/event-feed.ts';
import type { Batch, ReadTables } from './ports/read-tables.ts';
import { ProjectionStopped } from './stopped.ts';
import { createTables, type Tables } from './tables.ts';

/** Another process moved the checkpoint, or other read tables are live now: open them anew and go on from there. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

/** The database cannot hold what some event of a batch makes. */
class Refused extends Error {
  override readonly name = 'Refused';
  /** The last sequence of the batch. */
  readonly ceiling: number;
  constructor(reason: string, ceiling: number) {
    super(reason);
    this.ceiling = ceiling;
  }
}

export type RunnerSettings = {
  readonly feed: EventFeed;
  readonly readTables: ReadTables;
  /** Called whenever the read tables reflect a new sequence. */
  readonly onApplied: (sequence: number) => void;
  /** Events in one transaction at most. */
  readonly batchMax?: number;
  /** Rows of a table that stay in memory between batches. */
  readonly rowsKept?: number;
};

const DEFAULT_BATCH_MAX = 500;
const DEFAULT_ROWS_KEPT = 50_000;

const projectAll = (events: readonly RecordedEvent[], tables: Tables): void => {
  for (const event of events) {
    try {
      project(event, tables);
    } catch (cause) {
      throw new ProjectionStopped(event, cause);
    }
  }
};

/**
 * Applies the log to the read tables until `signal` aborts, each event exactly once: rows and checkpoint change
 * together or not at all. While one batch is being written the next is computed.
 * Throws ProjectionStopped, Superseded, or what the database threw.
 */
export const runProjections = async (
  settings: RunnerSettings,
  signal: AbortSignal,
): Promise<void> => {
  try {
    await runOnce(settings, signal);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    await oneByOne(settings, error.ceiling, signal);
    await runProjections(settings, signal);
  }
};

/** Applies events in transactions of their own up to `ceiling`: then it is known which of them is refused. */
const oneByOne = async (
  settings: RunnerSettings,
  ceiling: number,
  outer: AbortSignal,
): Promise<void> => {
  const reached = new AbortController();
  const onApplied = (sequence: number): void => {
    settings.onApplied(sequence);
    if (sequence >= ceiling) reached.abort();
  };
  const signal = AbortSignal.any([outer, reached.signal]);
  await runOnce({ ...settings, onApplied, batchMax: 1 }, signal);
};

const runOnce = async (settings: RunnerSettings, outer: AbortSignal): Promise<void> => {
  const { feed, readTables } = settings;
  const writer = createWriter(settings);
  const signal = AbortSignal.any([outer, writer.failed]);
  const tables = createTables(false);
  const after = await readTables.checkpoint();
  let checkpoint = after;
  const batchMax = settings.batchMax ?? DEFAULT_BATCH_MAX;
  for await (const events of feed.subscribe({ after, batchMax, signal })) {
    for (const segment of segments(events)) {
      await load(tables, readTables, segment);
      if (writer.failed.aborted) break;
      try {
        projectAll(segment, tables);
      } catch (error) {
        await writer.done();
        await applyPrefix(settings, segment, checkpoint, error);
        throw error;
      }
      await writer.write(tables, checkpoint, segment);
      checkpoint = segment.at(-1)?.sequence ?? checkpoint;
    }
    if (writer.failed.aborted) break;
  }
  await writer.done();
};

/** One batch is being written at a time, while the caller goes on. What fails is thrown by `done` and aborts `failed`. */
const createWriter = ({ readTables, onApplied, rowsKept = DEFAULT_ROWS_KEPT }: RunnerSettings) => {
  const failure = new AbortController();
  let writing: Promise<void> = Promise.resolve();
  const refused = async (events: readonly RecordedEvent[], reason: string): Promise<Error> => {
    const [event, ...others] = events;
    if (event === undefined || others.length > 0) {
      return new Refused(reason, events.at(-1)?.sequence ?? 0);
    }
    await readTables.stop({ sequence: event.sequence, eventId: event.id, reason });
    return new ProjectionStopped(event, reason);
  };
  const commit = async (batch: Batch, events: readonly RecordedEvent[]): Promise<void> => {
    try {
      const outcome = await readTables.commit(batch);
      if (outcome.kind === 'superseded') throw new Superseded(`not at ${batch.floor} any more`);
      if (outcome.kind === 'refused') throw await refused(events, outcome.reason);
      onApplied(batch.ceiling);
    } catch (error) {
      failure.abort(error);
    }
  };
  return {
    failed: failure.signal,
    write: async (
      tables: Tables,
      floor: number,
      events: readonly RecordedEvent[],
    ): Promise<void> => {
      const batch = takeChanges(tables, floor, events.at(-1)?.sequence ?? floor, rowsKept);
      await writing;
      if (!failure.signal.aborted) writing = commit(batch, events);
    },
    done: async (): Promise<void> => {
      await writing;
      failure.signal.throwIfAborted();
    },
  };
};

/** Writes what comes before the event that cannot be applied, computed afresh, and says why the set stops. */
const applyPrefix = async (
  { readTables, onApplied }: RunnerSettings,
  segment: readonly RecordedEvent[],
  floor: number,
  error: unknown,
): Promise<void> => {
  if (!(error instanceof ProjectionStopped)) return;
  const good = segment.filter((event) => event.sequence < error.sequence);
  const ceiling = good.at(-1)?.sequence;
  if (ceiling !== undefined) {
    const tables = createTables(false);
    await load(tables, readTables, good);
    projectAll(good, tables);
    const outcome = await readTables.commit(takeChanges(tables, floor, ceiling, 0));
    if (outcome.kind !== 'committed') throw new Superseded(`${outcome.kind} at ${floor}`);
    onApplied(ceiling);
  }
  const { sequence, eventId, reason } = error;
  await readTables.stop({ sequence, eventId, reason });
};
