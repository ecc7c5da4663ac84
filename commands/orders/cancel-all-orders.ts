import type { AccountEvent } from '#domain/account/events.ts';
import { accept, refuse } from '#domain/decision.ts';
import type { Symbol } from '#domain/ids.ts';
import type { Instant } from '#domain/time.ts';
import { bookkeepingRefusal, type Decide } from '../deciding.ts';
import { cancelRequest } from './cancel-order.ts';

/** Asks to cancel every live order, of one symbol or of all (null). */
export type CancelAllOrders = {
  readonly type: 'CancelAllOrders';
  readonly symbol: Symbol | null;
  readonly at: Instant;
};

export const cancelAllOrders: Decide<CancelAllOrders> = ({ symbol, at }, state) => {
  const refusal = bookkeepingRefusal(state);
  if (refusal !== null) return refuse(refusal);
  const events: AccountEvent[] = [];
  for (const orderId of state.liveOrders) {
    const order = state.orders.get(orderId);
    if (order === undefined || order.status === 'pending_cancel') continue;
    if (symbol !== null && order.terms.symbol !== symbol) continue;
    events.push(...cancelRequest(state, orderId, at));
  }
  return accept(...events);
};
