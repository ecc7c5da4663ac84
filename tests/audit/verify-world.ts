import { deepEqual } from 'node:assert/strict';
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import pg from 'pg';
import type { VerifyPorts } from '#api/cli/verify.ts';
import type { VerifySnapshot } from '#audit/ports/ledger-snapshot.ts';
import type { StoredSeal } from '#audit/ports/seal-store.ts';
import { publicHalf } from '#audit/seals/keys.ts';
import { sealLog } from '#audit/seals/seal-log.ts';
import type { Finding } from '#audit/verify/finding.ts';
import { createLocalPart } from '#audit/verify/local-part.ts';
import type { VerifyPart, VerifyThreads } from '#audit/verify/part.ts';
import { type RunRecord, runOf, type SavedRun } from '#audit/verify/saved-run.ts';
import type { SealsToCheck } from '#audit/verify/seal-checks.ts';
import { comparedColumns } from '#audit/verify/table-columns.ts';
import { createThreadPart, type VerifierOrder } from '#audit/verify/thread-part.ts';
import { type VerifyOptions, verifyLedger } from '#audit/verify/verify.ts';
import type { VerifyReport } from '#audit/verify/verify-report.ts';
import { createMarketLedger, type MarketLedger } from '#commands/market/market-ledger.ts';
import { createLedger } from '#commands/pipeline.ts';
import type { EventStore } from '#commands/ports/event-store.ts';
import { encodeState, stateVersion } from '#commands/state-codec.ts';
import { createMemorySnapshotStore } from '#database/memory/snapshot-store.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';
import { createPostgresSealStore } from '#database/postgres/audit/seal-store.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createReadSchema } from '#database/postgres/read-tables/schema.ts';
import type { AccountEvent } from '#domain/account/events.ts';
import { fold } from '#domain/account/evolve.ts';
import { unopened } from '#domain/account/state.ts';
import type { AccountId, Actor, StreamName } from '#domain/ids.ts';
import { sessionDateOf } from '#domain/market/calendar.ts';
import type { Price } from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { fromMilliseconds } from '#domain/time.ts';
import { createUuids } from '#gateways/system/ids.ts';
import { accountNumbered, opened, sha256 } from '#tests/support/memory-ledger.ts';
import { migratedTestDatabase } from '#tests/support/postgres.ts';
import {
  anyMove,
  anyPolicy,
  commandOf,
  newWorld,
  opening,
  quotesIn,
  type World,
} from '#tests/support/random-trading.ts';
import { applyAll } from '#tests/support/read-tables.ts';
import { systemClock } from '#tests/support/recorded-events.ts';

/** A ledger in a database of its own, which a superuser may change behind its back. */
export type VerifyWorld = {
  readonly store: EventStore;
  readonly connectionString: string;
  /** Fills the read tables as far as the log goes. */
  readonly project: () => Promise<void>;
  /** Fills them from nothing with what the log says now, as whoever changed it would. */
  readonly projectAnew: () => Promise<void>;
  readonly verify: (options?: VerifyOptions) => Promise<VerifyReport>;
  readonly look: <T>(act: (snapshot: VerifySnapshot) => Promise<T>) => Promise<T>;
  /** Seals what is not sealed yet and, with the ledger's own key, keeps a copy of the seal elsewhere. */
  readonly seal: (by?: 'owner' | 'insider' | KeyObject) => Promise<StoredSeal>;
  /** The seals to check, against the kept ones where asked. */
  readonly seals: (against: boolean) => Promise<SealsToCheck>;
  /** What the command is made of; its key is in a folder of its own. */
  readonly ports: VerifyPorts;
  readonly folder: string;
  /** As a superuser would: no trigger is in the way. */
  readonly sql: (text: string, values?: readonly unknown[]) => Promise<pg.QueryResult>;
  readonly close: () => Promise<void>;
};

const program = new URL('../../verifier.ts', import.meta.url);

/** So many threads for a log of any length. */
export const threadsOf = (connectionString: string, most: number): VerifyThreads => ({
  most,
  fromEvents: 0,
  start: (order, momentName) => {
    const workerData: VerifierOrder = { connectionString, momentName, order };
    return createThreadPart(new Worker(program, { workerData }));
  },
});

type Method = (argument: never) => Promise<unknown>;

/** Several parts that share this thread and one look: as threads, but nothing has to be started. */
export const partsOf = (snapshot: VerifySnapshot, most: number): VerifyThreads => ({
  most,
  fromEvents: 0,
  start: (order) => {
    let last: Promise<unknown> = Promise.resolve();
    const part = Object.entries<Method>(createLocalPart(snapshot, order)).map(([name, method]) => [
      name,
      (argument: never) => {
        // What threads tell each other is copied, and they do one thing after the other.
        const answer = last.then(async () =>
          structuredClone(await method(structuredClone(argument))),
        );
        last = answer.catch(() => {});
        return answer;
      },
    ]);
    return {
      ...(Object.fromEntries(part) as VerifyPart),
      close: async () => {},
      stop: async () => {},
    };
  },
});

/** What two runs over one ledger have to agree in: all but what either still held. */
export const comparable = ({ books, ...report }: VerifyReport) => ({
  ...report,
  books: books && { ...books, held: null },
});

/** `eventsInStretch`: that many events at a time, so that a short log has many stretches. */
export const verifyWorld = async (eventsInStretch?: number): Promise<VerifyWorld> => {
  const database = await migratedTestDatabase();
  const { connectionString } = database;
  const store = createPostgresEventStore({ connectionString, clock: systemClock });
  const client = new pg.Client({ connectionString });
  const superuser = new pg.Client({ connectionString });
  await client.connect();
  await superuser.connect();
  await superuser.query('ALTER TABLE ledger.events DISABLE TRIGGER append_only');
  await superuser.query('ALTER TABLE ledger.seals DISABLE TRIGGER append_only');
  const pool = new pg.Pool({ connectionString, max: 2 });
  pool.on('error', () => {}); // Dropping the database cuts sessions that are just ending.
  const sealStore = createPostgresSealStore({ pool });
  const ownKey = generateKeyPairSync('ed25519').privateKey;
  const keptSeals = new Map<number, StoredSeal>();
  const folder = mkdtempSync(join(tmpdir(), 'order-ledger-verify-'));
  const schema = { name: 'read_v1', projectionSet: 'ledger', version: 1, live: true };
  await createReadSchema(client, schema);
  const look: VerifyWorld['look'] = (act) => openLedgerSnapshot({ connectionString }, act);
  const stretch = eventsInStretch === undefined ? {} : { eventsInStretch };
  const verify: VerifyWorld['verify'] = (options) =>
    look(async (snapshot) => {
      const asked = { ...stretch, ...options };
      // What a run goes on from becomes its own.
      const again = structuredClone(asked.earlier);
      const report = await verifyLedger(snapshot, asked);
      // Whoever keeps or watches a run does it once.
      if (asked.threads !== undefined || asked.keep !== undefined || asked.signal !== undefined) {
        return report;
      }
      const inParts = await verifyLedger(snapshot, {
        ...asked,
        ...(again && { earlier: again }),
        threads: partsOf(snapshot, 3),
      });
      deepEqual(comparable(inParts), comparable(report), 'in parts it comes to the same');
      return report;
    });
  return {
    store,
    connectionString,
    project: () => applyAll(client, store),
    projectAnew: async () => {
      for (const table of Object.keys(comparedColumns)) {
        await superuser.query(`DELETE FROM read_v1.${table}`);
      }
      await superuser.query('UPDATE ledger.projection_status SET checkpoint = 0 WHERE live');
      // The world's own store remembers what it wrote.
      const anew = createPostgresEventStore({ connectionString, clock: systemClock });
      await applyAll(client, anew);
      await anew.close();
    },
    look,
    verify,
    seal: async (by = 'owner') => {
      // An insider has the key and keeps nothing.
      const key = by === 'owner' || by === 'insider' ? ownKey : by;
      const last = await sealStore.last();
      const sealing = await look(({ log }) => sealLog(log, last, key, () => new Date()));
      if (sealing.kind !== 'sealed') throw new Error(sealing.kind);
      await sealStore.add(sealing.seal);
      if (by === 'owner') keptSeals.set(sealing.seal.number, sealing.seal);
      return sealing.seal;
    },
    seals: async (against) => ({
      store: sealStore,
      last: await sealStore.last(),
      kept: against ? keptSeals : new Map(),
      publicKeys: [publicHalf(ownKey)],
    }),
    ports: {
      withSeals: (act) => act({ seals: sealStore, withSnapshot: look }),
      withVerifySnapshot: (act) => look((snapshot) => act(snapshot, undefined)),
      keyPlace: () => ({ dataDirectory: folder, sealKeyFile: null }),
      now: () => new Date(),
    },
    folder,
    sql: (text, values = []) => superuser.query(text, [...values]),
    close: async () => {
      await store.close();
      await pool.end();
      await client.end();
      await superuser.end();
      rmSync(folder, { recursive: true });
      await database.drop();
    },
  };
};

/** Every few moves all symbols are marked around where they are, and now and then a session closes. */
const moveMarket = async (market: MarketLedger, world: World, done: number): Promise<void> => {
  const at = fromMilliseconds(world.now);
  const session = sessionDateOf(at);
  if (done % 13 === 5) {
    const marks = [...world.prices].map(([symbol, close]) => {
      const [high, low] = [(close * 11n) / 10n, (close * 9n) / 10n] as Price[];
      return { symbol, session, open: close, high: high ?? close, low: low ?? close, close };
    });
    await market.markPrices(
      marks.map((mark) => ({ ...mark, markedAt: at })),
      'random',
    );
  }
  if (done % 40 === 39) await market.closeSession(session, at);
};

/** Random commands to some accounts through the real command side: shorts, flips, splits, busts, corrections. */
export const tradeAtRandom = async (
  store: EventStore,
  settings: {
    readonly seed: number;
    readonly accounts: number;
    readonly moves: number;
    /** Marks of every symbol and closes of sessions in between. */
    readonly market?: boolean;
  },
): Promise<readonly AccountId[]> => {
  const { seed, moves } = settings;
  const ids = Array.from({ length: settings.accounts }, (_, n) => accountNumbered(n + 1));
  let { now } = newWorld();
  for (const [n, accountId] of ids.entries()) {
    const world = newWorld();
    // The market's time goes on: marks of an older session than the last are another matter.
    if (settings.market === true) world.now = now;
    world.orders = n * 100_000; // An order's id is its own in all of the ledger.
    const quotes = quotesIn(world);
    const snapshots = createMemorySnapshotStore();
    const ledger = createLedger({ store, snapshots, quotes, ids: createUuids(), digest: sha256 });
    const meta = { accountId, actor: 'operator' as Actor, key: null };
    const [policy] = fc.sample(anyPolicy, { seed: seed + n, numRuns: 1 });
    if (policy === undefined) throw new Error('no policy');
    for (const command of opening(policy)) await ledger.handle(meta, opened(command, accountId));
    const market = createMarketLedger(store, createUuids(), sha256, 'operator' as Actor);
    for (const [done, move] of fc.sample(anyMove, { seed: seed + n, numRuns: moves }).entries()) {
      if (settings.market === true) await moveMarket(market, world, done);
      const command = await ledger.inspect(accountId, (state) => commandOf(world, state, move));
      if (command !== null) await ledger.handle(meta, command);
    }
    now = world.now;
  }
  return ids;
};

/** Leaves the state that commands go on from, as of a revision, where a server would. */
export const keepState = async (
  { store, sql }: Pick<VerifyWorld, 'store' | 'sql'>,
  stream: StreamName,
  revision: number,
): Promise<void> => {
  const events: AccountEvent[] = [];
  for await (const page of store.readStream(stream, { after: 0 })) {
    for (const event of page) events.push(event.data as AccountEvent);
  }
  const state = encodeState(fold(unopened(), events.slice(0, revision)));
  await sql(
    `INSERT INTO ledger.snapshots (stream, revision, version, state) VALUES ($1, $2, $3, $4)
     ON CONFLICT (stream) DO UPDATE SET revision = $2, version = $3, state = $4`,
    [stream, revision, stateVersion, state],
  );
};

/** Appends a made-up history to the store, in its order. */
export const appendHistory = async (
  store: EventStore,
  log: readonly RecordedEvent[],
): Promise<void> => {
  for (let from = 0; from < log.length; from += 500) {
    const outcomes = await store.append(
      log.slice(from, from + 500).map((event) => ({
        stream: event.stream,
        expectedRevision: event.revision - 1,
        events: [event],
      })),
    );
    if (outcomes.some(({ kind }) => kind !== 'appended')) throw new Error('not appended');
  }
};

/** A copy of everything that a superuser can change, which can be put back. */
export const keepTables = async ({ sql }: Pick<VerifyWorld, 'sql'>) => {
  const beside = ['events', 'streams', 'log_head', 'snapshots', 'seals', 'projection_status'];
  const tables = [
    ...beside.map((table) => `ledger.${table}`),
    ...Object.keys(comparedColumns).map((table) => `read_v1.${table}`),
  ];
  for (const [n, table] of tables.entries()) {
    await sql(`CREATE TABLE kept_${n} AS SELECT * FROM ${table}`);
  }
  return {
    putBack: async (): Promise<void> => {
      for (const [n, table] of tables.entries()) {
        await sql(`DELETE FROM ${table}`);
        await sql(`INSERT INTO ${table} SELECT * FROM kept_${n}`);
        await sql(`DROP TABLE kept_${n}`);
      }
    },
  };
};

/** What a run would leave in its file. */
export const keptRun = async (records: AsyncIterable<RunRecord>): Promise<SavedRun> => {
  const all: RunRecord[] = [];
  for await (const record of records) all.push(structuredClone(record));
  return runOf(all);
};

/** A finding as one line: kind, sequence or seal, table, column. */
export const brief = ({ kind, sequence, seal, table, column }: Finding): string =>
  [kind, seal === undefined ? sequence : `seal ${seal}`, table, column]
    .filter((part) => part !== undefined)
    .join(' ');

/** Gives every event of a stream from `revision` on a hash that follows, as whoever rewrites one would. */
export const rehash = async (
  sql: VerifyWorld['sql'],
  stream: string,
  revision: number,
): Promise<void> => {
  const { rows } = await sql(
    'SELECT sequence, revision, hash, body FROM ledger.events WHERE stream = $1 ORDER BY revision',
    [stream],
  );
  let previous = '0'.repeat(64);
  for (const row of rows) {
    if (Number(row.revision) >= revision) {
      const hash = createHash('sha256')
        .update(previous + row.body)
        .digest('hex');
      await sql('UPDATE ledger.events SET hash = $2 WHERE sequence = $1', [row.sequence, hash]);
      previous = hash;
    } else previous = row.hash;
  }
  await sql('UPDATE ledger.streams SET hash = $2 WHERE stream = $1', [stream, previous]);
};
