import type { Quote, Quotes } from '#commands/ports/quotes.ts';
import type { Symbol as Ticker } from '#domain/ids.ts';
import type { Price } from '#domain/money.ts';
import type { Instant, SessionDate } from '#domain/time.ts';
import { roundedPrice } from './decimal-text.ts';
import type { RunDay } from './zipline-run.ts';

/** The market as a run saw it, for the ledger that the run is loaded through. */
export type RunQuotes = Quotes & {
  /** Moves the market to the close of a session. */
  readonly moveTo: (session: SessionDate) => void;
};

type Known = { readonly session: SessionDate; readonly price: Price; readonly at: Instant };

const pricesOf = (day: RunDay): ReadonlyMap<Ticker, Price> => {
  const prices = new Map<Ticker, Price>();
  for (const fill of day.transactions) prices.set(fill.symbol, roundedPrice(fill.price));
  for (const held of day.positions) prices.set(held.symbol, roundedPrice(held.last_price));
  return prices;
};

/**
 * The run's own prices: a symbol's last one up to the session moved to. Before it first traded there is none
 * in the run, and its first one stands in: an order has to be judged by something.
 */
export const runQuotes = (run: readonly RunDay[]): RunQuotes => {
  const history = new Map<Ticker, Known[]>();
  for (const day of run) {
    for (const [symbol, price] of pricesOf(day)) {
      const known = { session: day.date, price, at: day.period_close };
      const all = history.get(symbol);
      if (all === undefined) history.set(symbol, [known]);
      else all.push(known);
    }
  }
  let present: SessionDate | undefined;
  return {
    moveTo: (session) => {
      present = session;
    },
    latest: (symbol): Quote | undefined => {
      const all = history.get(symbol);
      const now = present;
      const known =
        (now === undefined ? undefined : all?.findLast(({ session }) => session <= now)) ??
        all?.[0];
      if (known === undefined) return undefined;
      const { price, at } = known;
      return { symbol, price, bid: price, ask: price, at };
    },
  };
};
