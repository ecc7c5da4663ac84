import { deepEqual, rejects } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Broker } from '#commands/ports/broker.ts';
import type { Checkpoints } from '#commands/ports/checkpoints.ts';
import { createOrderRouter } from '#commands/routing/order-router.ts';
import type { AccountId, Actor, OrderId } from '#domain/ids.ts';
import { cancel, deposit, noon, openAccount, orderId, submit } from '#tests/support/makers.ts';
import { accountNumbered, ledgerOn, memoryStore, opened } from '#tests/support/memory-ledger.ts';
import { until } from '#tests/support/server.ts';

const [slow, quick] = [accountNumbered(1), accountNumbered(2)];

const keptInMemory = (): Checkpoints & { readonly place: () => number } => {
  let place = 0;
  return {
    place: () => place,
    load: async () => place,
    advance: async (_name, from, to) => {
      if (from !== place) return false;
      place = to;
      return true;
    },
  };
};

/** A broker that takes `wait` to answer to a submitted order, and what it was told. */
const brokerThat = (wait: (accountId: AccountId) => Promise<void>) => {
  const told: OrderId[] = [];
  const broker: Broker = {
    actor: 'broker:paper' as Actor,
    submit: async (order) => {
      await wait(order.accountId);
      told.push(order.orderId);
    },
    cancel: async (_accountId, id) => void told.push(id),
    replace: async () => {},
    adjust: async () => {},
    knows: async () => false,
  };
  return { broker, told };
};

const worldWith = async (wait: (accountId: AccountId) => Promise<void>) => {
  const store = memoryStore();
  const ledger = ledgerOn({ store });
  for (const id of [slow, quick]) {
    await ledger.tell(opened(openAccount(), id), null, id);
    await ledger.tell(deposit('5000'), null, id);
  }
  const { broker, told } = brokerThat(wait);
  const checkpoints = keptInMemory();
  const router = createOrderRouter({
    store,
    ledger,
    checkpoints,
    broker,
    name: 'paper',
    now: () => noon,
  });
  const stop = new AbortController();
  const running = router.run(await store.head(), [], stop.signal);
  return { store, ledger, told, checkpoints, running, stop };
};

describe('a broker that takes its time about one account', () => {
  it('#21 held up everybody’s orders', async () => {
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const world = await worldWith((account) => (account === slow ? answered : Promise.resolve()));
    const before = await world.store.head();
    await world.ledger.tell(submit('s1', { limit: '10' }), null, slow);
    await world.ledger.tell(cancel('s1'), null, slow);
    const names = Array.from({ length: 300 }, (_, n) => `q${n}`);
    for (const name of names) {
      await world.ledger.tell(submit(name, { limit: '10', quantity: '1' }), null, quick);
    }
    await until(
      'the other account’s orders',
      async () => world.told.length,
      (n) => n === names.length,
    );
    deepEqual(world.told, names.map(orderId));
    deepEqual(world.checkpoints.place(), before, 'not past what has no answer');
    answer();
    await until(
      'the slow one’s',
      async () => world.told.length,
      (n) => n === names.length + 2,
    );
    deepEqual(world.told.slice(-2), [orderId('s1'), orderId('s1')], 'in order: submit, cancel');
    world.stop.abort();
    await world.running;
    deepEqual(world.checkpoints.place(), await world.store.head());
  });
});

describe('a broker that fails', () => {
  it('stops the routing, so that nothing is left out', async () => {
    const world = await worldWith(() => Promise.reject(new Error('the broker is gone')));
    const before = await world.store.head();
    const stopped = rejects(world.running, /the broker is gone/);
    await world.ledger.tell(submit('s1', { limit: '10' }), null, slow);
    await stopped;
    deepEqual(world.checkpoints.place(), before);
  });
});
