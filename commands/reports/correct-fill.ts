import type { AccountState, ExecutionState } from '#domain/account/state.ts';
import { accept, refuse } from '#domain/decision.ts';
import { notional } from '#domain/money.ts';
import type { Decide } from '../deciding.ts';
import type { BrokerReport } from '../ports/broker.ts';
import { asExecution, undoable } from './bust-fill.ts';
import { dispute } from './disputed.ts';

export type CorrectFill = Extract<BrokerReport, { type: 'CorrectFill' }>;

const overfills = (state: AccountState, known: ExecutionState, report: CorrectFill): boolean => {
  const order = known.orderId === null ? undefined : state.orders.get(known.orderId);
  if (order === undefined) return false;
  const more = report.quantity - known.quantity;
  if (more <= 0n) return false;
  const { terms, filledQuantity, filledNotional } = order;
  // Shares that an earlier bust or correction took back may come back.
  if (terms.quantity !== null) return filledQuantity + more > terms.quantity;
  const before = notional(known.price, known.quantity);
  const after = notional(report.price, report.quantity);
  return filledNotional - before + after > (terms.notional ?? 0n);
};

export const correctFill: Decide<CorrectFill> = (report, state) => {
  if (state.status === 'unopened') return refuse({ code: 'account_not_found', details: {} });
  const { executionId, quantity, price, reason, at } = report;
  const known = undoable(state, executionId);
  if (typeof known === 'string') return dispute('correction', known, at, { executionId });
  const commission = report.commission ?? known.commission;
  const same =
    known.quantity === quantity && known.price === price && known.commission === commission;
  if (same) return accept();
  if (overfills(state, known, report))
    return dispute('correction', 'overfill', at, { executionId });
  return accept({
    type: 'FillCorrected',
    ...asExecution(executionId, known),
    quantity,
    price,
    commission,
    previousQuantity: known.quantity,
    previousPrice: known.price,
    previousCommission: known.commission,
    reason,
    correctedAt: at,
  });
};
