import pg from 'pg';
import { asText, createReadTables } from '#database/postgres/read-tables/read-tables.ts';
import { createReadSchema } from '#database/postgres/read-tables/schema.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { allTables, dump } from '#projections/batch.ts';
import { ledgerSet } from '#projections/ledger.ts';
import type { EventFeed } from '#projections/ports/event-feed.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import { runProjections } from '#projections/runner.ts';
import { createTables } from '#projections/tables.ts';
import { migratedTestDatabase } from './postgres.ts';

/** Where a program's read tables are that has never rebuilt them. */
export const liveSchema = `read_v${ledgerSet.version}`;

/** Everything in a schema of read tables, as `dump` writes the same tables folded in memory. */
export const dumpSchema = async (client: pg.Client, schema: string): Promise<string> => {
  await client.query(`SELECT set_config('search_path', $1, false)`, [schema]);
  const tables = createTables(true);
  for (const table of allTables(tables)) {
    const text = `SELECT * FROM ${table.shape.name}`;
    const { rows } = await client.query<StoredRow>({ text, types: asText });
    for (const stored of rows) table.put(table.shape.decode(stored));
  }
  return dump(tables);
};

/** A log that is complete: subscriptions hand it out in batches of the sizes that `next` gives, and end. */
export const finishedFeed = (
  log: readonly RecordedEvent[],
  next: (batchMax: number) => number = (batchMax) => batchMax,
): EventFeed => ({
  readAll: async ({ after, limit }) => log.slice(after, after + limit),
  head: async () => log.length,
  subscribe: async function* ({ after, batchMax = 500, signal }) {
    let at = after;
    while (at < log.length && !signal.aborted) {
      const batch = log.slice(at, at + next(batchMax));
      yield batch;
      at += batch.length;
    }
  },
});

export const readDatabase = async (schema = 'read_v1') => {
  const database = await migratedTestDatabase();
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: database.connectionString });
    await client.connect();
    return client;
  };
  const client = await connect();
  await createReadSchema(client, {
    name: schema,
    projectionSet: 'ledger',
    version: ledgerSet.version,
    live: true,
  });
  return {
    ...database,
    client,
    connect,
    close: async () => {
      await client.end();
      await database.drop();
    },
  };
};

/** Applies a finished log and returns once all of it is in the tables. */
export const applyAll = async (
  client: pg.Client,
  feed: EventFeed,
  options: {
    readonly schema?: string;
    readonly batchMax?: number;
    readonly rowsKept?: number;
  } = {},
): Promise<void> => {
  const readTables = await createReadTables(client, options.schema ?? 'read_v1');
  const done = new AbortController();
  const head = await feed.head();
  const onApplied = (sequence: number): void => {
    if (sequence === head) done.abort();
  };
  await runProjections(
    {
      feed,
      readTables,
      onApplied,
      ...(options.batchMax === undefined ? {} : { batchMax: options.batchMax }),
      ...(options.rowsKept === undefined ? {} : { rowsKept: options.rowsKept }),
    },
    done.signal,
  );
};
