import type { BrokerOrderId, ClientOrderId, ExecutionId, OrderId, Symbol } from '../ids.ts';
import type { Cash, Price, Quantity } from '../money.ts';
import type { RefusalDetails } from '../refusals.ts';
import type { Instant } from '../time.ts';
import type { OrderTerms, Reservation, Side } from './terms.ts';

export type Liquidity = 'added' | 'removed' | 'unknown';

export type OrderSubmitted = {
  readonly type: 'OrderSubmitted';
  readonly orderId: OrderId;
  readonly clientOrderId: ClientOrderId;
  readonly terms: OrderTerms;
  readonly reservation: Reservation;
  /** The quote that the risk rules and the reservation were computed with. */
  readonly referencePrice: Price;
  readonly submittedAt: Instant;
};

/** A submission that our risk rules refused; kept because an auditor would ask for it. */
export type OrderRefused = {
  readonly type: 'OrderRefused';
  readonly orderId: OrderId;
  readonly clientOrderId: ClientOrderId;
  readonly terms: OrderTerms;
  readonly code: string;
  /** The numbers that explain the refusal, as decimal strings. */
  readonly details: RefusalDetails;
  readonly refusedAt: Instant;
};

export type OrderAccepted = {
  readonly type: 'OrderAccepted';
  readonly orderId: OrderId;
  readonly brokerOrderId: BrokerOrderId;
  readonly acceptedAt: Instant;
};

export type OrderRejected = {
  readonly type: 'OrderRejected';
  readonly orderId: OrderId;
  readonly reason: string;
  readonly rejectedAt: Instant;
};

/** A stop was reached: the order now works as a market or limit order. */
export type OrderTriggered = {
  readonly type: 'OrderTriggered';
  readonly orderId: OrderId;
  readonly triggerPrice: Price;
  readonly triggeredAt: Instant;
};

/** A trailing stop followed the market; kept so that a restart does not forget the high-water mark. */
export type StopTrailed = {
  readonly type: 'StopTrailed';
  readonly orderId: OrderId;
  readonly highWaterMark: Price;
  readonly stopPrice: Price;
  readonly trailedAt: Instant;
};

export type OrderReplaceRequested = {
  readonly type: 'OrderReplaceRequested';
  readonly orderId: OrderId;
  readonly replacementId: OrderId;
  readonly clientOrderId: ClientOrderId;
  /** The replacement's terms; its quantity counts what the order it replaces has filled. */
  readonly terms: OrderTerms;
  /** What the replacement would keep aside; the larger of both stays reserved until the broker answers. */
  readonly reservation: Reservation;
  readonly referencePrice: Price;
  readonly requestedAt: Instant;
};

/** The broker confirmed: the old order ends, the replacement works what is left of the chain. */
export type OrderReplaced = {
  readonly type: 'OrderReplaced';
  readonly orderId: OrderId;
  readonly replacementId: OrderId;
  readonly brokerOrderId: BrokerOrderId;
  /** The replacement's own terms: its quantity is the requested one less what the old order filled. */
  readonly terms: OrderTerms;
  readonly reservation: Reservation;
  readonly clientOrderId: ClientOrderId;
  readonly replacedAt: Instant;
};

export type OrderReplaceRejected = {
  readonly type: 'OrderReplaceRejected';
  readonly orderId: OrderId;
  readonly replacementId: OrderId;
  readonly reason: string;
  readonly rejectedAt: Instant;
};

export type OrderCancelRequested = {
  readonly type: 'OrderCancelRequested';
  readonly orderId: OrderId;
  readonly requestedAt: Instant;
};

export type OrderCanceled = {
  readonly type: 'OrderCanceled';
  readonly orderId: OrderId;
  readonly reason: string;
  readonly canceledAt: Instant;
};

export type OrderCancelRejected = {
  readonly type: 'OrderCancelRejected';
  readonly orderId: OrderId;
  readonly reason: string;
  readonly rejectedAt: Instant;
};

export type OrderExpired = {
  readonly type: 'OrderExpired';
  readonly orderId: OrderId;
  readonly expiredAt: Instant;
};

/** A corporate action changed a working order's terms. */
export type OrderAdjusted = {
  readonly type: 'OrderAdjusted';
  readonly orderId: OrderId;
  readonly terms: OrderTerms;
  readonly reservation: Reservation;
  /** What of the order had filled, restated in the new shares. */
  readonly filledQuantity: Quantity;
  /** What of the order was taken back by a bust, restated in the new shares. */
  readonly bustedQuantity: Quantity;
  readonly adjustedAt: Instant;
};

/** One execution as the broker reports it. */
export type Execution = {
  readonly executionId: ExecutionId;
  /** Null for an execution made outside this ledger. */
  readonly orderId: OrderId | null;
  readonly symbol: Symbol;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly price: Price;
  readonly commission: Cash;
  readonly liquidity: Liquidity;
  readonly venue: string;
  readonly executedAt: Instant;
};

export type OrderFilled = Execution & {
  readonly type: 'OrderFilled';
  /** When the cash of this fill counts as settled. */
  readonly settlesAt: Instant;
};

/** A reported execution that we keep but cannot book. */
export type FillDisputed = Execution & {
  readonly type: 'FillDisputed';
  readonly because: FillDispute;
};

export const fillDisputes = [
  'overfill',
  'order_rejected',
  'unknown_order',
  'symbol_mismatch',
  'side_mismatch',
  'account_not_open',
] as const;
export type FillDispute = (typeof fillDisputes)[number];

/** The broker took an execution back: it never happened. Carries what is undone. */
export type FillBusted = Execution & {
  readonly type: 'FillBusted';
  readonly reason: string;
  readonly bustedAt: Instant;
};

/** The broker restated an execution. The Execution fields are the corrected ones. */
export type FillCorrected = Execution & {
  readonly type: 'FillCorrected';
  readonly previousQuantity: Quantity;
  readonly previousPrice: Price;
  readonly previousCommission: Cash;
  readonly reason: string;
  readonly correctedAt: Instant;
};

export const orderReports = [
  'accepted',
  'rejected',
  'triggered',
  'trailed',
  'canceled',
  'cancel_rejected',
  'replaced',
  'replace_rejected',
  'expired',
  'fill',
  'bust',
  'correction',
] as const;
export type OrderReport = (typeof orderReports)[number];

export const reportDisputes = [
  'unknown_order',
  'unknown_execution',
  /** The order's lifecycle knows no such step from where it is. */
  'contradicts_status',
  /** The execution id is known with other content. */
  'contradicts_execution',
  /** The fill it speaks of was itself disputed. */
  'execution_disputed',
  'execution_busted',
  /** The symbol split since: shares then and now do not match one for one. */
  'split_since',
  'overfill',
  /** The old order filled more than the replacement asked for in all. */
  'filled_meanwhile',
  'unknown_replacement',
  'account_not_open',
] as const;
export type ReportDispute = (typeof reportDisputes)[number];

/** A broker's report other than a first fill that contradicts what we know: kept, moves nothing. */
export type ReportDisputed = {
  readonly type: 'ReportDisputed';
  readonly orderId: OrderId | null;
  readonly executionId: ExecutionId | null;
  readonly report: OrderReport;
  readonly because: ReportDispute;
  readonly reportedAt: Instant;
};

export type OrderEvent =
  | OrderSubmitted
  | OrderRefused
  | OrderAccepted
  | OrderRejected
  | OrderTriggered
  | StopTrailed
  | OrderReplaceRequested
  | OrderReplaced
  | OrderReplaceRejected
  | OrderCancelRequested
  | OrderCanceled
  | OrderCancelRejected
  | OrderExpired
  | OrderAdjusted
  | OrderFilled
  | FillDisputed
  | FillBusted
  | FillCorrected
  | ReportDisputed;
