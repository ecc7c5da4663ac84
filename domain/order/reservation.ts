import type { Price } from '../money.ts';
import {
  type Cash,
  larger,
  notional,
  proportion,
  type Quantity,
  smaller,
  subtract,
  zeroCash,
  zeroQuantity,
} from '../money.ts';
import type { Reservation } from './terms.ts';

export const nothingReserved: Reservation = {
  closing: zeroQuantity,
  opening: zeroQuantity,
  cashPerShare: 0n as Price,
  fixedCash: zeroCash,
};

/** Currency that a reservation keeps aside. */
export const reservedCash = (reservation: Reservation): Cash =>
  (notional(reservation.cashPerShare, reservation.opening) + reservation.fixedCash) as Cash;

/** What of an order by notional was left to trade before a fill, and is after it. */
export type AmountLeft = { readonly before: Cash; readonly after: Cash };

/** By notional the fixed part shrinks with the amount that is left: on margin it is half of that amount, not all of it. */
const fixedAfter = (fixedCash: Cash, { before, after }: AmountLeft): Cash =>
  before <= 0n || after <= 0n ? zeroCash : proportion(fixedCash, after, before, 'up');

/** What stays reserved after a fill. Closing shares go first; a fixed commission is used up by what was charged. */
export const afterFill = (
  reservation: Reservation,
  fill: { readonly quantity: Quantity; readonly commission: Cash },
  left: AmountLeft | null,
): Reservation => {
  const closed = smaller(reservation.closing, fill.quantity);
  const opened = subtract(fill.quantity, closed);
  const closesOnly = closed > 0n && opened === 0n;
  return {
    closing: subtract(reservation.closing, closed),
    opening: larger(zeroQuantity, subtract(reservation.opening, opened)),
    cashPerShare: reservation.cashPerShare,
    fixedCash:
      left === null
        ? larger(zeroCash, subtract(reservation.fixedCash, fill.commission))
        : closesOnly
          ? reservation.fixedCash
          : fixedAfter(reservation.fixedCash, left),
  };
};

/** While a replacement is in flight either order may end up working: the larger of both is kept. */
export const largerOf = (
  one: Reservation,
  other: Reservation,
): { readonly closing: Quantity; readonly cash: Cash } => ({
  closing: larger(one.closing, other.closing),
  cash: larger(reservedCash(one), reservedCash(other)),
});
