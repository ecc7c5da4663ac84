import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type {
  OpenReadTables,
  ProjectionSet,
  ReadTableHost,
} from '#projections/ports/read-tables.ts';
import { createBulkReadTables } from './bulk.ts';
import { createReadTables } from './read-tables.ts';
import {
  createReadSchema,
  createSwitch,
  dropReadSchema,
  liveSchema,
  retire,
  unfinishedSchemas,
} from './schema.ts';

// Names of two rights in this database: to write the live read tables, and to rebuild ("project", "rebuild" in ASCII).
const WRITER_LOCK = '0x70726f6a656374';
const REBUILD_LOCK = '0x72656275696c64';
const LEASE_RETRY_MS = 200;
const BUSY_RETRY_MS = 15;
// An audit may look at the old tables for longer; then the next rebuild drops them.
const RETIRE_MOST_MS = 30_000;

const tryLock = async (client: pg.Client, lock: string): Promise<boolean> => {
  const { rows } = await client.query<{ got: boolean }>(
    'SELECT pg_try_advisory_lock($1::bigint) AS got',
    [BigInt(lock).toString()],
  );
  return rows[0]?.got === true;
};

/** read_v1, and read_v1_2, read_v1_3 … while the names before are taken. */
const freeName = async (client: pg.Client, set: ProjectionSet): Promise<string> => {
  const { rows } = await client.query<{ nspname: string }>('SELECT nspname FROM pg_namespace');
  const taken = new Set(rows.map((row) => row.nspname));
  const base = `read_v${set.version}`;
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base}_${number}`)) number += 1;
  return `${base}_${number}`;
};

const waitForTurn = async (client: pg.Client, signal: AbortSignal): Promise<boolean> => {
  while (!signal.aborted) {
    if (await tryLock(client, WRITER_LOCK)) return true;
    await sleep(LEASE_RETRY_MS, undefined, { signal }).catch(() => {});
  }
  return false;
};

/**
 * The read tables of one database. A session-level advisory lock lets one process write at a time; a process that
 * lost its session without knowing is fenced off by the checkpoint.
 */
export const createReadTableHost = ({
  connectionString,
}: {
  readonly connectionString: string;
}): ReadTableHost => {
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString, application_name: 'order-ledger-projector' });
    client.on('error', () => {}); // The query under way fails with it; an idle session is opened again.
    await client.connect();
    return client;
  };

  const openLive = async (
    set: ProjectionSet,
    signal: AbortSignal,
  ): Promise<OpenReadTables | undefined> => {
    const client = await connect();
    try {
      if (!(await waitForTurn(client, signal))) {
        await client.end();
        return undefined;
      }
      let live = await liveSchema(client, set.name);
      if (live === undefined) {
        live = { name: await freeName(client, set), version: set.version };
        await createReadSchema(client, { ...live, projectionSet: set.name, live: true });
      }
      if (live.version !== set.version) {
        throw new Error(
          `the read tables have version ${live.version}, this program needs ${set.version}: rebuild them`,
        );
      }
      const readTables = await createReadTables(client, live.name);
      return { readTables, close: () => client.end() };
    } catch (error) {
      await client.end();
      throw error;
    }
  };

  return {
    liveVersion: async (set) => {
      const client = await connect();
      try {
        return (await liveSchema(client, set.name))?.version;
      } finally {
        await client.end();
      }
    },
    openLive,
    openBeside: async (set) => {
      const client = await connect();
      if (!(await tryLock(client, REBUILD_LOCK))) {
        await client.end();
        throw new Error('the read tables are being rebuilt already');
      }
      // What a rebuild left behind that was killed: we hold the right to rebuild, so nobody is filling it.
      for (const name of await unfinishedSchemas(client, set.name))
        await dropReadSchema(client, name);
      const schema = await freeName(client, set);
      await createReadSchema(client, {
        name: schema,
        projectionSet: set.name,
        version: set.version,
        live: false,
        isBulk: true,
      });
      const reader = await connect();
      const trySwitch = createSwitch(client, schema);
      return {
        readTables: await createReadTables(client, schema),
        bulk: await createBulkReadTables(client, reader, schema),
        promote: async () => {
          const switched = await trySwitch();
          if (switched.kind === 'busy') await sleep(BUSY_RETRY_MS);
          if (switched.kind !== 'switched') return false;
          if (switched.old !== null) {
            await retire(client, switched.old, switched.transaction, RETIRE_MOST_MS);
          }
          return true;
        },
        discard: () => dropReadSchema(client, schema),
        close: async () => {
          await reader.end();
          await client.end();
        },
      };
    },
  };
};
