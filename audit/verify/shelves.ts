import type { StockSplit } from '#domain/account/events.ts';
import type { AccountId, EventId } from '#domain/ids.ts';
import type { PriceMarked } from '#domain/market/events.ts';
import type { BreakFound, StatementReconciled } from '#domain/reconciliation/events.ts';
import type { Instant, SessionDate } from '#domain/time.ts';
import type { NaiveExecution } from './naive-executions.ts';
import type { NaiveHistory } from './naive-holdings.ts';
import type { NaiveLot } from './naive-lots.ts';
import type { NaiveOrder } from './naive-orders.ts';

/** A split as an account went through it. */
export type NaiveSplit = StockSplit & {
  readonly id: EventId;
  readonly accountId: AccountId;
  readonly createdSequence: number;
  readonly sequence: number;
};

export type NaiveMark = PriceMarked & {
  readonly createdSequence: number;
  readonly sequence: number;
};

/** An account at a session's close; all amounts e18. */
export type NaivePoint = {
  readonly accountId: AccountId;
  readonly session: SessionDate;
  readonly at: Instant;
  readonly cash: bigint;
  readonly positionsValue: bigint;
  readonly equity: bigint;
  readonly netDeposits: bigint;
  readonly realized: bigint;
  readonly unrealized: bigint;
  readonly commission: bigint;
  readonly dayChange: bigint;
  readonly createdSequence: number;
  readonly sequence: number;
};

/** A break as it was found last, and how it ended. */
export type NaiveBreak = {
  readonly accountId: string;
  readonly breakId: string;
  readonly createdSequence: number;
  readonly firstSeenAt: Instant;
  sequence: number;
  found: Omit<BreakFound, 'type'>;
  lastSeenAt: Instant;
  end: {
    readonly status: 'resolved' | 'approved' | 'dismissed';
    readonly at: Instant;
    readonly by: string;
    readonly reason: string | null;
    readonly correctedBy: string | null;
  } | null;
};

export type NaiveReconciliation = Omit<StatementReconciled, 'type'> & {
  readonly eventId: string;
  readonly by: string;
  readonly createdSequence: number;
  readonly sequence: number;
};

/** Where the fold puts what becomes a row of a read table, and finds it again for as long as it may still change. */
export type Shelf<Item> = {
  readonly get: (key: string) => Item | undefined;
  /** Puts a new item, or says that this one has changed. */
  readonly put: (item: Item) => void;
  readonly remove: (key: string) => void;
};

export type Shelves = {
  /** By order id. */
  readonly orders: Shelf<NaiveOrder>;
  /** By `account/execution`. */
  readonly order_fills: Shelf<NaiveExecution>;
  readonly lots: Shelf<NaiveLot>;
  readonly position_history: Shelf<NaiveHistory>;
  readonly stock_splits: Shelf<NaiveSplit>;
  readonly price_marks: Shelf<NaiveMark>;
  readonly portfolio_snapshots: Shelf<NaivePoint>;
  /** By `account/break`. */
  readonly breaks: Shelf<NaiveBreak>;
  readonly reconciliations: Shelf<NaiveReconciliation>;
};
