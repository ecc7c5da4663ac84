import { type AccountId, marketStream, type Symbol as Ticker } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import { allTables } from '#projections/batch.ts';
import { project } from '#projections/ledger.ts';
import type { Stored } from '#projections/ports/columns.ts';
import type { Table } from '#projections/table.ts';
import { createTables, type Tables } from '#projections/tables.ts';
import { accountHistory } from '../as-of/account-history.ts';
import { eventInWords } from '../look/event-words.ts';
import type { Build } from '../ports/builds.ts';
import type { LogReader, StoredEvent } from '../ports/log-reader.ts';
import { canonical } from '../verify/cells.ts';
import type { Difference } from './compare.ts';

/**
 * The event that two builds of a row part at. `parts`: the first at which they differ, folded under both. `last`: folding
 * does not part them (they were made by other code, or a table was changed by hand), so it is the last event that either
 * row says it reflects.
 */
export type Cause = {
  readonly how: 'parts' | 'last';
  readonly sequence: number;
  readonly type: string;
  readonly effectiveAt: Instant;
  /** What the event says, on one line. */
  readonly words: string;
};

type Fold = { readonly tables: Tables; readonly byName: ReadonlyMap<string, Table<unknown>> };
const foldOf = (build: Build): Fold => {
  const tables = createTables(true, { cost: build.facts.cost });
  return { tables, byName: new Map(allTables(tables).map((table) => [table.shape.name, table])) };
};

const shapes = new Map(
  allTables(createTables(true)).map(({ shape }) => [shape.name, shape] as const),
);

/** What the projections know a row by; undefined where the row is not one that this program can read. */
const rowKey = ({ table, a, b }: Difference): string | undefined => {
  const shape = shapes.get(table);
  const row = a ?? b;
  if (shape === undefined || row === null) return undefined;
  try {
    return shape.keyOf(shape.decode(row));
  } catch {
    return undefined;
  }
};

type Cells = Readonly<Record<string, Stored>> | null;
const cellsOf = (fold: Fold, table: string, key: string): Cells => {
  const found = fold.byName.get(table);
  const row = found?.get(key);
  return found === undefined || row === undefined ? null : found.shape.encode(row);
};

const parted = ({ kind, cells }: Difference, a: Cells, b: Cells): boolean => {
  if (kind !== 'cells_differ') return (a === null) !== (b === null);
  if (a === null || b === null) return a !== b;
  return cells.some(({ column }) => canonical(a[column]) !== canonical(b[column]));
};

const changedKeys = (folds: readonly Fold[]): ReadonlySet<string> => {
  const keys = new Set<string>();
  for (const { byName } of folds) {
    for (const [name, table] of byName) {
      for (const key of table.changes().keys()) keys.add(`${name} ${key}`);
      table.settle(Number.POSITIVE_INFINITY);
    }
  }
  return keys;
};

/** The first event at which each of an account's rows parts, as far as folding the account under both builds tells. */
const partings = async (
  log: LogReader,
  accountId: AccountId,
  [a, b]: readonly [Build, Build],
  wanted: readonly Difference[],
): Promise<ReadonlyMap<Difference, number>> => {
  const found = new Map<Difference, number>();
  const waiting = new Map<string, Difference>();
  for (const one of wanted) {
    const key = rowKey(one);
    if (key !== undefined) waiting.set(`${one.table} ${key}`, one);
  }
  const [left, right] = [foldOf(a), foldOf(b)];
  const sides = [
    { fold: left, upTo: a.facts.sequence },
    { fold: right, upTo: b.facts.sequence },
  ];
  const end = Math.max(a.facts.sequence, b.facts.sequence);
  const view = { asOf: null, known: { kind: 'sequence', sequence: end } } as const;
  const look = (event: RecordedEvent): void => {
    for (const name of changedKeys([left, right])) {
      const difference = waiting.get(name);
      if (difference === undefined) continue;
      const key = name.slice(difference.table.length + 1);
      const cells = [left, right].map((fold) => cellsOf(fold, difference.table, key));
      if (!parted(difference, cells[0] ?? null, cells[1] ?? null)) continue;
      found.set(difference, event.sequence);
      waiting.delete(name);
    }
  };
  for await (const event of accountHistory(log, accountId, view)) {
    if (waiting.size === 0) break;
    for (const { fold, upTo } of sides) if (event.sequence <= upTo) project(event, fold.tables);
    look(event);
  }
  return found;
};

const storedAt = async (log: LogReader, sequence: number): Promise<StoredEvent | undefined> => {
  for await (const [stored] of log.events({ fromSequence: sequence, toSequence: sequence })) {
    return stored;
  }
  return undefined;
};

const causeAt = async (
  log: LogReader,
  how: Cause['how'],
  sequence: number,
): Promise<Cause | null> => {
  const stored = await storedAt(log, sequence);
  if (stored === undefined) return null;
  const { type, effectiveAt } = stored;
  return { how, sequence, type, effectiveAt, words: eventInWords(stored) };
};

/** A market's row: its first mark after the earlier of the two builds. */
const marketParting = async (
  log: LogReader,
  { a, b }: Difference,
  builds: readonly [Build, Build],
): Promise<number | undefined> => {
  const symbol = (a ?? b)?.['symbol'];
  const [one, other] = builds.map(({ facts }) => facts.sequence);
  if (typeof symbol !== 'string' || one === other) return undefined;
  const from = Math.min(one ?? 0, other ?? 0) + 1;
  const filter = { stream: marketStream(symbol as Ticker), fromSequence: from };
  for await (const [stored] of log.events(filter)) return stored?.sequence;
  return undefined;
};

const lastOf = ({ a, b }: Difference): number =>
  Math.max(Number(a?.['sequence'] ?? 0), Number(b?.['sequence'] ?? 0));

/** The event that caused each difference; null where the log has none that could have. */
export const causesOf = async (
  log: LogReader,
  builds: readonly [Build, Build],
  differences: readonly Difference[],
): Promise<ReadonlyMap<Difference, Cause | null>> => {
  const causes = new Map<Difference, Cause | null>();
  const byAccount = Map.groupBy(differences, ({ a, b }) => (a ?? b)?.['account_id'] ?? null);
  for (const [accountId, wanted] of byAccount) {
    const ofAccount = typeof accountId === 'string';
    const found = ofAccount
      ? await partings(log, accountId as AccountId, builds, wanted)
      : new Map<Difference, number>();
    for (const one of wanted) {
      const parting = ofAccount ? found.get(one) : await marketParting(log, one, builds);
      const cause =
        parting === undefined
          ? await causeAt(log, 'last', lastOf(one))
          : await causeAt(log, 'parts', parting);
      causes.set(one, cause);
    }
  }
  return causes;
};
