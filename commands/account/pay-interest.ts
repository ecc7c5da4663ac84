import { accept, refuse } from '#domain/decision.ts';
import { bookkeepingRefusal, type Decide } from '../deciding.ts';
import { type CashCommand, movementOf } from './cash-command.ts';

/** Interest: amount > 0 is credited, amount < 0 is what the account owes. */
export type PayInterest = CashCommand & { readonly type: 'PayInterest' };

export const payInterest: Decide<PayInterest> = (command, state) => {
  const refusal = bookkeepingRefusal(state);
  if (refusal !== null) return refuse(refusal);
  if (command.amount === 0n) return refuse({ code: 'invalid_amount', details: {} });
  return accept({ type: 'InterestPaid', ...movementOf(command) });
};
