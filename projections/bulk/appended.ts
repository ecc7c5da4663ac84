import type { Stored, TableShape } from '../ports/columns.ts';
import type { TableWrite } from '../ports/read-tables.ts';
import type { BulkTable } from './bulk-table.ts';

/** Encodes rows one by one, as they are asked for. */
export function* encoded<Row>(
  shape: TableShape<Row>,
  rows: readonly Row[],
): Generator<readonly Stored[], void, void> {
  for (const row of rows) yield shape.cells(row);
}

/** Rows that are written once, and never were in the table before. */
export const appended = <Row>(shape: TableShape<Row>, fresh: readonly Row[]): TableWrite => ({
  table: shape.name,
  columns: shape.columnNames,
  count: fresh.length,
  rows: () => encoded(shape, fresh),
  replaced: () => [],
  removed: [],
});

/** A table that projections only ever add rows to, and never look into. */
export const createBulkAppended = <Row>(shape: TableShape<Row>): BulkTable<Row> => {
  let unwritten: Row[] = [];
  const take = (): TableWrite | null => {
    if (unwritten.length === 0) return null;
    const fresh = unwritten;
    unwritten = [];
    return appended(shape, fresh);
  };
  const never = (): never => {
    throw new Error(`no projection looks into ${shape.name}`);
  };
  return {
    shape,
    get: never,
    remove: never,
    load: never,
    group: never,
    values: never,
    changes: never,
    loadGroup: never,
    settle: () => {},
    knows: () => true,
    knowsGroup: () => true,
    put: (row) => {
      unwritten.push(row);
    },
    hasForgotten: () => false,
    takeFinished: take,
    takeAll: take,
  };
};
