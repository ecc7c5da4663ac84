import assert, { deepEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { BrokerReport, RoutedOrder } from '#commands/ports/broker.ts';
import type { MarketUpdate } from '#commands/ports/market-feed.ts';
import type { OrderId } from '#domain/ids.ts';
import { add, notional, type Price, type Quantity, type Ratio, scaleBy } from '#domain/money.ts';
import type { OrderTerms } from '#domain/order/terms.ts';
import { orderTypes, sides, timesInForce } from '#domain/order/terms.ts';
import { fromMilliseconds, type SessionDate } from '#domain/time.ts';
import { someAccount, someSymbol, someTerms } from '#tests/support/paper-book.ts';
import { type PaperLedger, paperLedger } from '#tests/support/paper-ledger.ts';
import type { Book } from './book.ts';
import { advance, createBook, observe } from './matching.ts';
import { cancel, enter, replace } from './order-entry.ts';
import { type PaperBrokerOptions, paperBrokerSettings } from './settings.ts';

type QuoteUpdate = Extract<MarketUpdate, { kind: 'quote' }>;
type Asked = {
  readonly terms: OrderTerms;
  readonly bounds: Pick<RoutedOrder, 'priceCap' | 'closingMax'>;
};
type Action =
  | { readonly kind: 'submit'; readonly asked: Asked }
  | { readonly kind: 'cancel'; readonly pick: number }
  | { readonly kind: 'replace'; readonly pick: number; readonly asked: Asked }
  | {
      readonly kind: 'market';
      readonly price: Price;
      readonly size: Quantity;
      readonly volume: Quantity;
      /** In continuous trading: the closing print is next. */
      readonly closes: boolean;
    };

const cents = (least: number, most: number) =>
  fc.integer({ min: least, max: most }).map((value) => (BigInt(value) * 10n ** 7n) as Price);
const shares = (most: number) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: most }).map((n) => BigInt(n) * 10n ** 9n) },
    { weight: 1, arbitrary: fc.bigInt({ min: 1n, max: 3n * 10n ** 9n }) },
  ) as fc.Arbitrary<Quantity>;

/** Prices from 8.00 to 12.00: narrow, so that limits and stops are met. */
const somePrice = cents(800, 1200);

const terms: fc.Arbitrary<OrderTerms> = fc
  .record({
    side: fc.constantFrom(...sides),
    type: fc.constantFrom(...orderTypes, 'market', 'trailing_stop'),
    // Mostly orders that stay: the others have little to forget.
    timeInForce: fc.constantFrom(...timesInForce, 'gtc', 'gtc', 'gtc', 'gtc', 'day', 'day'),
    amount: shares(300),
    byNotional: fc.boolean(),
    limit: somePrice,
    stop: somePrice,
    trail: cents(1, 300),
    inPercent: fc.boolean(),
  })
  .map((drawn) => {
    const byNotional = drawn.byNotional && drawn.type === 'market';
    const trails = drawn.type === 'trailing_stop';
    return someTerms({
      side: drawn.side,
      type: drawn.type,
      timeInForce: drawn.timeInForce,
      quantity: byNotional ? null : drawn.amount,
      notional: byNotional ? notional(drawn.limit, drawn.amount) : null,
      limitPrice: drawn.type.endsWith('limit') ? drawn.limit : null,
      stopPrice: drawn.type.startsWith('stop') ? drawn.stop : null,
      trailAmount: trails && !drawn.inPercent ? drawn.trail : null,
      trailPercent: trails && drawn.inPercent ? (((drawn.trail as bigint) * 10n) as Ratio) : null,
    });
  });

/** Bounds as a ledger gives them, often tight enough to bind. */
const asked: fc.Arbitrary<Asked> = fc
  .record({ terms, cap: somePrice, closes: shares(300) })
  .map(({ terms: drawn, cap, closes }) => ({
    terms: drawn,
    bounds: {
      priceCap:
        drawn.side === 'buy' && drawn.quantity !== null && drawn.limitPrice === null ? cap : null,
      closingMax: drawn.side === 'sell' && drawn.notional !== null ? closes : null,
    },
  }));

const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('submit' as const), asked }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), pick: fc.nat(20) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('replace' as const), pick: fc.nat(20), asked }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('market' as const),
        price: somePrice,
        size: fc.integer({ min: 0, max: 200 }).map((n) => (BigInt(n) * 10n ** 9n) as Quantity),
        volume: fc.integer({ min: 0, max: 2000 }).map((n) => (BigInt(n) * 10n ** 9n) as Quantity),
        closes: fc.nat(7).map((n) => n === 0),
      }),
    },
  ),
  { minLength: 10, maxLength: 60, size: 'max' },
);

type Phase = 'closed' | 'opened' | 'trading' | 'after_close';
type MarketAction = Extract<Action, { kind: 'market' }>;

const session = '2014-01-03' as SessionDate;
const cent = 10n ** 7n;

const quoteUpdate = (
  action: MarketAction,
  at: number,
  auction: QuoteUpdate['auction'],
): QuoteUpdate => {
  const { price, size, volume } = action;
  return {
    kind: 'quote',
    quote: {
      symbol: someSymbol,
      price,
      bid: (price - cent) as Price,
      ask: (price + cent) as Price,
      bidSize: size,
      askSize: size,
      at: fromMilliseconds(at),
      open: price,
      high: price,
      low: price,
      previousClose: null,
      volume,
    },
    tradedVolume: volume,
    auction,
  };
};

const nextUpdate = (
  phase: Phase,
  action: MarketAction,
  at: number,
): readonly [MarketUpdate, Phase] => {
  const bound = { session, at: fromMilliseconds(at) };
  if (phase === 'closed') return [{ kind: 'session_opened', ...bound }, 'opened'];
  if (phase === 'opened') return [quoteUpdate(action, at, 'open'), 'trading'];
  if (phase === 'after_close') return [{ kind: 'session_closed', ...bound, marks: [] }, 'closed'];
  return action.closes
    ? [quoteUpdate(action, at, 'close'), 'after_close']
    : [quoteUpdate(action, at, null), 'trading'];
};

type World = {
  book: Book;
  ledger: PaperLedger;
  phase: Phase;
  at: number;
  count: number;
  quote: QuoteUpdate | null;
  sent: RoutedOrder[];
};

const freshBook = (options: PaperBrokerOptions): Book =>
  createBook({
    settings: paperBrokerSettings.parse(options),
    symbols: [someSymbol],
    working: [],
    market: { at: fromMilliseconds(0), session: null, shown: [] },
  });
const freshWorld = (options: PaperBrokerOptions): World => ({
  book: freshBook(options),
  ledger: paperLedger(),
  phase: 'closed',
  at: 0,
  count: 0,
  quote: null,
  sent: [],
});

/** Ids that do not come in the order of time, as a router's need not. */
const orderIdOf = (count: number): OrderId => `${(count * 7) % 10}-o${count}` as OrderId;

const sendOrder = (world: World, { terms: orderTerms, bounds }: Asked): RoutedOrder => {
  world.count += 1;
  const order: RoutedOrder = {
    accountId: someAccount,
    orderId: orderIdOf(world.count),
    terms: orderTerms,
    submittedAt: fromMilliseconds(world.at),
    ...bounds,
  };
  world.ledger.sent(order);
  world.sent.push(order);
  return order;
};

/** One of the working orders; the same one whatever the book went through. */
const pickOrder = (world: World, pick: number): OrderId | undefined => {
  const ids = [...world.book.orders.keys()].sort();
  return ids[pick % Math.max(1, ids.length)];
};

const perform = (world: World, action: Action): readonly BrokerReport[] => {
  world.at += 100;
  const now = fromMilliseconds(world.at);
  const act = () => {
    if (action.kind === 'submit') return enter(world.book, sendOrder(world, action.asked), now);
    if (action.kind === 'market') {
      const [update, phase] = nextUpdate(world.phase, action, world.at);
      world.phase = phase;
      world.quote = update.kind === 'quote' ? update : world.quote;
      return observe(world.book, update);
    }
    const orderId = pickOrder(world, action.pick);
    if (orderId === undefined) return [];
    if (action.kind === 'cancel') return cancel(world.book, someAccount, orderId, now);
    return replace(world.book, orderId, sendOrder(world, action.asked), now);
  };
  const reports = act().map(({ report }) => report);
  for (const report of reports) world.ledger.recorded(report);
  return reports;
};

/** A new process: nothing is left of the book but what the ledger recorded and what the market shows. */
const restart = (world: World, options: PaperBrokerOptions): void => {
  world.book = createBook({
    settings: paperBrokerSettings.parse(options),
    symbols: [someSymbol],
    // The other way round: the order in which the ledger lists them must not matter.
    working: [...world.ledger.working()].reverse(),
    market: {
      at: fromMilliseconds(world.at),
      session: world.book.session,
      shown: [...world.book.shown.values()],
    },
  });
};

/** The ledger of a process that was sent these orders and recorded these reports. */
const remembering = (
  sent: readonly RoutedOrder[],
  reports: readonly BrokerReport[],
): PaperLedger => {
  const ledger = paperLedger();
  for (const order of sent) ledger.sent(order);
  for (const report of reports) ledger.recorded(report);
  return ledger;
};

/** What the broker's own timer does when latency is over. */
const wake = (world: World): void => {
  for (const { report } of advance(world.book, fromMilliseconds(world.at))) {
    world.ledger.recorded(report);
  }
};

const variants = fc.constantFrom<PaperBrokerOptions>(
  {},
  { latencyMs: 150 },
  { slippageBps: '3', extraSpreadBps: '2', displayedParticipation: '0.5' },
);

const fillsOf = (reports: readonly BrokerReport[]) =>
  reports.flatMap((report) => (report.type === 'Fill' ? [report] : []));

type Fill = Extract<BrokerReport, { type: 'Fill' }>;
/** What our orders took at one quote, by side, in its auction and after it. */
type Taken = Map<string, Quantity>;

const aTenth = (10n ** 8n) as Ratio;

/** Counts a fill at a quote and asserts that its price and the sum so far were to be had. */
const takeFill = (taken: Taken, update: QuoteUpdate | null, fill: Fill): void => {
  assert(update !== null);
  const { quote, tradedVolume } = update;
  const isAuction = fill.liquidity === 'unknown';
  const key = `${fill.side} ${isAuction}`;
  const sum = add(taken.get(key) ?? (0n as Quantity), fill.quantity);
  taken.set(key, sum);
  assert(sum <= (isAuction ? scaleBy(tradedVolume, aTenth, 'down') : quote.askSize));
  const offer = fill.side === 'buy' ? quote.ask : quote.bid;
  deepEqual(fill.price, isAuction ? quote.price : offer);
};

/** Asserts that the fills of one order stay within what was ordered and reserved, and at or within its limit. */
const withinTerms = (fills: readonly Fill[], order: RoutedOrder): void => {
  const { orderId, terms: sent, priceCap, closingMax } = order;
  const own = fills.filter((fill) => fill.orderId === orderId);
  const shared = own.reduce((total, fill) => total + fill.quantity, 0n);
  const spent = own.reduce((total, fill) => total + notional(fill.price, fill.quantity), 0n);
  assert(sent.quantity === null || shared <= sent.quantity);
  assert(sent.notional === null || spent <= sent.notional);
  assert(closingMax === null || shared <= closingMax);
  const limit = sent.limitPrice ?? priceCap;
  if (limit === null) return;
  for (const { price } of own) assert(sent.side === 'buy' ? price <= limit : price >= limit);
};

describe('any sequence of orders and market updates', () => {
  it('gives the same reports every time', () => {
    fc.assert(
      fc.property(actions, variants, (script, options) => {
        const run = () => {
          const world = freshWorld(options);
          return script.map((action) => perform(world, action));
        };
        deepEqual(run(), run());
      }),
      { numRuns: 100 },
    );
  });

  it('gives the same reports after a restart at any point', () => {
    fc.assert(
      fc.property(actions, variants, fc.nat(1000), (script, options, random) => {
        const cut = random % script.length;
        const whole = freshWorld(options);
        const broken = freshWorld(options);
        for (const [index, action] of script.entries()) {
          if (index === cut) {
            for (const world of [whole, broken]) wake(world);
            restart(broken, options);
          }
          deepEqual(perform(broken, action), perform(whole, action), `action ${index}`);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('never fills more than was ordered, nor beyond a limit, nor twice under one id', () => {
    fc.assert(
      fc.property(actions, variants, (script, options) => {
        const world = freshWorld(options);
        const fills = fillsOf(script.flatMap((action) => [...perform(world, action)]));
        deepEqual(new Set(fills.map((fill) => fill.executionId)).size, fills.length);
        for (const order of world.sent) withinTerms(fills, order);
        // The ledger and the book agree on what is still working.
        deepEqual(
          world.ledger
            .working()
            .map((order) => order.orderId)
            .sort(),
          [...world.book.orders.keys()].sort(),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('takes from a quote no more than it shows, at its prices, and from an auction its part', () => {
    fc.assert(
      fc.property(actions, (script) => {
        const world = freshWorld({});
        let taken: Taken = new Map();
        for (const action of script) {
          const before = world.quote;
          const fills = fillsOf(perform(world, action));
          if (world.quote !== before) taken = new Map();
          for (const fill of fills) takeFill(taken, world.quote, fill);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('never overfills when a crash loses the last reports', () => {
    fc.assert(
      fc.property(actions, fc.nat(1000), fc.integer({ min: 1, max: 6 }), (script, random, lost) => {
        const cut = random % script.length;
        const world = freshWorld({});
        let recorded: BrokerReport[] = [];
        for (const [index, action] of script.entries()) {
          recorded.push(...perform(world, action));
          if (index !== cut) continue;
          recorded = recorded.slice(0, -lost);
          world.ledger = remembering(world.sent, recorded);
          restart(world, {});
        }
        const fills = fillsOf(recorded);
        deepEqual(new Set(fills.map((fill) => fill.executionId)).size, fills.length);
        for (const order of world.sent) withinTerms(fills, order);
      }),
      { numRuns: 300 },
    );
  });
});
