import pg, { type Pool } from 'pg';
import type { EventPlaces } from '#audit/ports/event-places.ts';
import type { SealStore, StoredSeal } from '#audit/ports/seal-store.ts';

const pageSize = 1_000;
const uniqueViolation = '23505';

type SealRow = { readonly number: string; readonly text: string; readonly signature: string };

const toSeal = ({ number, text, signature }: SealRow): StoredSeal => ({
  number: Number(number),
  text,
  signature,
});

const selectPage =
  'SELECT number, text, signature FROM ledger.seals WHERE number > $1 ORDER BY number LIMIT $2';
const selectLast = 'SELECT number, text, signature FROM ledger.seals ORDER BY number DESC LIMIT 1';
const insertNext = `
  INSERT INTO ledger.seals (number, text, signature)
  SELECT $1, $2, $3 WHERE $1::bigint = (SELECT coalesce(max(number), 0) + 1 FROM ledger.seals)`;
const selectSequence = 'SELECT sequence FROM ledger.events WHERE id = $1::uuid';

const isTaken = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === uniqueViolation;

/** The seals in Postgres, and where events are by their ids. The database must have been migrated. */
export const createPostgresSealStore = ({
  pool,
}: {
  readonly pool: Pool;
}): SealStore & EventPlaces => ({
  list: async (after = 0) => {
    const { rows } = await pool.query<SealRow>(selectPage, [after, pageSize]);
    return rows.map(toSeal);
  },
  last: async () => {
    const { rows } = await pool.query<SealRow>(selectLast);
    return rows.map(toSeal).at(0);
  },
  add: async ({ number, text, signature }) => {
    const { rowCount } = await pool
      .query(insertNext, [number, text, signature])
      .catch((error: unknown) => {
        if (isTaken(error)) return { rowCount: 0 };
        throw error;
      });
    if (rowCount === 1) return;
    throw new Error(`Seal ${number} does not come next: another process has sealed. Try again.`);
  },
  sequenceOf: async (id) => {
    const { rows } = await pool.query<{ sequence: string }>(selectSequence, [id]);
    const [row] = rows;
    return row === undefined ? undefined : Number(row.sequence);
  },
});
