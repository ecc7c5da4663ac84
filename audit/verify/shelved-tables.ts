import type { StoredRow } from '#projections/ports/read-tables.ts';
import type { RowFilter, VerifyTableReader } from '../ports/table-reader.ts';
import { historyCells, lotCells, markCells, pointCells, splitCells } from './expected-holdings.ts';
import { fillCells, orderCells } from './expected-rows.ts';
import type { FindingSink } from './finding.ts';
import { createLivingRows, type LivingRows, type LivingTable, type Made } from './living-rows.ts';
import type { NaiveExecution } from './naive-executions.ts';
import type { NaiveHistory } from './naive-holdings.ts';
import type { NaiveLot } from './naive-lots.ts';
import { isWorking, type NaiveOrder } from './naive-orders.ts';
import { breakCells, reconciliationCells } from './naive-reconciliations.ts';
import { everyAccount, isFirst } from './share.ts';
import type {
  NaiveBreak,
  NaiveMark,
  NaivePoint,
  NaiveReconciliation,
  NaiveSplit,
  Shelf,
  Shelves,
} from './shelves.ts';
import { comparedColumns } from './table-columns.ts';

/** Tables whose rows an event makes and later ones may touch. */
const orders: LivingTable<NaiveOrder> = {
  table: 'orders',
  madeBy: 'created_sequence',
  keyColumns: ['order_id'],
  keyOf: ({ orderId }) => [orderId],
  kinds: comparedColumns.orders,
  cells: orderCells,
  accountOf: ({ accountId }) => accountId,
  isOver: (order) => !isWorking(order),
};

const fills: LivingTable<NaiveExecution> = {
  table: 'order_fills',
  madeBy: 'created_sequence',
  keyColumns: ['account_id', 'execution_id'],
  keyOf: ({ accountId, execution }) => [accountId, execution.executionId],
  kinds: comparedColumns.order_fills,
  cells: fillCells,
  accountOf: ({ accountId }) => accountId,
  isOver: () => true,
};

const lots: LivingTable<NaiveLot> = {
  table: 'lots',
  madeBy: 'created_sequence',
  keyColumns: ['lot_id'],
  keyOf: ({ lotId }) => [lotId],
  kinds: comparedColumns.lots,
  cells: lotCells,
  accountOf: ({ accountId }) => accountId,
  isOver: ({ closedAt }) => closedAt !== null,
};

const history: LivingTable<NaiveHistory> = {
  table: 'position_history',
  madeBy: 'created_sequence',
  keyColumns: ['id'],
  keyOf: ({ id }) => [id],
  kinds: comparedColumns.position_history,
  cells: historyCells,
  accountOf: ({ accountId }) => accountId,
  isOver: () => true,
};

/** Tables whose rows an event makes once and for all. */
const splits: LivingTable<NaiveSplit> = {
  table: 'stock_splits',
  madeBy: 'sequence',
  keyColumns: ['event_id'],
  keyOf: ({ id }) => [id],
  kinds: comparedColumns.stock_splits,
  cells: splitCells,
  accountOf: ({ accountId }) => accountId,
  isOver: () => true,
};

const marks: LivingTable<NaiveMark> = {
  table: 'price_marks',
  madeBy: 'sequence',
  keyColumns: ['symbol', 'sequence'],
  keyOf: ({ symbol, sequence }) => [symbol, String(sequence)],
  kinds: comparedColumns.price_marks,
  cells: markCells,
  accountOf: () => null,
  isOver: () => true,
};

const points: LivingTable<NaivePoint> = {
  table: 'portfolio_snapshots',
  madeBy: 'sequence',
  keyColumns: ['account_id', 'session'],
  keyOf: ({ accountId, session }) => [accountId, session],
  kinds: comparedColumns.portfolio_snapshots,
  cells: pointCells,
  accountOf: ({ accountId }) => accountId,
  isOver: () => true,
};

// One that has ended may come up again, with the age it had: all are kept, and people do not make many.
const breaks: LivingTable<NaiveBreak> = {
  table: 'breaks',
  madeBy: 'created_sequence',
  keyColumns: ['account_id', 'break_id'],
  keyOf: ({ accountId, breakId }) => [accountId, breakId],
  kinds: comparedColumns.breaks,
  cells: breakCells,
  accountOf: ({ accountId }) => accountId,
  isOver: () => false,
};

const reconciliations: LivingTable<NaiveReconciliation> = {
  table: 'reconciliations',
  madeBy: 'sequence',
  keyColumns: ['sequence'],
  keyOf: ({ sequence }) => [String(sequence)],
  kinds: comparedColumns.reconciliations,
  cells: reconciliationCells,
  accountOf: ({ accountId }) => accountId,
  isOver: () => true,
};

export type ShelvedTables = Shelves & {
  readonly orders: LivingRows<NaiveOrder>;
  readonly lots: LivingRows<NaiveLot>;
  readonly order_fills: LivingRows<NaiveExecution>;
  /** Each of them, for what can be done with all alike. */
  readonly every: readonly AnyRows[];
};

/** A shelf whose items only it knows: they are put aside and given back as they were. */
type AnyRows = Omit<LivingRows<Made>, keyof Shelf<Made> | 'recall'>;

/** Accounts whose rows are no one's to judge, because an event could not be read: of their own, or of their reconciliations. */
export type LeftOut = {
  readonly ofAccounts: (accountId: string) => boolean;
  readonly ofReconciliations: (accountId: string) => boolean;
};

async function* noPages(): AsyncGenerator<readonly StoredRow[], void, void> {}

/** The shelves of the fold, each with the rows of its table beside it. Rows made after `after` come along with the log. */
export const createShelvedTables = (
  tables: VerifyTableReader,
  findings: FindingSink,
  filter: RowFilter,
  leftOut: LeftOut,
): ShelvedTables => {
  const shelve = <Item extends Made>(
    one: LivingTable<Item>,
    isLeftOut = leftOut.ofAccounts,
  ): LivingRows<Item> =>
    createLivingRows(tables, findings, one, {
      pages: tables.inOrderOfLog(one.table, filter),
      isLeftOut,
    });
  // Marks belong to no account, and to whoever has the first ones.
  const noMarks: LivingRows<NaiveMark> = {
    ...createLivingRows(tables, findings, marks, {
      pages: noPages(),
      isLeftOut: leftOut.ofAccounts,
    }),
    put: () => {},
  };
  const shelves = {
    orders: shelve(orders),
    order_fills: shelve(fills),
    lots: shelve(lots),
    position_history: shelve(history),
    stock_splits: shelve(splits),
    price_marks: isFirst(filter.accounts ?? everyAccount) ? shelve(marks) : noMarks,
    portfolio_snapshots: shelve(points),
    breaks: shelve(breaks, leftOut.ofReconciliations),
    reconciliations: shelve(reconciliations, leftOut.ofReconciliations),
  };
  return { ...shelves, every: Object.values(shelves) as readonly unknown[] as readonly AnyRows[] };
};
