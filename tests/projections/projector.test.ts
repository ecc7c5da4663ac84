import { deepEqual, equal, rejects } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createReadTableHost } from '#database/postgres/read-tables/host.ts';
import { createProgress } from '#database/postgres/read-tables/progress.ts';
import { createQueries } from '#database/postgres/read-tables/queries.ts';
import { createReadTables } from '#database/postgres/read-tables/read-tables.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { instant } from '#domain/time.ts';
import { dump } from '#projections/batch.ts';
import { foldLedger } from '#projections/fold.ts';
import type { EventFeed } from '#projections/ports/event-feed.ts';
import { rebuild, runProjector } from '#projections/projector.ts';
import { ProjectionStopped } from '#projections/stopped.ts';
import { randomHistory } from '../support/account-histories.ts';
import { migratedTestDatabase } from '../support/postgres.ts';
import {
  applyAll,
  dumpSchema,
  finishedFeed,
  liveSchema,
  readDatabase,
} from '../support/read-tables.ts';

const log = randomHistory({ seed: 11, accounts: 3, symbols: 3, events: 600, rare: true });
const clock = { now: () => instant('2024-06-01T00:00:00Z') };
const quiet = { warn: () => {} };
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => {});

/** A log that may still grow. */
const growing = (events: RecordedEvent[]): EventFeed => ({
  readAll: async ({ after, limit }) => events.slice(after, after + limit),
  head: async () => events.length,
  subscribe: async function* ({ after, batchMax = 500, signal }) {
    let at = after;
    while (!signal.aborted) {
      const batch = events.slice(at, at + batchMax);
      at += batch.length;
      if (batch.length > 0) yield batch;
      else await pause(2, signal);
    }
  },
});

const liveNow = async (client: pg.Client): Promise<string> =>
  (
    await client.query<{ name: string }>(
      'SELECT schema_name AS name FROM ledger.projection_status WHERE live',
    )
  ).rows[0]?.name ?? 'none';

describe('two projectors of one database', () => {
  it('take turns: the second goes on where the first ended, each event applied once', async () => {
    const database = await migratedTestDatabase();
    const { connectionString } = database;
    const pool = new pg.Pool({ connectionString, max: 2 });
    pool.on('error', () => {}); // Dropping the database cuts sessions that are just ending.
    const events = log.slice(0, 300);
    const host = createReadTableHost({ connectionString });
    const settings = { host, feed: growing(events), onApplied: () => {}, sleep: pause, log: quiet };
    const [one, other] = [new AbortController(), new AbortController()];
    const first = runProjector(settings, one.signal);
    await sleep(100);
    const second = runProjector(settings, other.signal);
    const queries = createQueries({ pool, clock });
    await sleep(200);
    equal(await queries.waitFor(300, 5_000), 'reached');
    one.abort();
    events.push(...log.slice(300));
    equal(await queries.waitFor(600, 5_000), 'reached');
    other.abort();
    await Promise.all([first, second]);
    const client = new pg.Client({ connectionString });
    await client.connect();
    equal(await dumpSchema(client, await liveNow(client)), dump(foldLedger(log)));
    await client.end();
    await pool.end();
    await database.drop();
  });

  it('are fenced by the checkpoint where the lock has failed', async () => {
    const database = await readDatabase();
    await applyAll(database.client, finishedFeed(log.slice(0, 10)));
    const session = await database.connect();
    const zombie = await createReadTables(session, 'read_v1');
    const before = await dumpSchema(database.client, 'read_v1');
    const outcome = await zombie.commit({ floor: 5, ceiling: 12, changes: '{"lots":[]}' });
    equal(outcome.kind, 'superseded');
    equal(await dumpSchema(database.client, 'read_v1'), before);
    await session.end();
    await database.close();
  });
});

describe('an event that cannot be applied', () => {
  it('stops the set before it, says why, and leaves what came before', async () => {
    const database = await readDatabase();
    const [bad, ...rest] = log.slice(40);
    if (bad === undefined) throw new Error('the log is longer');
    const data = {
      ...log[0]?.data,
      type: 'OrderExpired',
      orderId: '00000000-0000-4000-8000-00000000dead',
    };
    const broken = [
      ...log.slice(0, 40),
      { ...bad, stream: log[0]?.stream, data },
      ...rest,
    ] as RecordedEvent[];
    const stopped = applyAll(database.client, finishedFeed(broken), { batchMax: 25 });
    await rejects(stopped, (error) => error instanceof ProjectionStopped && error.sequence === 41);
    equal(await dumpSchema(database.client, 'read_v1'), dump(foldLedger(log.slice(0, 40))));
    const pool = new pg.Pool({ connectionString: database.connectionString, max: 1 });
    pool.on('error', () => {}); // Dropping the database cuts sessions that are just ending.
    const queries = createQueries({ pool, clock });
    const status = await queries.status();
    deepEqual([status.state, status.checkpoint, status.error?.sequence], ['stopped', 40, 41]);
    equal(await queries.waitFor(41, 2_000), 'stopped');
    await pool.end();
    await database.close();
  });
});

describe('an event that the tables will not take', () => {
  it('stops the set before it too, however large the batch', async () => {
    const database = await readDatabase();
    const at = log.findIndex(({ data }, index) => index > 50 && data.type === 'CashDeposited');
    const bad = log[at];
    if (bad === undefined) throw new Error('there is a deposit');
    const huge = { ...bad, data: { ...bad.data, amount: 10n ** 40n } } as RecordedEvent;
    const feed = finishedFeed([...log.slice(0, at), huge, ...log.slice(at + 1)]);
    await database.client.query('ALTER TABLE read_v1.transactions ADD CHECK (amount < 1e20)');
    const stopped = applyAll(database.client, feed, { batchMax: 1_000 });
    await rejects(
      stopped,
      (error) => error instanceof ProjectionStopped && error.sequence === at + 1,
    );
    equal(await dumpSchema(database.client, 'read_v1'), dump(foldLedger(log.slice(0, at))));
    await database.close();
  });
});

describe('a rebuild', () => {
  it('fills new tables beside the live ones and shows them under the same names', async () => {
    const database = await migratedTestDatabase();
    const { connectionString } = database;
    const host = createReadTableHost({ connectionString });
    const feed = growing([...log]);
    const progress = createProgress();
    const stop = new AbortController();
    const settings = { host, feed, onApplied: progress.reached, sleep: pause, log: quiet };
    const projector = runProjector(settings, stop.signal);
    const pool = new pg.Pool({ connectionString, max: 2 });
    pool.on('error', () => {}); // Dropping the database cuts sessions that are just ending.
    const queries = createQueries({ pool, clock, progress });
    equal(await queries.waitFor(600, 5_000), 'reached');
    const before = await queries.listAccounts({ limit: 10 });
    equal(await rebuild({ host, feed }, stop.signal), 600);
    deepEqual(await queries.listAccounts({ limit: 10 }), before);
    const client = new pg.Client({ connectionString });
    await client.connect();
    const schema = await liveNow(client);
    equal(schema, `${liveSchema}_2`);
    equal(await dumpSchema(client, schema), dump(foldLedger(log)));
    await client.end();
    stop.abort();
    await projector;
    await pool.end();
    await database.drop();
  });
});

describe('read tables of an older version', () => {
  it('are rebuilt by the program that needs a newer one, before it goes on', async () => {
    const database = await migratedTestDatabase();
    const { connectionString } = database;
    const host = createReadTableHost({ connectionString });
    const events = log.slice(0, 300);
    const feed = growing(events);
    const pool = new pg.Pool({ connectionString, max: 2 });
    pool.on('error', () => {}); // Dropping the database cuts sessions that are just ending.
    const queries = createQueries({ pool, clock });
    const project = async (version: number, upTo: number): Promise<void> => {
      const stop = new AbortController();
      const set = { name: 'ledger', version };
      const settings = { host, feed, onApplied: () => {}, sleep: pause, log: quiet, set };
      const projector = runProjector(settings, stop.signal);
      equal(await queries.waitFor(upTo, 20_000), 'reached');
      stop.abort();
      await projector;
    };
    await project(1, 300);
    const client = new pg.Client({ connectionString });
    await client.connect();
    // As the first version had it.
    await client.query('DROP TABLE read_v1.breaks, read_v1.reconciliations CASCADE');
    events.push(...log.slice(300));
    await project(2, 600);
    const schema = await liveNow(client);
    equal(schema, 'read_v2');
    equal(await dumpSchema(client, schema), dump(foldLedger(log)));
    deepEqual((await queries.listBreaks({ limit: 10 })).rows, []);
    await client.end();
    await pool.end();
    await database.drop();
  });
});
