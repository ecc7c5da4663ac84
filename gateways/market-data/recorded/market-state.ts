import type { MarketUpdate, SessionMark } from '#commands/ports/market-feed.ts';
import type { MarketQuote } from '#commands/ports/quotes.ts';
import type { Symbol } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import { add, divide, larger, type Quantity, scaleBy, smaller } from '#domain/money.ts';
import { fromMilliseconds, type Instant, type SessionDate } from '#domain/time.ts';
import { type Print, pathOf, spanOf } from './bar-path.ts';
import type { RecordedSession } from './recorded-bars.ts';
import type { RecordedMarketSettings } from './settings.ts';
import { bidAsk } from './spread.ts';

/** What the market shows at one moment. Prints and session bounds change it, nothing else. */
export type MarketState = {
  readonly session: () => SessionDate | null;
  readonly latest: (symbol: Symbol) => MarketQuote | undefined;
  readonly open: (session: SessionDate, at: number) => MarketUpdate;
  readonly print: (print: Print) => MarketUpdate;
  readonly close: (at: number) => MarketUpdate;
  /** Sessions that were over before this market began: only what they leave behind is taken in. */
  readonly skip: (sessions: readonly RecordedSession[]) => void;
};

const oneShare = (10n ** 9n) as Quantity;

/** Whole shares of a print's volume; at least one where the volume has one. */
const displayedSize = (print: Print, settings: RecordedMarketSettings): Quantity => {
  const part = scaleBy(print.volume, settings.displayedShare, 'down');
  const whole = (divide(part, oneShare, 'down') * oneShare) as Quantity;
  return smaller(larger(whole, oneShare), print.volume);
};

const markOf = (quote: MarketQuote, session: SessionDate, markedAt: Instant): SessionMark => ({
  symbol: quote.symbol,
  session,
  open: quote.open,
  high: quote.high,
  low: quote.low,
  close: quote.price,
  markedAt,
});

export const createMarketState = (settings: RecordedMarketSettings): MarketState => {
  const latest = new Map<Symbol, MarketQuote>();
  /** Symbols that have printed in the open session, in the order of their first print. */
  const traded = new Set<Symbol>();
  let session: SessionDate | null = null;

  const quoteOf = (print: Print): MarketQuote => {
    const before = latest.get(print.symbol);
    const started = traded.has(print.symbol) ? before : undefined;
    const size = displayedSize(print, settings);
    return {
      symbol: print.symbol,
      price: print.price,
      ...bidAsk(print, settings.halfSpreadBps),
      bidSize: size,
      askSize: size,
      at: fromMilliseconds(print.at),
      open: started?.open ?? print.price,
      high: larger(started?.high ?? print.price, print.price),
      low: smaller(started?.low ?? print.price, print.price),
      previousClose: started === undefined ? (before?.price ?? null) : started.previousClose,
      volume: add(started?.volume ?? (0n as Quantity), print.volume),
    };
  };

  const state: MarketState = {
    session: () => session,
    latest: (symbol) => latest.get(symbol),
    open: (date, at) => {
      session = date;
      traded.clear();
      return { kind: 'session_opened', session: date, at: fromMilliseconds(at) };
    },
    print: (print) => {
      const quote = quoteOf(print);
      latest.set(print.symbol, quote);
      traded.add(print.symbol);
      return { kind: 'quote', quote, tradedVolume: print.volume, auction: print.auction };
    },
    close: (at) => {
      const closed = session;
      invariant(closed !== null, 'only an open session closes');
      const markedAt = fromMilliseconds(at);
      const marks = [...traded].flatMap((symbol) => {
        const quote = latest.get(symbol);
        return quote === undefined ? [] : [markOf(quote, closed, markedAt)];
      });
      session = null;
      return { kind: 'session_closed', session: closed, at: markedAt, marks };
    },
    skip: (sessions) => {
      for (const past of sessions) {
        const span = spanOf(past);
        traded.clear();
        for (const bars of past.bars.values()) {
          for (const print of pathOf(bars, span)) state.print(print);
        }
      }
      traded.clear();
    },
  };
  return state;
};
