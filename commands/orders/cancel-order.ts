import type { AccountEvent } from '#domain/account/events.ts';
import type { AccountState } from '#domain/account/state.ts';
import { accept, refuse } from '#domain/decision.ts';
import type { OrderId } from '#domain/ids.ts';
import { nextStatus } from '#domain/order/lifecycle.ts';
import type { Instant } from '#domain/time.ts';
import { bookkeepingRefusal, type Decide } from '../deciding.ts';

export type CancelOrder = {
  readonly type: 'CancelOrder';
  readonly orderId: OrderId;
  readonly at: Instant;
};

/** Asks the broker to cancel. A suspended account may still cancel. */
export const cancelOrder: Decide<CancelOrder> = ({ orderId, at }, state) => {
  const refusal = bookkeepingRefusal(state);
  if (refusal !== null) return refuse(refusal);
  const order = state.orders.get(orderId);
  if (order === undefined)
    return refuse({ code: 'order_not_found', details: { order_id: orderId } });
  if (order.status === 'pending_cancel') return accept(); // Asked already; the broker's answer is on its way.
  const steps = { ...order, accepted: order.brokerOrderId !== null };
  if (nextStatus(steps, 'ask_cancel') === undefined) {
    return refuse({ code: 'order_not_cancelable', details: { status: order.status } });
  }
  return accept(...cancelRequest(state, orderId, at));
};

/** The request, and at once the end where no broker works the account's orders. */
export const cancelRequest = (
  state: AccountState,
  orderId: OrderId,
  at: Instant,
): readonly AccountEvent[] => {
  const requested = { type: 'OrderCancelRequested', orderId, requestedAt: at } as const;
  if (state.policy?.broker !== 'none') return [requested];
  return [requested, { type: 'OrderCanceled', orderId, reason: 'requested', canceledAt: at }];
};
