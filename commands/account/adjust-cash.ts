import { accept, refuse } from '#domain/decision.ts';
import { bookkeepingRefusal, type Decide } from '../deciding.ts';
import { type CashCommand, movementOf } from './cash-command.ts';

/** A correction by a person, of either sign; who made it is in the event's envelope. */
export type AdjustCash = CashCommand & { readonly type: 'AdjustCash'; readonly reason: string };

export const adjustCash: Decide<AdjustCash> = (command, state) => {
  const refusal = bookkeepingRefusal(state);
  if (refusal !== null) return refuse(refusal);
  if (command.amount === 0n) return refuse({ code: 'invalid_amount', details: {} });
  return accept({ type: 'CashAdjusted', ...movementOf(command), reason: command.reason });
};
