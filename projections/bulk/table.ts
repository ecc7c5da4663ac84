import { invariant } from '#domain/invariant.ts';
import type { TableShape } from '../ports/columns.ts';
import type { TableWrite } from '../ports/read-tables.ts';
import { appended, encoded } from './appended.ts';
import type { BulkTable } from './bulk-table.ts';

/** How a table's rows come and go while a whole log is folded. */
export type Keeping<Row> = {
  /** Will hardly change any more: it is written with the next batch and forgotten. */
  readonly isFinished: (row: Row) => boolean;
  /** A group is forgotten as a whole, so that what is known of one is always all of it. */
  readonly wholeGroups: boolean;
};

/** Shared by the tables of a fold: whether a row that memory does not know may be in the database all the same. */
export type Doubt = { isRestating: boolean };

type Entry<Row> = {
  row: Row;
  isUnwritten: boolean;
  /** The database may have an older row under the key. */
  mayBeStored: boolean;
};

type Keyed<Row> = readonly [key: string, entry: Entry<Row>];
type Taken<Row> = {
  readonly finished: readonly Keyed<Row>[];
  readonly open: readonly (readonly Keyed<Row>[])[];
};

export const createBulkTable = <Row>(
  shape: TableShape<Row>,
  { isFinished, wholeGroups }: Keeping<Row>,
  doubt: Doubt,
): BulkTable<Row> => {
  // In the order in which they were last touched.
  const open = new Map<string, Entry<Row>>();
  const finished = new Map<string, Entry<Row>>();
  const groups = new Map<string, Map<string, Row>>();
  const removed = new Set<string>();
  /** Keys that the database was asked for and does not have. */
  const absent = new Set<string>();
  let hasWritten = false;
  let hasForgotten = false;
  /** What was last taken out to be written. */
  let leaving: Taken<Row> = { finished: [], open: [] };

  const at = (key: string): Entry<Row> | undefined => open.get(key) ?? finished.get(key);
  const knows = (key: string): boolean =>
    !hasWritten || at(key) !== undefined || removed.has(key) || absent.has(key);
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
  const place = (key: string, entry: Entry<Row>, old: Entry<Row> | undefined): void => {
    regroup(key, old?.row, entry.row);
    if (old !== undefined && !open.delete(key)) finished.delete(key);
    (isFinished(entry.row) ? finished : open).set(key, entry);
  };
  const load = (key: string, row: Row | undefined): void => {
    const known = at(key);
    if (row === undefined) absent.add(key);
    // What memory has is newer; but its group may be made anew.
    else place(key, known ?? { row, isUnwritten: false, mayBeStored: true }, known);
  };
  const forget = (key: string, { row }: Entry<Row>): void => {
    regroup(key, row, undefined);
    if (!open.delete(key)) finished.delete(key);
  };

  /** What has to be written of `taken`, and the keys that have to make way for it. */
  const writeOf = (taken: readonly Entry<Row>[]): TableWrite | null => {
    const unwritten = taken.filter(({ isUnwritten }) => isUnwritten);
    const fresh = unwritten.map(({ row }) => row);
    const replaced = unwritten.filter(({ mayBeStored }) => mayBeStored).map(({ row }) => row);
    const gone = [...removed];
    removed.clear();
    absent.clear();
    for (const entry of unwritten) {
      entry.isUnwritten = false;
      entry.mayBeStored = true;
    }
    if (fresh.length === 0 && gone.length === 0) return null;
    hasWritten = true;
    return { ...appended(shape, fresh), replaced: () => encoded(shape, replaced), removed: gone };
  };
  const groupEntries = (group: ReadonlyMap<string, Row>): Keyed<Row>[] => {
    const entries: Keyed<Row>[] = [];
    for (const key of group.keys()) {
      const entry = open.get(key);
      if (entry !== undefined) entries.push([key, entry]);
    }
    return entries;
  };
  /** What was touched longest ago, in parts that are forgotten together. */
  const oldest = (count: number): readonly (readonly Keyed<Row>[])[] => {
    const parts: (readonly Keyed<Row>[])[] = [];
    let left = count;
    for (const one of wholeGroups ? groups.values() : open) {
      if (left <= 0) break;
      const part = one instanceof Map ? groupEntries(one) : [one];
      parts.push(part);
      left -= part.length;
    }
    return parts;
  };
  const isUntouched = ([key, entry]: Keyed<Row>): boolean => at(key) === entry;
  const isWholeGroup = ([first, ...others]: readonly Keyed<Row>[]): boolean => {
    const name = first === undefined ? null : shape.groupOf(first[1].row);
    return name === null || groups.get(name)?.size === others.length + 1;
  };
  const forgetLeaving = (): void => {
    for (const [key, entry] of leaving.finished.filter(isUntouched)) forget(key, entry);
    for (const part of leaving.open) {
      if (!part.every(isUntouched) || (wholeGroups && !isWholeGroup(part))) continue;
      for (const [key, entry] of part) forget(key, entry);
      hasForgotten = true;
    }
  };

  return {
    shape,
    get: (key) => {
      const entry = at(key);
      invariant(entry !== undefined || knows(key), `${shape.name} ${key} was loaded`);
      return entry?.row;
    },
    put: (row) => {
      const key = shape.keyOf(row);
      const old = at(key);
      const mayBeStored =
        old?.mayBeStored ?? ((doubt.isRestating && hasWritten) || removed.has(key));
      removed.delete(key);
      place(key, { row, isUnwritten: true, mayBeStored }, old);
    },
    remove: (key) => {
      const entry = at(key);
      if (entry !== undefined) forget(key, entry);
      removed.add(key);
    },
    group: (name) => {
      const group = groups.get(name);
      invariant(group !== undefined || !hasForgotten, `${shape.name} of ${name} were loaded`);
      return group === undefined ? [] : [...group.values()];
    },
    *values() {
      for (const { row } of open.values()) yield row;
      for (const { row } of finished.values()) yield row;
    },
    knows,
    knowsGroup: (name) => !hasForgotten || groups.has(name),
    load,
    loadGroup: (name, loaded) => {
      if (loaded.length > 0 || hasForgotten) groups.set(name, new Map());
      for (const row of loaded) load(shape.keyOf(row), row);
    },
    changes: () => {
      throw new Error('a bulk build takes its changes out by takeFinished and takeAll');
    },
    settle: () => {},
    hasForgotten: () => hasForgotten,
    takeFinished: (rowsKept) => {
      forgetLeaving();
      leaving = { finished: [...finished], open: oldest(open.size - rowsKept) };
      return writeOf([...leaving.finished, ...leaving.open.flat()].map(([, entry]) => entry));
    },
    takeAll: () => writeOf([...open.values(), ...finished.values()]),
  };
};
