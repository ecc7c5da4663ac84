import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool, PoolClient } from 'pg';

/** Where this project's migrations lie. */
export const migrationsFolder = join(import.meta.dirname, 'migrations');

/** One numbered SQL file. */
export type Migration = {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file's bytes, in hex. */
  readonly hash: string;
};

// Any constant of our own will do: it names the right to migrate this database ("ledger" in ASCII).
const MIGRATION_LOCK = '0x6c6564676572';

/**
 * Brings the database up to the newest migration and returns the names of those it applied. Each file is one
 * transaction. Throws when an applied file has changed or vanished, when numbers have gaps, or when the database
 * is ahead of this program. Processes starting at once take turns.
 */
export async function migrate(pool: Pool, folder: string = migrationsFolder): Promise<string[]> {
  const migrations = readMigrations(folder);
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1::bigint)', [BigInt(MIGRATION_LOCK).toString()]);
    await client.query(
      `CREATE TABLE IF NOT EXISTS schema_migrations (
         number integer PRIMARY KEY,
         name text NOT NULL,
         hash text NOT NULL,
         applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
       )`,
    );
    const applied = await readApplied(client);
    refuseChangedHistory(migrations, applied);
    const pending = migrations.slice(applied.length);
    for (const migration of pending) await apply(client, migration);
    return pending.map(({ name }) => name);
  } finally {
    // Closing the session gives the lock back, whatever state a failed migration left it in.
    client.release(true);
  }
}

/** Reads `NNNN-name.sql` files in order; they must count 1, 2, 3 … without a gap. */
export function readMigrations(folder: string): Migration[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort();
  return files.map((name, index) => {
    const number = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1]);
    if (number !== index + 1) {
      const expected = String(index + 1).padStart(4, '0');
      throw new Error(
        `Migration ${name} should be called ${expected}-some-name.sql: numbers count up without a gap.`,
      );
    }
    const bytes = readFileSync(join(folder, name));
    const hash = createHash('sha256').update(bytes).digest('hex');
    return { number, name, sql: bytes.toString('utf8'), hash };
  });
}

type Applied = { readonly number: number; readonly name: string; readonly hash: string };

async function readApplied(client: PoolClient): Promise<Applied[]> {
  const found = await client.query<Applied>(
    'SELECT number, name, hash FROM schema_migrations ORDER BY number',
  );
  return found.rows;
}

/** Throws unless what the database has applied is exactly how this program's list begins. */
export function refuseChangedHistory(
  migrations: readonly Migration[],
  applied: readonly Applied[],
): void {
  for (const [index, past] of applied.entries()) {
    const file = migrations[index];
    if (file === undefined) {
      throw new Error(
        `The database has migration ${past.name}, which this program does not know: it is older than its data.`,
      );
    }
    if (file.number !== past.number || file.name !== past.name) {
      throw new Error(`The database applied ${past.name} where this program has ${file.name}.`);
    }
    if (file.hash !== past.hash) {
      throw new Error(
        `Migration ${file.name} has changed since it was applied. Bring the old text back and write a new migration.`,
      );
    }
  }
}

async function apply(client: PoolClient, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await client.query('INSERT INTO schema_migrations (number, name, hash) VALUES ($1, $2, $3)', [
      migration.number,
      migration.name,
      migration.hash,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(
      `Migration ${migration.name} failed${placeOf(error, migration.sql)}: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

// PostgreSQL counts characters from 1.
function placeOf(error: unknown, sql: string): string {
  if (!(error instanceof Error && 'position' in error)) return '';
  const line = sql.slice(0, Number(error.position)).split('\n').length;
  return ` at line ${line}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
