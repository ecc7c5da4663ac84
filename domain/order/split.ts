import { type OrderState, remainingQuantity } from '../account/state.ts';
import {
  add,
  larger,
  type Price,
  proportion,
  type Quantity,
  subtract,
  zeroQuantity,
} from '../money.ts';
import { toIncrement } from '../risk/price-increment.ts';
import type { Instant } from '../time.ts';
import type { OrderAdjusted, OrderCanceled, StopTrailed } from './events.ts';
import type { OrderTerms } from './terms.ts';

/** `newShares` for every `oldShares`; whole numbers. */
export type SplitRatio = {
  readonly newShares: bigint;
  readonly oldShares: bigint;
  /** No fraction of a share is kept, so none is left to trade either. */
  readonly wholeShares: boolean;
};

const oneShare = 10n ** 9n;

const shares = (quantity: Quantity, { newShares, oldShares }: SplitRatio): Quantity =>
  proportion(quantity, newShares, oldShares, 'down');

/** Shares still to trade: rounded as the position is, so that sells never come to more than is held. */
const tradable = (quantity: Quantity, ratio: SplitRatio): Quantity => {
  const exact = shares(quantity, ratio);
  return ratio.wholeShares ? ((exact - (exact % oneShare)) as Quantity) : exact;
};

const priced = (
  price: Price | null,
  { newShares, oldShares }: SplitRatio,
  direction: 'down' | 'up',
): Price | null =>
  price === null ? null : toIncrement(proportion(price, oldShares, newShares), direction);

/** Prices move by the ratio, then to the increment that is never worse for the account. */
const repriced = (terms: OrderTerms, ratio: SplitRatio): OrderTerms => {
  const buys = terms.side === 'buy';
  return {
    ...terms,
    limitPrice: priced(terms.limitPrice, ratio, buys ? 'down' : 'up'),
    stopPrice: priced(terms.stopPrice, ratio, buys ? 'up' : 'down'),
    trailAmount: priced(terms.trailAmount, ratio, 'up'),
  };
};

/** Where a trailing stop stands in the new shares; null where it has not begun to trail. */
export const trailAfterSplit = (
  { orderId, terms, highWaterMark, trailedStopPrice }: OrderState,
  ratio: SplitRatio,
  at: Instant,
): StopTrailed | null => {
  if (highWaterMark === null || trailedStopPrice === null) return null;
  const stop = proportion(trailedStopPrice, ratio.oldShares, ratio.newShares);
  return {
    type: 'StopTrailed',
    orderId,
    highWaterMark: proportion(highWaterMark, ratio.oldShares, ratio.newShares),
    stopPrice: toIncrement(stop, terms.side === 'buy' ? 'up' : 'down'),
    trailedAt: at,
  };
};

/** What a split makes of a working order; one too small to exist in the new shares ends. */
export const adjustForSplit = (
  order: OrderState,
  ratio: SplitRatio,
  at: Instant,
): OrderAdjusted | OrderCanceled => {
  const { orderId, reservation } = order;
  const filledQuantity = shares(order.filledQuantity, ratio);
  const bustedQuantity = shares(order.bustedQuantity, ratio);
  const open = remainingQuantity(order);
  const left = open === null ? null : tradable(open, ratio);
  const quantity = left === null ? null : add(left, add(filledQuantity, bustedQuantity));
  const terms = { ...repriced(order.terms, ratio), quantity };
  const unpriceable = terms.limitPrice === 0n || terms.stopPrice === 0n;
  if (left === 0n || unpriceable) {
    return { type: 'OrderCanceled', orderId, reason: 'stock_split', canceledAt: at };
  }
  const closing = tradable(reservation.closing, ratio);
  return {
    type: 'OrderAdjusted',
    orderId,
    terms,
    filledQuantity,
    bustedQuantity,
    reservation: {
      closing,
      // What of the order is not closing opens; rounding must not leave a share without cover.
      opening: left === null ? reservation.opening : larger(zeroQuantity, subtract(left, closing)),
      cashPerShare: proportion(reservation.cashPerShare, ratio.oldShares, ratio.newShares, 'up'),
      fixedCash: reservation.fixedCash,
    },
    adjustedAt: at,
  };
};
