import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '#database/postgres/embedded.ts';
import { migrate } from '#database/postgres/migrate.ts';

export type BenchmarkDatabase = {
  readonly connectionString: string;
  readonly stop: () => Promise<void>;
};

/** Connections to it. The server may be gone before the last idle one is closed: that is no failure. */
export const benchmarkPool = (connectionString: string, max: number): pg.Pool => {
  const pool = new pg.Pool({ connectionString, max });
  pool.on('error', () => {});
  return pool;
};

/** A new, migrated PostgreSQL as `npm start` runs it: fsync on, settings unchanged. The tests' servers have it off. */
export const benchmarkDatabase = async (): Promise<BenchmarkDatabase> => {
  const directory = mkdtempSync(join(tmpdir(), 'order-ledger-bench-'));
  const server = await startEmbeddedPostgres({
    directory: join(directory, 'postgres'),
    log: () => {},
  });
  const { connectionString } = server;
  const pool = benchmarkPool(connectionString, 1);
  await migrate(pool);
  await pool.end();
  return {
    connectionString,
    stop: async () => {
      await server.stop();
      // Root's server has its cluster in a place of its own.
      for (const one of [directory, server.directory])
        rmSync(one, { recursive: true, force: true });
    },
  };
};
