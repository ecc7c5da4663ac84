import type { RoutedOrder, WorkingOrder } from '#commands/ports/broker.ts';
import type { BrokerOrderId, ExecutionId, OrderId } from '#domain/ids.ts';
import {
  affordable,
  larger,
  type Price,
  type Quantity,
  smaller,
  subtract,
  zeroCash,
  zeroQuantity,
} from '#domain/money.ts';
import type { OrderTerms } from '#domain/order/terms.ts';
import { fromMilliseconds, type Instant, toMilliseconds } from '#domain/time.ts';

/** A working order in the book. Its terms are its own: a replacement's quantity is without what was filled before. */
export type PaperOrder = Omit<WorkingOrder, 'brokerOrderId'> & {
  /** When the order reached the market; it can match from then on. */
  readonly activeAt: Instant;
};

export const brokerOrderIdOf = (orderId: OrderId): BrokerOrderId =>
  `paper-${orderId}` as BrokerOrderId;

/** The n-th execution of an order, from 1. The same after a restart, so a fill that is made again is known again. */
export const executionIdOf = (orderId: OrderId, n: number): ExecutionId =>
  `paper-${orderId}-${n}` as ExecutionId;

export const later = (at: Instant, milliseconds: number): Instant =>
  milliseconds === 0 ? at : fromMilliseconds(toMilliseconds(at) + milliseconds);

/** An order that has just come in. */
export const newOrder = (routed: RoutedOrder, activeAt: Instant): PaperOrder => ({
  accountId: routed.accountId,
  orderId: routed.orderId,
  terms: routed.terms,
  submittedAt: routed.submittedAt,
  priceCap: routed.priceCap,
  closingMax: routed.closingMax,
  filledQuantity: zeroQuantity,
  filledNotional: zeroCash,
  fillCount: 0,
  triggered: false,
  highWaterMark: null,
  trailedStopPrice: null,
  activeAt,
});

/** An order that was working before a restart. */
export const restoredOrder = (working: WorkingOrder, activeAt: Instant): PaperOrder => ({
  ...newOrder(working, activeAt),
  filledQuantity: working.filledQuantity,
  filledNotional: working.filledNotional,
  fillCount: working.fillCount,
  triggered: working.triggered,
  highWaterMark: working.highWaterMark,
  trailedStopPrice: working.trailedStopPrice,
});

const isSet = (value: bigint | null): boolean => value !== null && value > 0n;

const pricesFit: Readonly<Record<OrderTerms['type'], (terms: OrderTerms) => boolean>> = {
  market: () => true,
  limit: (terms) => isSet(terms.limitPrice),
  stop: (terms) => isSet(terms.stopPrice),
  stop_limit: (terms) => isSet(terms.stopPrice) && isSet(terms.limitPrice),
  trailing_stop: (terms) => isSet(terms.trailAmount) !== isSet(terms.trailPercent),
};

/** Whether the terms say enough to work the order: the ledger checks more, but a book must not guess. */
export const isWorkable = (terms: OrderTerms): boolean =>
  isSet(terms.quantity) !== isSet(terms.notional) &&
  (terms.notional === null || terms.type === 'market') &&
  pricesFit[terms.type](terms);

/** What of the order is open at a price; by notional, what is left of the money comes to, to nine decimals. */
export const open = (order: PaperOrder, price: Price): Quantity => {
  const { quantity, notional } = order.terms;
  if (quantity !== null) return larger(zeroQuantity, subtract(quantity, order.filledQuantity));
  return notional === null
    ? zeroQuantity
    : affordable(subtract(notional, order.filledNotional), price);
};

/** Whether a sell by notional has sold all the shares it may. */
export const isExhausted = ({ closingMax, filledQuantity }: PaperOrder): boolean =>
  closingMax !== null && filledQuantity >= closingMax;

/** What the order still wants at a price: what is open, as far as it has the shares. */
export const wanted = (order: PaperOrder, price: Price): Quantity => {
  const { closingMax, filledQuantity } = order;
  const left = open(order, price);
  if (closingMax === null) return left;
  return smaller(left, larger(zeroQuantity, subtract(closingMax, filledQuantity)));
};

/** The limit that the terms set now: none for a market order, nor for a stop that became one. */
export const limitOf = ({ terms }: PaperOrder): Price | null =>
  terms.type === 'limit' || terms.type === 'stop_limit' ? terms.limitPrice : null;

/** The worst price at which the order may trade: its limit, or as far as its reservation goes. */
export const boundOf = (order: PaperOrder): Price | null => limitOf(order) ?? order.priceCap;

/** Whether the order can trade now; an untriggered stop waits. */
export const isLive = (order: PaperOrder): boolean =>
  order.triggered || order.terms.type === 'market' || order.terms.type === 'limit';

/**
 * An order that has had its one chance, or has sold all the shares it may: it traded in part and its end was lost in
 * a crash. It must not get a second chance.
 */
export const isSpent = (order: PaperOrder): boolean => {
  const { timeInForce } = order.terms;
  const hadItsChance =
    order.fillCount > 0 &&
    (timeInForce === 'ioc' || timeInForce === 'opg' || timeInForce === 'cls');
  return hadItsChance || isExhausted(order);
};

const byText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** Time priority. By what the ledger remembers, not by arrival, so that it is the same after a restart. */
export const byTime = (left: PaperOrder, right: PaperOrder): number =>
  byText(left.submittedAt, right.submittedAt) || byText(left.orderId, right.orderId);

export const byArrival = (left: PaperOrder, right: PaperOrder): number =>
  byText(left.activeAt, right.activeAt) || byTime(left, right);

/** Price priority among orders of one side (market orders first, then the keenest limit), then time priority. */
export const byPriority = (left: PaperOrder, right: PaperOrder): number => {
  const leftLimit = limitOf(left);
  const rightLimit = limitOf(right);
  if (leftLimit === rightLimit) return byTime(left, right);
  if (leftLimit === null) return -1;
  if (rightLimit === null) return 1;
  const leftIsKeener = left.terms.side === 'buy' ? leftLimit > rightLimit : leftLimit < rightLimit;
  return leftIsKeener ? -1 : 1;
};
