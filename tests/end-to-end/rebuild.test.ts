import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { runLedger } from '#tests/support/ledger-program.ts';
import {
  databaseOf,
  dataDirectory,
  type RunningServer,
  startServer,
  until,
} from '#tests/support/server.ts';

const data = dataDirectory();

describe('a server under load whose read tables are rebuilt', () => {
  let server: RunningServer;
  let client: pg.Client;
  before(async () => {
    server = await startServer(data.path, { DEMO: 'true', MARKET_SPEED: '0' });
    client = new pg.Client({ connectionString: databaseOf(data.path) });
    client.on('error', () => {}); // The server's end takes the database along.
    await client.connect();
  });
  after(async () => {
    await client.end();
    await server.stop();
    await data.remove();
  });

  const liveSchemas = async () =>
    (
      await client.query<{ name: string }>(
        'SELECT schema_name AS name FROM ledger.projection_status ORDER BY 1',
      )
    ).rows.map(({ name }) => name);

  /** Asks on and on until stopped; every answer has to be good, and none may say less than the one before. */
  const readers = (stopped: AbortSignal, accountId: string) => {
    let answers = 0;
    const overHttp = async (path: string): Promise<void> => {
      let highest = 0;
      while (!stopped.aborted) {
        const answer = await server.call('GET', path);
        equal(answer.status, 200, `${path}: ${JSON.stringify(answer.json)}`);
        const { sequence } = answer.json as { sequence?: number };
        if (sequence !== undefined) ok(sequence >= highest, `${sequence} after ${highest}`);
        highest = Math.max(highest, sequence ?? 0);
        answers += 1;
      }
    };
    /** As a report does: several views in one transaction, in an order that is not the switch's. */
    const inOneTransaction = async (): Promise<void> => {
      const session = new pg.Client({ connectionString: databaseOf(data.path) });
      await session.connect();
      let highest = 0;
      while (!stopped.aborted) {
        await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        await session.query('SELECT 1');
        await sleep(5);
        const counted = async (view: string): Promise<number> =>
          Number((await session.query(`SELECT count(*) AS n FROM ledger.${view}`)).rows[0].n);
        await counted('positions');
        await counted('order_fills');
        const lines = await counted('transactions');
        ok((await counted('accounts')) >= 2);
        await session.query('COMMIT');
        ok(lines >= highest, `${lines} lines after ${highest}`);
        highest = lines;
        answers += 1;
      }
      await session.end();
    };
    const account = `/api/v1/ledger/accounts/${accountId}`;
    const all = [
      overHttp(account),
      overHttp(`/api/v1/trading/portfolio?account_id=${accountId}`),
      inOneTransaction(),
    ];
    return { done: Promise.all([...all, inOneTransaction()]), answers: () => answers };
  };
  const writer = async (stopped: AbortSignal, accountId: string): Promise<number> => {
    let written = 0;
    while (!stopped.aborted) {
      const path = '/api/v1/ledger/deposits';
      const body = { account_id: accountId, amount: '1.5', description: 'under load' };
      const headers = { 'idempotency-key': `load-${written}` };
      const answer = await server.call('POST', path, body, headers);
      equal(answer.status, 201, JSON.stringify(answer.json));
      written += 1;
      const sequence = answer.headers.get('ledger-sequence');
      const read = await server.call(
        'GET',
        `/api/v1/ledger/accounts/${accountId}?min_sequence=${sequence}`,
      );
      equal(read.status, 200, JSON.stringify(read.json));
    }
    return written;
  };

  it('answers everything meanwhile, never less than before, and goes on in the new ones', async () => {
    const accounts = await server.call('GET', '/api/v1/accounts');
    const accountId = accounts.text('accounts', 0, 'account_id');
    // Somebody's own view and right on the public names.
    await client.query(
      'CREATE VIEW public.my_cash AS SELECT account_id, cash FROM ledger.accounts',
    );
    await client.query('GRANT SELECT ON ledger.accounts TO PUBLIC');
    const stop = new AbortController();
    const reading = readers(stop.signal, accountId);
    const writing = writer(stop.signal, accountId);
    const [before] = await liveSchemas();
    for (let round = 0; round < 3; round += 1) {
      const { code, out, err } = await runLedger(data.path, ['rebuild', '--json']);
      equal(code, 0, err);
      ok(JSON.parse(out).sequence > 0);
      await sleep(150);
    }
    stop.abort();
    await reading.done;
    ok(reading.answers() > 30);
    ok((await writing) > 5);
    const [live, ...others] = await liveSchemas();
    deepEqual(others, []);
    ok(live !== before);
    equal((await client.query('SELECT count(*) FROM public.my_cash')).rows.length, 1);
    const { code, out } = await runLedger(data.path, ['diff', 'live', '@head']);
    equal(code, 0, out);
  });

  it('keeps its tables where a rebuild is killed; the next one clears up after it', async () => {
    const live = await liveSchemas();
    await client.query(`SELECT ledger.create_read_schema('read_v1_99', 'ledger', 1, false)`);
    const { code, err } = await runLedger(data.path, ['rebuild']);
    equal(code, 0, err);
    const after = await until('one schema', liveSchemas, (names) => names.length === 1);
    ok(!after.includes('read_v1_99') && after[0] !== live[0]);
  });

  it('waits for who looks at it as it was, and says nothing less to them', async () => {
    const reader = new pg.Client({ connectionString: databaseOf(data.path) });
    await reader.connect();
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await reader.query('SELECT 1');
    const [live] = await liveSchemas();
    const rebuilding = runLedger(data.path, ['rebuild']);
    await sleep(3_000);
    ok((await liveSchemas()).includes(live ?? ''));
    const { rows } = await reader.query('SELECT count(*) AS n FROM ledger.transactions');
    ok(Number(rows[0].n) > 0);
    await reader.query('COMMIT');
    await reader.end();
    const { code, out, err } = await rebuilding;
    equal(code, 0, err);
    match(out, /are shown from now on/);
  });
});
