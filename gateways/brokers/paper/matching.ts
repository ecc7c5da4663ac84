import type { WorkingOrder } from '#commands/ports/broker.ts';
import type { MarketUpdate } from '#commands/ports/market-feed.ts';
import type { Symbol } from '#domain/ids.ts';
import { scaleBy } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import { unreachable } from '#domain/unreachable.ts';
import {
  type AddressedReport,
  type Book,
  confirmCancel,
  expire,
  positionExhausted,
  rest,
  restingIn,
  type Shown,
  type Turn,
} from './book.ts';
import { matchAuction, matchQuote } from './fills.ts';
import {
  byArrival,
  byTime,
  isExhausted,
  isLive,
  isSpent,
  later,
  type PaperOrder,
  restoredOrder,
} from './paper-order.ts';
import type { PaperBrokerSettings } from './settings.ts';
import { watchPrice } from './triggers.ts';

type QuoteUpdate = Extract<MarketUpdate, { kind: 'quote' }>;

/** What a book finds when it opens: after a restart, the market as it stands. */
export type MarketView = {
  readonly at: Instant;
  readonly session: Book['session'];
  /** The open session's quotes, with what of their sizes is still to be had. */
  readonly shown: readonly Shown[];
};

/** A quote with all its displayed size still to be had, as far as our orders may have it. */
export const freshlyShown = (quote: Shown['quote'], settings: PaperBrokerSettings): Shown => ({
  quote,
  askLeft: scaleBy(quote.askSize, settings.displayedParticipation, 'down'),
  bidLeft: scaleBy(quote.bidSize, settings.displayedParticipation, 'down'),
});

/** When a restored order reaches the market. Where the ledger keeps another time than the market, latency counts from now. */
const arrivalOf = (working: WorkingOrder, now: Instant, latencyMs: number): Instant => {
  const latest = later(now, latencyMs);
  const arrival = later(working.submittedAt, latencyMs);
  if (arrival > latest) return latest;
  return arrival;
};

/**
 * A book with the orders that were working. They have had their chance at the quotes shown: they match again
 * from the next quote on. One that was still in transit stays so for what is left of its latency.
 */
export const createBook = (parts: {
  readonly settings: PaperBrokerSettings;
  readonly symbols: Iterable<Symbol>;
  readonly working: readonly WorkingOrder[];
  readonly market: MarketView;
}): Book => {
  const { settings, market } = parts;
  const book: Book = {
    settings,
    symbols: new Set(parts.symbols),
    orders: new Map(),
    inTransit: new Set(),
    resting: new Map(),
    shown: new Map(market.shown.map((shown) => [shown.quote.symbol, shown])),
    session: market.session,
    ended: new Map(),
  };
  for (const working of parts.working) {
    const order = restoredOrder(working, arrivalOf(working, market.at, settings.latencyMs));
    if (isSpent(order)) dispatch(book, { ...order, activeAt: market.at });
    else if (order.activeAt > market.at) dispatch(book, order);
    else rest(book, order);
  }
  return book;
};

/** Puts an order on its way to the market. */
export const dispatch = (book: Book, order: PaperOrder): void => {
  book.orders.set(order.orderId, order);
  book.inTransit.add(order.orderId);
};

/** An order arrives at the market: while a quote is shown it is matched at once, else it waits for the next. */
const arrive = (turn: Turn, order: PaperOrder): void => {
  rest(turn.book, order);
  if (isSpent(order)) {
    if (isExhausted(order)) confirmCancel(turn, order, positionExhausted);
    else if (order.terms.timeInForce === 'ioc') confirmCancel(turn, order, 'ioc');
    else expire(turn, order);
    return;
  }
  const { symbol } = order.terms;
  const shown = turn.book.shown.get(symbol);
  if (shown === undefined) return;
  // The others have had their chance at this quote already: only the new one is matched.
  matchQuote(turn, symbol, [watchPrice(turn, order, shown.quote.price)]);
};

/** Brings orders to the market whose latency is over, each at its own instant. */
const arrivals = (book: Book, until: (activeAt: Instant) => boolean): AddressedReport[] => {
  const reports: AddressedReport[] = [];
  const due = [...book.inTransit]
    .flatMap((orderId) => book.orders.get(orderId) ?? [])
    .filter((order) => until(order.activeAt))
    .sort(byArrival);
  for (const order of due) arrive({ book, at: order.activeAt, reports }, order);
  return reports;
};

/** Market time has come to `at`: brings orders to the market whose latency is over. */
export const advance = (book: Book, at: Instant): AddressedReport[] =>
  book.inTransit.size === 0 ? [] : arrivals(book, (activeAt) => activeAt <= at);

/** Orders that arrive at the very instant of a quote are matched with it, as everybody is. */
const arriveWith = (turn: Turn, symbol: Symbol): void => {
  for (const orderId of [...turn.book.inTransit]) {
    const order = turn.book.orders.get(orderId);
    if (order === undefined || order.terms.symbol !== symbol || order.activeAt > turn.at) continue;
    if (isSpent(order)) arrive(turn, order);
    else rest(turn.book, order);
  }
};

const showQuote = (turn: Turn, update: QuoteUpdate): void => {
  const { book } = turn;
  const { quote, auction, tradedVolume } = update;
  const { symbol, price } = quote;
  book.shown.set(symbol, freshlyShown(quote, book.settings));
  const waiting = restingIn(book, symbol).filter((order) => !isLive(order));
  for (const order of waiting.sort(byTime)) watchPrice(turn, order, price);
  if (auction !== null) {
    matchAuction(turn, restingIn(book, symbol), { price, volume: tradedVolume, auction });
  }
  // Nothing trades after the closing print: what comes then waits for the next session.
  if (auction === 'close') book.shown.delete(symbol);
  else matchQuote(turn, symbol, restingIn(book, symbol));
  if (auction === null) return;
  const auctionOnly = auction === 'open' ? 'opg' : 'cls';
  const left = restingIn(book, symbol).filter(({ terms }) => terms.timeInForce === auctionOnly);
  for (const order of left.sort(byTime)) expire(turn, order);
};

/**
 * Day orders end with the session, and ioc and fok that found no quote in it. opg and cls wait for the next print
 * of their auction, and end with that.
 */
const closeSession = (turn: Turn): void => {
  const { book } = turn;
  const orders = [...book.resting.keys()].flatMap((symbol) => restingIn(book, symbol)).sort(byTime);
  for (const order of orders) {
    const { timeInForce } = order.terms;
    if (timeInForce === 'day') expire(turn, order);
    if (timeInForce === 'ioc' || timeInForce === 'fok') confirmCancel(turn, order, timeInForce);
  }
  book.session = null;
  book.shown.clear();
};

/** What the market did, and what it does to our orders. */
export const observe = (book: Book, update: MarketUpdate): AddressedReport[] => {
  const at = update.kind === 'quote' ? update.quote.at : update.at;
  // Who arrived before this instant met the market as it was before.
  const reports = book.inTransit.size === 0 ? [] : arrivals(book, (activeAt) => activeAt < at);
  const turn: Turn = { book, at, reports };
  switch (update.kind) {
    case 'session_opened':
      book.session = update.session;
      break;
    case 'quote':
      // Live feeds quote before the open too: our orders wait for the session.
      if (book.session === null) break;
      arriveWith(turn, update.quote.symbol);
      showQuote(turn, update);
      break;
    case 'session_closed':
      closeSession(turn);
      break;
    default:
      unreachable(update);
  }
  return reports;
};
