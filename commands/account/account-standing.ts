import { accept, refuse } from '#domain/decision.ts';
import { formatCash } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import { bookkeepingRefusal, type Decide } from '../deciding.ts';

type Standing<Type extends string> = {
  readonly type: Type;
  readonly reason: string;
  readonly at: Instant;
};

/** Stops new orders; fills, cancels and bookkeeping go on. */
export type SuspendAccount = Standing<'SuspendAccount'>;
export type ReinstateAccount = Standing<'ReinstateAccount'>;
/** Ends an account that holds nothing any more. */
export type CloseAccount = Standing<'CloseAccount'>;

export const suspendAccount: Decide<SuspendAccount> = ({ reason, at }, state) => {
  const refusal = bookkeepingRefusal(state);
  if (refusal !== null) return refuse(refusal);
  if (state.status === 'suspended') return accept();
  return accept({ type: 'AccountSuspended', reason, at });
};

export const reinstateAccount: Decide<ReinstateAccount> = ({ reason, at }, state) => {
  const refusal = bookkeepingRefusal(state);
  if (refusal !== null) return refuse(refusal);
  if (state.status !== 'suspended') return refuse({ code: 'account_not_suspended', details: {} });
  return accept({ type: 'AccountReinstated', reason, at });
};

export const closeAccount: Decide<CloseAccount> = ({ reason, at }, state) => {
  const refusal = bookkeepingRefusal(state);
  if (refusal !== null) return refuse(refusal);
  const positions = [...state.holdings.values()].filter(({ quantity }) => quantity !== 0n).length;
  if (state.cash !== 0n || positions > 0 || state.liveOrders.size > 0) {
    const details = {
      cash: formatCash(state.cash),
      positions: String(positions),
      open_orders: String(state.liveOrders.size),
    };
    return refuse({ code: 'account_not_empty', details });
  }
  return accept({ type: 'AccountClosed', reason, at });
};
