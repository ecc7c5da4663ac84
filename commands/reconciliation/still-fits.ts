import { type AccountState, holdingOf } from '#domain/account/state.ts';
import { formatCash, formatPrice, formatQuantity, notional } from '#domain/money.ts';
import type { BreakFound } from '#domain/reconciliation/events.ts';
import { unreachable } from '#domain/unreachable.ts';

/**
 * Whether the account is still as it was when the correction was proposed, as far as that bears on it. What was
 * booked meanwhile may have mended the break already: correcting it then would be the next one.
 */
export const stillFits = (
  { correction, ours }: Pick<BreakFound, 'correction' | 'ours'>,
  state: AccountState,
): boolean => {
  if (correction === null) return false;
  switch (correction.kind) {
    case 'fill': {
      const known = state.executions.get(correction.executionId);
      if (known === undefined) return true;
      // Our own booking of it, of a first attempt: the pipeline tells.
      return known.orderId === null && known.standing === 'booked';
    }
    case 'correct_fill': {
      const known = state.executions.get(correction.executionId);
      if (known === undefined) return false;
      const { quantity, price, commission } = correction;
      const isDone =
        known.quantity === quantity && known.price === price && known.commission === commission;
      // A fee of several executions has only the sum of theirs to show.
      if (isDone || ours?.['quantity'] == null) return true;
      return (
        ours['quantity'] === formatQuantity(known.quantity) &&
        ours['price'] === formatPrice(known.price) &&
        ours['commission'] === formatCash(known.commission)
      );
    }
    case 'pay_dividend': {
      const { quantity } = holdingOf(state, correction.symbol);
      return notional(correction.perShare, quantity) === correction.amount;
    }
    case 'split_stock':
      return holdingOf(state, correction.symbol).quantity === correction.quantity;
    case 'bust_fill':
    case 'deposit_cash':
    case 'report_dividend':
    case 'report_withdrawal':
    case 'withdraw_cash':
    case 'charge_fee':
    case 'pay_interest':
    case 'adjust_cash':
      return true;
    default:
      return unreachable(correction);
  }
};
