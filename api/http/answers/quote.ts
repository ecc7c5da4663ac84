import { z } from 'zod';
import type { MarketQuote, Quote } from '#commands/ports/quotes.ts';
import {
  divide,
  formatPrice,
  formatQuantity,
  formatRatio,
  type Price,
  type Ratio,
  ratioOf,
  subtract,
} from '#domain/money.ts';
import { decimal, instant, percent } from './form.ts';

const ofSession = decimal.nullable().describe('Null where the source tells the latest price only.');

export const quoteAnswer = z
  .strictObject({
    symbol: z.string(),
    price: decimal,
    bid: decimal,
    ask: decimal,
    spread_bps: decimal,
    bid_size: ofSession,
    ask_size: ofSession,
    open: ofSession,
    high: ofSession,
    low: ofSession,
    previous_close: ofSession,
    change: ofSession.describe('Since the previous close.'),
    change_pct: ofSession,
    volume: ofSession,
    timestamp: instant,
  })
  .meta({ id: 'Quote' });

const hundredth = 10n ** 7n;

/** (ask − bid) ÷ bid in 1/10,000, to two decimals. */
const spreadOf = ({ bid, ask }: Quote): string =>
  bid === 0n ? '0' : formatRatio((divide((ask - bid) * 1_000_000n, bid) * hundredth) as Ratio);

const changeOf = (price: Price, previous: Price | null) => ({
  change: previous === null ? null : formatPrice(subtract(price, previous)),
  change_pct: previous === null ? null : percent(ratioOf(price - previous, previous)),
});

const nothingOfSession = {
  bid_size: null,
  ask_size: null,
  open: null,
  high: null,
  low: null,
  previous_close: null,
  change: null,
  change_pct: null,
  volume: null,
};

/** A quote as it is told. */
export const quoteJson = (quote: Quote | MarketQuote): z.infer<typeof quoteAnswer> => {
  const latest = {
    symbol: quote.symbol,
    price: formatPrice(quote.price),
    bid: formatPrice(quote.bid),
    ask: formatPrice(quote.ask),
    spread_bps: spreadOf(quote),
    timestamp: quote.at,
  };
  if (!('volume' in quote)) return { ...latest, ...nothingOfSession };
  return {
    ...latest,
    bid_size: formatQuantity(quote.bidSize),
    ask_size: formatQuantity(quote.askSize),
    open: formatPrice(quote.open),
    high: formatPrice(quote.high),
    low: formatPrice(quote.low),
    previous_close: quote.previousClose === null ? null : formatPrice(quote.previousClose),
    ...changeOf(quote.price, quote.previousClose),
    volume: formatQuantity(quote.volume),
  };
};
