import type { Pool, PoolClient } from 'pg';
import type { KeptRow, Segment, SegmentStore } from '#audit/ports/past.ts';
import { foldVersion } from '../read-tables/code-version.ts';

// "asof" in ASCII: one writer of an account's segments at a time.
const SEGMENTS_LOCK = 0x61736f66;

// A cache: what a power cut takes away is made again.
const settings = 'SET LOCAL synchronous_commit TO off';
const lockAccount = 'SELECT pg_advisory_xact_lock($1, hashtext($2))';
// Of another program's projections, or of a log that is not here any more: the hash of its last event is not there.
const selectEnd = `
  SELECT s.through, s.version = $2 AND (s.revision = 0 OR EXISTS (
    SELECT FROM ledger.events e
    WHERE e.stream = 'account-' || s.account_id AND e.revision = s.revision AND e.hash = s.hash)) AS is_good
  FROM ledger.as_of_segments s WHERE s.account_id = $1 ORDER BY s.through DESC LIMIT 1`;
const forget = 'DELETE FROM ledger.as_of_segments WHERE account_id = $1';
const insertSegment = `
  INSERT INTO ledger.as_of_segments (account_id, floor, through, version, revision, sessions, earliest,
    earliest_origin, latest, hash, facts, digest)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`;
// The newest row of each key by the primary key, then by where they lie: as a join, other indexes would be taken as well
// while the table is young. Nobody moves a row meanwhile: the account is locked.
const endRows = `
  UPDATE ledger.as_of_rows SET until = $2
  WHERE ctid = ANY (ARRAY(
    SELECT newest.place FROM unnest($3::text[], $4::text[]) AS wanted (table_name, key)
    CROSS JOIN LATERAL (
      SELECT r.ctid AS place, r.until FROM ledger.as_of_rows r
      WHERE r.account_id = $1 AND r.table_name = wanted.table_name AND r.key = wanted.key
      ORDER BY r.since DESC LIMIT 1
    ) newest
    WHERE newest.until = 9223372036854775807))`;
const insertRows = `
  INSERT INTO ledger.as_of_rows (account_id, since, table_name, key, place, symbol, side, status, at, open,
    reference, settles_at, times, body)
  SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[],
    $9::timestamptz[], $10::boolean[], $11::text[], $12::timestamptz[], $13::text[], $14::text[])`;

const columnsOf = (rows: readonly KeptRow[]): readonly unknown[] => [
  rows.map(({ table }) => table),
  rows.map(({ key }) => key),
  rows.map(({ place }) => place),
  rows.map(({ symbol }) => symbol),
  rows.map(({ side }) => side),
  rows.map(({ status }) => status),
  rows.map(({ at }) => at),
  rows.map(({ open }) => open),
  rows.map(({ reference }) => reference),
  rows.map(({ settlesAt }) => settlesAt),
  rows.map(({ times }) => times),
  rows.map(({ row }) => row),
];

const write = async (
  client: PoolClient,
  segment: Segment,
  rows: readonly KeptRow[],
): Promise<void> => {
  const { accountId, floor, through, revision, sessions, hash, facts, digest } = segment;
  const { earliest, earliestOrigin, latest } = segment;
  const bounds = [
    floor,
    through,
    foldVersion(),
    revision,
    sessions,
    earliest,
    earliestOrigin,
    latest,
  ];
  await client.query(insertSegment, [accountId, ...bounds, hash, facts, digest]);
  const [tables, keys, ...rest] = columnsOf(rows);
  await client.query(endRows, [accountId, through, tables, keys]);
  await client.query(insertRows, [accountId, through, tables, keys, ...rest]);
};

/** Keeps segments in Postgres. The database must have been migrated. */
export const createSegmentStore = ({ pool }: { readonly pool: Pool }): SegmentStore => ({
  add: async (segment, rows) => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await client.query(settings);
      await client.query(lockAccount, [SEGMENTS_LOCK, segment.accountId]);
      const { rows: ends } = await client.query<{ through: string; is_good: boolean }>(selectEnd, [
        segment.accountId,
        foldVersion(),
      ]);
      const [end] = ends;
      // Those of other projections or of another log say something else: all are forgotten.
      if (end?.is_good === false) await client.query(forget, [segment.accountId]);
      const fits = (end?.is_good === true ? Number(end.through) : 0) === segment.floor;
      if (fits) await write(client, segment, rows);
      await client.query('COMMIT');
      client.release();
      return fits;
    } catch (error) {
      client.release(true);
      throw error;
    }
  },
});
