import type { AccountEvent } from '#domain/account/events.ts';
import type { AccountPolicy } from '#domain/account/policy.ts';
import type { AccountState, ExecutionState, OrderState } from '#domain/account/state.ts';
import { commissionOfFill } from '#domain/commission.ts';
import { accept, refuse } from '#domain/decision.ts';
import type { BrokerOrderId, OrderId } from '#domain/ids.ts';
import { settlesAt } from '#domain/market/calendar.ts';
import { notional, zeroCash, zeroQuantity } from '#domain/money.ts';
import type { Execution, FillDispute } from '#domain/order/events.ts';
import { replacementOf } from '#domain/order/evolve.ts';
import type { AccountDecision, Decide } from '../deciding.ts';
import { replaced } from '../orders/replace-order.ts';
import type { BrokerReport } from '../ports/broker.ts';
import { dispute } from './disputed.ts';

export type Fill = Extract<BrokerReport, { type: 'Fill' }>;

const repeats = (known: ExecutionState, fill: Fill): boolean =>
  known.orderId === fill.orderId &&
  known.symbol === fill.symbol &&
  known.side === fill.side &&
  known.quantity === fill.quantity &&
  known.price === fill.price &&
  (fill.commission === null || known.commission === fill.commission);

const overfills = (
  { terms, filledQuantity, filledNotional, bustedQuantity }: OrderState,
  fill: Fill,
): boolean =>
  terms.quantity !== null
    ? filledQuantity + bustedQuantity + fill.quantity > terms.quantity
    : filledNotional + notional(fill.price, fill.quantity) > (terms.notional ?? 0n);

/** Why a fill cannot be booked on its order; null if it can. */
const disputeWith = (order: OrderState, fill: Fill): FillDispute | null => {
  if (order.terms.symbol !== fill.symbol) return 'symbol_mismatch';
  if (order.terms.side !== fill.side) return 'side_mismatch';
  if (order.status === 'rejected') return 'order_rejected';
  return overfills(order, fill) ? 'overfill' : null;
};

const executionOf = (fill: Fill, policy: AccountPolicy, order: OrderState | null): Execution => {
  const { executionId, orderId, symbol, side, quantity, price, liquidity, venue, at } = fill;
  const before = {
    quantity: order?.filledQuantity ?? zeroQuantity,
    notional: order?.filledNotional ?? zeroCash,
  };
  const traded = { quantity, notional: notional(price, quantity) };
  const commission = fill.commission ?? commissionOfFill(policy.commission, before, traded);
  return {
    executionId,
    orderId,
    symbol,
    side,
    quantity,
    price,
    commission,
    liquidity,
    venue,
    executedAt: at,
  };
};

/** A replacement that trades before its confirmation arrives confirms itself. */
const selfConfirming = (
  state: AccountState,
  orderId: OrderId,
  fill: Fill,
): { readonly order: OrderState; readonly before: readonly AccountEvent[] } | undefined => {
  for (const id of state.liveOrders) {
    const old = state.orders.get(id);
    if (old?.replacement?.orderId !== orderId) continue;
    const event = replaced(old, old.replacement, orderId as string as BrokerOrderId, fill.at);
    if ((event.terms.quantity ?? 0n) <= 0n) return undefined;
    return { order: replacementOf(event), before: [event] };
  }
  return undefined;
};

const bookOnOrder = (
  fill: Fill,
  policy: AccountPolicy,
  order: OrderState,
  before: readonly AccountEvent[],
): AccountDecision => {
  const execution = executionOf(fill, policy, order);
  const because = disputeWith(order, fill);
  if (because !== null) return accept({ type: 'FillDisputed', ...execution, because });
  const settles = settlesAt(fill.at, policy.settlementDays);
  return accept(...before, { type: 'OrderFilled', ...execution, settlesAt: settles });
};

/** Books an execution, on its order or from outside, or keeps it as disputed. Refused only where there is no account. */
export const fill: Decide<Fill> = (report, state) => {
  const { policy } = state;
  if (policy === null) return refuse({ code: 'account_not_found', details: {} });
  const known = state.executions.get(report.executionId);
  if (known !== undefined) {
    return repeats(known, report)
      ? accept()
      : dispute('fill', 'contradicts_execution', report.at, report);
  }
  if (state.status === 'closed') {
    const execution = executionOf(report, policy, null);
    return accept({ type: 'FillDisputed', ...execution, because: 'account_not_open' });
  }
  if (report.orderId === null) {
    const settles = settlesAt(report.at, policy.settlementDays);
    const execution = executionOf(report, policy, null);
    return accept({ type: 'OrderFilled', ...execution, settlesAt: settles });
  }
  const order = state.orders.get(report.orderId);
  if (order !== undefined) return bookOnOrder(report, policy, order, []);
  const confirming = selfConfirming(state, report.orderId, report);
  if (confirming !== undefined) {
    return bookOnOrder(report, policy, confirming.order, confirming.before);
  }
  const execution = executionOf(report, policy, null);
  return accept({ type: 'FillDisputed', ...execution, because: 'unknown_order' });
};
