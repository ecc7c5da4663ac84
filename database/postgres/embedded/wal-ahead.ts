import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientBase } from 'pg';

const segmentMegabytes = 16;

/** Files that are made and wait for the log to reach them. */
const segmentsAhead = `
  SELECT count(*)::int AS ahead FROM pg_ls_waldir()
  WHERE name ~ '^[0-9A-F]{24}$' AND name > pg_walfile_name(pg_current_wal_lsn())`;

/**
 * Sees to it that the write-ahead log can grow by `megabytes` without a new file: making one (16 MB of zeros and an
 * fsync, 60 ms here) holds up every commit meanwhile. A server that has run for long recycles its files; a new
 * one has none to recycle. Needs `min_wal_size` above `megabytes`, or the server takes them away again.
 */
export const prepareWal = async (
  client: ClientBase,
  cluster: string,
  megabytes: number,
): Promise<void> => {
  const wanted = Math.floor(megabytes / segmentMegabytes);
  const { rows } = await client.query<{ ahead: number }>(segmentsAhead);
  const missing = wanted - (rows[0]?.ahead ?? 0);
  if (missing <= 0) return;
  // A server that runs out of disk while it writes its log stops, and cannot start again until there is room.
  const { bavail, bsize } = await statfs(join(cluster, 'pg_wal'));
  if (bavail * bsize < 2 * missing * segmentMegabytes * 1024 * 1024) return;
  for (let made = 0; made < missing; made += 1) {
    // A file that nothing was written to is not left.
    await client.query(`SELECT pg_logical_emit_message(true, 'order-ledger', 'makes room')`);
    await client.query('SELECT pg_switch_wal()');
  }
  // Gives the files before it new names, ahead of the log.
  await client.query('CHECKPOINT');
};
