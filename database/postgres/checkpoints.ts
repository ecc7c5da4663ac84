import type { Pool } from 'pg';
import type { Checkpoints } from '#commands/ports/checkpoints.ts';

/** Checkpoints in `ledger.checkpoints`. The pool stays the caller's. */
export const createPostgresCheckpoints = (pool: Pool): Checkpoints => ({
  load: async (name) => {
    const { rows } = await pool.query({
      name: 'checkpoint-load',
      text: 'SELECT place FROM ledger.checkpoints WHERE name = $1',
      values: [name],
    });
    return Number(rows[0]?.place ?? 0);
  },
  advance: async (name, floor, ceiling) => {
    // The first advance makes the row; from then on it moves only from where the caller saw it.
    const { rowCount } = await pool.query({
      name: 'checkpoint-advance',
      text: `INSERT INTO ledger.checkpoints AS kept (name, place)
             SELECT $1, $3::bigint WHERE $2::bigint = 0
                OR EXISTS (SELECT FROM ledger.checkpoints WHERE name = $1)
             ON CONFLICT (name) DO UPDATE SET place = excluded.place, moved_at = now()
               WHERE kept.place = $2::bigint`,
      values: [name, floor, ceiling],
    });
    return rowCount === 1;
  },
});
