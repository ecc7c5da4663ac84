import type { Pool, QueryArrayConfig, QueryArrayResult } from 'pg';

/** Queries that end: with an answer, or because none came. */
export type PatientQueries = {
  readonly query: <Row extends unknown[]>(
    query: QueryArrayConfig,
  ) => Promise<QueryArrayResult<Row>>;
  /** Closes the pool too. */
  readonly end: () => Promise<void>;
};

type Wait = { readonly since: number; readonly giveUp: (error: Error) => void };

/** How much longer than `patienceMs` a wait may last. */
const lookEveryMs = 1_000;

/**
 * One query over one connection of the pool each, given up after `patienceMs`: the server's own timeouts end what
 * takes too long there, this ends the wait for a server that does not answer at all. The pool's own
 * `query_timeout` would do the same with a timer each query, but that keeps every query's text and values in
 * memory until a full garbage collection, and each small one copies them: several milliseconds each time.
 */
export const createPatientQueries = (pool: Pool, patienceMs: number): PatientQueries => {
  // An array: a Set that is filled and emptied all the time would keep what it held in memory, as the timers did.
  const waits: Wait[] = [];
  const timer = setInterval(() => {
    const overdue = performance.now() - patienceMs;
    for (const { since, giveUp } of [...waits]) {
      // `failureOf` knows a lost connection by the word timeout.
      if (since < overdue) giveUp(new Error('the server does not answer: query read timeout'));
    }
  }, lookEveryMs);
  timer.unref();

  return {
    query: <Row extends unknown[]>(query: QueryArrayConfig) =>
      new Promise<QueryArrayResult<Row>>((resolve, reject) => {
        pool.connect((noConnection, client, release) => {
          if (client === undefined) return reject(noConnection);
          let over = false;
          const end = (error?: Error): boolean => {
            if (over) return false;
            over = true;
            waits.splice(waits.indexOf(wait), 1);
            client.removeListener('error', fail);
            release(error); // With an error, the connection is not used again.
            return true;
          };
          const fail = (error: Error): void => {
            if (end(error)) reject(error);
          };
          const wait: Wait = { since: performance.now(), giveUp: fail };
          waits.push(wait);
          client.on('error', fail);
          client.query<Row>(query, (error: Error | null, result: QueryArrayResult<Row>) => {
            if (error) fail(error);
            else if (end()) resolve(result);
          });
        });
      }),
    end: async () => {
      // The pool waits for queries under way, so the watch over them ends last.
      await pool.end().finally(() => clearInterval(timer));
    },
  };
};
