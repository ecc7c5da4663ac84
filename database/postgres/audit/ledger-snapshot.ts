import pg, { type ClientBase } from 'pg';
import type { BuildReader } from '#audit/ports/builds.ts';
import type { VerifySnapshot } from '#audit/ports/ledger-snapshot.ts';
import type { LookSnapshot } from '#audit/ports/live-figures.ts';
import { createBuildReader } from './build-reader.ts';
import { createLiveFigures } from './live-figures.ts';
import { createLiveRows } from './live-rows.ts';
import { createLogReader } from './log-reader.ts';
import { createPastReader } from './past.ts';
import { createTableReader } from './table-reader.ts';

// Pages are short statements; between them an auditor may compute, or a pager wait, for as long as it takes.
// The indexes are the right way through a log of any size, in their order: a bitmap would read and sort all that a page
// is the first rows of, and is chosen while a table is young. JIT would cost each page more than it brings. Workers that
// share a statement's work are trading's, and do it with two or three times the work in all.
const options = [
  'TimeZone=UTC',
  'DateStyle=ISO',
  'statement_timeout=10min',
  'lock_timeout=10s',
  'idle_in_transaction_session_timeout=0',
  'client_connection_check_interval=2s',
  'jit=off',
  'enable_bitmapscan=off',
  'max_parallel_workers_per_gather=0',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

export type SnapshotSettings = {
  readonly connectionString: string;
  /** Looks at the moment that another session, whose look is open, has given this name. */
  readonly momentName?: string;
  /** Cuts the connection, so that a statement under way fails at once. */
  readonly signal?: AbortSignal;
};

const connectionOf = (connectionString: string) =>
  ({
    connectionString,
    options,
    application_name: 'order-ledger-audit',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  }) as const;

/** A look that also reads builds of the read tables beside the live ones, and all that verify reads. */
export type WholeSnapshot = LookSnapshot & VerifySnapshot & { readonly builds: BuildReader };

/** The client with each query waiting for the one before it: pages are asked for ahead, and pg lets nobody do that. */
const inTurn = (client: ClientBase): ClientBase => {
  let last: Promise<unknown> = Promise.resolve();
  const query = (...asked: Parameters<ClientBase['query']>): Promise<unknown> => {
    const answer = last.then(() => client.query(...asked));
    last = answer.catch(() => {});
    return answer;
  };
  return Object.create(client, { query: { value: query } });
};

const selectMoment = 'SELECT pg_export_snapshot() AS name';

/** One read-only transaction; `client` must end it or its session afterwards. */
const look = async <T>(
  client: ClientBase,
  act: (snapshot: WholeSnapshot) => Promise<T>,
  momentName?: string,
): Promise<T> => {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  if (momentName !== undefined) {
    // The statement takes no parameters.
    await client.query(`SET TRANSACTION SNAPSHOT ${pg.escapeLiteral(momentName)}`);
  }
  // The moment is that of the first look, not of BEGIN.
  await client.query('SELECT 1');
  const one = inTurn(client);
  const log = createLogReader(one);
  return act({
    log,
    tables: createTableReader(one),
    live: createLiveFigures(one),
    past: createPastReader(one, log),
    rows: createLiveRows(one),
    builds: createBuildReader(one),
    momentName: async () => {
      const { rows } = await one.query<{ name: string }>(selectMoment);
      return String(rows[0]?.name);
    },
  });
};

/**
 * Shows `act` the ledger as of this moment: one read-only transaction of a connection of its own, on the primary or on
 * a replica. It ends with `act`; nothing of it may be used afterwards.
 */
export const openLedgerSnapshot = async <T>(
  { connectionString, momentName, signal }: SnapshotSettings,
  act: (snapshot: WholeSnapshot) => Promise<T>,
): Promise<T> => {
  signal?.throwIfAborted();
  const client = new pg.Client(connectionOf(connectionString));
  client.on('error', () => {}); // The query under way fails with it.
  const cut = (): void => void client.end().catch(() => {});
  await client.connect();
  signal?.addEventListener('abort', cut, { once: true });
  try {
    return await look(client, act, momentName);
  } finally {
    signal?.removeEventListener('abort', cut);
    // Nothing was written, so the end of the session ends the transaction as well as anything.
    await client.end();
  }
};

export type Looks = {
  /** As `openLedgerSnapshot`, over a connection that is kept for the next one. Waits while all are in use. */
  readonly withLook: <T>(act: (snapshot: LookSnapshot) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
};

/** Looks for a server that is asked often. No more than `max` at a time: an audit never takes what trading needs. */
export const createLooks = ({
  connectionString,
  max = 2,
}: {
  readonly connectionString: string;
  readonly max?: number;
}): Looks => {
  const pool = new pg.Pool({ ...connectionOf(connectionString), max });
  pool.on('error', () => {}); // An idle connection that breaks is opened anew.
  return {
    withLook: async (act) => {
      const client = await pool.connect();
      try {
        const seen = await look(client, act);
        await client.query('ROLLBACK');
        client.release();
        return seen;
      } catch (error) {
        // Whatever state its transaction is in, it goes with the connection.
        client.release(true);
        throw error;
      }
    },
    close: () => pool.end(),
  };
};
