import type { AccountPolicy } from '#domain/account/policy.ts';
import type { OrderState } from '#domain/account/state.ts';
import { add, type Price, type Quantity, zeroQuantity } from '#domain/money.ts';
import type { OrderTerms } from '#domain/order/terms.ts';
import { requiredReservation } from '#domain/risk/requirement.ts';
import type { RoutedOrder } from '../ports/broker.ts';

/**
 * The highest price per share that a reservation pays, commission and all. `paid` rises with the price along a line,
 * but for the rounding of its last digits: so the line's inverse is a step or two from the answer.
 */
const highestPaid = (reserved: Price, paid: (price: bigint) => bigint): Price => {
  const fixed = paid(0n);
  const slope = paid(reserved) - fixed;
  if (slope <= 0n || reserved <= fixed) return 0n as Price;
  let price = ((reserved - fixed) * reserved) / slope;
  while (price > 0n && paid(price) > reserved) price -= 1n;
  while (paid(price + 1n) <= reserved) price += 1n;
  return price as Price;
};

type Promised = Pick<OrderState, 'terms' | 'reservation' | 'filledQuantity' | 'bustedQuantity'>;

/**
 * What a buy without a limit of its own may pay. From what is kept aside rather than from a quote: so it is the same
 * after a restart, and right after a split.
 */
const priceCapOf = (
  policy: AccountPolicy | null,
  { terms, reservation }: Promised,
): Price | null => {
  if (policy === null || terms.side === 'sell') return null;
  if (terms.notional !== null || terms.limitPrice !== null) return null;
  return highestPaid(reservation.cashPerShare, (price) => {
    const limited: OrderTerms = { ...terms, type: 'limit', limitPrice: price as Price };
    const market = { bid: price as Price, ask: price as Price };
    return requiredReservation(policy, limited, market, zeroQuantity).cashPerShare;
  });
};

/** The most shares a sale by notional may sell in all: those it has reserved. */
const closingMaxOf = ({
  terms,
  reservation,
  filledQuantity,
  bustedQuantity,
}: Promised): Quantity | null =>
  terms.notional !== null && terms.side === 'sell'
    ? add(reservation.closing, add(filledQuantity, bustedQuantity))
    : null;

/** How far an order may go: no further than what is kept aside for it. */
export const boundsOf = (
  policy: AccountPolicy | null,
  promised: Promised,
): Pick<RoutedOrder, 'priceCap' | 'closingMax'> => ({
  priceCap: priceCapOf(policy, promised),
  closingMax: closingMaxOf(promised),
});
