import type { AccountState, ExecutionState } from '#domain/account/state.ts';
import { accept, refuse } from '#domain/decision.ts';
import type { ExecutionId } from '#domain/ids.ts';
import type { Execution, ReportDispute } from '#domain/order/events.ts';
import type { Decide } from '../deciding.ts';
import type { BrokerReport } from '../ports/broker.ts';
import { dispute } from './disputed.ts';

export type BustFill = Extract<BrokerReport, { type: 'BustFill' }>;

/** A booked execution that can be undone or restated, or why it cannot. */
export const undoable = (
  state: AccountState,
  executionId: ExecutionId,
): ExecutionState | ReportDispute => {
  const known = state.executions.get(executionId);
  if (state.status === 'closed') return 'account_not_open';
  if (known === undefined) return 'unknown_execution';
  if (known.standing === 'disputed') return 'execution_disputed';
  if (known.standing === 'busted') return 'execution_busted';
  return known.splitSince ? 'split_since' : known;
};

export const asExecution = (executionId: ExecutionId, known: ExecutionState): Execution => ({
  executionId,
  orderId: known.orderId,
  symbol: known.symbol,
  side: known.side,
  quantity: known.quantity,
  price: known.price,
  commission: known.commission,
  liquidity: 'unknown',
  venue: '',
  executedAt: known.executedAt,
});

export const bustFill: Decide<BustFill> = (report, state) => {
  if (state.status === 'unopened') return refuse({ code: 'account_not_found', details: {} });
  const { executionId, reason, at } = report;
  const known = undoable(state, executionId);
  if (known === 'execution_busted') return accept();
  if (typeof known === 'string') return dispute('bust', known, at, { executionId });
  return accept({
    type: 'FillBusted',
    ...asExecution(executionId, known),
    reason,
    bustedAt: at,
  });
};
