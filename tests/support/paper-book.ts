import type { BrokerReport, RoutedOrder, WorkingOrder } from '#commands/ports/broker.ts';
import type { MarketUpdate } from '#commands/ports/market-feed.ts';
import type { AccountId, OrderId, Symbol } from '#domain/ids.ts';
import { formatPrice, formatQuantity, type Price, price, quantity } from '#domain/money.ts';
import type { OrderTerms } from '#domain/order/terms.ts';
import { fromMilliseconds, type Instant, type SessionDate } from '#domain/time.ts';
import { unreachable } from '#domain/unreachable.ts';
import type { AddressedReport, Book } from '#gateways/brokers/paper/book.ts';
import { createBook, observe } from '#gateways/brokers/paper/matching.ts';
import { adjust, cancel, enter, replace } from '#gateways/brokers/paper/order-entry.ts';
import { type PaperBrokerOptions, paperBrokerSettings } from '#gateways/brokers/paper/settings.ts';

export const someAccount = 'a1' as AccountId;
export const someSymbol = 'ACME' as Symbol;

/** A market buy of 100 for the day, but for what the test is about. */
export const someTerms = (terms: Partial<OrderTerms> = {}): OrderTerms => ({
  symbol: someSymbol,
  side: 'buy',
  type: 'market',
  timeInForce: 'day',
  quantity: terms.notional === undefined ? quantity('100') : null,
  notional: null,
  limitPrice: null,
  stopPrice: null,
  trailAmount: null,
  trailPercent: null,
  ...terms,
});

/** A report in words: `o1 fill 100@10.01 removed`. */
export const inWords = (report: BrokerReport): string => {
  switch (report.type) {
    case 'AcceptOrder':
      return `${report.orderId} accepted`;
    case 'RejectOrder':
      return `${report.orderId} rejected ${report.reason}`;
    case 'TriggerOrder':
      return `${report.orderId} triggered at ${formatPrice(report.triggerPrice)}`;
    case 'TrailStop':
      return `${report.orderId} trails ${formatPrice(report.highWaterMark)} stop ${formatPrice(report.stopPrice)}`;
    case 'ConfirmCancel':
      return `${report.orderId} canceled ${report.reason}`;
    case 'RejectCancel':
      return `${report.orderId} cancel rejected ${report.reason}`;
    case 'ConfirmReplace':
      return `${report.orderId} replaced by ${report.replacementId}`;
    case 'RejectReplace':
      return `${report.orderId} replace rejected ${report.reason}`;
    case 'ExpireOrder':
      return `${report.orderId} expired`;
    case 'Fill':
      return `${report.orderId} fill ${formatQuantity(report.quantity)}@${formatPrice(report.price)} ${report.liquidity}`;
    case 'BustFill':
      return `${report.executionId} busted`;
    case 'CorrectFill':
      return `${report.executionId} corrected`;
    default:
      return unreachable(report);
  }
};

export type Shows = {
  readonly bid?: string;
  readonly ask?: string;
  /** Shares at the bid and at the ask. */
  readonly size?: string;
  /** Shares that traded. */
  readonly volume?: string;
  readonly symbol?: Symbol;
};

/** How far an order's reservation reaches; no further than its terms, but for what the test is about. */
export type Bounds = Partial<Pick<RoutedOrder, 'priceCap' | 'closingMax'>>;

/** A paper book and a market moved by hand, a second at a time. Each call answers its reports in words. */
export type PaperBook = {
  readonly book: Book;
  readonly now: () => Instant;
  readonly wait: (milliseconds: number) => void;
  readonly submit: (orderId: string, terms?: Partial<OrderTerms>, bounds?: Bounds) => string[];
  readonly cancel: (orderId: string, accountId?: string) => string[];
  readonly replace: (orderId: string, by: string, terms: Partial<OrderTerms>) => string[];
  readonly adjust: (working: WorkingOrder) => string[];
  readonly opens: () => string[];
  readonly closes: () => string[];
  readonly openingPrint: (last: string, shows?: Shows) => string[];
  readonly closingPrint: (last: string, shows?: Shows) => string[];
  readonly quotes: (last: string, shows?: Shows) => string[];
  /** Everything reported so far. */
  readonly reports: () => readonly AddressedReport[];
};

export const oneCent = price('0.01');
const cent = (value: Price, cents: bigint): Price => (value + cents * oneCent) as Price;

const quoteUpdate = (
  at: Instant,
  last: string,
  shows: Shows,
  auction: 'open' | 'close' | null,
): MarketUpdate => {
  const value = price(last);
  const size = quantity(shows.size ?? '1000');
  return {
    kind: 'quote',
    quote: {
      symbol: shows.symbol ?? someSymbol,
      price: value,
      bid: shows.bid === undefined ? cent(value, -1n) : price(shows.bid),
      ask: shows.ask === undefined ? cent(value, 1n) : price(shows.ask),
      bidSize: size,
      askSize: size,
      at,
      open: value,
      high: value,
      low: value,
      previousClose: null,
      volume: size,
    },
    tradedVolume: quantity(shows.volume ?? '10000'),
    auction,
  };
};

export const paperBook = (options: PaperBrokerOptions = {}): PaperBook => {
  let clock = Date.parse('2014-01-03T14:30:00Z');
  const now = (): Instant => fromMilliseconds(clock);
  const book = createBook({
    settings: paperBrokerSettings.parse(options),
    symbols: [someSymbol, 'OTHER' as Symbol],
    working: [],
    market: { at: now(), session: null, shown: [] },
  });
  const all: AddressedReport[] = [];
  const told = (reports: readonly AddressedReport[]): string[] => {
    all.push(...reports);
    return reports.map(({ report }) => inWords(report));
  };
  const routed = (
    orderId: string,
    terms: Partial<OrderTerms>,
    bounds: Bounds = {},
  ): RoutedOrder => ({
    accountId: someAccount,
    orderId: orderId as OrderId,
    terms: someTerms(terms),
    submittedAt: now(),
    priceCap: null,
    closingMax: null,
    ...bounds,
  });
  const wait = (milliseconds: number): void => {
    clock += milliseconds;
  };
  const happens = (update: (at: Instant) => MarketUpdate): string[] => {
    wait(1000);
    return told(observe(book, update(now())));
  };
  const session = '2014-01-03' as SessionDate;
  return {
    book,
    now,
    wait,
    submit: (orderId, terms = {}, bounds = {}) =>
      told(enter(book, routed(orderId, terms, bounds), now())),
    cancel: (orderId, accountId = someAccount) =>
      told(cancel(book, accountId as AccountId, orderId as OrderId, now())),
    replace: (orderId, by, terms) =>
      told(replace(book, orderId as OrderId, routed(by, terms), now())),
    adjust: (working) => told(adjust(book, working, now())),
    opens: () => happens((at) => ({ kind: 'session_opened', session, at })),
    closes: () => happens((at) => ({ kind: 'session_closed', session, at, marks: [] })),
    openingPrint: (last, shows = {}) => happens((at) => quoteUpdate(at, last, shows, 'open')),
    closingPrint: (last, shows = {}) => happens((at) => quoteUpdate(at, last, shows, 'close')),
    quotes: (last, shows = {}) => happens((at) => quoteUpdate(at, last, shows, null)),
    reports: () => all,
  };
};

/** A paper book in the middle of a session, at 10.00 with 1,000 shares on both sides. */
export const openPaperBook = (options: PaperBrokerOptions = {}): PaperBook => {
  const paper = paperBook(options);
  paper.opens();
  paper.openingPrint('10');
  return paper;
};
