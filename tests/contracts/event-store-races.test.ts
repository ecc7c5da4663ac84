import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { AppendOutcome, EventStore } from '#commands/ports/event-store.ts';
import {
  createPostgresEventStore,
  type PostgresEventStoreSettings,
} from '#database/postgres/event-store.ts';
import type { StreamName } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { migratedTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { makeEvents, systemClock } from '#tests/support/recorded-events.ts';
import { append, appended, assertWholeLog, collect, newStream, wholeLog } from './event-store.ts';

type World = { readonly database: TestDatabase; readonly stores: readonly EventStore[] };

/** Stores as so many processes would have them: nothing in common but the database. */
const withStores = async (
  size: number,
  work: (world: World) => Promise<void>,
  over: Partial<PostgresEventStoreSettings> = {},
): Promise<void> => {
  const database = await migratedTestDatabase();
  const { connectionString } = database;
  const stores = Array.from({ length: size }, () =>
    createPostgresEventStore({ connectionString, clock: systemClock, ...over }),
  );
  try {
    await work({ database, stores });
    assertWholeLog(await wholeLog(stores[0] as EventStore));
  } finally {
    await Promise.all(stores.map((store) => store.close()));
    await database.drop();
  }
};

const storeOf = ({ stores }: World, index: number): EventStore =>
  stores[index % stores.length] as EventStore;

/** Follows the log from its start until `until`, and checks each step itself. */
const watch = async (store: EventStore, until: number): Promise<RecordedEvent[]> => {
  const seen: RecordedEvent[] = [];
  // Against waiting for ever; a busy machine takes its time.
  const signal = AbortSignal.timeout(120_000);
  for await (const batch of store.subscribe({ after: 0, batchMax: 40, signal })) {
    for (const event of batch) {
      assert.equal(event.sequence, seen.length + 1);
      seen.push(event);
    }
    if (seen.length >= until) break;
  }
  assert.equal(seen.length, until);
  return seen;
};

const revisionAfter = (outcome: AppendOutcome | undefined): number =>
  outcome?.kind === 'conflict' ? outcome.actualRevision : (appended(outcome).at(-1)?.revision ?? 0);

/** Writes `turns` events to a new stream, one after the other. */
const writeStream = async (store: EventStore, turns: number): Promise<StreamName> => {
  const stream = newStream();
  for (let revision = 0; revision < turns; revision++) {
    const [outcome] = await store.append([append(stream, revision, makeEvents(1))]);
    assert.equal(appended(outcome)[0]?.revision, revision + 1);
  }
  return stream;
};

describe('event stores of several processes on one database', () => {
  it('leave sequences 1 to n and each stream in order, with 64 writers on 64 streams, while readers see each step', () =>
    withStores(3, async (world) => {
      const turns = 20;
      const readers = world.stores.map((store) => watch(store, 64 * turns));
      await Promise.all(
        Array.from({ length: 64 }, async (_, writer) => {
          const stream = await writeStream(storeOf(world, writer), turns);
          const events = await collect(storeOf(world, writer + 1).readStream(stream));
          assert.equal(events.length, turns);
        }),
      );
      for (const seen of await Promise.all(readers)) assertWholeLog(seen);
    }));

  it('let exactly one win each revision of a stream', () =>
    withStores(2, async (world) => {
      const stream = newStream();
      for (let revision = 0; revision < 40; revision++) {
        const outcomes = await Promise.all(
          [0, 1, 0, 1].map((index) =>
            storeOf(world, index).append([append(stream, revision, makeEvents(1))]),
          ),
        );
        const kinds = outcomes.map(([outcome]) => outcome?.kind).sort();
        assert.deepEqual(kinds, ['appended', 'conflict', 'conflict', 'conflict']);
      }
    }));

  it('write one command once, whoever is asked', () =>
    withStores(2, async (world) => {
      for (let turn = 0; turn < 30; turn++) {
        const stream = newStream();
        const [event] = makeEvents(1);
        assert.ok(event);
        const outcomes = await Promise.all(
          [0, 1].map((index) => {
            const [other] = makeEvents(1, event.commandId);
            return storeOf(world, index).append([append(stream, 0, [other ?? event])]);
          }),
        );
        const kinds = outcomes.map(([outcome]) => outcome?.kind).sort();
        assert.deepEqual(kinds, ['appended', 'known_command']);
      }
    }));

  it('do not wait for each other in a circle when their batches name the same streams in other orders', async () => {
    const warnings: object[] = [];
    const log = { warn: (facts: object) => warnings.push(facts) };
    await withStores(
      2,
      async (world) => {
        const streams = Array.from({ length: 12 }, newStream);
        let won = 0;
        const write = async (index: number, order: readonly StreamName[]): Promise<void> => {
          const revisions = new Map<StreamName, number>();
          const revisionOf = (name: StreamName): number => revisions.get(name) ?? 0;
          for (let turn = 0; turn < 25; turn++) {
            const outcomes = await storeOf(world, index).append(
              order.map((name) => append(name, revisionOf(name), makeEvents(1))),
            );
            won += outcomes.filter(({ kind }) => kind === 'appended').length;
            for (const [at, name] of order.entries())
              revisions.set(name, revisionAfter(outcomes[at]));
          }
        };
        await Promise.all([
          write(0, streams),
          write(1, streams.toReversed()),
          write(0, streams.toSorted()),
          write(1, streams.toSorted().reverse()),
        ]);
        assert.equal(await storeOf(world, 0).head(), won);
        assert.ok(won >= 12 * 25);
      },
      { log },
    );
    // A deadlock would be taken back and tried again: slow, but nobody would notice.
    assert.deepEqual(warnings, []);
  });
});

describe('event stores whose sessions are cut again and again', () => {
  /** Ends all sessions of event stores on the database; returns how many. */
  const cutSessions = async (client: pg.Client): Promise<number> => {
    const { rowCount } = await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'order-ledger-events' AND datname = current_database()`,
    );
    return rowCount ?? 0;
  };

  it('write each event once, and their readers miss none', () =>
    withStores(
      2,
      async (world) => {
        const [streams, turns] = [16, 60];
        const client = new pg.Client({ connectionString: world.database.connectionString });
        await client.connect();
        const reading = watch(storeOf(world, 1), streams * turns);
        const writing = Promise.all(
          Array.from({ length: streams }, (_, index) => writeStream(storeOf(world, index), turns)),
        );
        let [cut, running] = [0, true];
        void writing.finally(() => {
          running = false;
        });
        while (running) {
          cut += await cutSessions(client);
          await sleep(20);
        }
        await client.end();
        await writing;
        assert.ok(cut > 10, `cut ${cut} sessions`);
        assertWholeLog(await reading);
        assert.equal(await storeOf(world, 0).head(), streams * turns);
      },
      { appendRetryDelaysMs: new Array(100).fill(20) },
    ));
});

describe('an event store whose answers get lost on the wire', () => {
  /** Passes bytes on to Postgres; once told to, cuts the connection in place of the next answer to an append. */
  const createLossyWire = async (connectionString: string) => {
    const target = new URL(connectionString);
    const sockets = new Set<Socket>();
    const wire = { url: '', loseNextAnswer: false, refuse: false, lost: 0, close: () => {} };
    const postgres = { port: Number(target.port), host: target.hostname };
    const server = createServer((client) => {
      const upstream = connect(postgres);
      let appending = false;
      sockets.add(client).add(upstream);
      const cut = (): void => {
        client.destroy();
        upstream.destroy();
      };
      for (const socket of [client, upstream]) socket.on('error', cut).on('close', cut);
      if (wire.refuse) return cut();
      client.on('data', (bytes) => {
        appending ||= bytes.includes('append-events');
        upstream.write(bytes);
      });
      upstream.on('data', (bytes) => {
        if (wire.loseNextAnswer && appending) {
          wire.lost += 1;
          wire.loseNextAnswer = false;
          cut();
        } else {
          client.write(bytes);
        }
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    target.hostname = '127.0.0.1';
    target.port = String((server.address() as AddressInfo).port);
    wire.url = target.href;
    wire.close = () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    };
    return wire;
  };

  const withWire = async (
    work: (
      store: EventStore,
      wire: Awaited<ReturnType<typeof createLossyWire>>,
      direct: EventStore,
    ) => Promise<void>,
  ): Promise<void> => {
    await withStores(1, async (world) => {
      const wire = await createLossyWire(world.database.connectionString);
      const store = createPostgresEventStore({
        connectionString: wire.url,
        clock: systemClock,
        appendRetryDelaysMs: [5, 10, 20],
      });
      try {
        await work(store, wire, storeOf(world, 0));
      } finally {
        await store.close();
        wire.close();
      }
    });
  };

  it('finds out that the events are there, and tells their readers at once', () =>
    withWire(async (store, wire, direct) => {
      const stream = newStream();
      await store.append([append(stream, 0, makeEvents(1))]);
      const reading = watch(store, 4);
      await sleep(200); // It listens by now: what it hears from here on it did not find by looking.
      await direct.append([append(newStream(), 0, makeEvents(1))]);
      await watch(store, 2);
      await sleep(20);
      wire.loseNextAnswer = true;
      const events = makeEvents(2);
      const [outcome] = await store.append([append(stream, 1, events)]);
      const known = performance.now();
      assert.equal(wire.lost, 1);
      assert.deepEqual(
        appended(outcome).map(({ id }) => id),
        events.map(({ id }) => id),
      );
      assert.equal(await direct.head(), 4);
      await reading;
      assert.ok(performance.now() - known < 200);
    }));

  it('says that it does not know where the database stays away, and the same append settles it later', () =>
    withWire(async (store, wire, direct) => {
      const request = append(newStream(), 0, makeEvents(2));
      await store.append([append(newStream(), 0, makeEvents(1))]);
      wire.loseNextAnswer = true;
      const writing = store.append([request]);
      while (wire.lost === 0) await sleep(1);
      wire.refuse = true;
      await assert.rejects(writing, { code: 'outcome_unknown' });
      assert.equal(await direct.head(), 3);
      wire.refuse = false;
      const [outcome] = await store.append([request]);
      assert.equal(outcome?.kind === 'appended' && outcome.repeated, true);
      assert.equal(await direct.head(), 3);
    }));
});

describe('an event store whose database was set back to a backup under it', () => {
  it('writes nothing after events that are no longer there', () =>
    withStores(1, async (world) => {
      const store = storeOf(world, 0);
      const stream = await writeStream(store, 3);
      const owner = new pg.Client({ connectionString: world.database.connectionString });
      await owner.connect();
      await owner.query(`ALTER TABLE ledger.events DISABLE TRIGGER append_only;
        DELETE FROM ledger.events; DELETE FROM ledger.streams; UPDATE ledger.log_head SET sequence = 0;
        ALTER TABLE ledger.events ENABLE ALWAYS TRIGGER append_only`);
      await owner.end();
      const outcomes = await store.append([append(stream, 3, makeEvents(1))]);
      assert.deepEqual(outcomes, [{ kind: 'conflict', actualRevision: 0 }]);
    }));
});
