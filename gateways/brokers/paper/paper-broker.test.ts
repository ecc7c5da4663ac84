import assert, { deepEqual, equal, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BrokerReport, RoutedOrder } from '#commands/ports/broker.ts';
import type { OrderId } from '#domain/ids.ts';
import { cash, price, quantity } from '#domain/money.ts';
import type { OrderTerms } from '#domain/order/terms.ts';
import { instant } from '#domain/time.ts';
import {
  dailyFiles,
  loadBars,
  shippedDailyBars,
} from '#gateways/market-data/recorded/recorded-bars.ts';
import type { RecordedMarket } from '#gateways/market-data/recorded/recorded-market.ts';
import { manualTime, settle } from '#tests/support/manual-time.ts';
import { inWords, someAccount, someTerms } from '#tests/support/paper-book.ts';
import { paperLedger } from '#tests/support/paper-ledger.ts';
import { flatMarket, flatSymbol } from '#tests/support/recorded-bars.ts';
import { createPaperBroker, type PaperBroker, type PaperBrokerParts } from './paper-broker.ts';

const orderOf = (
  feed: RecordedMarket,
  id: string,
  terms: Partial<OrderTerms> = {},
): RoutedOrder => ({
  accountId: someAccount,
  orderId: id as OrderId,
  terms: someTerms({ symbol: flatSymbol, ...terms }),
  submittedAt: feed.now(),
  priceCap: null,
  closingMax: null,
});

const world = (more: Partial<PaperBrokerParts> = {}, feedOptions: { speed?: number } = {}) => {
  const time = manualTime();
  const feed = flatMarket(time, { settings: feedOptions });
  const told: BrokerReport[] = [];
  const broker: PaperBroker = createPaperBroker({
    feed,
    report: async (_accountId, report) => void told.push(report),
    restore: [],
    timer: time.timer,
    onUnreported: () => undefined,
    ...more,
  });
  return { time, feed, broker, told, words: () => told.map(inWords) };
};

describe('a paper broker on a recorded market', () => {
  it('holds a market order of the night for the opening print', async () => {
    const { feed, broker, words } = world();
    await broker.submit(orderOf(feed, 'o1'));
    await feed.step();
    deepEqual(words(), ['o1 accepted', 'o1 fill 100@10 unknown']);
  });

  it('fills an order in an open session without waiting for the market to move', async () => {
    const { feed, broker, words } = world();
    await feed.step();
    await broker.submit(orderOf(feed, 'o1'));
    await broker.drained();
    deepEqual(words(), ['o1 accepted', 'o1 fill 100@10.01 removed']);
  });

  it('spreads a large order over the session by its volume', async () => {
    const { feed, broker, told } = world();
    await broker.submit(orderOf(feed, 'o1', { quantity: quantity('900') }));
    await feed.stepSession();
    const fills = told.flatMap((report) => (report.type === 'Fill' ? [report.quantity] : []));
    // A tenth of 3,000 in the auction, a tenth of 3,000 shown with it, then a tenth of 1,000 each.
    deepEqual(fills, [quantity('300'), quantity('300'), ...Array(3).fill(quantity('100'))]);
  });

  it('makes the market wait until what happened is recorded', async () => {
    let release = (): void => undefined;
    const recorded = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { feed, broker } = world({ report: () => recorded });
    await broker.submit(orderOf(feed, 'o1'));
    let moved = false;
    const step = feed.step().then(() => {
      moved = true;
    });
    await settle();
    equal(moved, false);
    release();
    await step;
    equal(moved, true);
  });

  it('sends a report again until it is recorded, and never after', async () => {
    let down = true;
    const told: string[] = [];
    const { feed, broker, time } = world({
      report: async (_accountId, report) => {
        if (down) throw new Error('down');
        told.push(inWords(report));
      },
    });
    await feed.step();
    await broker.submit(orderOf(feed, 'o1'));
    await time.pass(1000);
    down = false;
    await time.pass(10_000);
    deepEqual(told, ['o1 accepted', 'o1 fill 100@10.01 removed']);
  });

  it('wakes by itself when latency is over', async () => {
    const { feed, broker, words, time } = world({ settings: { latencyMs: 40 } }, { speed: 1 });
    feed.start();
    await time.pass(0);
    await broker.submit(orderOf(feed, 'o1'));
    await time.pass(39);
    deepEqual(words(), ['o1 accepted']);
    await time.pass(2);
    deepEqual(words(), ['o1 accepted', 'o1 fill 100@10.01 removed']);
    await feed.stop();
  });

  it('listens no more after a stop', async () => {
    const { feed, broker, words } = world();
    await broker.submit(orderOf(feed, 'o1'));
    await broker.drained();
    await broker.stop();
    await feed.stepSession();
    deepEqual(words(), ['o1 accepted']);
  });

  it('says what is wrong with its settings', () => {
    throws(() => world({ settings: { slippageBps: '-1' } }), /slippageBps/);
    throws(() => world({ settings: { auctionParticipation: '1.1' } }), /auctionParticipation/);
    throws(() => world({ settings: { latencyMs: 0.5 } }), /latencyMs/);
    throws(() => world({ settings: { slipage: '1' } as never }), /slipage/);
    throws(() => world({ settings: { retryFirstMs: 10, retryMostMs: 5 } }), /retryFirstMs/);
  });
});

const restartTerms: readonly Partial<OrderTerms>[] = [
  { quantity: quantity('4000'), timeInForce: 'gtc' },
  { notional: cash('20000'), timeInForce: 'gtc' },
  { side: 'sell', type: 'trailing_stop', trailAmount: price('0.4'), timeInForce: 'gtc' },
  { type: 'limit', limitPrice: price('9.6'), quantity: quantity('500'), timeInForce: 'gtc' },
  { timeInForce: 'cls', quantity: quantity('50') },
];

/** Three sessions with a new process after so many steps, and all that was reported in them. */
const reportsWithRestart = async (stopAfter: number): Promise<readonly BrokerReport[]> => {
  const ledger = paperLedger();
  const told: BrokerReport[] = [];
  const report = async (_accountId: string, said: BrokerReport): Promise<void> => {
    told.push(said);
    ledger.recorded(said);
  };
  const { feed, broker, time } = world({ report });
  for (const [index, terms] of restartTerms.entries()) {
    const order = orderOf(feed, `o${index}`, terms);
    ledger.sent(order);
    await broker.submit(order);
  }
  for (let steps = 0; steps < stopAfter; steps += 1) await feed.step();
  await broker.stop();
  const again = flatMarket(time, { resumeAt: feed.now() });
  createPaperBroker({
    feed: again,
    report,
    restore: ledger.working(),
    timer: time.timer,
    onUnreported: () => undefined,
  });
  while (await again.step());
  return told;
};

describe('a restart between two quotes', () => {
  it('changes nothing in what follows', async () => {
    const whole = await reportsWithRestart(39);
    assert(whole.length > 20);
    for (const stopAfter of [1, 5, 12, 13, 14, 20]) {
      deepEqual(await reportsWithRestart(stopAfter), whole);
    }
  });
});

describe('a month of real prices', () => {
  it('never trades outside the range of the session', async () => {
    const bars = await loadBars(await dailyFiles(shippedDailyBars));
    const month = { ...bars, sessions: bars.sessions.slice(100, 120) };
    const time = manualTime();
    const feed = flatMarket(time, { bars: month });
    const fills: Extract<BrokerReport, { type: 'Fill' }>[] = [];
    const broker = createPaperBroker({
      feed,
      report: async (_accountId, report) => {
        if (report.type === 'Fill') fills.push(report);
      },
      restore: [],
      timer: time.timer,
      onUnreported: () => undefined,
    });
    let count = 0;
    do {
      for (const symbol of feed.symbols()) {
        for (const side of ['buy', 'sell'] as const) {
          count += 1;
          await broker.submit(orderOf(feed, `o${count}`, { symbol, side }));
        }
      }
    } while (await feed.step());
    assert(fills.length > 5000);
    for (const fill of fills) {
      const session = month.sessions.find(({ date }) => fill.at.startsWith(date));
      const bar = session?.bars.get(fill.symbol)?.[0];
      assert(bar !== undefined && bar.low <= fill.price && fill.price <= bar.high);
    }
    equal(feed.now(), instant(`${month.sessions.at(-1)?.date}T20:00:00Z`));
  });
});
