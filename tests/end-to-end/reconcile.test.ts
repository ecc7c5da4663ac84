import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { demoAccountId, paperAccountId } from '#api/process/first-accounts.ts';
import { runLedger } from '#tests/support/ledger-program.ts';
import { dataDirectory, type RunningServer, startServer, until } from '#tests/support/server.ts';

const environment = { DEMO: 'false', MARKET_SPEED: '60' };
const data = dataDirectory();
after(data.remove);

const reconcile = async (...words: readonly string[]) => {
  const { code, out, err } = await runLedger(data.path, [
    'reconcile',
    '--account',
    paperAccountId,
    ...words,
  ]);
  return {
    code,
    out,
    err,
    json: out.startsWith('{') || out.startsWith('[') ? JSON.parse(out) : {},
  };
};

const journal = join(data.path, 'paper-broker');
const journalFiles = (): readonly string[] =>
  readdirSync(journal).filter((name) => name.endsWith('.jsonl'));

describe('a server whose paper broker has traded', () => {
  let server: RunningServer;
  before(async () => {
    server = await startServer(data.path, environment);
  });
  after(async () => {
    await server.stop();
  });

  const buy = async (quantity: string) => {
    const order = {
      account_id: paperAccountId,
      symbol: 'AAPL',
      side: 'buy',
      order_type: 'market',
      time_in_force: 'day',
      quantity,
    };
    const { status, text } = await server.call('POST', '/api/v1/trading/orders', order);
    equal(status, 201, text('detail'));
    const id = text('order_id');
    await until(
      'the order has filled',
      async () =>
        (
          await server.call('GET', `/api/v1/trading/orders/${id}?account_id=${paperAccountId}`)
        ).text('order', 'status'),
      (is) => is === 'filled',
    );
    return id;
  };

  it('agrees with its own record while it runs', async () => {
    await buy('10');
    await buy('5');
    const { code, json, err } = await reconcile('--against', 'broker', '--json');
    equal(code, 0, err);
    deepEqual(json.breaks, []);
    equal(json.matched, 2);
    equal(json.scope, 'executions');
  });

  it('is found out where an execution was booked that the broker never made', async () => {
    const made = {
      account_id: paperAccountId,
      execution_id: 'nobody-made-this',
      symbol: 'AAPL',
      side: 'buy',
      quantity: '1',
      price: '100',
      executed_at: (await server.call('GET', '/api/v1/market-data/clock')).text('timestamp'),
    };
    equal((await server.call('POST', '/api/v1/ledger/fills', made)).status, 201);
    const { code, json } = await reconcile('--against', 'broker', '--record', '--json');
    equal(code, 1);
    deepEqual(json.counts, { unknown_fill: 1 });
    ok(json.recorded_sequence > 0);
    const again = await reconcile('--against', 'broker', '--json');
    equal(again.json.breaks[0].status, 'open');
    const id = json.breaks[0].break_id;
    const nameless = await reconcile('--approve', id);
    deepEqual([nameless.code, nameless.out], [2, '']);
    match(nameless.err, /--by/);
    const approved = await reconcile('--approve', id, '--by', 'A. Clerk');
    equal(approved.code, 0, approved.err);
    match(approved.out, /approved, event \d+/);
    match((await reconcile('--approve', id, '--by', 'A. Clerk')).out, /approved before/);
    equal((await reconcile('--against', 'broker')).code, 0);
    const list = await reconcile('--list', '--all', '--json');
    deepEqual(
      [list.code, list.json.breaks[0].status, list.json.breaks[0].ended_by],
      [0, 'approved', 'operator:A. Clerk'],
    );
    // The running server has them in its read table too.
    const path = `/api/v1/reconciliation/breaks/${id}?account_id=${paperAccountId}`;
    await until(
      'the read table has it',
      async () => (await server.call('GET', path)).text('status'),
      (is) => is === 'approved',
    );
  });

  it('is found out where an execution of the broker was lost on our side, or altered', async () => {
    const name = journalFiles().at(-1) ?? '';
    const file = join(journal, name);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const last = lines.filter((line) => line.includes('"made"')).at(-1) ?? '';
    const { made } = JSON.parse(last);
    const lost = { ...made, executionId: `paper-${randomUUID()}-1`, quantity: '7', price: '55.5' };
    // What stands in for a loss of ours: the broker's record has more than our log.
    appendFileSync(file, `${JSON.stringify({ made: lost })}\n`);
    appendFileSync(file, `${JSON.stringify({ told: [lost.executionId] })}\n`);
    const missing = await reconcile('--against', 'broker', '--json');
    equal(missing.code, 1, missing.err);
    deepEqual(missing.json.counts, { missing_fill: 1 });
    equal(missing.json.breaks[0].shares, '7');
    equal(missing.json.breaks[0].correction.commission, null);
    writeFileSync(
      file,
      `${lines.join('\n').replace(`"quantity":"${made.quantity}"`, '"quantity":"3"')}\n`,
    );
    const altered = await reconcile('--against', 'broker', '--json');
    equal(altered.json.counts.quantity, 1, altered.out);
    writeFileSync(file, `${lines.join('\n')}\n`);
    equal((await reconcile('--against', 'broker')).code, 0);
  });

  it('reports again after a crash what was made and not told, and books it once', async () => {
    const made = (await reconcile('--against', 'broker', '--json')).json.matched;
    await server.kill9();
    const name = journalFiles().at(-1) ?? '';
    const file = join(journal, name);
    const text = readFileSync(file, 'utf8');
    // The last note is lost, and the write that came after it was cut off.
    const told = text.lastIndexOf('{"told"');
    writeFileSync(file, `${text.slice(0, told)}{"made":{"accountId":"00000000`);
    server = await startServer(data.path, environment);
    const { code, json, err } = await reconcile('--against', 'broker', '--json');
    equal(code, 0, err);
    equal(json.matched, made);
  });
});

describe('a ledger without a server', () => {
  it('is compared with a file, corrected and listed all the same', async () => {
    const file = join(data.path, 'statement.json');
    const line = { kind: 'cash', category: 'deposit', amount: 250, reference: 'wire 1' };
    const statement = {
      source: 'a bank',
      from: '2020-01-01',
      to: '2020-01-31',
      lines: [{ ...line, at: '2020-01-15' }],
    };
    writeFileSync(file, JSON.stringify(statement));
    const first = await reconcile('--against', file, '--record', '--json');
    equal(first.code, 1, first.err);
    deepEqual(first.json.counts, { missing_cash: 1 });
    const again = await reconcile('--against', file, '--record', '--json');
    equal(again.json.recorded_sequence, null);
    const id = first.json.breaks[0].break_id;
    equal((await reconcile('--approve', id, '--by', 'me')).code, 0);
    const mended = await reconcile('--against', file);
    equal(mended.code, 0, mended.out);
    match(mended.out, /breaks\s+none/);
    equal((await reconcile('--list')).out.trim(), 'No breaks.');
  });

  it('is not compared with a broker that never worked it', async () => {
    const { code, err } = await runLedger(data.path, [
      ...['reconcile', '--account', demoAccountId, '--against', 'broker'],
    ]);
    equal(code, 2);
    match(err, /no broker|no account/);
  });

  it('says what is wrong with a file, and with a wish', async () => {
    const file = join(data.path, 'broken.json');
    writeFileSync(file, '{"source":"x","lines":[{"kind":"trade","at":"soon"}]}');
    const broken = await reconcile('--against', file);
    equal(broken.code, 2);
    match(broken.err, /broken\.json, line 1: .*lines\.0\.at must be an instant/);
    const pdf = join(data.path, 'statement.pdf');
    writeFileSync(pdf, '%PDF-1.7');
    match((await reconcile('--against', pdf)).err, /statement\.pdf: Its header is of no layout/);
    match((await reconcile('--against', 'nowhere.csv')).err, /ENOENT.*nowhere\.csv/);
    match((await reconcile()).err, /Against what/);
    match((await reconcile('--list', '--against', file)).err, /One at a time/);
  });
});
