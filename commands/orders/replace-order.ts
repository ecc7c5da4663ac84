import type { AccountEvent } from '#domain/account/events.ts';
import type { OrderState, PendingReplacement } from '#domain/account/state.ts';
import { accept, refuse } from '#domain/decision.ts';
import type { BrokerOrderId, ClientOrderId, OrderId } from '#domain/ids.ts';
import { formatQuantity, type Price, type Quantity, type Ratio } from '#domain/money.ts';
import type { OrderReplaced, OrderReplaceRequested } from '#domain/order/events.ts';
import { nextStatus } from '#domain/order/lifecycle.ts';
import type { OrderTerms, TimeInForce } from '#domain/order/terms.ts';
import type { Refusal } from '#domain/refusals.ts';
import { assess } from '#domain/risk/rules.ts';
import type { Instant } from '#domain/time.ts';
import { type Decide, tradingPolicy } from '../deciding.ts';
import { refuseOrder } from './submit-order.ts';
import { unknownSymbol } from './unknown-symbol.ts';

/** What shall be different; null leaves a term as it is. The quantity counts what has filled already. */
export type ChangedTerms = {
  readonly quantity: Quantity | null;
  readonly limitPrice: Price | null;
  readonly stopPrice: Price | null;
  readonly trailAmount: Price | null;
  readonly trailPercent: Ratio | null;
  readonly timeInForce: TimeInForce | null;
};

export type ReplaceOrder = {
  readonly type: 'ReplaceOrder';
  readonly orderId: OrderId;
  readonly replacementId: OrderId;
  readonly clientOrderId: ClientOrderId;
  readonly changes: ChangedTerms;
  readonly at: Instant;
};

const changed = (terms: OrderTerms, changes: ChangedTerms): OrderTerms => {
  const trails = changes.trailAmount !== null || changes.trailPercent !== null;
  return {
    ...terms,
    quantity: changes.quantity ?? terms.quantity,
    limitPrice: changes.limitPrice ?? terms.limitPrice,
    stopPrice: changes.stopPrice ?? terms.stopPrice,
    trailAmount: trails ? changes.trailAmount : terms.trailAmount,
    trailPercent: trails ? changes.trailPercent : terms.trailPercent,
    timeInForce: changes.timeInForce ?? terms.timeInForce,
  };
};

const same = (left: OrderTerms, right: OrderTerms): boolean =>
  left.quantity === right.quantity &&
  left.limitPrice === right.limitPrice &&
  left.stopPrice === right.stopPrice &&
  left.trailAmount === right.trailAmount &&
  left.trailPercent === right.trailPercent &&
  left.timeInForce === right.timeInForce;

/** The broker order id where no broker works the account's orders. */
const unrouted = 'none' as BrokerOrderId;

/** The old order's end: the replacement works what the chain has not filled yet. */
export const replaced = (
  order: OrderState,
  replacement: PendingReplacement,
  brokerOrderId: BrokerOrderId,
  at: Instant,
): OrderReplaced => {
  const used = order.filledQuantity + order.bustedQuantity;
  const quantity = ((replacement.terms.quantity ?? 0n) - used) as Quantity;
  return {
    type: 'OrderReplaced',
    orderId: order.orderId,
    replacementId: replacement.orderId,
    clientOrderId: replacement.clientOrderId,
    brokerOrderId,
    terms: { ...replacement.terms, quantity },
    reservation: replacement.reservation,
    replacedAt: at,
  };
};

const replaceRefusal = (order: OrderState, terms: OrderTerms): Refusal | null => {
  const steps = { ...order, accepted: order.brokerOrderId !== null };
  if (nextStatus(steps, 'ask_replace') === undefined) {
    return { code: 'order_not_replaceable', details: { status: order.status } };
  }
  if (order.terms.notional !== null) {
    return {
      code: 'order_not_replaceable',
      details: { rule: 'orders by notional are not replaced' },
    };
  }
  if (same(order.terms, terms)) return { code: 'order_unchanged', details: {} };
  const used = (order.filledQuantity + order.bustedQuantity) as Quantity;
  if (terms.quantity !== null && terms.quantity <= used) {
    const details = {
      requested: formatQuantity(terms.quantity),
      filled: formatQuantity(order.filledQuantity),
    };
    return { code: 'quantity_below_filled', details };
  }
  return null;
};

export const replaceOrder: Decide<ReplaceOrder> = (command, state, quotes) => {
  const { orderId, replacementId, clientOrderId, at } = command;
  const trading = tradingPolicy(state);
  if ('refusal' in trading) return refuse(trading.refusal);
  const order = state.orders.get(orderId);
  if (order === undefined)
    return refuse({ code: 'order_not_found', details: { order_id: orderId } });
  const terms = changed(order.terms, command.changes);
  const misfit = replaceRefusal(order, terms);
  if (misfit !== null) return refuse(misfit);
  const market = quotes.latest(terms.symbol);
  if (market === undefined) return unknownSymbol(terms.symbol);

  // What has filled needs nothing any more: the rules judge what is left to work.
  const used = order.filledQuantity + order.bustedQuantity;
  const left: OrderTerms = { ...terms, quantity: ((terms.quantity ?? 0n) - used) as Quantity };
  const { reservation, refusal } = assess({
    state,
    policy: trading.policy,
    terms: left,
    market,
    prices: quotes.latest,
    at,
    replaced: order,
  });
  if (refusal !== null) {
    return refuseOrder(refusal, { orderId: replacementId, clientOrderId, terms }, at);
  }
  const requested: OrderReplaceRequested = {
    type: 'OrderReplaceRequested',
    orderId,
    replacementId,
    clientOrderId,
    terms,
    reservation,
    referencePrice: market.price,
    requestedAt: at,
  };
  if (trading.policy.broker !== 'none') return accept<AccountEvent>(requested);
  const pending = { orderId: replacementId, clientOrderId, terms, reservation };
  return accept<AccountEvent>(requested, replaced(order, pending, unrouted, at));
};
