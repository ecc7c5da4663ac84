import pg, {
  type ClientBase,
  type CustomTypesConfig,
  type QueryConfig,
  type QueryResult,
} from 'pg';
import type {
  Batch,
  BreakRef,
  HoldingRef,
  MarksSince,
  ReadTables,
  RowReads,
  StopReason,
  StoredRow,
} from '#projections/ports/read-tables.ts';

// Everything as the database writes it: the columns of the projections know how to read that.
export const asText: CustomTypesConfig = { getTypeParser: () => (text: string) => text };

const selectAccounts = `SELECT * FROM accounts WHERE account_id = ANY($1::uuid[])`;
const selectOrders = `SELECT * FROM orders WHERE order_id = ANY($1::uuid[])`;
const selectPositions = `
  SELECT p.* FROM unnest($1::uuid[], $2::text[]) AS wanted (account_id, symbol)
  JOIN positions p USING (account_id, symbol)`;
const selectOpenLots = `
  SELECT l.* FROM unnest($1::uuid[], $2::text[]) AS wanted (account_id, symbol)
  JOIN lots l USING (account_id, symbol) WHERE l.closed_at IS NULL ORDER BY l.created_sequence`;
const selectMarket = `SELECT * FROM market_data_cache WHERE symbol = ANY($1::text[])`;
const selectBreaks = `
  SELECT b.* FROM unnest($1::uuid[], $2::text[]) AS wanted (account_id, break_id)
  JOIN breaks b USING (account_id, break_id)`;
const selectExtremes = `
  SELECT wanted.symbol, wanted.after, seen.high, seen.low
  FROM unnest($1::text[], $2::bigint[], $3::date[]) AS wanted (symbol, after, session)
  CROSS JOIN LATERAL (
    SELECT max(CASE WHEN k.session > wanted.session THEN k.high ELSE k.close END) AS high,
      min(CASE WHEN k.session > wanted.session THEN k.low ELSE k.close END) AS low
    FROM price_marks k WHERE k.symbol = wanted.symbol AND k.sequence > wanted.after
  ) seen
  WHERE seen.high IS NOT NULL`;
const selectFills = `
  SELECT * FROM order_fills WHERE account_id = $1 AND symbol = $2 ORDER BY created_sequence`;
const selectSplits = `SELECT * FROM stock_splits WHERE account_id = $1 AND symbol = $2 ORDER BY sequence`;
const selectMarks = `SELECT * FROM price_marks WHERE symbol = $1 ORDER BY sequence`;
const selectOpenAccounts = `SELECT * FROM accounts WHERE status <> 'closed' ORDER BY created_sequence`;
const selectOpenPositions = `SELECT * FROM positions WHERE quantity <> 0 ORDER BY account_id, symbol`;
const selectWholeMarket = `SELECT * FROM market_data_cache ORDER BY symbol`;
const selectCheckpoint = `
  UPDATE ledger.projection_status
  SET state = CASE WHEN live THEN 'running' ELSE 'rebuilding' END,
    error_sequence = NULL, error_event_id = NULL, error_reason = NULL
  WHERE schema_name = $1 RETURNING checkpoint`;
const applyBatch = `SELECT apply_batch($1, $2, $3::jsonb)`;
const markStopped = `
  UPDATE ledger.projection_status
  SET state = 'stopped', error_sequence = $2, error_event_id = $3, error_reason = $4
  WHERE schema_name = $1`;

const CHECKPOINT_MOVED = 'LG001';

const pairs = (of: readonly HoldingRef[]): unknown[] => [
  of.map(({ accountId }) => accountId),
  of.map(({ symbol }) => symbol),
];

/**
 * A query by callback. The promise that the driver would make keeps each query's text and values in memory until a
 * full garbage collection (measured: every small collection copies all of them, 5 ms instead of 0.3).
 */
const ask = (client: ClientBase, query: QueryConfig): Promise<QueryResult<StoredRow>> =>
  new Promise((resolve, reject) => {
    client.query<StoredRow>(query, (error, result) => {
      if (error) reject(error);
      else resolve(result);
    });
  });

/** A session's work, one piece at a time in the order in which it was asked for. */
export type Session = {
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  readonly rows: (name: string, text: string, values: unknown[]) => Promise<StoredRow[]>;
};

/** Makes a session one of a schema's writer. */
export const writerSession = async (client: ClientBase, schema: string): Promise<Session> => {
  await client.query(`SELECT set_config('search_path', $1, false)`, [schema]);
  // Rows and checkpoint go together and the events they come from are on disk already: what a power cut
  // takes away is projected again, so no reader has to wait for the disk.
  await client.query('SET synchronous_commit TO off');
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
  const rows = async (name: string, text: string, values: unknown[]): Promise<StoredRow[]> =>
    (await inTurn(() => ask(client, { name, text, values, types: asText }))).rows;
  return { inTurn, rows };
};

/** What projections ask a schema's tables for. */
export const readsOf = ({ rows }: Session): RowReads => ({
  accounts: (ids) => rows('accounts', selectAccounts, [ids]),
  orders: (ids) => rows('orders', selectOrders, [ids]),
  positions: (of) => rows('positions', selectPositions, pairs(of)),
  openLots: (of) => rows('open-lots', selectOpenLots, pairs(of)),
  market: (symbols) => rows('market', selectMarket, [symbols]),
  breaks: (of: readonly BreakRef[]) =>
    rows('breaks', selectBreaks, [
      of.map(({ accountId }) => accountId),
      of.map(({ breakId }) => breakId),
    ]),
  extremes: (since: readonly MarksSince[]) =>
    rows('extremes', selectExtremes, [
      since.map(({ symbol }) => symbol),
      since.map(({ after }) => after),
      since.map(({ session }) => session),
    ]),
  journal: async ({ accountId, symbol }) => ({
    fills: await rows('fills', selectFills, [accountId, symbol]),
    splits: await rows('splits', selectSplits, [accountId, symbol]),
    marks: await rows('marks', selectMarks, [symbol]),
  }),
  openBooks: async () => ({
    accounts: await rows('open-accounts', selectOpenAccounts, []),
    positions: await rows('open-positions', selectOpenPositions, []),
    market: await rows('whole-market', selectWholeMarket, []),
  }),
});

/** The read tables in one schema, over one session that it must have to itself. */
export const createReadTables = async (client: ClientBase, schema: string): Promise<ReadTables> => {
  const session = await writerSession(client, schema);
  const { inTurn, rows } = session;
  return {
    ...readsOf(session),
    checkpoint: async () => {
      const [row] = await rows('checkpoint', selectCheckpoint, [schema]);
      if (row === undefined) throw new Error(`there are no read tables in schema ${schema}`);
      return Number(row['checkpoint']);
    },
    commit: async ({ floor, ceiling, changes }: Batch) => {
      try {
        const values = [floor, ceiling, changes];
        await inTurn(() => ask(client, { name: 'apply', text: applyBatch, values }));
        return { kind: 'committed' };
      } catch (error) {
        if (!(error instanceof pg.DatabaseError)) throw error;
        if (error.code === CHECKPOINT_MOVED) return { kind: 'superseded' };
        // 22: data exception, 23: integrity violation: trying again would not help.
        if (/^2[23]/.test(error.code ?? '')) return { kind: 'refused', reason: error.message };
        throw error;
      }
    },
    stop: async ({ sequence, eventId, reason }: StopReason) => {
      await inTurn(() =>
        ask(client, { text: markStopped, values: [schema, sequence, eventId, reason] }),
      );
    },
  };
};
