import { deepEqual, equal, ok } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { AccountId, OrderId } from '#domain/ids.ts';
import { accountStream } from '#domain/ids.ts';
import { isLive } from '#domain/order/lifecycle.ts';
import type { LedgerEvent, RecordedEvent } from '#domain/recorded-event.ts';
import { dice } from '#tests/support/account-histories.ts';
import {
  databaseOf,
  dataDirectory,
  killPostgres,
  launchServer,
  type RunningServer,
  startServer,
  until,
} from '#tests/support/server.ts';
import { createLoad, type Entry, openAccounts, paperAccounts, send } from './kill9-load.ts';
import { connectTo, createLogAudit } from './log-audit.ts';

const seed = Number(process.env['KILL9_SEED'] ?? Math.floor(Math.random() * 1e9));
const rounds = Number(process.env['KILL9_ROUNDS'] ?? 20);
const workers = 12;
const roll = dice(seed);
const data = dataDirectory();
const load = createLoad(`k${seed}`, roll);
const audit = createLogAudit();
const environment = { DEMO: 'false', LOG_LEVEL: 'warn', MARKET_SPEED: '4000' };

type Victim = 'node' | 'postgres' | 'both';
const victims: readonly Victim[] = ['node', 'node', 'node', 'postgres', 'both'];

const inBatches = async <T>(all: readonly T[], each: (one: T) => Promise<void>): Promise<void> => {
  for (let at = 0; at < all.length; at += workers) {
    await Promise.all(all.slice(at, at + workers).map(each));
  }
};

/** Sends everything again whose answer never came: now each is done or refused. */
const sendUnknownAgain = async (server: RunningServer): Promise<number> => {
  const unknown = load.journal.filter(({ answer }) => answer === 'unknown');
  await inBatches(unknown, async (entry) => {
    const answer = await send(server, entry);
    ok(
      entry.answer !== 'unknown',
      `${entry.id}: ${answer?.status} ${JSON.stringify(answer?.json)}`,
    );
  });
  return unknown.length;
};

/** Sends some of what was acknowledged again: each must get its first answer. */
const sendAcknowledgedAgain = async (server: RunningServer): Promise<void> => {
  const done = load.journal.filter(({ answer }) => typeof answer === 'object');
  const some = Array.from({ length: Math.min(20, done.length) }, () => done[roll(done.length)]);
  await inBatches(some, async (entry) => {
    if (entry === undefined || typeof entry.answer === 'string') return;
    const { sequence } = entry.answer;
    if (sequence === null) return; // It found nothing to do, and may find something now.
    await send(server, entry);
    equal(Object(entry.answer).sequence, sequence, `${entry.id} gets its first answer again`);
  });
};

/** Nobody has forgotten an order: what the last process left without an answer, the broker has now. */
const brokerKnowsAll = async ({ call }: RunningServer): Promise<void> => {
  for (const account of paperAccounts) {
    await until(
      `orders of ${account} that the broker has not heard of`,
      () => call('GET', `/api/v1/trading/orders?account_id=${account}&status=submitted`),
      (answer) => Object(answer.at('orders')).length === 0,
      20_000,
    );
  }
};

const end = async (server: RunningServer, victim: Victim): Promise<void> => {
  if (victim !== 'postgres') await server.kill9();
  if (victim !== 'node') await killPostgres(data.path);
  // Without its database the server gives up by itself.
  await server.exited;
};

/** Looks into the database that a killed server has left running, when its last transaction has ended. */
const inspectOrphan = async (client: pg.Client): Promise<void> => {
  await until(
    'the sessions of the killed server are gone',
    () =>
      client.query<{ count: string }>(
        `SELECT count(*) FROM pg_stat_activity
         WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      ),
    ({ rows }) => rows[0]?.count === '0',
  );
  await audit.read(client);
  await audit.compareReadTables(client);
};

/** One life of the server: it settles what the last one left, works under load and is killed. */
const live = async (round: number): Promise<void> => {
  if (roll(4) === 0) {
    const starting = launchServer(data.path, environment);
    await sleep(roll(2_000));
    await starting.kill9();
  }
  const server = await startServer(data.path, environment);
  if (round === 1) await openAccounts(server);
  const unknown = await sendUnknownAgain(server);
  await sendAcknowledgedAgain(server);
  const stop = new AbortController();
  const working = Array.from({ length: workers }, () => load.work(server, stop.signal));
  await brokerKnowsAll(server);
  await sleep(200 + roll(2_800));
  const victim = victims[roll(victims.length)] ?? 'node';
  await end(server, victim);
  stop.abort();
  await Promise.all(working);
  console.log(
    `round ${round}: ${victim} killed, ${load.journal.length} commands sent, ${unknown} sent again`,
  );
  if (victim !== 'node') return;
  const client = await connectTo(databaseOf(data.path));
  await inspectOrphan(client).finally(() => client.end());
};

type EventOf<Type extends LedgerEvent['type']> = Extract<LedgerEvent, { type: Type }>;
const eventsOf = <Type extends LedgerEvent['type']>(type: Type): readonly EventOf<Type>[] =>
  audit.events.map(({ data }) => data).filter((data): data is EventOf<Type> => data.type === type);

const countBy = <T>(all: readonly T[], key: (one: T) => string): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(key(one), (counts.get(key(one)) ?? 0) + 1);
  return counts;
};

const ofKind = (kind: Entry['kind']): readonly Entry[] =>
  load.journal.filter((entry) => entry.kind === kind);
const isDone = (entry: Entry): boolean => typeof entry.answer === 'object';

describe(`a server killed ${rounds} times under load (KILL9_SEED=${seed})`, () => {
  before(async () => {
    for (let round = 1; round <= rounds; round += 1) await live(round);
    // The last life: orders end one way or another, half of them because they are canceled.
    const fast = await startServer(data.path, { ...environment, MARKET_SPEED: '200000' });
    await sendUnknownAgain(fast);
    await sendAcknowledgedAgain(fast);
    await brokerKnowsAll(fast);
    const [first, second, ...others] = paperAccounts;
    const cancelAll = (account: string | undefined) =>
      fast.call('POST', '/api/v1/trading/orders/cancel-all', { account_id: account });
    await cancelAll(first);
    await cancelAll(second);
    await sleep(2_000);
    for (const account of others) await cancelAll(account);
    for (const account of paperAccounts) {
      await until(
        `open orders of ${account}`,
        () => fast.call('GET', `/api/v1/trading/orders?account_id=${account}&status=open`),
        (answer) => Object(answer.at('orders')).length === 0,
      );
    }
    await fast.stop();
    // A server whose market stands still, so that its read tables do.
    const still = await startServer(data.path, { ...environment, MARKET_SPEED: '0' });
    const client = await connectTo(databaseOf(data.path));
    await audit.read(client);
    equal(await audit.compareReadTables(client), audit.events.length);
    await client.end();
    await still.stop();
    const kinds = countBy(audit.events, ({ data: { type } }) => type);
    console.log(`${audit.events.length} events:`, Object.fromEntries(kinds));
  });
  after(data.remove);

  it('has everything it acknowledged, where it said', () => {
    const wrong = load.journal.filter((entry) => {
      if (typeof entry.answer === 'string' || entry.answer.sequence === null) return false;
      const event: RecordedEvent | undefined = audit.events[entry.answer.sequence - 1];
      const isOurs = event?.stream === accountStream(entry.account as AccountId);
      // A caller's key after `c:`, an execution id after `x:` and before a digest.
      const [prefix, id] = event?.commandId?.split(':') ?? [];
      return !(isOurs && prefix === (entry.kind === 'fill' ? 'x' : 'c') && id === entry.id);
    });
    deepEqual(wrong, []);
    equal(load.journal.filter(({ answer }) => answer === 'unknown').length, 0);
  });

  it('has each order once under its client id, and none that it refused', () => {
    const stored = eventsOf('OrderSubmitted');
    const times = countBy(stored, ({ clientOrderId }) => clientOrderId);
    const submitted = ofKind('submit');
    for (const entry of submitted) equal(times.get(entry.id) ?? 0, isDone(entry) ? 1 : 0, entry.id);
    equal(times.size, submitted.filter(isDone).length);
  });

  it('says for ever the same order id for a client id', () => {
    const ids = new Map<string, string>(
      eventsOf('OrderSubmitted').map(({ clientOrderId, orderId }) => [clientOrderId, orderId]),
    );
    for (const { id, answer } of ofKind('submit').filter(isDone)) {
      equal(Object(answer).orderId, ids.get(id), id);
    }
  });

  it('has each replacement once, and none that it refused', () => {
    const times = countBy(eventsOf('OrderReplaceRequested'), (data) => data.clientOrderId);
    for (const entry of ofKind('replace')) {
      equal(times.get(entry.id) ?? 0, isDone(entry) ? 1 : 0, entry.id);
    }
  });

  it('has each deposit once', () => {
    const times = countBy(eventsOf('CashDeposited'), ({ description }) => description);
    for (const entry of ofKind('deposit')) equal(times.get(entry.id), 1, entry.id);
  });

  it('has each execution once', () => {
    const booked = [...eventsOf('OrderFilled'), ...eventsOf('FillDisputed')];
    const times = countBy(booked, ({ executionId }) => executionId);
    for (const [id, count] of times) equal(count, 1, id);
    for (const entry of ofKind('fill')) equal(times.get(entry.id), 1, entry.id);
    deepEqual(eventsOf('FillDisputed'), []);
  });

  it('has every order with the broker once, and at its end', () => {
    for (const [id, count] of countBy(eventsOf('OrderAccepted'), ({ orderId }) => orderId)) {
      equal(count, 1, id);
    }
    for (const account of paperAccounts) {
      const state = audit.states.get(accountStream(account as AccountId));
      const live = [...(state?.orders.values() ?? [])].filter(({ status }) => isLive(status));
      deepEqual(
        live.map(({ orderId }): OrderId => orderId),
        [],
      );
    }
  });
});
