import type { Pool, PoolClient } from 'pg';

const ignore = (): void => {};

/**
 * Runs `work` in one transaction of its own and commits; whatever throws takes all of it back and goes on to the
 * caller. A connection that broke is not used again.
 */
export const inTransaction = async <Result>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> => {
  const client = await pool.connect();
  // A connection that breaks between two queries says so here; the next query then fails and tells the caller.
  client.on('error', ignore);
  let broken = false;
  try {
    // Whatever the database's default is: a statement must see what was committed while the one before waited.
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    client.removeListener('error', ignore);
    client.release(broken);
  }
};

// Any constants of our own will do: the first number names the question, the second whom it is about.
const ADMINISTRATORS = 0x6f6c6431;
const OWNERS = 0x6f6c6432;

/**
 * Until the transaction ends, nobody else asks whether an administrator remains. The next statement sees what the
 * one before has committed.
 */
export const lockAdministrators = async (client: PoolClient): Promise<void> => {
  await client.query('SELECT pg_advisory_xact_lock($1::integer, 0)', [ADMINISTRATORS]);
};

/** Until the transaction ends, nobody else asks whether the account keeps an owner. */
export const lockOwners = async (client: PoolClient, accountId: string): Promise<void> => {
  await client.query('SELECT pg_advisory_xact_lock($1::integer, hashtext($2))', [
    OWNERS,
    accountId,
  ]);
};
