import type { RecordedEvent } from '#domain/recorded-event.ts';
import { project } from '../ledger.ts';
import { load } from '../load.ts';
import { segments, standsAlone } from '../needs.ts';
import type { BulkReadTables, TableWrite } from '../ports/read-tables.ts';
import type { RuleSet } from '../ports/rules.ts';
import { ProjectionStopped } from '../stopped.ts';
import type { Tables } from '../tables.ts';
import { type BulkTables, createBulkTables } from './tables.ts';

export type BulkSettings = {
  /** The events from the first on, in the order in which they are to be folded. */
  readonly pages: AsyncIterable<readonly RecordedEvent[]>;
  readonly readTables: BulkReadTables;
  readonly rules: RuleSet;
  /** The event that the tables reflect at the end, where later ones up to there have no part in them. */
  readonly upTo?: number;
  /** Called after each page with the last sequence that was folded. */
  readonly onFolded?: (sequence: number) => void;
  /** Rows of each table in memory. */
  readonly rowsKept?: number;
  /** Events between two writes. */
  readonly writeEvery?: number;
};

const DEFAULT_ROWS_KEPT = 50_000;
const DEFAULT_WRITE_EVERY = 8_000;

const fold = (events: readonly RecordedEvent[], tables: Tables): void => {
  for (const event of events) {
    try {
      project(event, tables);
    } catch (cause) {
      throw new ProjectionStopped(event, cause);
    }
  }
};

type Take = () => readonly TableWrite[];

/** One batch of rows is being written while the next is folded. A failure is thrown by the next call. */
const createWriter = (readTables: BulkReadTables) => {
  let writing: Promise<void> = Promise.resolve();
  const done = (): Promise<void> => writing;
  /** Takes rows out of memory once the ones before are in the database, and begins to write them. */
  const write = async (take: Take): Promise<void> => {
    await writing;
    writing = readTables.write(take());
    writing.catch(() => {}); // Thrown where it is awaited.
  };
  return { write, done };
};
type Writer = ReturnType<typeof createWriter>;

/** Sees to it that what an event which needs the tables as a whole asks the database for is there. */
const writeAhead = async (
  [event]: readonly RecordedEvent[],
  bulk: BulkTables,
  writer: Writer,
): Promise<void> => {
  switch (event?.data.type) {
    case 'FillBusted':
    case 'FillCorrected':
      await writer.write(bulk.takeFinished);
      return writer.done();
    case 'SessionClosed':
      if (bulk.hasOpenBooks()) return;
      await writer.write(bulk.takeAll);
      return writer.done();
    default:
  }
};

/** Folds a page into the tables in memory. */
const foldPage = async (
  page: readonly RecordedEvent[],
  bulk: BulkTables,
  readTables: BulkReadTables,
  writer: Writer,
): Promise<void> => {
  const { tables, doubt } = bulk;
  for (const segment of segments(page)) {
    const [first] = segment;
    await writeAhead(segment, bulk, writer);
    await load(tables, readTables, segment);
    doubt.isRestating = first !== undefined && standsAlone(first);
    fold(segment, tables);
    tables.earlierExtremes.clear();
  }
};

/**
 * Folds a log from its first event into empty read tables, many times faster than event by event: rows are written when
 * they are finished, not when they change. The tables are complete, and have a checkpoint, only once this returns; what
 * is left of one that was interrupted has to be thrown away. Returns the last sequence. Throws ProjectionStopped, or what
 * the database threw.
 */
export const runBulk = async (
  { pages, readTables, rules, ...settings }: BulkSettings,
  signal: AbortSignal,
): Promise<number> => {
  const { rowsKept = DEFAULT_ROWS_KEPT, writeEvery = DEFAULT_WRITE_EVERY } = settings;
  const { upTo = 0, onFolded } = settings;
  const bulk = createBulkTables(rules, rowsKept);
  const writer = createWriter(readTables);
  let last = 0;
  let sinceWrite = 0;
  try {
    for await (const page of pages) {
      signal.throwIfAborted();
      await foldPage(page, bulk, readTables, writer);
      last = Math.max(last, page.at(-1)?.sequence ?? 0);
      onFolded?.(last);
      sinceWrite += page.length;
      if (sinceWrite < writeEvery) continue;
      sinceWrite = 0;
      await writer.write(bulk.takeFinished);
    }
    await writer.write(bulk.takeAll);
  } finally {
    // Whoever throws the rows away after a failure must not meet a write that is still going on.
    await writer.done();
  }
  const reached = Math.max(last, upTo);
  await readTables.complete(reached);
  return reached;
};
