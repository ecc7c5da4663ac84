import type { Pool } from 'pg';
import type { SnapshotStore } from '#commands/ports/snapshot-store.ts';

/** Snapshots in Postgres, in `ledger.snapshots`. The pool stays the caller's. */
export const createPostgresSnapshotStore = ({ pool }: { readonly pool: Pool }): SnapshotStore => ({
  load: async (stream) => {
    const { rows } = await pool.query({
      name: 'snapshot-load',
      text: 'SELECT revision, version, state FROM ledger.snapshots WHERE stream = $1',
      values: [stream],
    });
    const [row] = rows;
    if (row === undefined) return undefined;
    return { stream, revision: Number(row.revision), version: row.version, state: row.state };
  },
  save: async ({ stream, revision, version, state }) => {
    await pool.query({
      name: 'snapshot-save',
      text: `INSERT INTO ledger.snapshots AS kept (stream, revision, version, state)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (stream) DO UPDATE
               SET revision = excluded.revision, version = excluded.version,
                   state = excluded.state, saved_at = now()
               WHERE kept.revision <= excluded.revision`,
      values: [stream, revision, version, state],
    });
  },
});
