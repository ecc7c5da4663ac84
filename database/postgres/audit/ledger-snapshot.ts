import pg from 'pg';
import type { LookSnapshot } from '#audit/ports/live-figures.ts';
import { createLiveFigures } from './live-figures.ts';
import { createLogReader } from './log-reader.ts';
import { createTableReader } from './table-reader.ts';

// Pages are short statements; between them an auditor may compute, or a pager wait, for as long as it takes.
// The indexes are the right way through a log of any size. JIT would cost each page more than it brings.
const options = [
  'TimeZone=UTC',
  'DateStyle=ISO',
  'statement_timeout=10min',
  'lock_timeout=10s',
  'idle_in_transaction_session_timeout=0',
  'client_connection_check_interval=2s',
  'jit=off',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

export type SnapshotSettings = {
  readonly connectionString: string;
  /** Cuts the connection, so that a statement under way fails at once. */
  readonly signal?: AbortSignal;
};

/**
 * Shows `act` the ledger as of this moment: one read-only transaction of a connection of its own, on the primary or on
 * a replica. It ends with `act`; nothing of it may be used afterwards.
 */
export const openLedgerSnapshot = async <T>(
  { connectionString, signal }: SnapshotSettings,
  act: (snapshot: LookSnapshot) => Promise<T>,
): Promise<T> => {
  signal?.throwIfAborted();
  const client = new pg.Client({
    connectionString,
    options,
    application_name: 'order-ledger-audit',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  client.on('error', () => {}); // The query under way fails with it.
  const cut = (): void => void client.end().catch(() => {});
  await client.connect();
  signal?.addEventListener('abort', cut, { once: true });
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    // The moment is that of the first look, not of BEGIN.
    await client.query('SELECT 1');
    const log = createLogReader(client);
    return await act({ log, tables: createTableReader(client), live: createLiveFigures(client) });
  } finally {
    signal?.removeEventListener('abort', cut);
    // Nothing was written, so the end of the session ends the transaction as well as anything.
    await client.end();
  }
};
