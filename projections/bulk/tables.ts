import { isLive } from '#domain/order/lifecycle.ts';
import { accountsTable } from '../accounts/table.ts';
import { breaksTable, reconciliationsTable } from '../breaks/table.ts';
import { marketDataCacheTable } from '../marks/table.ts';
import { orderFillsTable } from '../order-fills/table.ts';
import { type OrderRecord, ordersTable } from '../orders/table.ts';
import { portfolioSnapshotsTable } from '../portfolio-snapshots/table.ts';
import type { TableShape } from '../ports/columns.ts';
import type { TableWrite } from '../ports/read-tables.ts';
import type { RuleSet } from '../ports/rules.ts';
import {
  lotsTable,
  positionHistoryTable,
  positionsTable,
  stockSplitsTable,
} from '../positions/table.ts';
import { journalEntriesTable } from '../postings/table.ts';
import type { Tables } from '../tables.ts';
import { transactionsTable } from '../transactions/table.ts';
import { createBulkAppended } from './appended.ts';
import type { BulkTable } from './bulk-table.ts';
import { createBulkMarks } from './marks.ts';
import { createBulkTable, type Doubt } from './table.ts';

const never = (): boolean => false;
const always = (): boolean => true;
const isOver = ({ status }: OrderRecord): boolean => status === 'refused' || !isLive(status);

/** The read tables while a whole log is folded. `rowsKept`: of each table in memory, between batches. */
export const createBulkTables = (rules: RuleSet, rowsKept: number) => {
  const doubt: Doubt = { isRestating: false };
  const table = <Row>(
    shape: TableShape<Row>,
    isFinished: (row: Row) => boolean,
    wholeGroups = false,
  ) => createBulkTable(shape, { isFinished, wholeGroups }, doubt);
  const all = {
    accounts: table(accountsTable, never),
    orders: table(ordersTable, isOver),
    orderFills: table(orderFillsTable, always),
    positions: table(positionsTable, never),
    positionHistory: table(positionHistoryTable, always),
    lots: table(lotsTable, ({ closedAt }) => closedAt !== null, true),
    stockSplits: table(stockSplitsTable, always),
    transactions: createBulkAppended(transactionsTable),
    journalEntries: createBulkAppended(journalEntriesTable),
    marketDataCache: table(marketDataCacheTable, never),
    priceMarks: createBulkMarks(rowsKept),
    portfolioSnapshots: table(portfolioSnapshotsTable, always),
    breaks: table(breaksTable, never),
    reconciliations: createBulkAppended(reconciliationsTable),
  };
  const hasOpenBooks = (): boolean =>
    ![all.accounts, all.positions, all.marketDataCache].some((one) => one.hasForgotten());
  const tables: Tables = {
    ...all,
    earlierExtremes: new Map(),
    rules,
    memory: { hasMarksAfter: all.priceMarks.hasAfter, hasOpenBooks },
  };
  const each = Object.values(all) as readonly BulkTable<unknown>[];
  const writes = (take: (one: BulkTable<unknown>) => TableWrite | null): readonly TableWrite[] =>
    each.map(take).filter((write) => write !== null);
  return {
    tables,
    doubt,
    hasOpenBooks,
    takeFinished: () => writes((one) => one.takeFinished(rowsKept)),
    takeAll: () => writes((one) => one.takeAll()),
  };
};

export type BulkTables = ReturnType<typeof createBulkTables>;
