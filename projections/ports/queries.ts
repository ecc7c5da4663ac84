import type { AccountPolicy } from '#domain/account/policy.ts';
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
import type { Cash, Price, Quantity, Ratio } from '#domain/money.ts';
import type { FillDispute, Liquidity } from '#domain/order/events.ts';
import type { OrderStatus } from '#domain/order/lifecycle.ts';
import type { OrderType, Side, TimeInForce } from '#domain/order/terms.ts';
import type { BreakStatus, BreakType } from '#domain/reconciliation/break-types.ts';
import type { Facts } from '#domain/reconciliation/correction.ts';
import type { RefusalDetails } from '#domain/refusals.ts';
import type { Instant, SessionDate } from '#domain/time.ts';

/**
 * What the read tables can be asked. Every answer is taken at one checkpoint; every row names the
 * `sequence` of the event it last reflects. Money is exact; ratios are fractions (0.05 = 5 %).
 */

/** A page of a keyset-paged list; `next` is the cursor of the following page, null at the end. */
export type Page<Row> = { readonly rows: readonly Row[]; readonly next: number | null };

/** Where a page starts: after the row with this sequence, in the direction of the list. */
type Paging = {
  readonly cursor?: number | undefined;
  readonly limit: number;
  /** `desc`, newest first, where absent. */
  readonly direction?: 'asc' | 'desc' | undefined;
};

export type AccountStatus = 'active' | 'suspended' | 'closed';

export type AccountRow = {
  readonly accountId: AccountId;
  readonly accountNumber: string;
  readonly userId: string | null;
  readonly policy: AccountPolicy;
  readonly status: AccountStatus;
  readonly statusReason: string | null;
  /** Settled and unsettled together; negative when borrowed. */
  readonly cash: Cash;
  /** What of `cash` comes from sales that have not settled at `presentAt`. */
  readonly unsettled: Cash;
  /** Cash kept aside by open orders. */
  readonly reserved: Cash;
  /** What a new opening order may cost. */
  readonly buyingPower: Cash;
  /** Σ quantity × price, shorts negative, at the latest marks. */
  readonly positionsValue: Cash;
  readonly longMarketValue: Cash;
  /** Negative or zero. */
  readonly shortMarketValue: Cash;
  /** cash + positionsValue; the seed calls it portfolio_value too. */
  readonly equity: Cash;
  /** Initial margin that the positions use (Regulation T: 50 %); 100 % of it in a cash account. */
  readonly marginUsed: Cash;
  readonly maintenanceMargin: Cash;
  /** Deposits less withdrawals since the account was opened. */
  readonly netDeposits: Cash;
  /** Before commission. */
  readonly realizedPnl: Cash;
  readonly unrealizedPnl: Cash;
  readonly commission: Cash;
  readonly dividends: Cash;
  readonly interest: Cash;
  readonly fees: Cash;
  readonly openedAt: Instant;
  readonly closedAt: Instant | null;
  /** The latest effective time of its events. */
  readonly lastActivityAt: Instant;
  /** The instant that the figures are as of: the account's present (presentOf), or that of a view of the past. */
  readonly presentAt: Instant;
  readonly sequence: number;
};

export type OrderRow = {
  readonly orderId: OrderId;
  readonly accountId: AccountId;
  readonly clientOrderId: ClientOrderId;
  readonly brokerOrderId: BrokerOrderId | null;
  readonly symbol: Ticker;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly quantity: Quantity | null;
  readonly notional: Cash | null;
  readonly limitPrice: Price | null;
  readonly stopPrice: Price | null;
  readonly trailAmount: Price | null;
  readonly trailPercent: Ratio | null;
  /** Trailing stops: how far the market went in the order's favour, and where the stop is now. */
  readonly highWaterMark: Price | null;
  readonly trailedStopPrice: Price | null;
  /** `refused`: by us, it never lived. */
  readonly status: OrderStatus | 'refused';
  readonly filledQuantity: Quantity;
  /** Null for an order by notional. */
  readonly remainingQuantity: Quantity | null;
  /** Null until something has filled. */
  readonly averageFillPrice: Price | null;
  /** Σ quantity × price of its fills. */
  readonly filledValue: Cash;
  readonly commission: Cash;
  readonly referencePrice: Price | null;
  /** Cash that the order keeps aside now. */
  readonly reservedCash: Cash;
  /** Shares of a position that the order keeps aside now. */
  readonly reservedQuantity: Quantity;
  readonly replaces: OrderId | null;
  readonly replacedBy: OrderId | null;
  /** Why the broker rejected it, we refused it (a code), or it was canceled. */
  readonly reason: string | null;
  /** The numbers behind a refusal. */
  readonly refusal: RefusalDetails | null;
  readonly submittedAt: Instant;
  readonly acceptedAt: Instant | null;
  readonly triggeredAt: Instant | null;
  readonly replaceRequestedAt: Instant | null;
  readonly replacedAt: Instant | null;
  readonly cancelRequestedAt: Instant | null;
  readonly canceledAt: Instant | null;
  readonly filledAt: Instant | null;
  readonly expiredAt: Instant | null;
  readonly rejectedAt: Instant | null;
  readonly updatedAt: Instant;
  /** Sequence of the event that made the order; the cursor of order lists. */
  readonly createdSequence: number;
  readonly sequence: number;
};

export type FillStatus = 'booked' | 'corrected' | 'busted' | 'disputed';

export type FillRow = {
  readonly fillId: EventId;
  readonly accountId: AccountId;
  readonly orderId: OrderId | null;
  readonly executionId: ExecutionId;
  readonly symbol: Ticker;
  readonly side: Side;
  readonly status: FillStatus;
  readonly quantity: Quantity;
  readonly price: Price;
  readonly value: Cash;
  readonly commission: Cash;
  readonly liquidity: Liquidity;
  readonly venue: string;
  readonly disputedBecause: FillDispute | null;
  /** What the broker had reported first, where it corrected the fill since. */
  readonly previousQuantity: Quantity | null;
  readonly previousPrice: Price | null;
  readonly previousCommission: Cash | null;
  readonly restatedReason: string | null;
  readonly restatedAt: Instant | null;
  readonly executedAt: Instant;
  readonly settlesAt: Instant | null;
  /** Sequence of the fill itself; `sequence` moves when it is busted or corrected. */
  readonly createdSequence: number;
  readonly sequence: number;
};

export type PositionRow = {
  readonly accountId: AccountId;
  readonly symbol: Ticker;
  readonly side: 'long' | 'short';
  /** Signed: a short position is negative, and so is its cost. */
  readonly quantity: Quantity;
  /** What of the quantity open orders have not set aside; unsigned. */
  readonly availableQuantity: Quantity;
  readonly cost: Cash;
  /** |cost ÷ quantity| */
  readonly averageCost: Price;
  readonly currentPrice: Price;
  /** quantity × currentPrice, signed. */
  readonly marketValue: Cash;
  readonly unrealizedPnl: Cash;
  readonly unrealizedPnlRatio: Ratio;
  /** Of the open cycle (since it was last flat), before commission. */
  readonly realizedPnl: Cash;
  readonly totalPnl: Cash;
  readonly dayPnl: Cash;
  readonly dayPnlRatio: Ratio;
  /** Of the open cycle. */
  readonly commission: Cash;
  /** Of everything ever traded in the symbol, before commission. */
  readonly realizedPnlLifetime: Cash;
  /** Best and worst of the cycle's gross P&L so far: >= 0 and <= 0. */
  readonly maxFavorableExcursion: Cash;
  readonly maxAdverseExcursion: Cash;
  readonly openedAt: Instant;
  readonly updatedAt: Instant;
  readonly sequence: number;
};

export type ClosingReason = 'closed' | 'flipped' | 'split';

/** One position from flat to flat. */
export type PositionHistoryRow = {
  readonly id: EventId;
  readonly accountId: AccountId;
  readonly symbol: Ticker;
  readonly side: 'long' | 'short';
  /** Everything that was opened over the cycle, unsigned, in shares as of the close. */
  readonly quantity: Quantity;
  readonly averageEntryPrice: Price;
  readonly averageExitPrice: Price;
  /** Σ of what opening moved and of what closing moved, both unsigned. */
  readonly entryValue: Cash;
  readonly exitValue: Cash;
  readonly realizedPnl: Cash;
  readonly realizedPnlNet: Cash;
  readonly realizedPnlRatio: Ratio;
  readonly commission: Cash;
  readonly maxFavorableExcursion: Cash;
  readonly maxAdverseExcursion: Cash;
  readonly openedAt: Instant;
  readonly closedAt: Instant;
  readonly holdSeconds: number;
  readonly closingReason: ClosingReason;
  /** Sequence of the event that closed it; the cursor of the list. */
  readonly createdSequence: number;
  readonly sequence: number;
};

export type LotRow = {
  readonly lotId: EventId;
  readonly accountId: AccountId;
  readonly symbol: Ticker;
  /** Signed, what is left of the lot under first in, first out. */
  readonly quantity: Quantity;
  readonly cost: Cash;
  readonly openedAt: Instant;
  readonly closedAt: Instant | null;
  /** Under first in, first out, before commission. */
  readonly realizedPnl: Cash;
  readonly createdSequence: number;
  readonly sequence: number;
};

export const transactionTypes = [
  'deposit',
  'withdrawal',
  'trade',
  'commission',
  'dividend',
  'interest',
  'fee',
  'adjustment',
  'split_cash',
] as const;
export type TransactionType = (typeof transactionTypes)[number];

export type TransactionRow = {
  /** `<sequence>-<line>` */
  readonly transactionId: string;
  readonly accountId: AccountId;
  readonly type: TransactionType;
  /** Signed: what it did to the account's cash. */
  readonly amount: Cash;
  readonly balanceAfter: Cash;
  readonly orderId: OrderId | null;
  readonly executionId: ExecutionId | null;
  readonly symbol: Ticker | null;
  readonly quantity: Quantity | null;
  readonly price: Price | null;
  readonly description: string;
  readonly externalReference: string | null;
  readonly transactionDate: Instant;
  readonly settlesAt: Instant | null;
  readonly eventId: EventId;
  /** An event has up to two lines, 1 and 2. */
  readonly line: number;
  readonly sequence: number;
};

/** One side of a double entry; those of one sequence sum to zero per commodity. */
export type PostingRow = {
  readonly sequence: number;
  readonly accountId: AccountId;
  readonly book: string;
  /** A currency or a symbol. */
  readonly commodity: string;
  /** Decimal text: cash or a quantity. */
  readonly amount: string;
  readonly at: Instant;
};

export type PortfolioSummary = {
  readonly account: AccountRow;
  readonly positionCount: number;
  readonly totalPnl: Cash;
  /** Since the last session closed, deposits and withdrawals taken out. */
  readonly dayChange: Cash;
  /** Of the equity at that close. */
  readonly dayChangeRatio: Ratio;
  readonly dayPnl: Cash;
  /** Gross value of positions ÷ equity. */
  readonly leverage: Ratio;
};

/** The account as it stood when a session had closed. */
export type PortfolioPoint = {
  readonly session: SessionDate;
  readonly at: Instant;
  readonly cash: Cash;
  readonly positionsValue: Cash;
  readonly equity: Cash;
  readonly netDeposits: Cash;
  readonly realizedPnl: Cash;
  readonly unrealizedPnl: Cash;
  readonly commission: Cash;
  readonly dayChange: Cash;
  readonly sequence: number;
};

export type TransactionSummary = {
  readonly type: TransactionType;
  readonly count: number;
  readonly inflow: Cash;
  readonly outflow: Cash;
  readonly net: Cash;
};

export type Activity =
  | {
      readonly kind: 'order';
      readonly sequence: number;
      readonly at: Instant;
      readonly order: OrderRow;
    }
  | {
      readonly kind: 'fill';
      readonly sequence: number;
      readonly at: Instant;
      readonly fill: FillRow;
    }
  | {
      readonly kind: 'transfer';
      readonly sequence: number;
      readonly at: Instant;
      readonly transaction: TransactionRow;
    };

/** What a market data screen knows of a symbol from marks alone. */
export type MarkRow = {
  readonly symbol: Ticker;
  readonly session: SessionDate;
  readonly price: Price;
  readonly open: Price;
  readonly high: Price;
  readonly low: Price;
  readonly close: Price;
  readonly previousClose: Price | null;
  readonly source: string;
  readonly markedAt: Instant;
  readonly sequence: number;
};

/** A difference between a broker's record and the account's books. */
export type BreakRow = {
  readonly accountId: AccountId;
  readonly breakId: BreakId;
  readonly kind: BreakType;
  readonly source: string;
  readonly symbol: Ticker | null;
  readonly at: Instant;
  readonly ours: Facts | null;
  readonly theirs: Facts | null;
  /** Theirs less ours at the end of the statement. */
  readonly cash: Cash;
  readonly shares: Quantity;
  /** The proposed command; null where a person has to decide. */
  readonly correction: Facts | null;
  readonly why: string;
  readonly status: BreakStatus;
  readonly firstSeenAt: Instant;
  readonly lastSeenAt: Instant;
  readonly endedAt: Instant | null;
  readonly endedBy: Actor | null;
  readonly reason: string | null;
  readonly correctedBy: EventId | null;
  readonly createdSequence: number;
  readonly sequence: number;
};

export type ReconciliationRow = {
  readonly accountId: AccountId;
  readonly source: string;
  readonly statementDigest: string;
  readonly statementFrom: Instant | null;
  readonly statementTo: Instant | null;
  readonly lines: number;
  readonly matched: number;
  readonly breaks: number;
  readonly reconciledAt: Instant;
  readonly reconciledBy: Actor;
  readonly eventId: EventId;
  readonly sequence: number;
};

export type BreakFilter = Paging & {
  readonly accountId?: AccountId | undefined;
  readonly statuses?: readonly BreakStatus[] | undefined;
  readonly kinds?: readonly BreakType[] | undefined;
};

export type OrderFilter = Paging & {
  readonly accountId?: AccountId | undefined;
  /** `open` and `closed` as Alpaca means them; refused orders are in `closed`. */
  readonly status?: 'open' | 'closed' | 'all' | 'refused' | OrderStatus | undefined;
  readonly symbols?: readonly Ticker[] | undefined;
  readonly side?: Side | undefined;
  /** submittedAt > after */
  readonly after?: Instant | undefined;
  /** submittedAt < until */
  readonly until?: Instant | undefined;
};

export type TransactionFilter = Paging & {
  readonly accountId?: AccountId | undefined;
  readonly types?: readonly TransactionType[] | undefined;
  readonly symbols?: readonly Ticker[] | undefined;
  readonly after?: Instant | undefined;
  readonly until?: Instant | undefined;
};

export type PositionHistoryFilter = Paging & {
  readonly accountId?: AccountId | undefined;
  readonly symbols?: readonly Ticker[] | undefined;
  /** closedAt > after */
  readonly after?: Instant | undefined;
  /** closedAt < until */
  readonly until?: Instant | undefined;
};

export type FillFilter = Paging & {
  readonly accountId?: AccountId | undefined;
  readonly symbols?: readonly Ticker[] | undefined;
  readonly after?: Instant | undefined;
  readonly until?: Instant | undefined;
};

export type ActivityFilter = Paging & {
  readonly accountId: AccountId;
  /** All kinds where absent. */
  readonly kinds?: readonly Activity['kind'][] | undefined;
};

export type ProjectionState = 'idle' | 'running' | 'stopped' | 'rebuilding';

/** Where the read tables stand against the log. */
export type ProjectionStatus = {
  readonly name: string;
  readonly version: number;
  readonly state: ProjectionState;
  /** Every event up to here is in the read tables. */
  readonly checkpoint: number;
  /** When the last batch was applied; null before the first. */
  readonly appliedAt: Instant | null;
  /** The event that could not be applied, while `state` is `stopped`. */
  readonly error: {
    readonly sequence: number;
    /** Null where the event cannot even be read. */
    readonly eventId: EventId | null;
    readonly reason: string;
  } | null;
};

/** What a wait for a sequence came to. `stopped`: it will not come, the set has stopped before it. */
export type Waited = 'reached' | 'timed_out' | 'stopped';

export type Queries = {
  readonly getAccount: (id: AccountId) => Promise<AccountRow | undefined>;
  readonly getAccountByNumber: (accountNumber: string) => Promise<AccountRow | undefined>;
  /** Oldest first; the cursor is the sequence that opened the account. */
  readonly listAccounts: (
    filter: Paging & { readonly userId?: string | undefined },
  ) => Promise<Page<AccountRow>>;

  readonly listOrders: (filter: OrderFilter) => Promise<Page<OrderRow>>;
  readonly getOrder: (id: OrderId) => Promise<OrderRow | undefined>;
  readonly getOrderByClientId: (
    accountId: AccountId,
    clientOrderId: ClientOrderId,
  ) => Promise<OrderRow | undefined>;
  /** One order's fills, oldest first, busted and disputed ones included. */
  readonly orderFills: (id: OrderId) => Promise<readonly FillRow[]>;
  readonly listFills: (filter: FillFilter) => Promise<Page<FillRow>>;

  /** Open positions by symbol. */
  readonly listPositions: (accountId: AccountId) => Promise<readonly PositionRow[]>;
  readonly getPosition: (accountId: AccountId, symbol: Ticker) => Promise<PositionRow | undefined>;
  readonly listLots: (accountId: AccountId, symbol: Ticker) => Promise<readonly LotRow[]>;
  readonly listPositionHistory: (
    filter: PositionHistoryFilter,
  ) => Promise<Page<PositionHistoryRow>>;

  readonly portfolio: (accountId: AccountId) => Promise<PortfolioSummary | undefined>;
  /** Oldest first, sessions from..to inclusive. */
  readonly portfolioHistory: (
    accountId: AccountId,
    range: { readonly from?: SessionDate | undefined; readonly to?: SessionDate | undefined },
  ) => Promise<readonly PortfolioPoint[]>;

  readonly listTransactions: (filter: TransactionFilter) => Promise<Page<TransactionRow>>;
  readonly getTransaction: (transactionId: string) => Promise<TransactionRow | undefined>;
  readonly summarizeTransactions: (
    filter: Omit<TransactionFilter, keyof Paging>,
  ) => Promise<readonly TransactionSummary[]>;
  readonly listPostings: (accountId: AccountId, paging: Paging) => Promise<Page<PostingRow>>;
  readonly activity: (filter: ActivityFilter) => Promise<Page<Activity>>;

  readonly listBreaks: (filter: BreakFilter) => Promise<Page<BreakRow>>;
  readonly getBreak: (accountId: AccountId, breakId: BreakId) => Promise<BreakRow | undefined>;
  readonly listReconciliations: (
    accountId: AccountId,
    paging: Paging,
  ) => Promise<Page<ReconciliationRow>>;

  readonly listMarks: (symbols?: readonly Ticker[]) => Promise<readonly MarkRow[]>;

  readonly status: () => Promise<ProjectionStatus>;
  /** Resolves as soon as the read tables reflect `sequence`, at the latest after `timeoutMs`. */
  readonly waitFor: (sequence: number, timeoutMs: number) => Promise<Waited>;
};
