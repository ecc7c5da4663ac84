import { initialMarginPercent, maintenancePercent } from '#domain/account/figures.ts';
import type {
  AccountId,
  Actor,
  BreakId,
  BrokerOrderId,
  ClientOrderId,
  EventId,
  ExecutionId,
  OrderId,
  Symbol as Ticker,
} from '#domain/ids.ts';
import {
  absolute,
  type Cash,
  larger,
  perShare,
  proportion,
  ratioOf,
  subtract,
  zeroCash,
} from '#domain/money.ts';
import type { FillDispute, Liquidity } from '#domain/order/events.ts';
import type { OrderStatus } from '#domain/order/lifecycle.ts';
import type { OrderType, Side, TimeInForce } from '#domain/order/terms.ts';
import type { BreakStatus, BreakType } from '#domain/reconciliation/break-types.ts';
import type { SessionDate } from '#domain/time.ts';
import {
  cash,
  details,
  instant,
  integer,
  nullable,
  price,
  quantity,
  type RowOf,
  ratio,
  rowReader,
  text,
} from '#projections/ports/columns.ts';
import { policy } from '#projections/ports/policy-column.ts';
import type {
  AccountRow,
  AccountStatus,
  BreakRow,
  ClosingReason,
  FillRow,
  FillStatus,
  LotRow,
  MarkRow,
  OrderRow,
  PortfolioPoint,
  PortfolioSummary,
  PositionHistoryRow,
  PositionRow,
  PostingRow,
  ReconciliationRow,
  TransactionRow,
  TransactionSummary,
  TransactionType,
} from '#projections/ports/queries.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';

/** Rows of the public views as the query port gives them; what divides is computed here, by the domain's rules. */

const accountColumns = {
  accountId: text<AccountId>(),
  accountNumber: text<string>(),
  userId: nullable(text<string>()),
  policy,
  status: text<AccountStatus>(),
  statusReason: nullable(text<string>()),
  cash,
  /** As of the account's present; the view's own column goes by the database's clock. */
  unsettledAt: cash,
  reserved: cash,
  positionsValue: cash,
  longMarketValue: cash,
  shortMarketValue: cash,
  netDeposits: cash,
  realizedPnl: cash,
  unrealizedPnl: cash,
  dayPnl: cash,
  commission: cash,
  dividends: cash,
  interest: cash,
  fees: cash,
  openedAt: instant,
  closedAt: nullable(instant),
  lastActivityAt: instant,
  presentAt: instant,
  lastSession: nullable(text<SessionDate>()),
  lastSessionEquity: cash,
  lastSessionNetDeposits: cash,
  positionCount: integer,
  createdSequence: integer,
  sequence: integer,
};
const readAccount = rowReader(accountColumns);
type StoredAccount = RowOf<typeof accountColumns>;

const percentOf = (value: Cash, percent: bigint): Cash => proportion(value, percent, 100n, 'up');

// The same figures as domain/account/figures.ts computes from an account's state.
const figuresOf = (row: StoredAccount) => {
  const { longMarketValue: long, shortMarketValue: short } = row;
  const equity = (row.cash + row.positionsValue) as Cash;
  if (row.policy.kind === 'cash') {
    const buyingPower = larger(zeroCash, (row.cash - row.unsettledAt - row.reserved) as Cash);
    return { equity, buyingPower, marginUsed: zeroCash, maintenanceMargin: zeroCash };
  }
  const marginUsed = percentOf(subtract(long, short), initialMarginPercent);
  const available = larger(zeroCash, (equity - marginUsed - row.reserved) as Cash);
  return {
    equity,
    buyingPower: (2n * available) as Cash,
    marginUsed,
    maintenanceMargin: (percentOf(long, maintenancePercent.long) +
      percentOf(absolute(short), maintenancePercent.short)) as Cash,
  };
};

const accountOf = (row: StoredAccount): AccountRow => ({
  accountId: row.accountId,
  accountNumber: row.accountNumber,
  userId: row.userId,
  policy: row.policy,
  status: row.status,
  statusReason: row.statusReason,
  cash: row.cash,
  unsettled: row.unsettledAt,
  reserved: row.reserved,
  positionsValue: row.positionsValue,
  longMarketValue: row.longMarketValue,
  shortMarketValue: row.shortMarketValue,
  ...figuresOf(row),
  netDeposits: row.netDeposits,
  realizedPnl: row.realizedPnl,
  unrealizedPnl: row.unrealizedPnl,
  commission: row.commission,
  dividends: row.dividends,
  interest: row.interest,
  fees: row.fees,
  openedAt: row.openedAt,
  closedAt: row.closedAt,
  lastActivityAt: row.lastActivityAt,
  presentAt: row.presentAt,
  sequence: row.sequence,
});

export const toAccount = (stored: StoredRow): AccountRow => accountOf(readAccount(stored));
export const accountCursor = (stored: StoredRow): number => readAccount(stored).createdSequence;

export const toSummary = (stored: StoredRow): PortfolioSummary => {
  const row = readAccount(stored);
  const account = accountOf(row);
  // Before the first close the day began with nothing, so that only deposits are taken out.
  const before = row.lastSession === null ? zeroCash : row.lastSessionEquity;
  const deposited = subtract(row.netDeposits, row.lastSessionNetDeposits);
  const dayChange = (account.equity - before - deposited) as Cash;
  return {
    account,
    positionCount: row.positionCount,
    totalPnl: (row.realizedPnl + row.unrealizedPnl) as Cash,
    dayChange,
    dayChangeRatio: ratioOf(dayChange, before),
    dayPnl: row.dayPnl,
    leverage: ratioOf(subtract(row.longMarketValue, row.shortMarketValue), account.equity),
  };
};

const readOrder = rowReader({
  orderId: text<OrderId>(),
  accountId: text<AccountId>(),
  clientOrderId: text<ClientOrderId>(),
  brokerOrderId: nullable(text<BrokerOrderId>()),
  symbol: text<Ticker>(),
  side: text<Side>(),
  type: text<OrderType>(),
  timeInForce: text<TimeInForce>(),
  quantity: nullable(quantity),
  notional: nullable(cash),
  limitPrice: nullable(price),
  stopPrice: nullable(price),
  trailAmount: nullable(price),
  trailPercent: nullable(ratio),
  highWaterMark: nullable(price),
  trailedStopPrice: nullable(price),
  status: text<OrderStatus | 'refused'>(),
  filledQuantity: quantity,
  remainingQuantity: nullable(quantity),
  filledValue: cash,
  commission: cash,
  referencePrice: nullable(price),
  reservedCash: cash,
  reservedQuantity: quantity,
  replaces: nullable(text<OrderId>()),
  replacedBy: nullable(text<OrderId>()),
  reason: nullable(text<string>()),
  refusal: nullable(details),
  submittedAt: instant,
  acceptedAt: nullable(instant),
  triggeredAt: nullable(instant),
  replaceRequestedAt: nullable(instant),
  replacedAt: nullable(instant),
  cancelRequestedAt: nullable(instant),
  canceledAt: nullable(instant),
  filledAt: nullable(instant),
  expiredAt: nullable(instant),
  rejectedAt: nullable(instant),
  updatedAt: instant,
  createdSequence: integer,
  sequence: integer,
});
export const toOrder = (stored: StoredRow): OrderRow => {
  const row = readOrder(stored);
  const averageFillPrice =
    row.filledQuantity === 0n ? null : perShare(row.filledValue, row.filledQuantity);
  return { ...row, averageFillPrice };
};

export const toFill: (stored: StoredRow) => FillRow = rowReader({
  fillId: text<EventId>(),
  accountId: text<AccountId>(),
  orderId: nullable(text<OrderId>()),
  executionId: text<ExecutionId>(),
  symbol: text<Ticker>(),
  side: text<Side>(),
  status: text<FillStatus>(),
  quantity,
  price,
  value: cash,
  commission: cash,
  liquidity: text<Liquidity>(),
  venue: text<string>(),
  disputedBecause: nullable(text<FillDispute>()),
  previousQuantity: nullable(quantity),
  previousPrice: nullable(price),
  previousCommission: nullable(cash),
  restatedReason: nullable(text<string>()),
  restatedAt: nullable(instant),
  executedAt: instant,
  settlesAt: nullable(instant),
  createdSequence: integer,
  sequence: integer,
});

const readPosition = rowReader({
  accountId: text<AccountId>(),
  symbol: text<Ticker>(),
  side: text<'long' | 'short'>(),
  quantity,
  availableQuantity: quantity,
  totalCost: cash,
  currentPrice: price,
  marketValue: cash,
  unrealizedPnl: cash,
  realizedPnl: cash,
  totalPnl: cash,
  dayPnl: cash,
  dayStartValue: cash,
  commission: cash,
  realizedPnlLifetime: cash,
  maxFavorableExcursion: cash,
  maxAdverseExcursion: cash,
  openedAt: instant,
  updatedAt: instant,
  sequence: integer,
});
export const toPosition = (stored: StoredRow): PositionRow => {
  const { totalCost: cost, dayStartValue, ...row } = readPosition(stored);
  return {
    ...row,
    cost,
    averageCost: perShare(cost, row.quantity),
    unrealizedPnlRatio: ratioOf(row.unrealizedPnl, absolute(cost)),
    dayPnlRatio: ratioOf(row.dayPnl, absolute(dayStartValue)),
  };
};

const readHistory = rowReader({
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
  realizedPnlNet: cash,
  commission: cash,
  maxFavorableExcursion: cash,
  maxAdverseExcursion: cash,
  openedAt: instant,
  closedAt: instant,
  holdSeconds: integer,
  closingReason: text<ClosingReason>(),
  createdSequence: integer,
  sequence: integer,
});
export const toHistory = (stored: StoredRow): PositionHistoryRow => {
  const row = readHistory(stored);
  return { ...row, realizedPnlRatio: ratioOf(row.realizedPnl, row.entryValue) };
};

export const toLot: (stored: StoredRow) => LotRow = rowReader({
  lotId: text<EventId>(),
  accountId: text<AccountId>(),
  symbol: text<Ticker>(),
  quantity,
  cost: cash,
  openedAt: instant,
  closedAt: nullable(instant),
  realizedPnl: cash,
  createdSequence: integer,
  sequence: integer,
});

export const toTransaction: (stored: StoredRow) => TransactionRow = rowReader({
  transactionId: text<string>(),
  accountId: text<AccountId>(),
  type: text<TransactionType>(),
  amount: cash,
  balanceAfter: cash,
  orderId: nullable(text<OrderId>()),
  executionId: nullable(text<ExecutionId>()),
  symbol: nullable(text<Ticker>()),
  quantity: nullable(quantity),
  price: nullable(price),
  description: text<string>(),
  externalReference: nullable(text<string>()),
  transactionDate: instant,
  settlesAt: nullable(instant),
  eventId: text<EventId>(),
  line: integer,
  sequence: integer,
});

export const toTransactionSummary: (stored: StoredRow) => TransactionSummary = rowReader({
  type: text<TransactionType>(),
  count: integer,
  inflow: cash,
  outflow: cash,
  net: cash,
});

const readPosting = rowReader({
  sequence: integer,
  accountId: text<AccountId>(),
  book: text<string>(),
  commodity: text<string>(),
  amount: text<string>(),
  at: instant,
});
export const toPosting: (stored: StoredRow) => PostingRow = readPosting;

export const toPoint: (stored: StoredRow) => PortfolioPoint = rowReader({
  session: text<SessionDate>(),
  at: instant,
  cash,
  positionsValue: cash,
  equity: cash,
  netDeposits: cash,
  realizedPnl: cash,
  unrealizedPnl: cash,
  commission: cash,
  dayChange: cash,
  sequence: integer,
});

const readMark = rowReader({
  symbol: text<Ticker>(),
  session: text<SessionDate>(),
  price,
  open: price,
  high: price,
  low: price,
  close: price,
  prevClose: nullable(price),
  source: text<string>(),
  markedAt: instant,
  sequence: integer,
});
export const toMark = (stored: StoredRow): MarkRow => {
  const { prevClose: previousClose, ...row } = readMark(stored);
  return { ...row, previousClose };
};

export const toBreak: (stored: StoredRow) => BreakRow = rowReader({
  accountId: text<AccountId>(),
  breakId: text<BreakId>(),
  kind: text<BreakType>(),
  source: text<string>(),
  symbol: nullable(text<Ticker>()),
  at: instant,
  ours: nullable(details),
  theirs: nullable(details),
  cash,
  shares: quantity,
  correction: nullable(details),
  why: text<string>(),
  status: text<BreakStatus>(),
  firstSeenAt: instant,
  lastSeenAt: instant,
  endedAt: nullable(instant),
  endedBy: nullable(text<Actor>()),
  reason: nullable(text<string>()),
  correctedBy: nullable(text<EventId>()),
  createdSequence: integer,
  sequence: integer,
});

export const toReconciliation: (stored: StoredRow) => ReconciliationRow = rowReader({
  accountId: text<AccountId>(),
  source: text<string>(),
  statementDigest: text<string>(),
  statementFrom: nullable(instant),
  statementTo: nullable(instant),
  lines: integer,
  matched: integer,
  breaks: integer,
  reconciledAt: instant,
  reconciledBy: text<Actor>(),
  eventId: text<EventId>(),
  sequence: integer,
});
