import pg from 'pg';
import { type BuildTerms, type ReplayHost, ReplayRefused } from '#projections/ports/read-tables.ts';
import { createBulkReadTables } from './bulk.ts';
import { createReadSchema, dropReadSchema } from './schema.ts';

/** Their projection set: the live set's rebuilds clear away what is unfinished of their own set alone. */
export const REPLAY_SET = 'replay';
const REPLAY_VERSION = 1;
const MOMENTARY = 'replay_tmp_';

const namePattern = /^[a-z][a-z0-9_]{0,47}$/;
// Schemas of the ledger itself, and of PostgreSQL.
const reserved = /^(ledger|identity|public|information_schema|live|pg_.*|read_v\d.*)$/;

const refuse = (reason: string): never => {
  throw new ReplayRefused(reason);
};

const checkName = (schema: string): void => {
  if (!namePattern.test(schema)) {
    refuse(
      `${schema} is no name for a replay: small letters, digits and _ after a letter, up to 48.`,
    );
  }
  if (reserved.test(schema))
    refuse(`${schema} is no name for a schema of yours: the ledger or PostgreSQL itself uses it.`);
  if (schema.startsWith(MOMENTARY))
    refuse(`Names that begin with ${MOMENTARY} are the ledger's own.`);
};

const lockReplay = `SELECT pg_try_advisory_lock(hashtext('order-ledger replay'), hashtext($1)) AS got`;
const selectSchema = `
  SELECT s.projection_set FROM pg_namespace n
  LEFT JOIN ledger.projection_status s ON s.schema_name = n.nspname WHERE n.nspname = $1`;
const selectMomentary = `
  SELECT schema_name FROM ledger.projection_status
  WHERE projection_set = $1 AND starts_with(schema_name, $2)`;
const markWhole = `UPDATE ledger.projection_status SET state = 'idle' WHERE schema_name = $1`;

/** Whoever builds a replay holds its lock, so that nobody else drops it meanwhile. */
const isOurs = async (client: pg.Client, schema: string): Promise<boolean> =>
  (await client.query<{ got: boolean }>(lockReplay, [schema])).rows[0]?.got === true;

const claim = async (client: pg.Client, schema: string): Promise<void> => {
  if (!(await isOurs(client, schema))) refuse(`${schema} is just being built by another process.`);
};

/** What a schema of that name is: null for none. */
const standing = async (
  client: pg.Client,
  schema: string,
): Promise<'replay' | 'something else' | null> => {
  const { rows } = await client.query<{ projection_set: string | null }>(selectSchema, [schema]);
  if (rows[0] === undefined) return null;
  return rows[0].projection_set === REPLAY_SET ? 'replay' : 'something else';
};

const makeRoom = async (client: pg.Client, schema: string, replace: boolean): Promise<void> => {
  const there = await standing(client, schema);
  if (there === 'something else') refuse(`There is a schema ${schema}, and it is no replay.`);
  if (there === 'replay' && !replace) {
    refuse(`There is a replay ${schema} already: --replace builds it anew, --drop removes it.`);
  }
  if (there === 'replay') await dropReadSchema(client, schema);
};

const lockMomentary = `SELECT pg_try_advisory_lock(hashtext('order-ledger momentary replays')) AS got`;
const unlockMomentary = `SELECT pg_advisory_unlock(hashtext('order-ledger momentary replays'))`;
const shareMomentary = `SELECT pg_advisory_lock_shared(hashtext('order-ledger momentary replays'))`;

/** Tables of the moment that a killed process has left go, unless somebody is using such tables just now. */
const clearMomentary = async (client: pg.Client): Promise<void> => {
  if ((await client.query<{ got: boolean }>(lockMomentary)).rows[0]?.got !== true) return;
  const { rows } = await client.query<{ schema_name: string }>(selectMomentary, [
    REPLAY_SET,
    MOMENTARY,
  ]);
  for (const { schema_name } of rows) await dropReadSchema(client, schema_name);
  await client.query(unlockMomentary);
};

const momentaryName = async (client: pg.Client): Promise<string> => {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return `${MOMENTARY}${rows[0]?.pid}`;
};

/** The replays of one database. */
export const createReplayHost = ({
  connectionString,
}: {
  readonly connectionString: string;
}): ReplayHost => {
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString, application_name: 'order-ledger-replay' });
    client.on('error', () => {}); // The query under way fails with it.
    await client.connect();
    return client;
  };
  /** The session that holds the right to `schema`; ended where `work` fails. */
  const holding = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = await connect();
    try {
      return await work(client);
    } catch (error) {
      await client.end();
      throw error;
    }
  };
  const make = async (client: pg.Client, schema: string, build: BuildTerms) => {
    await createReadSchema(client, {
      name: schema,
      projectionSet: REPLAY_SET,
      version: REPLAY_VERSION,
      live: false,
      isBulk: true,
      build,
    });
    const reader = await connect();
    return {
      schema,
      bulk: await createBulkReadTables(client, reader, schema),
      finish: async () => {
        await client.query(markWhole, [schema]);
      },
      discard: () => dropReadSchema(client, schema),
      close: async () => {
        await reader.end();
        await client.end();
      },
    };
  };

  return {
    open: (wanted, terms, { replace }) =>
      holding(async (client) => {
        if (wanted !== null) checkName(wanted);
        const schema = wanted ?? (await momentaryName(client));
        await claim(client, schema);
        await makeRoom(client, schema, replace);
        return make(client, schema, terms);
      }),
    keepMomentary: (work) =>
      holding(async (client) => {
        await clearMomentary(client);
        await client.query(shareMomentary);
        const done = await work();
        await client.end();
        return done;
      }),
    drop: async (schema) => {
      await holding(async (client) => {
        await claim(client, schema);
        if ((await standing(client, schema)) !== 'replay') refuse(`There is no replay ${schema}.`);
        await dropReadSchema(client, schema);
        await client.end();
      });
    },
  };
};
