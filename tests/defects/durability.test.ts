import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accountStream } from '#domain/ids.ts';
import { accountOne, deposit, fill, openAccount, orderId, submit } from '#tests/support/makers.ts';
import {
  accountNumbered,
  ledgerOn,
  memoryStore,
  opened,
  wholeLog,
  withAppend,
} from '#tests/support/memory-ledger.ts';

const cashAccount = openAccount({ kind: 'cash' });

/** What the replaced system lost or held up, each as the test that it would fail. */
describe('the replaced system’s defects in durability are not here', () => {
  it('#19 a restart forgot the orders in its queue', async () => {
    const store = memoryStore();
    await ledgerOn({ store }).told(cashAccount, deposit('5000'), submit('o1', { limit: '10' }));
    const restarted = ledgerOn({ store });
    const live = await restarted.inspect(accountOne, (state) => [...state.liveOrders]);
    assert.deepEqual(live, [orderId('o1')]);
    await restarted.told(fill('x1', 'o1', '100', '10'));
    const status = await restarted.inspect(
      accountOne,
      (state) => state.orders.get(orderId('o1'))?.status,
    );
    assert.equal(status, 'filled');
  });

  it('#20 an order that was sent again became a second order', async () => {
    const store = memoryStore();
    const ledger = ledgerOn({ store });
    await ledger.told(cashAccount, deposit('5000'));
    const order = submit('o1', { limit: '10' });
    const first = await ledger.tell(order, 'key');
    const again = await ledger.tell(order, 'key');
    const restarted = await ledgerOn({ store }).tell(order, 'key');
    assert.deepEqual([again.sequence, restarted.sequence], [first.sequence, first.sequence]);
    const orders = (await wholeLog(store)).filter(({ data }) => data.type === 'OrderSubmitted');
    assert.equal(orders.length, 1);
    const history = (await wholeLog(store)).map(({ revision }) => revision);
    assert.deepEqual(history, [1, 2, 3], 'each change is there, in its order');
  });

  it('#21 one slow answer held up everybody’s orders', async () => {
    const store = memoryStore();
    const [slow, quick] = [accountNumbered(1), accountNumbered(2)];
    for (const id of [slow, quick]) {
      await ledgerOn({ store }).tell(opened(cashAccount, id), null, id);
    }
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const stuck = withAppend(store, async (requests, inner) => {
      if (requests.some(({ stream }) => stream === accountStream(slow))) await held;
      return inner.append(requests);
    });
    const ledger = ledgerOn({ store: stuck });
    let answered = false;
    const waiting = ledger.tell(deposit('1'), null, slow).then(() => {
      answered = true;
    });
    assert.equal((await ledger.tell(deposit('1'), null, quick)).kind, 'done');
    assert.equal(answered, false);
    release();
    await waiting;
  });

  it('#22 what was published for nobody piled up, and what one read the other missed', async () => {
    const store = memoryStore();
    await ledgerOn({ store }).told(cashAccount, deposit('1'), deposit('2'));
    const stop = new AbortController();
    const readFrom = async (after: number): Promise<number[]> => {
      const seen: number[] = [];
      for await (const batch of store.subscribe({ after, signal: stop.signal })) {
        seen.push(...batch.map(({ sequence }) => sequence));
        if (seen.at(-1) === 3) return seen;
      }
      return seen;
    };
    const readers = await Promise.all([readFrom(0), readFrom(0), readFrom(2)]);
    stop.abort();
    assert.deepEqual(readers, [[1, 2, 3], [1, 2, 3], [3]]);
  });
});
