import type { BrokerReport } from '#commands/ports/broker.ts';
import type { MarketQuote } from '#commands/ports/quotes.ts';
import type { AccountId, OrderId, Symbol } from '#domain/ids.ts';
import type { Quantity } from '#domain/money.ts';
import type { Instant, SessionDate } from '#domain/time.ts';
import type { PaperOrder } from './paper-order.ts';
import type { PaperBrokerSettings } from './settings.ts';

/** How an order left the book. */
export type Ending =
  | 'filled'
  | 'canceled'
  | 'expired'
  | 'replaced'
  | 'rejected'
  | 'replace_rejected';

/** The quote that continuous trading shows, and what our orders have left of its sizes. */
export type Shown = {
  readonly quote: MarketQuote;
  readonly askLeft: Quantity;
  readonly bidLeft: Quantity;
};

/**
 * Our orders and the market as they see it. The matching functions change it in place; without clock, random or
 * I/O: the same book and the same inputs always give the same reports.
 */
export type Book = {
  readonly settings: PaperBrokerSettings;
  readonly symbols: ReadonlySet<Symbol>;
  readonly orders: Map<OrderId, PaperOrder>;
  /** Accepted, but not yet at the market. */
  readonly inTransit: Set<OrderId>;
  /** At the market, by symbol. */
  readonly resting: Map<Symbol, Set<OrderId>>;
  /** Empty outside continuous trading: an order then waits for the next quote. */
  readonly shown: Map<Symbol, Shown>;
  session: SessionDate | null;
  /** The latest endings, oldest first. */
  readonly ended: Map<OrderId, Ending>;
};

/** A report and whose it is. */
export type AddressedReport = { readonly accountId: AccountId; readonly report: BrokerReport };

/** One input being worked: when, and what has been reported so far. */
export type Turn = {
  readonly book: Book;
  readonly at: Instant;
  readonly reports: AddressedReport[];
};

export const remember = (book: Book, orderId: OrderId, ending: Ending): void => {
  book.ended.set(orderId, ending);
  if (book.ended.size <= book.settings.endedMemory) return;
  for (const oldest of book.ended.keys()) {
    book.ended.delete(oldest);
    return;
  }
};

/** Brings an order to the market. */
export const rest = (book: Book, order: PaperOrder): void => {
  book.orders.set(order.orderId, order);
  book.inTransit.delete(order.orderId);
  const { symbol } = order.terms;
  const resting = book.resting.get(symbol) ?? new Set();
  book.resting.set(symbol, resting.add(order.orderId));
};

/** Takes an order out of the book for good. */
export const remove = (book: Book, order: PaperOrder, ending: Ending): void => {
  book.orders.delete(order.orderId);
  book.inTransit.delete(order.orderId);
  const resting = book.resting.get(order.terms.symbol);
  resting?.delete(order.orderId);
  if (resting?.size === 0) book.resting.delete(order.terms.symbol);
  remember(book, order.orderId, ending);
};

/** The orders at the market in one symbol, in no particular order. */
export const restingIn = (book: Book, symbol: Symbol): PaperOrder[] =>
  [...(book.resting.get(symbol) ?? [])].flatMap((orderId) => book.orders.get(orderId) ?? []);

/** Adds a report at the turn's instant. */
export const say = (turn: Turn, accountId: AccountId, report: BrokerReport): void => {
  turn.reports.push({ accountId, report });
};

export const expire = (turn: Turn, order: PaperOrder): void => {
  remove(turn.book, order, 'expired');
  say(turn, order.accountId, { type: 'ExpireOrder', orderId: order.orderId, at: turn.at });
};

/** Why a sell by notional ends that has sold all the shares it may with money still to come. */
export const positionExhausted = 'position_exhausted';

export const confirmCancel = (turn: Turn, order: PaperOrder, reason: string): void => {
  remove(turn.book, order, 'canceled');
  say(turn, order.accountId, {
    type: 'ConfirmCancel',
    orderId: order.orderId,
    reason,
    at: turn.at,
  });
};
