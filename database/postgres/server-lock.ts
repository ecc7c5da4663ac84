import pg from 'pg';

// The right to be this database's server ("server" in ASCII).
const SERVER_LOCK = '0x736572766572';

/**
 * Takes the right to be the one server of a database, and answers how to give it back. Two servers would play
 * the market and route orders twice. Throws where another has it; `lost` is told when the session breaks.
 */
export const takeServerLock = async (
  connectionString: string,
  lost: (error: unknown) => void,
): Promise<() => Promise<void>> => {
  const client = new pg.Client({ connectionString, application_name: 'order-ledger-server' });
  let released = false;
  client.on('error', (error) => released || lost(error));
  await client.connect();
  const { rows } = await client.query<{ got: boolean }>(
    'SELECT pg_try_advisory_lock($1::bigint) AS got',
    [BigInt(SERVER_LOCK).toString()],
  );
  if (rows[0]?.got !== true) {
    released = true;
    await client.end();
    throw new Error('Another server runs on this database. Stop it first.');
  }
  return async () => {
    released = true;
    await client.end();
  };
};
