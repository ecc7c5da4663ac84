import { accept } from '#domain/decision.ts';
import { bookPositive, type Decide } from '../deciding.ts';
import { type CashCommand, movementOf } from './cash-command.ts';

/** A fee that is due: booked even where cash is short, as the claim exists all the same. */
export type ChargeFee = CashCommand & { readonly type: 'ChargeFee' };

export const chargeFee: Decide<ChargeFee> = (command, state) =>
  bookPositive(state, command.amount, () => accept({ type: 'FeeCharged', ...movementOf(command) }));
