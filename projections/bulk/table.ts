import { invariant } from '#domain/invariant.ts';
import type { TableShape } from '../ports/columns.ts';
import type { StoredRow, TableWrite } from '../ports/read-tables.ts';
import type { Table } from '../table.ts';

/** How a table's rows come and go while a whole log is folded. */
export type Keeping<Row> = {
  /** Will hardly change any more: it is written with the next batch and forgotten. */
  readonly isFinished: (row: Row) => boolean;
  /** A group is forgotten as a whole, so that what is known of one is always all of it. */
  readonly wholeGroups: boolean;
};

/**
 * Rows of one read table while a log is folded from its first event into empty tables. What may still change stays in
 * memory, so it is written once and seldom read back; what is finished, or was touched longest ago where there is too
 * much, is written and forgotten. What was never written cannot be in the database, so nobody has to ask.
 */
export type BulkTable<Row> = Table<Row> & {
  /** Whether rows that are not finished have had to be forgotten. */
  readonly hasForgotten: () => boolean;
  /** Takes out what is finished, and the oldest of what is more than `rowsKept`; null where that is nothing. */
  readonly takeFinished: (rowsKept: number) => TableWrite | null;
  /** Takes out everything that is not in the database yet; it stays in memory. */
  readonly takeAll: () => TableWrite | null;
};

/** Shared by the tables of a fold: whether a row that memory does not know may be in the database all the same. */
export type Doubt = { isRestating: boolean };

export const createBulkTable = <Row>(
  shape: TableShape<Row>,
  { isFinished, wholeGroups }: Keeping<Row>,
  doubt: Doubt,
): BulkTable<Row> => {
  // In the order in which they were last touched.
  const rows = new Map<string, Row>();
  const groups = new Map<string, Map<string, Row>>();
  const finished = new Map<string, Row>();
  const unwritten = new Set<string>();
  /** Keys in memory under which the database may have an older row. */
  const stored = new Set<string>();
  const removed = new Set<string>();
  /** Keys that the database was asked for and does not have. */
  const absent = new Set<string>();
  let hasWritten = false;
  let hasForgotten = false;

  const at = (key: string): Row | undefined => rows.get(key) ?? finished.get(key);
  const knows = (key: string): boolean =>
    !hasWritten || rows.has(key) || finished.has(key) || removed.has(key) || absent.has(key);
  const leave = (name: string, key: string): void => {
    const group = groups.get(name);
    group?.delete(key);
    if (group?.size === 0) groups.delete(name);
  };
  const regroup = (key: string, old: Row | undefined, row: Row | undefined): void => {
    const from = old === undefined ? null : shape.groupOf(old);
    const to = row === undefined ? null : shape.groupOf(row);
    if (from !== null && from !== to) leave(from, key);
    if (to === null || row === undefined) return;
    const group = groups.get(to) ?? new Map<string, Row>();
    if (wholeGroups) groups.delete(to); // To the end: it was touched last.
    groups.set(to, group);
    group.set(key, row);
  };
  const place = (key: string, row: Row): void => {
    regroup(key, at(key), row);
    rows.delete(key);
    finished.delete(key);
    (isFinished(row) ? finished : rows).set(key, row);
  };
  const load = (key: string, row: Row | undefined): void => {
    if (row === undefined) {
      absent.add(key);
      return;
    }
    place(key, row);
    stored.add(key);
  };
  const forget = (key: string, row: Row): void => {
    regroup(key, row, undefined);
    rows.delete(key);
    finished.delete(key);
    unwritten.delete(key);
    stored.delete(key);
  };

  /** What has to be written of `taken`, and the keys that have to make way for it. */
  const writeOf = (taken: readonly (readonly [string, Row])[]): TableWrite | null => {
    const fresh: Row[] = [];
    const replaced: Row[] = [];
    for (const [key, row] of taken) {
      if (!unwritten.has(key)) continue;
      fresh.push(row);
      if (stored.has(key)) replaced.push(row);
    }
    const gone = [...removed];
    removed.clear();
    absent.clear();
    if (fresh.length === 0 && gone.length === 0) return null;
    hasWritten = true;
    return {
      table: shape.name,
      columns: shape.columnNames,
      count: fresh.length,
      rows: () => encoded(shape, fresh),
      replaced: () => encoded(shape, replaced),
      replacedCount: replaced.length,
      removed: gone,
    };
  };
  const oldest = (rowsKept: number): (readonly [string, Row])[] => {
    let excess = rows.size - rowsKept;
    const taken: (readonly [string, Row])[] = [];
    if (wholeGroups) {
      for (const [name, group] of groups) {
        if (excess <= 0) break;
        taken.push(...group);
        excess -= group.size;
        groups.delete(name);
      }
      return taken;
    }
    for (const entry of rows) {
      if (excess <= 0) break;
      taken.push(entry);
      excess -= 1;
    }
    return taken;
  };

  return {
    shape,
    get: (key) => {
      const row = at(key);
      invariant(row !== undefined || knows(key), `${shape.name} ${key} was loaded`);
      return row;
    },
    put: (row) => {
      const key = shape.keyOf(row);
      if (doubt.isRestating && hasWritten && at(key) === undefined) stored.add(key);
      if (removed.delete(key)) stored.add(key);
      place(key, row);
      unwritten.add(key);
    },
    remove: (key) => {
      const row = at(key);
      if (row !== undefined) forget(key, row);
      removed.add(key);
    },
    group: (name) => {
      const group = groups.get(name);
      invariant(group !== undefined || !hasForgotten, `${shape.name} of ${name} were loaded`);
      return group === undefined ? [] : [...group.values()];
    },
    *values() {
      yield* rows.values();
      yield* finished.values();
    },
    knows,
    knowsGroup: (name) => !hasForgotten || groups.has(name),
    load,
    loadGroup: (name, loaded) => {
      if (loaded.length > 0 || hasForgotten) groups.set(name, new Map());
      for (const row of loaded) load(shape.keyOf(row), row);
    },
    changes: () => new Map([...unwritten].map((key) => [key, at(key) ?? null])),
    settle: () => {},
    hasForgotten: () => hasForgotten,
    takeFinished: (rowsKept) => {
      const tooMany = oldest(rowsKept);
      if (tooMany.length > 0) hasForgotten = true;
      const taken = [...finished, ...tooMany];
      const write = writeOf(taken);
      for (const [key, row] of taken) forget(key, row);
      return write;
    },
    takeAll: () => {
      const write = writeOf([...rows, ...finished]);
      for (const key of unwritten) stored.add(key);
      unwritten.clear();
      return write;
    },
  };
};

function* encoded<Row>(
  shape: TableShape<Row>,
  rows: readonly Row[],
): Generator<StoredRow, void, void> {
  for (const row of rows) yield shape.encode(row);
}
