import { createHash } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import type { VerifySnapshot } from '#audit/ports/ledger-snapshot.ts';
import { type VerifyOptions, verifyLedger } from '#audit/verify/verify.ts';
import type { VerifyReport } from '#audit/verify/verify-report.ts';
import { createLedger } from '#commands/pipeline.ts';
import type { EventStore } from '#commands/ports/event-store.ts';
import { createMemorySnapshotStore } from '#database/memory/snapshot-store.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createReadSchema } from '#database/postgres/read-tables/schema.ts';
import type { AccountId, Actor } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
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
} from '#tests/support/random-trading.ts';
import { applyAll } from '#tests/support/read-tables.ts';
import { systemClock } from '#tests/support/recorded-events.ts';

/** A ledger in a database of its own, which a superuser may change behind its back. */
export type VerifyWorld = {
  readonly store: EventStore;
  readonly connectionString: string;
  /** Fills the read tables as far as the log goes. */
  readonly project: () => Promise<void>;
  readonly verify: (options?: VerifyOptions) => Promise<VerifyReport>;
  readonly look: <T>(act: (snapshot: VerifySnapshot) => Promise<T>) => Promise<T>;
  /** As a superuser would: no trigger is in the way. */
  readonly sql: (text: string, values?: readonly unknown[]) => Promise<pg.QueryResult>;
  readonly close: () => Promise<void>;
};

export const verifyWorld = async (): Promise<VerifyWorld> => {
  const database = await migratedTestDatabase();
  const { connectionString } = database;
  const store = createPostgresEventStore({ connectionString, clock: systemClock });
  const client = new pg.Client({ connectionString });
  const superuser = new pg.Client({ connectionString });
  await client.connect();
  await superuser.connect();
  await superuser.query('ALTER TABLE ledger.events DISABLE TRIGGER append_only');
  const schema = { name: 'read_v1', projectionSet: 'ledger', version: 1, live: true };
  await createReadSchema(client, schema);
  const look: VerifyWorld['look'] = (act) => openLedgerSnapshot({ connectionString }, act);
  return {
    store,
    connectionString,
    project: () => applyAll(client, store),
    look,
    verify: (options) => look((snapshot) => verifyLedger(snapshot, options)),
    sql: (text, values = []) => superuser.query(text, [...values]),
    close: async () => {
      await store.close();
      await client.end();
      await superuser.end();
      await database.drop();
    },
  };
};

/** Random commands to some accounts through the real command side: shorts, flips, splits, busts, corrections. */
export const tradeAtRandom = async (
  store: EventStore,
  settings: { readonly seed: number; readonly accounts: number; readonly moves: number },
): Promise<readonly AccountId[]> => {
  const { seed, moves } = settings;
  const ids = Array.from({ length: settings.accounts }, (_, n) => accountNumbered(n + 1));
  for (const [n, accountId] of ids.entries()) {
    const world = newWorld();
    world.orders = n * 100_000; // An order's id is its own in all of the ledger.
    const quotes = quotesIn(world);
    const snapshots = createMemorySnapshotStore();
    const ledger = createLedger({ store, snapshots, quotes, ids: createUuids(), digest: sha256 });
    const meta = { accountId, actor: 'operator' as Actor, key: null };
    const [policy] = fc.sample(anyPolicy, { seed: seed + n, numRuns: 1 });
    if (policy === undefined) throw new Error('no policy');
    for (const command of opening(policy)) await ledger.handle(meta, opened(command, accountId));
    for (const move of fc.sample(anyMove, { seed: seed + n, numRuns: moves })) {
      const command = await ledger.inspect(accountId, (state) => commandOf(world, state, move));
      if (command !== null) await ledger.handle(meta, command);
    }
  }
  return ids;
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
};
