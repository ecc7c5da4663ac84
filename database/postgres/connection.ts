import pg from 'pg';

/** Where the store says what went wrong without anybody having asked. */
export type StoreLog = { readonly warn: (facts: object, message: string) => void };

// The plans of the store's few statements must not depend on how large the log was when they were made:
// each has one right index. The server ends what takes longer than any of them should.
const options = [
  'enable_seqscan=off',
  'enable_bitmapscan=off',
  'plan_cache_mode=force_generic_plan',
  'synchronous_commit=on',
  'statement_timeout=10s',
  'lock_timeout=5s',
  'idle_in_transaction_session_timeout=10s',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

/** Longer than the server's own limits. */
export const patienceMs = 15_000;

/** How to reach the database as the event store does. */
export const connectionSettings = (connectionString: string): pg.PoolConfig => ({
  connectionString,
  options,
  application_name: 'order-ledger-events',
  connectionTimeoutMillis: 5_000,
  keepAlive: true,
});

export type Failure =
  /** The session is gone or does not answer: what was under way may or may not have been done. */
  | 'connection_lost'
  /** The server took it all back; doing it again may work. */
  | 'rolled_back'
  | 'other';

const rolledBack = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available
  '57014', // query_canceled: a timeout
]);
/** Class 53, insufficient resources: the disk is full, memory or connections have run out. */
const outOfResources = /^53/;

/** What an error of `pg` means for the statement that met it. */
export const failureOf = (error: unknown): Failure => {
  if (!(error instanceof Error)) return 'other';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code !== undefined && (rolledBack.has(code) || outOfResources.test(code))) {
    return 'rolled_back';
  }
  // 08: connection exception, 57P: shut down or not yet up.
  if (code !== undefined && /^(08|57P)/.test(code)) return 'connection_lost';
  if (error instanceof pg.DatabaseError) return 'other';
  if (code !== undefined && /^E[A-Z]+$/.test(code)) return 'connection_lost';
  return /connection|timeout|not queryable/i.test(error.message) ? 'connection_lost' : 'other';
};
