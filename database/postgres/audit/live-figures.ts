import pg, { type ClientBase } from 'pg';
import type { LiveFigures, ReadSchemaStanding } from '#audit/ports/live-figures.ts';
import type { AccountId, EventId } from '#domain/ids.ts';
import { liveStatuses } from '#domain/order/lifecycle.ts';
import type { Instant } from '#domain/time.ts';
import { instant, integer, nullable, rowReader, text } from '#projections/ports/columns.ts';
import type { ProjectionState } from '#projections/ports/queries.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import { asText } from '../read-tables/read-tables.ts';
import { toAccount, toFill, toOrder, toPosition } from '../read-tables/rows.ts';
import * as sql from '../read-tables/statements.ts';
import { type EventRow, eventColumns, storedEventOf } from './event-row.ts';
import { selectLiveSchema } from './live-rows.ts';

// events_stream_revision
const selectLastEvents = `
  SELECT ${eventColumns} FROM ledger.events WHERE stream = $1 ORDER BY revision DESC LIMIT $2`;

// Events of an account are in its row by their latest; the last event may not be in the read tables yet.
const selectLatestEffective = (schema: string): string => `
  SELECT greatest(
    (SELECT effective_at FROM ledger.events ORDER BY sequence DESC LIMIT 1),
    (SELECT max(last_activity_at) FROM ${pg.escapeIdentifier(schema)}.accounts),
    (SELECT max(reconciled_at) FROM ${pg.escapeIdentifier(schema)}.reconciliations),
    (SELECT max(marked_at) FROM ${pg.escapeIdentifier(schema)}.market_data_cache)
  ) AS at`;

const selectMarketAt = (schema: string): string =>
  `SELECT max(marked_at) AS at FROM ${pg.escapeIdentifier(schema)}.market_data_cache`;

// Counts every row of the primary key: the one question here that takes longer the longer the log is.
const selectLog = `
  SELECT counted.*, head.sequence AS counter, (SELECT count(*) FROM ledger.streams) AS streams,
    oldest.recorded_at AS first_recorded_at, newest.recorded_at AS last_recorded_at
  FROM (SELECT count(*) AS events, coalesce(min(sequence), 0) AS first, coalesce(max(sequence), 0) AS last
    FROM ledger.events) AS counted
  CROSS JOIN ledger.log_head AS head
  LEFT JOIN ledger.events AS oldest ON oldest.sequence = counted.first
  LEFT JOIN ledger.events AS newest ON newest.sequence = counted.last`;

const selectReadSchemas = `
  SELECT s.schema_name, s.projection_set, s.version, s.live, s.state, s.checkpoint, s.applied_at,
    s.error_sequence, s.error_event_id, s.error_reason, waiting.recorded_at AS waiting_since
  FROM ledger.projection_status s
  LEFT JOIN ledger.events AS waiting ON waiting.sequence = s.checkpoint + 1
  ORDER BY s.live DESC, s.schema_name`;

const selectSnapshots = `
  SELECT count(*) AS count, min(saved_at) AS oldest_at, max(saved_at) AS newest_at FROM ledger.snapshots`;

const selectSealsTable = `SELECT to_regclass('ledger.seals') AS seals`;
const selectLastSeal = 'SELECT text FROM ledger.seals ORDER BY number DESC LIMIT 1';

const selectTargetsTable = `SELECT to_regclass('ledger.seal_targets') AS targets`;
const selectTargets = `
  SELECT target, automatic, delivered_to, delivered_at, failure, failing_since
  FROM ledger.seal_targets ORDER BY target`;

const time = nullable(instant);
const toLogStanding = rowReader({
  events: integer,
  first: integer,
  last: integer,
  counter: integer,
  streams: integer,
  firstRecordedAt: time,
  lastRecordedAt: time,
});
const toSnapshotStanding = rowReader({ count: integer, oldestAt: time, newestAt: time });
const readStanding = rowReader({
  schemaName: text<string>(),
  projectionSet: text<string>(),
  version: integer,
  state: text<ProjectionState>(),
  checkpoint: integer,
  appliedAt: time,
  errorSequence: nullable(integer),
  errorEventId: nullable(text<EventId>()),
  errorReason: nullable(text<string>()),
  waitingSince: time,
});

const toTarget = rowReader({
  target: text<string>(),
  deliveredTo: integer,
  deliveredAt: time,
  failure: nullable(text<string>()),
  failingSince: time,
});

const toReadSchema = (stored: StoredRow): ReadSchemaStanding => {
  const row = readStanding(stored);
  const { errorSequence: sequence, errorEventId: eventId, errorReason } = row;
  return {
    schema: row.schemaName,
    name: row.projectionSet,
    version: row.version,
    live: stored['live'] === 't',
    state: row.state,
    checkpoint: row.checkpoint,
    appliedAt: row.appliedAt,
    error: sequence === null ? null : { sequence, eventId, reason: errorReason ?? '' },
    waitingSince: row.waitingSince,
  };
};

/** Single questions in the transaction that `client` is in. */
export const createLiveFigures = (client: ClientBase): LiveFigures => {
  const all = async (
    question: string,
    values: readonly unknown[] = [],
  ): Promise<readonly StoredRow[]> =>
    (await client.query<StoredRow>({ text: question, values: [...values], types: asText })).rows;
  const one = async <Row>(
    question: string,
    values: readonly unknown[],
    toRow: (stored: StoredRow) => Row,
  ): Promise<Row | undefined> => {
    const [row] = await all(question, values);
    return row === undefined ? undefined : toRow(row);
  };

  /** An instant that a question to the live read tables finds; null where there are none yet. */
  const latest = async (question: (schema: string) => string): Promise<Instant | null> => {
    const schema = await one(selectLiveSchema, [], (row) => String(row['schema_name']));
    if (schema === undefined) return null;
    return (await one(question(schema), [], (row) => time.decode(row['at'] ?? null))) ?? null;
  };

  return {
    account: (id, at) => one(sql.selectAccount, [id, at], toAccount),
    accountIdOf: (number) =>
      one(sql.selectAccountId, [number], (row) => row['account_id'] as AccountId),
    order: (id) => one(sql.selectOrder, [id], toOrder),
    orderFills: async (id) => (await all(sql.selectOrderFills, [id])).map(toFill),
    openOrders: async (id, limit) => {
      const values = [id, [...liveStatuses], null, null, null, null, null, limit + 1];
      const found = (await all(sql.selectOrders.asc, values)).map(toOrder);
      const rows = found.slice(0, limit);
      return { rows, next: found.length > limit ? (rows.at(-1)?.createdSequence ?? null) : null };
    },
    positions: async (id) => (await all(sql.selectPositions, [id])).map(toPosition),
    lastEvents: async (stream, limit) => {
      const values = [stream, limit];
      const question = { text: selectLastEvents, values, rowMode: 'array', types: asText } as const;
      const { rows } = await client.query<EventRow>(question);
      return rows.map(storedEventOf).reverse();
    },
    marketAt: () => latest(selectMarketAt),
    latestEffectiveAt: () => latest(selectLatestEffective),
    log: async () => {
      const standing = await one(selectLog, [], toLogStanding);
      if (standing === undefined)
        throw new Error('The log has lost its counter (ledger.log_head).');
      return standing;
    },
    readSchemas: async () => (await all(selectReadSchemas)).map(toReadSchema),
    snapshots: async () => {
      const none = { count: 0, oldestAt: null, newestAt: null };
      return (await one(selectSnapshots, [], toSnapshotStanding)) ?? none;
    },
    lastSeal: async () => {
      // A question about a table that is not there would end the transaction.
      const [table] = await all(selectSealsTable);
      if (table?.['seals'] == null) return null;
      return (await one(selectLastSeal, [], (row) => String(row['text']))) ?? null;
    },
    sealTargets: async () => {
      const [table] = await all(selectTargetsTable);
      if (table?.['targets'] == null) return [];
      const rows = await all(selectTargets);
      return rows.map((row) => ({ ...toTarget(row), automatic: row['automatic'] === 't' }));
    },
  };
};
