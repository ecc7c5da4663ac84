import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Broker, RoutedOrder } from '#commands/ports/broker.ts';
import type { AccountPolicy } from '#domain/account/policy.ts';
import type { Actor } from '#domain/ids.ts';
import { cash, formatPrice, formatQuantity, price, ratio } from '#domain/money.ts';
import {
  acceptance,
  accountOne,
  deposit,
  fill,
  noon,
  openAccount,
  replace,
  replaceConfirmed,
  split,
  submit,
  type TermsInWords,
} from '#tests/support/makers.ts';
import { ledgerOn, memoryStore } from '#tests/support/memory-ledger.ts';
import { until } from '#tests/support/server.ts';
import { acceptedOrders, createOrderRouter } from './order-router.ts';

/** An account with 100,000, and a broker that keeps what it is sent. */
const desk = async (policy: Partial<AccountPolicy> = {}) => {
  const store = memoryStore();
  const ledger = ledgerOn({ store });
  await ledger.told(openAccount(policy), deposit('100000'));
  const sent: RoutedOrder[] = [];
  const broker: Broker = {
    actor: 'broker:paper' as Actor,
    submit: async (order) => void sent.push(order),
    cancel: async () => {},
    replace: async (_orderId, order) => void sent.push(order),
    adjust: async (order) => void sent.push(order),
    knows: async () => false,
  };
  const checkpoints = { load: async () => 0, advance: async () => true };
  const ports = { store, ledger, checkpoints, broker, name: 'paper' as const, now: () => noon };
  /** Routes what the log has from `from` on, until the broker has `count` more orders. */
  const route = async (from: number, count: number): Promise<void> => {
    const stop = new AbortController();
    const before = sent.length;
    const accounts = from === 0 ? [] : [accountOne];
    const running = createOrderRouter(ports).run(from, accounts, stop.signal);
    await until(
      'the orders sent',
      async () => sent.length - before,
      (n) => n >= count,
    );
    stop.abort();
    await running;
  };
  const working = () => ledger.inspect(accountOne, (state) => acceptedOrders(accountOne, state)[0]);
  return { ...ledger, head: () => store.head(), route, sent, working };
};

const inWords = (order: RoutedOrder | undefined): string | null => {
  if (order === undefined) return null;
  const { priceCap, closingMax } = order;
  const cap = priceCap === null ? '-' : formatPrice(priceCap);
  return `${cap} ${closingMax === null ? '-' : formatQuantity(closingMax)}`;
};

const firstSent = async (
  words: TermsInWords,
  policy: Partial<AccountPolicy> = {},
): Promise<string | null> => {
  const { told, route, sent } = await desk(policy);
  await told(submit('o1', words));
  await route(0, 1);
  return inWords(sent[0]);
};

const perShare = {
  commission: { kind: 'per_share', rate: price('0.005'), minimum: cash('1') },
} as const;
const basisPoints = { commission: { kind: 'basis_points', rate: ratio('3.7') } } as const;

describe('a buy without a limit of its own', () => {
  it('goes with the price that its reservation was computed with', async () => {
    // The ask is 10.01; 4 % more.
    deepEqual(await firstSent({}), '10.4104 -');
    deepEqual(await firstSent({ stop: '11' }), '11.44 -');
    deepEqual(await firstSent({ type: 'trailing_stop', trail: '1' }), '11.4504 -');
  });

  it('whatever the kind of account and its commission', async () => {
    for (const kind of ['cash', 'margin'] as const) {
      for (const schedule of [{}, perShare, basisPoints]) {
        deepEqual(await firstSent({}, { kind, ...schedule }), '10.4104 -');
      }
    }
  });

  it('goes with the same after a restart and a fill', async () => {
    const { told, working, route, head, sent } = await desk({ kind: 'cash', ...basisPoints });
    await told(submit('o1'));
    await route(await head(), 1);
    deepEqual(inWords(sent[0]), '10.4104 -', 'settled');
    await told(acceptance('o1'), fill('x1', 'o1', '40', '10'));
    deepEqual(inWords(await working()), '10.4104 -');
  });

  it('goes with the price in the new shares after a split', async () => {
    const { told, working } = await desk({ kind: 'cash' });
    await told(submit('o0'), acceptance('o0'), fill('x0', 'o0', '100', '10'));
    await told(submit('o1'), acceptance('o1'), split(2n, 1n));
    deepEqual(inWords(await working()), '5.2052 -');
  });

  it('goes with its own when it replaces another', async () => {
    const { told, route, sent, working } = await desk();
    await told(submit('o1', { stop: '11' }), acceptance('o1'));
    await told(replace('o1', 'o2', { stop: '12' }));
    await route(0, 2);
    deepEqual(sent.map(inWords), ['11.44 -', '12.48 -']);
    await told(replaceConfirmed('o1', 'o2'));
    deepEqual(inWords(await working()), '12.48 -');
  });
});

describe('an order that its terms bound', () => {
  it('goes with no price cap', async () => {
    deepEqual(await firstSent({ limit: '10' }), '- -');
    deepEqual(await firstSent({ stop: '11', limit: '12' }), '- -');
    deepEqual(await firstSent({ notional: '500' }), '- -');
    deepEqual(await firstSent({ side: 'sell' }), '- -');
  });
});

describe('a sell by notional', () => {
  it('goes with the shares that are kept for it, those it has sold among them', async () => {
    const { told, route, sent, working } = await desk({ kind: 'cash' });
    await told(submit('o0'), acceptance('o0'), fill('x0', 'o0', '100', '10'));
    await told(submit('o1', { side: 'sell', notional: '480' }));
    await route(0, 2);
    // 480 at 4 % below the bid of 9.99.
    const kept = '50.05005005';
    equal(inWords(sent[1])?.slice(0, -1), `- ${kept}`);
    await told(acceptance('o1'), fill('x1', 'o1', '20', '9.5', { side: 'sell' }));
    deepEqual(inWords(await working()), inWords(sent[1]));
    await told(split(3n, 1n));
    equal(inWords(await working())?.slice(0, 10), '- 150.1501');
  });
});
