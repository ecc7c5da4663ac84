import type { Symbol as Ticker } from '#domain/ids.ts';
import { accountsTable } from './accounts/table.ts';
import { breaksTable, reconciliationsTable } from './breaks/table.ts';
import type { Extremes } from './marks/extremes.ts';
import { marketDataCacheTable, priceMarksTable } from './marks/table.ts';
import { orderFillsTable } from './order-fills/table.ts';
import { ordersTable } from './orders/table.ts';
import { portfolioSnapshotsTable } from './portfolio-snapshots/table.ts';
import { type RuleSet, standardRules } from './ports/rules.ts';
import {
  lotsTable,
  positionHistoryTable,
  positionsTable,
  stockSplitsTable,
} from './positions/table.ts';
import { journalEntriesTable } from './postings/table.ts';
import { createTable } from './table.ts';
import { transactionsTable } from './transactions/table.ts';

/** The read tables as the projections see them: everything in memory, or what a batch needs. */
export const createTables = (complete: boolean, rules: RuleSet = standardRules) => ({
  accounts: createTable(accountsTable, complete),
  orders: createTable(ordersTable, complete),
  orderFills: createTable(orderFillsTable, complete),
  positions: createTable(positionsTable, complete),
  positionHistory: createTable(positionHistoryTable, complete),
  lots: createTable(lotsTable, complete),
  stockSplits: createTable(stockSplitsTable, complete),
  transactions: createTable(transactionsTable, complete),
  journalEntries: createTable(journalEntriesTable, complete),
  marketDataCache: createTable(marketDataCacheTable, complete),
  priceMarks: createTable(priceMarksTable, complete),
  portfolioSnapshots: createTable(portfolioSnapshotsTable, complete),
  breaks: createTable(breaksTable, complete),
  reconciliations: createTable(reconciliationsTable, complete),
  /** Of marks that are not in memory, by `symbol@sequence`: see marks/extremes.ts. */
  earlierExtremes: new Map<string, Extremes>(),
  rules,
  memory: complete ? everything : onlyABatch,
});

/** What is in memory for certain, so that the database need not be asked. */
export type Memory = {
  /** Every mark of the symbol with a sequence > `after`. */
  readonly hasMarksAfter: (symbol: Ticker, after: number) => boolean;
  /** Every open account and every position that is not flat. */
  readonly hasOpenBooks: () => boolean;
};
const everything: Memory = { hasMarksAfter: () => true, hasOpenBooks: () => true };
const onlyABatch: Memory = { hasMarksAfter: () => false, hasOpenBooks: () => false };

export type Tables = ReturnType<typeof createTables>;
