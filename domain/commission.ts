import type { CommissionSchedule } from './account/policy.ts';
import {
  add,
  type Cash,
  larger,
  notional,
  proportion,
  type Quantity,
  subtract,
  zeroCash,
} from './money.ts';
import { unreachable } from './unreachable.ts';

/** What an order has traded so far. */
export type Traded = { readonly quantity: Quantity; readonly notional: Cash };

/** `rate` of CommissionSchedule counts basis points with nine decimals: 1 bp = 1/10,000. */
const basisPointsOfOne = 10_000n * 10n ** 9n;

/** Commission due on everything an order has traded so far, exact to eighteen decimals. */
export const commissionOn = (schedule: CommissionSchedule, traded: Traded): Cash => {
  if (traded.quantity === 0n) return zeroCash;
  switch (schedule.kind) {
    case 'basis_points':
      return proportion(traded.notional, schedule.rate, basisPointsOfOne);
    case 'per_share':
      return larger(notional(schedule.rate, traded.quantity), schedule.minimum);
    case 'fixed':
      return schedule.amount;
    default:
      return unreachable(schedule);
  }
};

/** What one more fill adds to an order's commission, so that minimums and fixed amounts are charged once. */
export const commissionOfFill = (
  schedule: CommissionSchedule,
  before: Traded,
  fill: Traded,
): Cash => {
  const after = {
    quantity: add(before.quantity, fill.quantity),
    notional: add(before.notional, fill.notional),
  };
  return subtract(commissionOn(schedule, after), commissionOn(schedule, before));
};
