import type { AccountId, EventId, Symbol as Ticker } from '#domain/ids.ts';
import type { SessionDate } from '#domain/time.ts';
import { holdingKey } from '../keys.ts';
import {
  cash,
  instant,
  integer,
  nullable,
  price,
  quantity,
  type RowOf,
  record,
  tableShape,
  text,
} from '../ports/columns.ts';
import type { ClosingReason } from '../ports/queries.ts';

const cycle = record({
  side: text<'long' | 'short'>(),
  openedAt: instant,
  quantityOpened: quantity,
  entryValue: cash,
  exitQuantity: quantity,
  exitValue: cash,
  realized: cash,
  commission: cash,
  maxFavorable: cash,
  maxAdverse: cash,
});

/** A row stays when the position is flat: it carries the lifetime figures. */
const positionColumns = {
  accountId: text<AccountId>(),
  symbol: text<Ticker>(),
  quantity,
  cost: cash,
  cycle: nullable(cycle),
  realizedPnlLifetime: cash,
  commissionLifetime: cash,
  /** Of the last own fill, restated by splits: the price until a symbol has a mark. */
  lastPrice: price,
  /** Session of the last fill or split, what was held when it began (old shares), and its net cash before commission. */
  session: text<SessionDate>(),
  sessionStartQuantity: quantity,
  sessionCash: cash,
  /** Splits since the last mark: a mark made before `splitAt` is worth old ÷ new. */
  splitAt: nullable(instant),
  splitNewShares: integer,
  splitOldShares: integer,
  updatedAt: instant,
  /** Marks after this one have not been taken into the cycle's excursions yet. */
  changedSequence: integer,
  sequence: integer,
};

export type PositionRecord = RowOf<typeof positionColumns>;
export const positionsTable = tableShape(
  'positions',
  positionColumns,
  (row) => holdingKey(row.accountId, row.symbol),
  (row) => (row.quantity === 0n ? null : row.accountId),
);

const historyColumns = {
  id: text<EventId>(),
  accountId: text<AccountId>(),
  symbol: text<Ticker>(),
  side: text<'long' | 'short'>(),
  quantity,
  averageEntryPrice: price,
  averageExitPrice: price,
  entryValue: cash,
  exitValue: cash,
  realizedPnl: cash,
  commission: cash,
  maxFavorableExcursion: cash,
  maxAdverseExcursion: cash,
  openedAt: instant,
  closedAt: instant,
  holdSeconds: integer,
  closingReason: text<ClosingReason>(),
  createdSequence: integer,
  sequence: integer,
};

export type PositionHistoryRecord = RowOf<typeof historyColumns>;
export const positionHistoryTable = tableShape('position_history', historyColumns, (row) => row.id);

const lotColumns = {
  lotId: text<EventId>(),
  accountId: text<AccountId>(),
  symbol: text<Ticker>(),
  quantity,
  cost: cash,
  commission: cash,
  openedAt: instant,
  closedAt: nullable(instant),
  realizedPnl: cash,
  createdSequence: integer,
  sequence: integer,
};

export type LotRecord = RowOf<typeof lotColumns>;
/** Grouped by what is open of a holding. */
export const lotsTable = tableShape(
  'lots',
  lotColumns,
  (row) => row.lotId,
  (row) => (row.closedAt === null ? holdingKey(row.accountId, row.symbol) : null),
);

const splitColumns = {
  eventId: text<EventId>(),
  accountId: text<AccountId>(),
  symbol: text<Ticker>(),
  newShares: integer,
  oldShares: integer,
  quantityBefore: quantity,
  quantityAfter: quantity,
  fraction: quantity,
  cashInLieu: cash,
  at: instant,
  sequence: integer,
};

export type SplitRecord = RowOf<typeof splitColumns>;
export const stockSplitsTable = tableShape(
  'stock_splits',
  splitColumns,
  (row) => row.eventId,
  (row) => holdingKey(row.accountId, row.symbol),
);
