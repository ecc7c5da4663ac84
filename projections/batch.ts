import type { Stored } from './ports/columns.ts';
import type { Batch } from './ports/read-tables.ts';
import type { Table } from './table.ts';
import type { Tables } from './tables.ts';

/** All tables, in a fixed order. */
export const allTables = (tables: Tables) => {
  const { earlierExtremes: _, rules: __, memory: ___, ...rest } = tables;
  return Object.values(rest) as readonly Table<unknown>[];
};

/** Takes the changes since the last call out of the tables, as JSON; keeps at most `rowsKept` rows of each in memory. */
export const takeChanges = (
  tables: Tables,
  floor: number,
  ceiling: number,
  rowsKept: number,
): Batch => {
  const changes: Record<string, Stored> = {};
  const removed: Record<string, string[]> = {};
  for (const { shape, changes: changed, settle } of allTables(tables)) {
    const rows: Stored[] = [];
    const gone: string[] = [];
    for (const [key, row] of changed()) {
      if (row === null) gone.push(key);
      else rows.push(shape.encode(row));
    }
    if (rows.length > 0) changes[shape.name] = rows;
    if (gone.length > 0) removed[shape.name] = gone;
    settle(writtenOnce.has(shape.name) ? 0 : rowsKept);
  }
  if (Object.keys(removed).length > 0) changes['removed'] = removed;
  tables.earlierExtremes.clear();
  return { floor, ceiling, changes: JSON.stringify(changes) };
};

/** Rows that no later event of an ordinary batch asks for. */
const writtenOnce = new Set([
  'position_history',
  'stock_splits',
  'transactions',
  'journal_entries',
  'price_marks',
  'portfolio_snapshots',
  'order_fills',
  'reconciliations',
]);
/** Every table as text, rows by key: what must be the same however the events were cut into batches. */
export const dump = (tables: Tables): string =>
  allTables(tables)
    .map(({ shape, values }) => {
      const rows = [...values()].map((row) => JSON.stringify(shape.encode(row))).sort();
      return `${shape.name}\n${rows.join('\n')}`;
    })
    .join('\n\n');
