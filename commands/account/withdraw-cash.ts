import { accountFigures } from '#domain/account/figures.ts';
import { accept, refuse } from '#domain/decision.ts';
import { formatCash } from '#domain/money.ts';
import { bookPositive, type Decide } from '../deciding.ts';
import { type CashCommand, movementOf } from './cash-command.ts';

export type WithdrawCash = CashCommand & { readonly type: 'WithdrawCash' };

/** Only cash that is settled, not reserved by an order and not needed as margin may leave. */
export const withdrawCash: Decide<WithdrawCash> = (command, state, quotes) =>
  bookPositive(state, command.amount, () => {
    const figures = accountFigures(state, quotes.latest, command.at);
    if (command.amount > figures.withdrawable) {
      const details = {
        requested: formatCash(command.amount),
        withdrawable: formatCash(figures.withdrawable),
        cash: formatCash(figures.cash),
        settled: formatCash(figures.settledCash),
        reserved: formatCash(figures.reservedCash),
      };
      return refuse({ code: 'insufficient_cash', details });
    }
    return accept({ type: 'CashWithdrawn', ...movementOf(command) });
  });
