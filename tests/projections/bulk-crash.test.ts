import { equal, rejects } from 'node:assert/strict';
import { describe, it } from 'node:test';
import pg from 'pg';
import { createReadTableHost } from '#database/postgres/read-tables/host.ts';
import { dump } from '#projections/batch.ts';
import { foldLedger } from '#projections/fold.ts';
import { ledgerSet } from '#projections/ledger.ts';
import { rebuild } from '#projections/projector.ts';
import { randomHistory } from '../support/account-histories.ts';
import { migratedTestDatabase } from '../support/postgres.ts';
import { dumpSchema, finishedFeed, liveSchema } from '../support/read-tables.ts';

const log = randomHistory({ seed: 71, accounts: 3, symbols: 3, events: 3_000, rare: true });

const inDatabase = async (
  work: (connectionString: string, client: pg.Client) => Promise<void>,
): Promise<void> => {
  const database = await migratedTestDatabase();
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  try {
    await work(database.connectionString, client);
  } finally {
    await client.end();
    await database.drop();
  }
};

const schemas = async (client: pg.Client): Promise<string> =>
  (
    await client.query<{ line: string }>(
      `SELECT schema_name || ' ' || live || ' ' || checkpoint AS line
       FROM ledger.projection_status ORDER BY 1`,
    )
  ).rows
    .map(({ line }) => line)
    .join('\n');

describe('a rebuild whose process dies in the middle', () => {
  it('leaves the live tables as they are, claims nothing, and is begun again by the next', async () => {
    await inDatabase(async (connectionString, client) => {
      const host = createReadTableHost({ connectionString });
      const { signal } = new AbortController();
      equal(await rebuild({ host, feed: finishedFeed(log) }, signal), 3_000);
      const before = await dumpSchema(client, liveSchema);
      // Killed: its sessions end, and nothing else of it happens any more.
      const feed = finishedFeed(log);
      const dying = {
        ...feed,
        readAll: async (wanted: Parameters<typeof feed.readAll>[0]) => {
          if (wanted.after >= 2_000) {
            await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE application_name = 'order-ledger-projector' AND datname = current_database()`);
          }
          return feed.readAll(wanted);
        },
      };
      await rejects(rebuild({ host, feed: dying }, signal));
      equal(await schemas(client), `${liveSchema} true 3000\n${liveSchema}_2 false 0`);
      equal(await dumpSchema(client, liveSchema), before);
      equal(await rebuild({ host, feed }, signal), 3_000);
      equal(await schemas(client), `${liveSchema}_2 true 3000`);
      equal(await dumpSchema(client, `${liveSchema}_2`), dump(foldLedger(log)));
    });
  });
});

describe('a rebuild that is told to stop', () => {
  it('throws its tables away', async () => {
    await inDatabase(async (connectionString, client) => {
      const host = createReadTableHost({ connectionString });
      const stop = new AbortController();
      const open = await host.openLive(ledgerSet, stop.signal);
      await open?.close();
      const onProgress = (sequence: number): void => {
        if (sequence >= 2_000) stop.abort();
      };
      await rejects(rebuild({ host, feed: finishedFeed(log), onProgress }, stop.signal), /abort/);
      equal(await schemas(client), `${liveSchema} true 0`);
    });
  });
});
