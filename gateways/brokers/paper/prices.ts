import type { MarketQuote } from '#commands/ports/quotes.ts';
import { divide, larger, type Price, type Ratio, smaller, subtract } from '#domain/money.ts';
import type { OrderTerms, Side } from '#domain/order/terms.ts';
import type { PaperBrokerSettings } from './settings.ts';

/** Basis points and percents are Ratios (nine decimals). */
const oneHundred = 100n * 10n ** 9n;
const wholeInBasisPoints = 100n * oneHundred;

/** A price moved against an order, to four decimals (all nine below 1 USD), in the market's favour. */
const against = (side: Side, price: Price, basisPoints: Ratio): Price => {
  if (basisPoints === 0n) return price;
  const step = price >= 10n ** 9n ? 10n ** 5n : 1n;
  const factor = wholeInBasisPoints + (side === 'buy' ? basisPoints : -basisPoints);
  const rounding = side === 'buy' ? 'up' : 'down';
  return (divide(price * factor, wholeInBasisPoints * step, rounding) * step) as Price;
};

/** The better of two prices for a side. */
const better = (side: Side, left: Price, right: Price): Price =>
  side === 'buy' ? smaller(left, right) : larger(left, right);

/** Whether a limit allows a price; no limit allows any. */
export const allows = (side: Side, limit: Price | null, price: Price): boolean =>
  limit === null || better(side, price, limit) === price;

/** What a side can have at a quote before slippage: the ask for a buy, the bid for a sell. */
export const offered = (side: Side, quote: MarketQuote, settings: PaperBrokerSettings): Price =>
  against(side, side === 'buy' ? quote.ask : quote.bid, settings.extraSpreadBps);

/** What a fill at an offered price comes to; slippage stops at the limit. */
export const slipped = (
  side: Side,
  limit: Price | null,
  offer: Price,
  settings: PaperBrokerSettings,
): Price => {
  const price = against(side, offer, settings.slippageBps);
  return limit === null ? price : better(side, price, limit);
};

/** Whether the last price reached a stop: a buy's from below, a sell's from above. */
export const reaches = (side: Side, last: Price, stop: Price): boolean =>
  side === 'buy' ? last >= stop : last <= stop;

/** A trailing sell follows the highest price seen, a trailing buy the lowest. */
export const waterMark = (side: Side, before: Price | null, last: Price): Price =>
  before === null ? last : side === 'sell' ? larger(before, last) : smaller(before, last);

/**
 * Where a trailing stop stands below (a buy's: above) its water mark; percents to nine decimals, half-even.
 * A distance longer than the price leaves a stop at 0, which nothing reaches.
 */
export const trailedStop = (terms: OrderTerms, mark: Price): Price => {
  const distance =
    terms.trailAmount ?? (divide(mark * (terms.trailPercent ?? 0n), oneHundred) as Price);
  return terms.side === 'sell'
    ? larger(subtract(mark, distance), 0n as Price)
    : ((mark + distance) as Price);
};
