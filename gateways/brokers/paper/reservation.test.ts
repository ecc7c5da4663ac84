import { deepEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createOrderRouter } from '#commands/routing/order-router.ts';
import { formatCash, formatQuantity } from '#domain/money.ts';
import {
  accountOne,
  deposit,
  fill,
  openAccount,
  orderId,
  submit,
  type TermsInWords,
} from '#tests/support/makers.ts';
import { manualTime } from '#tests/support/manual-time.ts';
import { ledgerOn, memoryStore } from '#tests/support/memory-ledger.ts';
import { dailyBar, marketOf } from '#tests/support/recorded-bars.ts';
import { until } from '#tests/support/server.ts';
import { createPaperBroker } from './paper-broker.ts';

/**
 * What becomes of a cash account with 10,000 and an order of the evening, when the next session opens elsewhere:
 * the ledger, the router and the paper broker together, from a market that closed at 10.
 */
const overGap = async (next: string, words: TermsInWords, shares: string | null = null) => {
  const time = manualTime();
  const figures = [`10 10 10 10 90000`, `${next} ${next} ${next} ${next} 90000`];
  const feed = marketOf(
    time,
    ['2014-01-03', '2014-01-06'].map((day, n) => dailyBar('ACME', day, figures[n] ?? '')),
  );
  await feed.stepSession();
  const store = memoryStore();
  const ledger = ledgerOn({ store, quotes: feed });
  await ledger.told(openAccount({ kind: 'cash' }), deposit('10000', feed.now()));
  if (shares !== null) await ledger.told(fill('x0', null, shares, '10', { at: feed.now() }));
  const broker = createPaperBroker({
    feed,
    report: async (_accountId, report) => ledger.told(report),
    restore: [],
    timer: time.timer,
    onUnreported: (_accountId, _report, error) => {
      throw error;
    },
  });
  const checkpoints = { load: async () => 0, advance: async () => true };
  const ports = { store, ledger, checkpoints, broker, name: 'paper' as const, now: feed.now };
  const stop = new AbortController();
  const running = createOrderRouter(ports).run(await store.head(), [], stop.signal);
  await ledger.told(submit('o1', words, feed.now()));
  await until('the order at the broker', () => broker.knows(orderId('o1')), Boolean);
  await feed.stepSession();
  await broker.stop();
  stop.abort();
  await running;
  return ledger.inspect(accountOne, (state) => ({
    cash: formatCash(state.cash),
    shares: formatQuantity(state.holdings.get('ACME' as never)?.quantity ?? (0n as never)),
    order: state.orders.get(orderId('o1'))?.status,
  }));
};

describe('a cash account that puts all its money into a market buy', () => {
  // At 10, no more than 961 shares can be paid at the collar of 4 %.
  const all = { quantity: '960' };

  it('is not overspent where the market gaps over the collar', async () => {
    const nothing = { cash: '10000', shares: '0', order: 'expired' };
    deepEqual(await overGap('12', { ...all, timeInForce: 'opg' }), nothing);
    deepEqual(await overGap('12', all), nothing);
  });

  it('buys where the market opens within it', async () => {
    const bought = { cash: '64', shares: '960', order: 'filled' };
    deepEqual(await overGap('10.35', { ...all, timeInForce: 'opg' }), bought);
  });

  it('is not overspent by a stop that the gap triggers', async () => {
    const nothing = { cash: '10000', shares: '0', order: 'expired' };
    deepEqual(await overGap('12', { quantity: '930', stop: '10.2' }), nothing);
  });
});

describe('a sell by notional of all that is held', () => {
  it('sells no share that is not held where the market gaps down', async () => {
    // 9,590 at 4 % under the bid is nearly all of the 1,000 shares.
    const { shares, order } = await overGap('8', { side: 'sell', notional: '9580' }, '1000');
    deepEqual([order, Number(shares) >= 0 && Number(shares) < 3], ['canceled', true]);
  });
});
