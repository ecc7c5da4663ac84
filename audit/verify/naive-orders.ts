import type { AccountId } from '#domain/ids.ts';
import type { Cash, Price, Quantity } from '#domain/money.ts';
import { proportion } from '#domain/money.ts';
import type {
  FillBusted,
  FillCorrected,
  OrderEvent,
  OrderFilled,
  OrderRefused,
  OrderReplaced,
  OrderSubmitted,
} from '#domain/order/events.ts';
import type { OrderTerms, Reservation } from '#domain/order/terms.ts';
import type { Instant } from '#domain/time.ts';

/**
 * An order as plain facts. Its status is not stepped along but read off them whenever it is asked for: a second
 * opinion on the lifecycle.
 */
export type NaiveOrder = {
  readonly orderId: string;
  readonly accountId: AccountId;
  readonly clientOrderId: string;
  readonly refusal: OrderRefused | null;
  readonly referencePrice: Price | null;
  readonly replaces: string | null;
  readonly submittedAt: Instant;
  readonly createdSequence: number;
  brokerOrderId: string | null;
  terms: OrderTerms;
  reservation: Reservation;
  replacement: {
    readonly orderId: string;
    readonly clientOrderId: string;
    readonly terms: OrderTerms;
    readonly reservation: Reservation;
  } | null;
  replacedBy: string | null;
  ended: 'canceled' | 'expired' | 'rejected' | 'replaced' | null;
  /** Everything that was to trade has traded. */
  complete: boolean;
  /** It has begun to fill, as far as its status shows. */
  partly: boolean;
  cancelAsked: boolean;
  triggered: boolean;
  highWaterMark: Price | null;
  trailedStopPrice: Price | null;
  filled: bigint;
  filledValue: bigint;
  busted: bigint;
  fills: number;
  commission: bigint;
  reason: string | null;
  readonly times: Partial<
    Record<
      | 'accepted'
      | 'triggered'
      | 'replaceRequested'
      | 'replaced'
      | 'cancelRequested'
      | 'canceled'
      | 'filled'
      | 'expired'
      | 'rejected',
      Instant
    >
  >;
  updatedAt: Instant;
  sequence: number;
};

const nothingReserved: Reservation = {
  closing: 0n as Quantity,
  opening: 0n as Quantity,
  cashPerShare: 0n as Price,
  fixedCash: 0n as Cash,
};

type Known = Pick<
  NaiveOrder,
  'orderId' | 'accountId' | 'clientOrderId' | 'terms' | 'reservation' | 'submittedAt'
>;

const bare = (known: Known, sequence: number, rest: Partial<NaiveOrder>): NaiveOrder => ({
  refusal: null,
  referencePrice: null,
  replaces: null,
  brokerOrderId: null,
  replacement: null,
  replacedBy: null,
  ended: null,
  complete: false,
  partly: false,
  cancelAsked: false,
  triggered: false,
  highWaterMark: null,
  trailedStopPrice: null,
  filled: 0n,
  filledValue: 0n,
  busted: 0n,
  fills: 0,
  commission: 0n,
  reason: null,
  times: {},
  ...known,
  updatedAt: known.submittedAt,
  createdSequence: sequence,
  sequence,
  ...rest,
});

/** An order as it was taken. */
export const submittedOrder = (
  accountId: AccountId,
  event: OrderSubmitted,
  sequence: number,
): NaiveOrder => {
  const { orderId, clientOrderId, terms, reservation, submittedAt, referencePrice } = event;
  const known = { orderId, accountId, clientOrderId, terms, reservation, submittedAt };
  return bare(known, sequence, { referencePrice });
};

/** An order that was refused: it never lived. */
export const refusedOrder = (
  accountId: AccountId,
  event: OrderRefused,
  sequence: number,
): NaiveOrder => {
  const { orderId, clientOrderId, terms, refusedAt: submittedAt } = event;
  const reservation = nothingReserved;
  const known = { orderId, accountId, clientOrderId, terms, reservation, submittedAt };
  return bare(known, sequence, { refusal: event, reason: event.code });
};

/** The order that takes over what is left of `old`. */
export const replacementOrder = (
  old: NaiveOrder,
  event: OrderReplaced,
  sequence: number,
): NaiveOrder => {
  const { replacementId, clientOrderId, terms, reservation, replacedAt, brokerOrderId } = event;
  const known = {
    orderId: replacementId,
    accountId: old.accountId,
    clientOrderId,
    terms,
    reservation,
    submittedAt: replacedAt,
  };
  const { referencePrice, orderId: replaces } = old;
  const times = { accepted: replacedAt };
  return bare(known, sequence, { referencePrice, replaces, brokerOrderId, times });
};

/** What the facts come to. A cancel or expiry that a last fill overtook counts as filled. */
export const statusOf = (order: NaiveOrder): string => {
  if (order.refusal !== null) return 'refused';
  if (order.ended === 'replaced' || order.ended === 'rejected') return order.ended;
  if (order.complete) return 'filled';
  if (order.ended !== null) return order.ended;
  if (order.cancelAsked) return 'pending_cancel';
  if (order.replacement !== null) return 'pending_replace';
  if (order.partly) return 'partially_filled';
  return order.brokerOrderId === null ? 'submitted' : 'accepted';
};

export const isWorking = (order: NaiveOrder): boolean =>
  order.refusal === null && order.ended === null && !order.complete;

const cashIn = ({ cashPerShare, opening, fixedCash }: Reservation): bigint =>
  cashPerShare * opening + fixedCash;
const most = (one: bigint, other: bigint): bigint => (one > other ? one : other);
const least = (one: bigint, other: bigint): bigint => (one < other ? one : other);

/** Cash and shares kept aside: nothing once it has ended, the larger of both while a replacement is in flight. */
export const keptAside = (
  order: NaiveOrder,
): { readonly cash: bigint; readonly shares: bigint } => {
  if (!isWorking(order)) return { cash: 0n, shares: 0n };
  const { reservation: own, replacement } = order;
  const next = replacement?.reservation ?? own;
  return { cash: most(cashIn(own), cashIn(next)), shares: most(own.closing, next.closing) };
};

/** Closing shares are used first, then opening ones; the fixed part by what was charged, or with the amount left. */
const afterUse = (
  reservation: Reservation,
  shares: bigint,
  charged: bigint,
  left: readonly [before: bigint, after: bigint] | null,
): Reservation => {
  const { closing, opening, cashPerShare, fixedCash } = reservation;
  const closed = least(closing, shares);
  const opened = shares - closed;
  let fixed: bigint = fixedCash;
  if (left === null) fixed = most(0n, fixedCash - charged);
  else if (closed === 0n || opened !== 0n) {
    const [before, after] = left;
    fixed = before <= 0n || after <= 0n ? 0n : proportion(fixedCash, after, before, 'up');
  }
  return {
    closing: (closing - closed) as Quantity,
    opening: most(0n, opening - opened) as Quantity,
    cashPerShare,
    fixedCash: fixed as Cash,
  };
};

const useUp = (order: NaiveOrder, shares: bigint, charged: bigint, value: bigint): void => {
  const { notional } = order.terms;
  const left =
    notional === null
      ? null
      : ([notional - order.filledValue, notional - order.filledValue - value] as const);
  order.reservation = afterUse(order.reservation, shares, charged, left);
  if (order.replacement === null) return;
  const reservation = afterUse(order.replacement.reservation, shares, charged, left);
  order.replacement = { ...order.replacement, reservation };
};

const tookBack = (order: NaiveOrder): void => {
  // Shares taken back are not worked again: a complete order ends short of its quantity.
  if (order.complete && order.ended !== 'replaced') order.ended = 'canceled';
  order.complete = false;
  order.partly = order.filled > 0n;
};

const fill = (order: NaiveOrder, event: OrderFilled): void => {
  const value = event.price * event.quantity;
  const { quantity, notional } = order.terms;
  const completes =
    quantity === null
      ? // Left is less than the smallest quantity costs: 0.000000001 share at e9 a share is `price` in e18.
        (notional ?? 0n) - order.filledValue - value < event.price
      : order.filled + order.busted + event.quantity === quantity;
  useUp(order, event.quantity, event.commission, value);
  order.filled += event.quantity;
  order.filledValue += value;
  order.commission += event.commission;
  order.fills += 1;
  order.partly = true;
  if (completes) order.complete = true;
};

const bust = (order: NaiveOrder, event: FillBusted): void => {
  order.filled -= event.quantity;
  order.filledValue -= event.price * event.quantity;
  order.commission -= event.commission;
  order.busted += event.quantity;
  tookBack(order);
};

const correct = (order: NaiveOrder, event: FillCorrected): void => {
  const change = event.quantity - event.previousQuantity;
  const returned = least(change, order.busted);
  const value = event.price * event.quantity - event.previousPrice * event.previousQuantity;
  const wasWorking = isWorking(order);
  useUp(order, change - returned, 0n, value);
  order.filled += change;
  order.filledValue += value;
  order.commission += event.commission - event.previousCommission;
  order.busted -= returned;
  if (change === 0n) return;
  if (change < 0n) {
    tookBack(order);
    return;
  }
  order.partly = true;
  const done = wasWorking ? order.filled + order.busted : order.filled;
  if (order.terms.quantity === done) order.complete = true;
};

/** An execution, its undoing or its correction, in its order. */
export const tradeOrder = (
  order: NaiveOrder,
  event: OrderFilled | FillBusted | FillCorrected,
  sequence: number,
): void => {
  if (event.type === 'OrderFilled') fill(order, event);
  else if (event.type === 'FillBusted') bust(order, event);
  else correct(order, event);
  const at =
    event.type === 'OrderFilled'
      ? event.executedAt
      : event.type === 'FillBusted'
        ? event.bustedAt
        : event.correctedAt;
  if (statusOf(order) !== 'filled') delete order.times.filled;
  else order.times.filled ??= at;
  order.updatedAt = at;
  order.sequence = sequence;
};

export type OrderStep = Exclude<
  OrderEvent,
  {
    type:
      | 'OrderSubmitted'
      | 'OrderRefused'
      | 'OrderFilled'
      | 'FillBusted'
      | 'FillCorrected'
      | 'FillDisputed'
      | 'ReportDisputed';
  }
>;

const refusedRequest = (order: NaiveOrder, reason: string): void => {
  order.reason = reason;
  order.partly = order.filled > 0n;
};

/** Notes what a step says; returns when it happened. */
const note = (order: NaiveOrder, event: OrderStep): Instant => {
  const { times } = order;
  switch (event.type) {
    case 'OrderAccepted':
      order.brokerOrderId = event.brokerOrderId;
      times.accepted = event.acceptedAt;
      return event.acceptedAt;
    case 'OrderRejected':
      order.ended = 'rejected';
      order.reason = event.reason;
      times.rejected = event.rejectedAt;
      return event.rejectedAt;
    case 'OrderTriggered':
      order.triggered = true;
      times.triggered = event.triggeredAt;
      return event.triggeredAt;
    case 'StopTrailed':
      order.highWaterMark = event.highWaterMark;
      order.trailedStopPrice = event.stopPrice;
      return event.trailedAt;
    case 'OrderReplaceRequested': {
      const { replacementId: orderId, clientOrderId, terms, reservation } = event;
      order.replacement = { orderId, clientOrderId, terms, reservation };
      times.replaceRequested = event.requestedAt;
      return event.requestedAt;
    }
    case 'OrderReplaced':
      order.ended = 'replaced';
      order.replacement = null;
      order.replacedBy = event.replacementId;
      times.replaced = event.replacedAt;
      return event.replacedAt;
    case 'OrderReplaceRejected':
      order.replacement = null;
      refusedRequest(order, event.reason);
      return event.rejectedAt;
    case 'OrderCancelRequested':
      order.cancelAsked = true;
      times.cancelRequested = event.requestedAt;
      return event.requestedAt;
    case 'OrderCanceled':
      order.ended = 'canceled';
      order.reason = event.reason;
      times.canceled = event.canceledAt;
      return event.canceledAt;
    case 'OrderCancelRejected':
      order.cancelAsked = false;
      refusedRequest(order, event.reason);
      return event.rejectedAt;
    case 'OrderExpired':
      order.ended = 'expired';
      times.expired = event.expiredAt;
      return event.expiredAt;
    case 'OrderAdjusted':
      order.terms = event.terms;
      order.reservation = event.reservation;
      order.filled = event.filledQuantity;
      order.busted = event.bustedQuantity;
      return event.adjustedAt;
  }
};

/** A step that moves neither shares nor cash. */
export const stepNaively = (order: NaiveOrder, event: OrderStep, sequence: number): void => {
  order.updatedAt = note(order, event);
  order.sequence = sequence;
};
