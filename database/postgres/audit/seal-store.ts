import pg, { type Pool } from 'pg';
import type { EventPlaces } from '#audit/ports/event-places.ts';
import type { SealOutbox } from '#audit/ports/seal-outbox.ts';
import { type SealStore, SealTaken, type StoredSeal } from '#audit/ports/seal-store.ts';

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

// Only what changes is written, so that a start with the settings of before writes nothing.
const updateAutomatic = `
  INSERT INTO ledger.seal_targets (target, automatic)
  SELECT name, name = ANY ($1::text[])
  FROM (SELECT target AS name FROM ledger.seal_targets UNION SELECT unnest($1::text[])) AS known
  ON CONFLICT (target) DO UPDATE SET automatic = excluded.automatic
  WHERE seal_targets.automatic <> excluded.automatic`;
const selectDeliveredTo = 'SELECT delivered_to FROM ledger.seal_targets WHERE target = $1';
const upsertDelivered = `
  INSERT INTO ledger.seal_targets AS known (target, delivered_to, delivered_at)
  VALUES ($1, $2, clock_timestamp())
  ON CONFLICT (target) DO UPDATE SET
    delivered_to = greatest(known.delivered_to, excluded.delivered_to),
    delivered_at = excluded.delivered_at, failure = NULL, failing_since = NULL`;
const upsertFailed = `
  INSERT INTO ledger.seal_targets AS known (target, failure, failing_since)
  VALUES ($1, $2, clock_timestamp())
  ON CONFLICT (target) DO UPDATE SET
    failure = excluded.failure, failing_since = coalesce(known.failing_since, excluded.failing_since)`;
const selectKey = 'SELECT pem FROM ledger.seal_keys WHERE fingerprint = $1';
const insertKey =
  'INSERT INTO ledger.seal_keys (fingerprint, pem) VALUES ($1, $2) ON CONFLICT DO NOTHING';

const isTaken = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === uniqueViolation;

const createOutbox = (pool: Pool): SealOutbox => ({
  setAutomatic: async (targets) => {
    await pool.query(updateAutomatic, [targets]);
  },
  deliveredTo: async (target) => {
    const { rows } = await pool.query<{ delivered_to: string }>(selectDeliveredTo, [target]);
    return Number(rows[0]?.delivered_to ?? 0);
  },
  delivered: async (target, number) => {
    await pool.query(upsertDelivered, [target, number]);
  },
  failed: async (target, why) => {
    await pool.query(upsertFailed, [target, why]);
  },
  keyOf: async (fingerprint) => {
    const { rows } = await pool.query<{ pem: string }>(selectKey, [fingerprint]);
    return rows[0]?.pem;
  },
  keepKey: async (fingerprint, pem) => {
    await pool.query(insertKey, [fingerprint, pem]);
  },
});

/** The seals in Postgres, where they went, and where events are by their ids. The database must have been migrated. */
export const createPostgresSealStore = ({
  pool,
}: {
  readonly pool: Pool;
}): SealStore & SealOutbox & EventPlaces => ({
  ...createOutbox(pool),
  list: async (after = 0, limit = pageSize) => {
    const { rows } = await pool.query<SealRow>(selectPage, [after, Math.min(limit, pageSize)]);
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
    throw new SealTaken(
      `Seal ${number} does not come next: another process has sealed. Try again.`,
    );
  },
  sequenceOf: async (id) => {
    const { rows } = await pool.query<{ sequence: string }>(selectSequence, [id]);
    const [row] = rows;
    return row === undefined ? undefined : Number(row.sequence);
  },
});
