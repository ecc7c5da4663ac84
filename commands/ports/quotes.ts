import type { Symbol } from '#domain/ids.ts';
import type { Price, Quantity } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';

/** The market in one symbol at one instant. */
export type Quote = {
  readonly symbol: Symbol;
  readonly price: Price;
  readonly bid: Price;
  readonly ask: Price;
  readonly at: Instant;
};

/** A quote as a market feed gives it: with the sizes and the session's figures so far. */
export type MarketQuote = Quote & {
  readonly bidSize: Quantity;
  readonly askSize: Quantity;
  readonly open: Price;
  readonly high: Price;
  readonly low: Price;
  readonly previousClose: Price | null;
  /** Shares traded in the session so far. */
  readonly volume: Quantity;
};

/** The latest known quote per symbol; `undefined` = a symbol this market does not know. */
export type Quotes = { readonly latest: (symbol: Symbol) => Quote | undefined };
