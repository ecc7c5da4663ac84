import { invariant } from '#domain/invariant.ts';
import type { TableShape } from './ports/columns.ts';

/**
 * Rows of one read table in memory: all of them (`complete`), or those that a batch works on. A row that was
 * never loaded is not the same as one that does not exist: asking for it is a bug and stops.
 */
export type Table<Row> = {
  readonly shape: TableShape<Row>;
  readonly get: (key: string) => Row | undefined;
  readonly put: (row: Row) => void;
  readonly remove: (key: string) => void;
  /** Rows of a group in the order they were put. */
  readonly group: (name: string) => readonly Row[];
  readonly values: () => Iterable<Row>;

  readonly knows: (key: string) => boolean;
  readonly knowsGroup: (name: string) => boolean;
  /** Takes in what the database has under a key, or that it has nothing. */
  readonly load: (key: string, row: Row | undefined) => void;
  readonly loadGroup: (name: string, rows: readonly Row[]) => void;
  /** What changed since the last `settle`, by key; null = removed. */
  readonly changes: () => ReadonlyMap<string, Row | null>;
  /** The changes are in the database; keeps at most `rowsKept` rows, the newest. */
  readonly settle: (rowsKept: number) => void;
};

export const createTable = <Row>(shape: TableShape<Row>, complete: boolean): Table<Row> => {
  let rows = new Map<string, Row | undefined>();
  const groups = new Map<string, Map<string, Row>>();
  let changed = new Map<string, Row | null>();

  const groupAt = (name: string): Map<string, Row> | undefined => {
    const group = groups.get(name);
    if (group !== undefined || !complete) return group;
    const fresh = new Map<string, Row>();
    groups.set(name, fresh);
    return fresh;
  };
  const regroup = (key: string, old: Row | undefined, row: Row | undefined): void => {
    const from = old === undefined ? null : shape.groupOf(old);
    const to = row === undefined ? null : shape.groupOf(row);
    if (from !== null && from !== to) groups.get(from)?.delete(key);
    if (to !== null && row !== undefined) groupAt(to)?.set(key, row);
  };
  const set = (key: string, row: Row | undefined): void => {
    regroup(key, rows.get(key), row);
    rows.set(key, row);
  };

  return {
    shape,
    get: (key) => {
      const row = rows.get(key);
      invariant(row !== undefined || complete || rows.has(key), `${shape.name} ${key} was loaded`);
      return row;
    },
    put: (row) => {
      const key = shape.keyOf(row);
      set(key, row);
      changed.set(key, row);
    },
    remove: (key) => {
      set(key, undefined);
      changed.set(key, null);
    },
    group: (name) => {
      const group = groupAt(name);
      invariant(group !== undefined, `${shape.name} of ${name} were loaded`);
      return [...group.values()];
    },
    *values() {
      for (const row of rows.values()) if (row !== undefined) yield row;
    },
    knows: (key) => complete || rows.has(key),
    knowsGroup: (name) => complete || groups.has(name),
    load: set,
    loadGroup: (name, loaded) => {
      groups.set(name, new Map());
      for (const row of loaded) set(shape.keyOf(row), row);
    },
    changes: () => changed,
    settle: (rowsKept) => {
      changed = new Map();
      if (complete || rows.size <= rowsKept) return;
      groups.clear();
      if (rowsKept === 0) {
        // One by one, each would leave the Map a smaller copy of itself that a garbage collection has to walk through.
        rows = new Map();
        return;
      }
      let excess = rows.size - rowsKept;
      for (const key of rows.keys()) {
        if (excess <= 0) return;
        rows.delete(key);
        excess -= 1;
      }
    },
  };
};
