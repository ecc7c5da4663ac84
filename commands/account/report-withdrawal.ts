import { accept } from '#domain/decision.ts';
import { bookPositive, type Decide } from '../deciding.ts';
import { type CashCommand, movementOf } from './cash-command.ts';

/** Cash that has left already, as somebody outside says under a reference of theirs. What WithdrawCash only asks for. */
export type ReportWithdrawal = CashCommand & {
  readonly type: 'ReportWithdrawal';
  readonly externalReference: string;
};

/** Booked whether the cash was there or not: it has gone. */
export const reportWithdrawal: Decide<ReportWithdrawal> = (command, state) =>
  bookPositive(state, command.amount, () =>
    accept({ type: 'CashWithdrawn', ...movementOf(command) }),
  );
