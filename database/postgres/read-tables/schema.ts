import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientBase } from 'pg';

const read = (...path: readonly string[]): string =>
  readFileSync(join(import.meta.dirname, ...path), 'utf8');

const tableFiles = [
  'accounts',
  'orders',
  'order-fills',
  'positions',
  'position-history',
  'lots',
  'stock-splits',
  'transactions',
  'journal-entries',
  'market-data-cache',
  'price-marks',
  'portfolio-snapshots',
  'breaks',
  'reconciliations',
  'indexes',
  'apply-batch',
] as const;

// In the order in which they build on each other.
const viewFiles = [
  'drop',
  'plain',
  'orders',
  'order-fills',
  'postings',
  'positions',
  'accounts',
] as const;

export type ReadSchema = {
  readonly name: string;
  readonly projectionSet: string;
  readonly version: number;
  readonly live: boolean;
};

const useSchema = `SELECT set_config('search_path', $1, true)`;

const inTransaction = async <T>(client: ClientBase, work: () => Promise<T>): Promise<T> => {
  await client.query('BEGIN');
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
};

const pointViewsAt = async (client: ClientBase, schema: string): Promise<void> => {
  await client.query(useSchema, [schema]);
  for (const file of viewFiles) await client.query(read('views', `${file}.sql`));
};

/** Makes the tables of one version in a schema of their own; those of the live one get the public views too. */
export const createReadSchema = (client: ClientBase, schema: ReadSchema): Promise<void> =>
  inTransaction(client, async () => {
    await client.query('SELECT ledger.create_read_schema($1, $2, $3, $4)', [
      schema.name,
      schema.projectionSet,
      schema.version,
      schema.live,
    ]);
    await client.query(useSchema, [schema.name]);
    for (const file of tableFiles) await client.query(read('schema', `${file}.sql`));
    if (schema.live) await pointViewsAt(client, schema.name);
  });

const lockStatus = `
  SELECT schema_name, live, checkpoint FROM ledger.projection_status
  WHERE projection_set = (SELECT projection_set FROM ledger.projection_status WHERE schema_name = $1)
  FOR UPDATE`;
const noneLive = `UPDATE ledger.projection_status SET live = false WHERE live AND projection_set =
  (SELECT projection_set FROM ledger.projection_status WHERE schema_name = $1)`;
const makeLive = `UPDATE ledger.projection_status SET live = true, state = 'running' WHERE schema_name = $1`;

/**
 * Shows `schema` under the public names, in one transaction, provided that it has caught up with the schema shown so
 * far: nobody ever reads less than before. Returns the schema that was live, or undefined where it is behind.
 */
export const switchTo = (client: ClientBase, schema: string): Promise<string | undefined> =>
  inTransaction(client, async () => {
    const { rows } = await client.query<{ schema_name: string; live: boolean; checkpoint: string }>(
      lockStatus,
      [schema],
    );
    const old = rows.find((row) => row.live);
    const next = rows.find((row) => row.schema_name === schema);
    if (old === undefined || next === undefined) return undefined;
    if (Number(next.checkpoint) < Number(old.checkpoint)) return undefined;
    await client.query(noneLive, [schema]);
    await client.query(makeLive, [schema]);
    await pointViewsAt(client, schema);
    return old.schema_name;
  });

export const dropReadSchema = async (client: ClientBase, schema: string): Promise<void> => {
  await client.query('SELECT ledger.drop_read_schema($1)', [schema]);
};

/** The live schema of a projection set, if there is one yet. */
export const liveSchema = async (
  client: ClientBase,
  projectionSet: string,
): Promise<{ readonly name: string; readonly version: number } | undefined> => {
  const { rows } = await client.query<{ name: string; version: number }>(
    `SELECT schema_name AS name, version FROM ledger.projection_status
     WHERE projection_set = $1 AND live`,
    [projectionSet],
  );
  return rows[0];
};

/** Schemas of a projection set that are not live: rebuilds that did not finish, and what a switch left behind. */
export const unfinishedSchemas = async (
  client: ClientBase,
  projectionSet: string,
): Promise<readonly string[]> => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT schema_name AS name FROM ledger.projection_status WHERE projection_set = $1 AND NOT live`,
    [projectionSet],
  );
  return rows.map(({ name }) => name);
};
