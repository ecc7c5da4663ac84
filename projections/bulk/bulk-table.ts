import type { TableWrite } from '../ports/read-tables.ts';
import type { Table } from '../table.ts';

/**
 * Rows of one read table while a log is folded from its first event into empty tables. What may still change stays in
 * memory, so it is written once and seldom read back; what is finished, or was touched longest ago where there is too
 * much, is written and forgotten. What was never written cannot be in the database, so nobody has to ask.
 */
export type BulkTable<Row> = Table<Row> & {
  /** Whether rows that are not finished have had to be forgotten. */
  readonly hasForgotten: () => boolean;
  /**
   * What is finished, and the oldest of what is more than `rowsKept`, to be written; null where that is nothing. It is
   * forgotten at the next call, which has to wait until it is written: what memory does not know is in the database.
   */
  readonly takeFinished: (rowsKept: number) => TableWrite | null;
  /** Everything that is not in the database yet, to be written; it stays in memory. */
  readonly takeAll: () => TableWrite | null;
};
