import { accept } from '#domain/decision.ts';
import { bookPositive, type Decide } from '../deciding.ts';
import { type CashCommand, movementOf } from './cash-command.ts';

export type DepositCash = CashCommand & { readonly type: 'DepositCash' };

export const depositCash: Decide<DepositCash> = (command, state) =>
  bookPositive(state, command.amount, () =>
    accept({ type: 'CashDeposited', ...movementOf(command) }),
  );
