import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemorySnapshotStore } from '#database/memory/snapshot-store.ts';
import { type AccountState, holdingOf } from '#domain/account/state.ts';
import { type AccountId, type Actor, accountStream } from '#domain/ids.ts';
import { formatCash, formatQuantity } from '#domain/money.ts';
import {
  accountOne,
  cancel,
  canceled,
  close,
  deposit,
  fill,
  openAccount,
  orderId,
  submit,
  ticker,
  withdraw,
} from '#tests/support/makers.ts';
import {
  accountNumbered,
  ledgerOn,
  memoryStore,
  opened,
  type TestLedger,
  wholeLog,
  withAppend,
} from '#tests/support/memory-ledger.ts';
import type { AccountCommand } from './commands.ts';
import type { Handled } from './ledger.ts';
import { AccountMoved } from './pipeline.ts';
import type { EventStore } from './ports/event-store.ts';
import type { Snapshot } from './ports/snapshot-store.ts';
import { stateVersion } from './state-codec.ts';

const cashAccount: AccountCommand = openAccount({ kind: 'cash' });
const limitBuy = (id: string, shares = '100') => submit(id, { quantity: shares, limit: '10' });
/** The same order asked for again: we made another id for it. */
const again = (id: string): AccountCommand =>
  ({ ...limitBuy('o1'), orderId: orderId(id) }) as AccountCommand;

const sequenceOf = (handled: Handled): number | null => handled.sequence;
const codeOf = (handled: Handled): string | null =>
  handled.kind === 'refused' ? handled.refusal.code : null;
const seen = <Seen>(ledger: TestLedger, look: (state: AccountState) => Seen): Promise<Seen> =>
  ledger.inspect(accountOne, look);
const countOf = async (store: EventStore, type: string): Promise<number> =>
  (await wholeLog(store)).filter(({ data }) => data.type === type).length;

const slow = (store: EventStore, milliseconds = 5): EventStore =>
  withAppend(store, async (requests, inner) => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return inner.append(requests);
  });

/** Loses the answers of the first `count` appends; `done` says whether what was asked happened nevertheless. */
const losingAnswers = (store: EventStore, count: number, done: boolean): EventStore => {
  let left = count;
  return withAppend(store, async (requests, inner) => {
    if (left <= 0) return inner.append(requests);
    left -= 1;
    if (done) await inner.append(requests);
    throw new Error('the connection broke');
  });
};

describe('a command that is repeated under its key', () => {
  it('gets the first result again and writes nothing', async () => {
    const store = memoryStore();
    const ledger = ledgerOn({ store });
    await ledger.told(cashAccount, deposit('5000'));
    const first = await ledger.tell(limitBuy('o1'), 'k1');
    const second = await ledger.tell(again('o2'), 'k1');
    assert.equal(second.kind, 'done');
    assert.equal(second.repeated, true);
    assert.equal(first.repeated, false);
    assert.equal(sequenceOf(second), sequenceOf(first));
    assert.partialDeepStrictEqual(second, { events: [{ data: { orderId: orderId('o1') } }] });
    assert.equal(await countOf(store, 'OrderSubmitted'), 1);
  });

  it('gets it from another process, and after a restart', async () => {
    const store = memoryStore();
    const before = ledgerOn({ store });
    await before.told(cashAccount, deposit('5000'));
    const first = await before.tell(limitBuy('o1'), 'k1');
    const after = ledgerOn({ store });
    const second = await after.tell(again('o2'), 'k1');
    assert.equal(sequenceOf(second), sequenceOf(first));
    assert.equal(second.repeated, true);
    assert.equal(await countOf(store, 'OrderSubmitted'), 1);
  });

  it('gets it while the first is still being written', async () => {
    const store = memoryStore();
    const ledger = ledgerOn({ store: slow(store) });
    await ledger.told(cashAccount, deposit('5000'));
    const same = Array.from({ length: 8 }, (_, n) => ledger.tell(again(`o${n}`), 'k1'));
    const answers = await Promise.all(same);
    assert.equal(new Set(answers.map(sequenceOf)).size, 1);
    assert.equal(answers.filter(({ repeated }) => !repeated).length, 1);
    assert.equal(await countOf(store, 'OrderSubmitted'), 1);
    assert.equal(await seen(ledger, (state) => formatCash(state.reservedCash)), '1000');
  });

  it('gets a kept refusal again, though it would be accepted by now', async () => {
    const store = memoryStore();
    const ledger = ledgerOn({ store });
    await ledger.told(cashAccount, deposit('500'));
    const first = await ledger.tell(limitBuy('o1'), 'k1');
    await ledger.told(deposit('5000'));
    const second = await ledger.tell(limitBuy('o1'), 'k1');
    const restarted = await ledgerOn({ store }).tell(limitBuy('o1'), 'k1');
    for (const answer of [first, second, restarted]) {
      assert.equal(codeOf(answer), 'insufficient_buying_power');
      assert.equal(sequenceOf(answer), sequenceOf(first));
    }
    assert.partialDeepStrictEqual(second, { refusal: { details: { available: '500' } } });
  });

  it('is a conflict when it asks for something else', async () => {
    const store = memoryStore();
    const ledger = ledgerOn({ store });
    await ledger.told(cashAccount, deposit('5000'));
    await ledger.tell(limitBuy('o1'), 'k1');
    const size = (await wholeLog(store)).length;
    const others = [limitBuy('o1', '101'), submit('o1', { side: 'sell' }), deposit('1')];
    for (const other of others) {
      assert.equal(codeOf(await ledger.tell(other, 'k1')), 'idempotency_conflict');
      assert.equal(codeOf(await ledgerOn({ store }).tell(other, 'k1')), 'idempotency_conflict');
    }
    assert.equal((await wholeLog(store)).length, size);
  });

  it('is a conflict when a cancel names another order', async () => {
    const ledger = ledgerOn();
    await ledger.told(cashAccount, deposit('5000'), limitBuy('o1'), limitBuy('o2'));
    await ledger.tell(cancel('o1'), 'k1');
    assert.equal(codeOf(await ledger.tell(cancel('o2'), 'k1')), 'idempotency_conflict');
  });

  it('is a conflict when a broker confirms another order under it', async () => {
    const ledger = ledgerOn();
    await ledger.told(cashAccount, deposit('5000'), limitBuy('o1'), limitBuy('o2'));
    await ledger.tell(canceled('o1'), 'k1');
    assert.equal(codeOf(await ledger.tell(canceled('o2'), 'k1')), 'idempotency_conflict');
  });

  it('may be used for another command where the first was refused and not kept', async () => {
    const ledger = ledgerOn();
    await ledger.told(cashAccount, deposit('5000'));
    assert.equal(codeOf(await ledger.tell(close('o1'), 'k1')), 'position_not_found');
    assert.equal((await ledger.tell(deposit('1'), 'k1')).kind, 'done');
  });

  it('belongs to one account: others may use the same key', async () => {
    const ledger = ledgerOn();
    for (const n of [1, 2]) {
      const id = accountNumbered(n);
      const answer = await ledger.tell(opened(cashAccount, id), 'k1', id);
      assert.equal(answer.repeated, false);
    }
  });
});

describe('a fill that is reported again', () => {
  it('changes nothing, in this process or in another', async () => {
    const store = memoryStore();
    const ledger = ledgerOn({ store });
    await ledger.told(cashAccount, deposit('5000'), limitBuy('o1'));
    const first = await ledger.tell(fill('x1', 'o1', '40', '9.5'));
    const second = await ledger.tell(fill('x1', 'o1', '40', '9.5'));
    const elsewhere = await ledgerOn({ store }).tell(fill('x1', 'o1', '40', '9.5'));
    assert.equal(sequenceOf(second), sequenceOf(first));
    assert.equal(sequenceOf(elsewhere), sequenceOf(first));
    assert.equal(await countOf(store, 'OrderFilled'), 1);
  });

  it('with other content is kept as a dispute and moves nothing', async () => {
    const store = memoryStore();
    const ledger = ledgerOn({ store });
    await ledger.told(cashAccount, deposit('5000'), limitBuy('o1'));
    await ledger.tell(fill('x1', 'o1', '40', '9.5'));
    await ledger.tell(fill('x1', 'o1', '41', '9.5'));
    await ledger.tell(fill('x1', 'o1', '41', '9.5'));
    assert.equal(await countOf(store, 'OrderFilled'), 1);
    assert.equal(await countOf(store, 'ReportDisputed'), 1);
    const held = await seen(ledger, (state) => holdingOf(state, ticker('ACME')).quantity);
    assert.equal(formatQuantity(held), '40');
  });

  it('cannot have its id taken by a caller’s key', async () => {
    const ledger = ledgerOn();
    await ledger.told(cashAccount, deposit('5000'), limitBuy('o1'));
    await ledger.tell(deposit('1'), 'x1');
    const booked = await ledger.tell(fill('x1', 'o1', '40', '9.5'));
    assert.equal(booked.kind === 'done' && booked.events[0]?.data.type, 'OrderFilled');
  });
});

const neverOverspent = async (ledgers: readonly TestLedger[], store: EventStore): Promise<void> => {
  const [first] = ledgers;
  assert.ok(first);
  await first.told(cashAccount, deposit('5500'));
  const orders = Array.from({ length: 24 }, (_, n) =>
    ledgers[n % ledgers.length]?.tell(limitBuy(`o${n}`), `k${n}`),
  );
  const answers = await Promise.all(orders);
  assert.equal(answers.filter((answer) => answer?.kind === 'done').length, 5);
  const fresh = ledgerOn({ store });
  assert.equal(await seen(fresh, (state) => formatCash(state.reservedCash)), '5000');
  assert.equal(await countOf(store, 'OrderSubmitted'), 5);
};

const neverOversold = async (ledgers: readonly TestLedger[], store: EventStore): Promise<void> => {
  const [first] = ledgers;
  assert.ok(first);
  await first.told(cashAccount, fill('x0', null, '100', '10'));
  const orders = Array.from({ length: 24 }, (_, n) =>
    ledgers[n % ledgers.length]?.tell(
      submit(`o${n}`, { side: 'sell', quantity: '30', limit: '10' }),
      `k${n}`,
    ),
  );
  const answers = await Promise.all(orders);
  assert.equal(answers.filter((answer) => answer?.kind === 'done').length, 3);
  const fresh = ledgerOn({ store });
  const { closingSells } = await seen(fresh, (state) => holdingOf(state, ticker('ACME')));
  assert.equal(formatQuantity(closingSells), '90');
};

describe('many commands on one account at once', () => {
  it('never spend more than is available', async () => {
    const store = memoryStore();
    await neverOverspent([ledgerOn({ store: slow(store) })], store);
  });

  it('never sell more than is held', async () => {
    const store = memoryStore();
    await neverOversold([ledgerOn({ store: slow(store) })], store);
  });

  it('from two processes never spend more than is available', async () => {
    const store = memoryStore();
    const ledgers = [ledgerOn({ store: slow(store, 2) }), ledgerOn({ store: slow(store, 3) })];
    await neverOverspent(ledgers, store);
  });

  it('from two processes never sell more than is held', async () => {
    const store = memoryStore();
    const ledgers = [ledgerOn({ store: slow(store, 3) }), ledgerOn({ store: slow(store, 2) })];
    await neverOversold(ledgers, store);
  });

  it('refuse only for what has become durable: a refusal waits for the writes it rests on', async () => {
    const store = memoryStore();
    await ledgerOn({ store }).told(cashAccount, deposit('1000'));
    // The buy is refused by the store; the withdrawal that its reservation would forbid goes through.
    let fails = true;
    const failing = withAppend(store, async (requests, inner) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (fails) {
        fails = false;
        throw new Error('the connection broke');
      }
      return inner.append(requests);
    });
    const shaky = ledgerOn({ store: failing });
    await shaky.inspect(accountOne, () => null);
    const buying = shaky.tell(limitBuy('o1'), 'k1');
    const withdrawing = shaky.tell(withdraw('1000'), 'k2');
    await assert.rejects(buying, /the connection broke/);
    assert.equal((await withdrawing).kind, 'done');
  });

  it('spare their neighbours when one account was written to by somebody else', async () => {
    const store = memoryStore();
    const here = ledgerOn({ store: slow(store) });
    const elsewhere = ledgerOn({ store });
    const accounts = [1, 2, 3, 4].map(accountNumbered);
    for (const id of accounts) {
      await here.tell(opened(cashAccount, id), null, id);
      await here.tell(deposit('1000'), null, id);
    }
    const [contested] = accounts;
    assert.ok(contested);
    await elsewhere.tell(deposit('1'), null, contested);
    const answers = await Promise.all(accounts.map((id) => here.tell(limitBuy('o1'), 'k1', id)));
    assert.deepEqual(
      answers.map(({ kind }) => kind),
      ['done', 'done', 'done', 'done'],
    );
    const sequences = (await wholeLog(store)).map(({ sequence }) => sequence);
    assert.deepEqual(
      sequences,
      sequences.map((_, n) => n + 1),
    );
  });
});

describe('a process whose memory is behind the store', () => {
  it('does not refuse for what another has put right meanwhile', async () => {
    const store = memoryStore();
    const one = ledgerOn({ store });
    const other = ledgerOn({ store });
    assert.equal(codeOf(await other.tell(deposit('1'))), 'account_not_found');
    await one.told(cashAccount, deposit('500'));
    assert.equal((await other.tell(deposit('500'))).kind, 'done');
    assert.equal((await one.tell(withdraw('1000'))).kind, 'done');
  });
});

describe('a command that expects a revision of the account', () => {
  const at = (expectedRevision: number, key: string | null = null) => ({
    accountId: accountOne,
    actor: 'a test' as Actor,
    key,
    expectedRevision,
  });

  it('is done where nobody has written since', async () => {
    const ledger = ledgerOn({ store: memoryStore() });
    await ledger.told(cashAccount, deposit('5000'));
    const answer = await ledger.handle(at(2), deposit('1'));
    assert.ok(answer.kind === 'done');
    assert.equal(answer.events.at(-1)?.revision, 3);
  });

  it('is not done where this process or another has written since', async () => {
    const store = memoryStore();
    const [one, other] = [ledgerOn({ store }), ledgerOn({ store })];
    await one.told(cashAccount, deposit('5000'));
    await other.told(deposit('1'));
    // Behind the store, this process learns it at its own write, or where there is nothing to write.
    await assert.rejects(one.handle(at(2), deposit('2')), AccountMoved);
    await assert.rejects(one.handle(at(2), withdraw('100000')), AccountMoved);
    await assert.rejects(other.handle(at(2), deposit('2')), AccountMoved);
    assert.equal(await countOf(store, 'CashDeposited'), 2);
  });

  it('reads what it has not seen yet where the caller has seen more', async () => {
    const store = memoryStore();
    const [one, other] = [ledgerOn({ store }), ledgerOn({ store })];
    await one.told(cashAccount, deposit('5000'));
    await other.told(deposit('1'));
    assert.equal((await one.handle(at(3), deposit('2'))).kind, 'done');
  });

  it('is answered as before where it is known, wherever the account is', async () => {
    const store = memoryStore();
    const ledger = ledgerOn({ store });
    await ledger.told(cashAccount);
    await ledger.tell(deposit('5'), 'k');
    await ledger.told(deposit('1'));
    for (const again of [ledger, ledgerOn({ store })]) {
      const answer = await again.handle(at(1, 'k'), deposit('5'));
      assert.ok(answer.kind === 'done' && answer.repeated);
    }
  });
});

describe('a write whose outcome is unknown', () => {
  for (const done of [true, false]) {
    it(`converges when it is tried again; ${done ? 'it was' : 'it was not'} written`, async () => {
      const store = memoryStore();
      await ledgerOn({ store }).told(cashAccount, deposit('5000'));
      const ledger = ledgerOn({ store: losingAnswers(store, 1, done) });
      await assert.rejects(ledger.tell(limitBuy('o1'), 'k1'), /the connection broke/);
      const second = await ledger.tell(again('o2'), 'k1');
      assert.equal(second.kind, 'done');
      assert.equal(second.repeated, done);
      assert.equal(await countOf(store, 'OrderSubmitted'), 1);
      assert.equal(await seen(ledger, (state) => formatCash(state.reservedCash)), '1000');
    });
  }

  it('fails alone: what was queued behind it is decided anew', async () => {
    const store = memoryStore();
    await ledgerOn({ store }).told(cashAccount, deposit('1000'));
    const ledger = ledgerOn({ store: losingAnswers(slow(store), 1, false) });
    await seen(ledger, () => null);
    const first = ledger.tell(limitBuy('o1'), 'k1');
    first.catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    const second = await ledger.tell(limitBuy('o2'), 'k2');
    await assert.rejects(first);
    assert.equal(second.kind, 'done');
    assert.equal(await seen(ledger, (state) => formatCash(state.reservedCash)), '1000');
  });
});

describe('an account loaded cold', () => {
  const history = [
    cashAccount,
    deposit('5000'),
    limitBuy('o1'),
    fill('x1', 'o1', '40', '9.5'),
    cancel('o1'),
    canceled('o1'),
  ];

  it('is the same from a snapshot as from its events', async () => {
    const store = memoryStore();
    const snapshots = createMemorySnapshotStore();
    await ledgerOn({ store }).told(...history);
    const stream = accountStream(accountOne);
    const whole = await seen(ledgerOn({ store }), (state) => state);
    await seen(ledgerOn({ store, snapshots, snapshotAfter: 3 }), () => null);
    assert.equal((await snapshots.load(stream))?.revision, 6);
    await ledgerOn({ store }).told(deposit('1'));
    const resumed = ledgerOn({ store, snapshots, snapshotAfter: 3 });
    assert.equal(await seen(resumed, (state) => formatCash(state.cash)), '4621');
    await resumed.told(withdraw('1'));
    const state = await seen(resumed, (state) => state);
    assert.deepEqual({ ...state }, { ...whole });
  });

  it('does not use a snapshot of another version', async () => {
    const store = memoryStore();
    const snapshots = createMemorySnapshotStore();
    await ledgerOn({ store }).told(...history);
    const stale: Snapshot = {
      stream: accountStream(accountOne),
      revision: 6,
      version: stateVersion + 1,
      state: 'of no shape that is known here',
    };
    await snapshots.save(stale);
    const ledger = ledgerOn({ store, snapshots });
    assert.equal(await seen(ledger, (state) => formatCash(state.cash)), '4620');
  });

  it('has forgotten nothing when few accounts fit in memory', async () => {
    const store = memoryStore();
    const ledger = ledgerOn({ store: slow(store, 1), cachedMax: 2 });
    const accounts = [1, 2, 3, 4, 5].map(accountNumbered);
    for (const id of accounts) {
      await ledger.tell(opened(cashAccount, id), null, id);
      await ledger.tell(deposit('1500'), null, id);
    }
    const answers = await Promise.all(
      [1, 2].flatMap((n) => accounts.map((id) => ledger.tell(limitBuy(`o${n}`), `k${n}`, id))),
    );
    assert.equal(answers.filter(({ kind }) => kind === 'done').length, 5);
    assert.equal(await countOf(store, 'OrderSubmitted'), 5);
  });
});

describe('an account in memory', () => {
  const counting = (store: EventStore) => {
    const loads: string[] = [];
    const counted: EventStore = {
      ...store,
      readStream: (stream, options) => {
        loads.push(stream);
        return store.readStream(stream, options);
      },
    };
    return { counted, loads };
  };

  it('is not loaded again because it was written to while a refusal looked at the log', async () => {
    const store = memoryStore();
    const { counted, loads } = counting(store);
    let depositMeanwhile = async (): Promise<void> => {};
    const ledger = ledgerOn({
      store: {
        ...counted,
        readStreamBackward: async (stream, options) => {
          await depositMeanwhile();
          return store.readStreamBackward(stream, options);
        },
      },
    });
    await ledger.told(cashAccount, deposit('5000'));
    depositMeanwhile = () => ledger.told(deposit('1'));
    assert.equal(codeOf(await ledger.tell(withdraw('100000'))), 'insufficient_cash');
    assert.equal(loads.length, 1);
  });

  it('makes room for others when all of them have had too many events', async () => {
    const { counted, loads } = counting(memoryStore());
    const ledger = ledgerOn({ store: counted, cachedEventsMax: 3 });
    const [first, second, third] = [1, 2, 3].map(accountNumbered);
    for (const id of [first, second, third]) {
      await ledger.tell(opened(cashAccount, id as AccountId), null, id);
      await ledger.tell(deposit('1'), null, id);
    }
    await ledger.tell(deposit('1'), null, third);
    assert.equal(loads.length, 3);
    await ledger.tell(deposit('1'), null, first);
    assert.equal(loads.length, 4);
  });
});

describe('an answer', () => {
  it('is given only when what it says is durable', async () => {
    const store = memoryStore();
    const ledger = ledgerOn({ store: slow(store) });
    const answer = await ledger.tell(cashAccount);
    assert.equal(await store.head(), sequenceOf(answer));
  });

  it('to a report on an account that does not exist is a refusal, and nothing is written', async () => {
    const store = memoryStore();
    const ledger = ledgerOn({ store });
    assert.equal(codeOf(await ledger.tell(canceled('o1'))), 'account_not_found');
    assert.equal(codeOf(await ledger.tell(fill('x1', null, '1', '1'))), 'account_not_found');
    assert.equal(await store.head(), 0);
  });
});
