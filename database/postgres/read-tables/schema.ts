import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg, { type ClientBase } from 'pg';
import type { BuildTerms } from '#projections/ports/read-tables.ts';
import { standardRules } from '#projections/ports/rules.ts';
import { codeVersion } from './code-version.ts';

const read = (...path: readonly string[]): string =>
  readFileSync(join(import.meta.dirname, ...path), 'utf8');

const tableFiles = [
  'build',
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
  'position-history',
  'lots',
  'stock-splits',
  'transactions',
  'market-data-cache',
  'price-marks',
  'portfolio-snapshots',
  'breaks',
  'reconciliations',
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
  /** For a bulk build, which makes the indexes that only queries need at its end. */
  readonly isBulk?: boolean;
  readonly build?: BuildTerms;
};

const liveTerms: BuildTerms = { rules: standardRules, to: null, accountId: null };

const insertBuild = `INSERT INTO build (program, cost, to_sequence, account_id) VALUES ($1, $2, $3, $4)`;

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

export type ViewFile = (typeof viewFiles)[number];

/** Somebody reads a view for longer than we wait. */
class ViewInUse extends Error {
  override readonly name = 'ViewInUse';
  readonly view: ViewFile;
  constructor(view: ViewFile) {
    super(`${view} is being read`);
    this.view = view;
  }
}

const LOCK_NOT_AVAILABLE = '55P03';
const isLocked = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE;

const setLockTimeout = `SELECT set_config('lock_timeout', $1, true)`;
// Whoever holds another view may be waiting for the one that we hold: then only giving up helps.
const RATHER_LATER = '10ms';

const INVALID_TABLE_DEFINITION = '42P16';

/**
 * Points the public names at a schema. The views themselves stay, with the rights that somebody gave on them and the
 * views that somebody built on them; only where their columns change are they dropped and made anew.
 */
const pointViewsAt = async (
  client: ClientBase,
  schema: string,
  order: readonly ViewFile[] = viewFiles,
): Promise<void> => {
  await client.query(useSchema, [schema]);
  const make = async (): Promise<void> => {
    for (const file of order) {
      await client.query(read('views', `${file}.sql`)).catch((error: unknown) => {
        throw isLocked(error) ? new ViewInUse(file) : error;
      });
      await client.query(setLockTimeout, [RATHER_LATER]);
    }
  };
  await client.query('SAVEPOINT views');
  try {
    await make();
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== INVALID_TABLE_DEFINITION)
      throw error;
    await client.query('ROLLBACK TO SAVEPOINT views');
    await client.query(read('views', 'drop.sql'));
    await make();
  }
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
    if (schema.isBulk !== true) await client.query(read('schema', 'query-indexes.sql'));
    const { rules, to, accountId } = schema.build ?? liveTerms;
    await client.query(insertBuild, [codeVersion(), rules.cost, to, accountId]);
    if (schema.live) await pointViewsAt(client, schema.name);
  });

const lockStatus = `
  SELECT schema_name, live, checkpoint, xmin::text AS written_by FROM ledger.projection_status
  WHERE projection_set = (SELECT projection_set FROM ledger.projection_status WHERE schema_name = $1)
  FOR UPDATE`;
const noneLive = `UPDATE ledger.projection_status SET live = false WHERE live AND projection_set =
  (SELECT projection_set FROM ledger.projection_status WHERE schema_name = $1)`;
const makeLive = `UPDATE ledger.projection_status SET live = true, state = 'running' WHERE schema_name = $1`;

// A transaction of this database that began before another has ended does not see what that one wrote.
const selectOlder = `
  SELECT count(*) AS older FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    AND age(backend_xmin) >= age($1::text::xid)`;

const someLookBefore = async (client: ClientBase, transaction: string): Promise<boolean> => {
  await client.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await client.query<{ older: string }>(selectOlder, [transaction]);
  return Number(rows[0]?.older) > 0;
};

/** Waits until nobody looks at the database as it was before a transaction; false where that takes too long. */
const allLookAfter = async (
  client: ClientBase,
  transaction: string,
  mostMs: number,
): Promise<boolean> => {
  const deadline = performance.now() + mostMs;
  while (await someLookBefore(client, transaction)) {
    if (performance.now() > deadline) return false;
    await sleep(5);
  }
  return true;
};

/**
 * `switched`: the schema is live, `old` was. `behind`: it has not caught up. `busy`: somebody still reads what the
 * switch would change under them.
 */
export type Switched =
  | { readonly kind: 'switched'; readonly old: string | null; readonly transaction: string }
  | { readonly kind: 'behind' }
  | { readonly kind: 'busy'; readonly view: ViewFile | null };

// For so long the projector waits while others end their looks, and readers while we wait for others to let go of a view.
// Both are far below deadlock_timeout (1 s), so that it is never a reader who has to give way.
const LOOKS_MOST_MS = 200;
const LOCK_TIMEOUT = '150ms';

const trySwitch = async (
  client: ClientBase,
  schema: string,
  order: readonly ViewFile[],
): Promise<Switched> => {
  await client.query(setLockTimeout, [LOCK_TIMEOUT]);
  const { rows } = await client.query<{
    schema_name: string;
    live: boolean;
    checkpoint: string;
    written_by: string;
  }>(lockStatus, [schema]);
  const old = rows.find((row) => row.live);
  const next = rows.find((row) => row.schema_name === schema);
  if (next === undefined) throw new Error(`there are no read tables ${schema}`);
  if (Number(next.checkpoint) < Number(old?.checkpoint ?? 0)) return { kind: 'behind' };
  // Whoever began to look before the new rows were complete would find less in them than in the old ones.
  if (!(await allLookAfter(client, next.written_by, LOOKS_MOST_MS)))
    return { kind: 'busy', view: null };
  await client.query(noneLive, [schema]);
  await client.query(makeLive, [schema]);
  await pointViewsAt(client, schema, order);
  const { rows: ours } = await client.query<{ id: string }>(
    'SELECT pg_current_xact_id()::xid::text AS id',
  );
  return { kind: 'switched', old: old?.schema_name ?? null, transaction: ours[0]?.id ?? '' };
};

/**
 * Shows `schema` under the public names, in one short transaction, provided that it has caught up with the schema shown
 * so far and that no reader would be disturbed: nobody ever reads less than before, and nobody's query fails.
 */
const switchTo = async (
  client: ClientBase,
  schema: string,
  order: readonly ViewFile[],
): Promise<Switched> => {
  try {
    return await inTransaction(client, () => trySwitch(client, schema, order));
  } catch (error) {
    if (error instanceof ViewInUse) return { kind: 'busy', view: error.view };
    if (isLocked(error)) return { kind: 'busy', view: null };
    throw error;
  }
};

/**
 * `switchTo`, to be tried again and again. A view that was in use is taken first at the next try: then we wait for its
 * readers holding nothing that they might want, and those who come later wait for us before they hold anything.
 */
export const createSwitch = (client: ClientBase, schema: string): (() => Promise<Switched>) => {
  let order: readonly ViewFile[] = viewFiles;
  return async () => {
    const switched = await switchTo(client, schema, order);
    if (switched.kind === 'busy' && switched.view !== null) {
      const { view } = switched;
      order = [view, ...order.filter((one) => one !== view)];
    }
    return switched;
  };
};

/** Drops a schema that is no longer live as soon as nobody can be reading it any more; false where that takes too long. */
export const retire = async (
  client: ClientBase,
  schema: string,
  transaction: string,
  mostMs: number,
): Promise<boolean> => {
  if (!(await allLookAfter(client, transaction, mostMs))) return false;
  await dropReadSchema(client, schema);
  return true;
};

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
