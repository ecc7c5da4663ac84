import { divide, larger, type Price, type Ratio, smaller } from '#domain/money.ts';

/** Basis points are Ratios (nine decimals): 10,000 of them are the whole. */
const wholeInBasisPoints = 10_000n * 10n ** 9n;

/** The smallest step of a price: 0.01 from 1 USD on, 0.0001 below (Regulation NMS, rule 612). */
export const priceTick = (price: Price): bigint => (price >= 10n ** 9n ? 10n ** 7n : 10n ** 5n);

export type BidAsk = { readonly bid: Price; readonly ask: Price };

/**
 * Bid and ask `halfSpread` basis points below and above a print, rounded away from it to the tick, but inside
 * the bar's range: nobody traded outside it, so nobody is offered to.
 */
export const bidAsk = (
  print: { readonly price: Price; readonly low: Price; readonly high: Price },
  halfSpread: Ratio,
): BidAsk => {
  const tick = priceTick(print.price);
  const onTick = (basisPoints: bigint, rounding: 'down' | 'up'): Price =>
    (divide(print.price * basisPoints, wholeInBasisPoints * tick, rounding) * tick) as Price;
  return {
    bid: larger(print.low, onTick(wholeInBasisPoints - halfSpread, 'down')),
    ask: smaller(print.high, onTick(wholeInBasisPoints + halfSpread, 'up')),
  };
};
