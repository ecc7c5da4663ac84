import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { figures } from '#audit/explain/figures.ts';
import { cash, formatCash } from '#domain/money.ts';
import { defaultAccount, type HttpWorld, httpWorld, pick, pickText } from './world.ts';

const path = '/api/v1/audit/explain';

describe('an account that traded', () => {
  let world: HttpWorld;
  before(async () => {
    world = await httpWorld();
    await world.funded({ account_type: 'margin' });
    for (const [execution, side, price] of [
      ['x-1', 'buy', '100'],
      ['x-2', 'buy', '103'],
      ['x-3', 'sell', '104'],
    ]) {
      const fill = {
        account_id: defaultAccount,
        execution_id: execution,
        symbol: 'ACME',
        side,
        quantity: '10',
        price,
        commission: '1',
        executed_at: '2014-01-03T16:00:00Z',
      };
      equal((await world.send('POST', '/api/v1/ledger/fills', { body: fill })).status, 201);
    }
  });
  after(() => world.close());

  const ask = (figure: string, query: Readonly<Record<string, string>> = {}) => {
    const sent = new URLSearchParams({ account_id: defaultAccount, ...query });
    return world.read(`${path}/${figure}?${sent}`);
  };
  const linesOf = (body: unknown): readonly unknown[] => {
    const lines = pick(body, 'lines');
    ok(Array.isArray(lines));
    return lines;
  };

  it('has its realized profit explained, line by line, with the events', async () => {
    const { status, body, text } = await ask('positions.realized_pnl', { symbol: 'acme' });
    equal(status, 200, text);
    equal(body['value'], '25');
    equal(body['sequence'], 5);
    const [line, ...more] = linesOf(body);
    deepEqual(more, []);
    equal(pick(line, 'sequence'), 5);
    equal(pick(line, 'total'), '25');
    match(pickText(line, 'what'), /sell 10 ACME × 104 closes, cost 2030 × 10 \/ 20 = 1015/);
  });

  it('has its figures as the trading routes show them', async () => {
    const trading = '/api/v1/trading';
    const { body: position } = await world.read(
      `${trading}/positions/ACME?account_id=${defaultAccount}`,
    );
    for (const column of ['avg_cost', 'unrealized_pnl', 'market_value', 'day_pnl', 'quantity']) {
      const { body } = await ask(`positions.${column}`, { symbol: 'ACME' });
      equal(body['value'], position[column], column);
    }
    const { body: summary } = await world.read(
      `${trading}/account/summary?account_id=${defaultAccount}`,
    );
    const { body } = await ask('accounts.cash');
    equal(body['value'], summary['cash_balance']);
  });

  it('has a derived figure explained by its formula and the parts of it', async () => {
    const { body } = await ask('positions.avg_cost', { symbol: 'ACME' });
    equal(body['formula'], 'positions.total_cost / positions.quantity, to nine decimals');
    deepEqual(
      [pick(body, 'parts', 0, 'value'), pick(body, 'parts', 1, 'value'), body['value']],
      ['1015', '10', '101.5'],
    );
    ok(linesOf(pick(body, 'parts', 0)).length > 0);
  });

  it('shows no more lines than asked for, and their sum holds', async () => {
    const { body } = await ask('accounts.cash', { lines: '2' });
    const lines = linesOf(body);
    equal(lines.length, 3);
    equal(pick(lines[0], 'lines'), 5);
    let sum = 0n;
    for (const line of lines) sum += cash(pickText(line, 'amount'));
    equal(formatCash(sum as never), body['value']);
  });

  it('is explained as it was known before', async () => {
    const { body } = await ask('positions.quantity', { symbol: 'ACME', known: '4' });
    deepEqual([body['value'], body['sequence']], ['20', 4]);
    const { body: then } = await ask('accounts.cash', { as_of: '2014-01-03T16:00:00Z' });
    equal(then['value'], '99007');
    const { body: before } = await ask('accounts.cash', { as_of: '2014-01-03T15:59:59Z' });
    equal(before['code'], 'figure_not_found');
  });

  it('says what is missing, unknown, or not there', async () => {
    const missing = await ask('positions.quantity');
    equal(missing.status, 422);
    deepEqual(pick(missing.body, 'errors', 0, 'field'), 'symbol');
    const unknown = await ask('accounts.luck');
    equal(unknown.status, 404);
    equal(unknown.body['code'], 'unknown_figure');
    match(pickText(unknown.body, 'detail'), /positions\.realized_pnl/);
    match(pickText((await ask('orders.sequence')).body, 'detail'), /is a place in the log/);
    for (const odd of ['accounts.constructor', 'constructor.name', 'accounts.__proto__']) {
      match(pickText((await ask(odd)).body, 'detail'), /^There is no figure /, odd);
    }
    const absent = await ask('positions.quantity', { symbol: 'NOPE' });
    deepEqual([absent.status, absent.body['code']], [404, 'figure_not_found']);
    for (const at of ['99999', '2999-01-01T00:00:00Z']) {
      for (const query of [{ known: at }, { as_of: at }]) {
        equal((await ask('accounts.cash', query)).body['code'], 'no_such_past', at);
      }
    }
    for (const query of [{ as_of: 'yesterday' }, { known: '0' }, { lines: '0' }]) {
      equal((await ask('accounts.cash', query)).status, 422, JSON.stringify(query));
    }
    const wild = await ask('lots.cost', { id: "'; DROP TABLE lots" });
    equal(wild.body['code'], 'figure_not_found');
    const { body } = await world.read(
      `${path}/accounts.cash?account_id=11111111-1111-4111-8111-111111111111`,
    );
    equal(body['code'], 'account_not_found');
  });

  it('lists every figure and what it needs', async () => {
    const { body } = await world.send('GET', '/api/v1/audit/figures');
    const listed = pick(body, 'figures');
    ok(Array.isArray(listed));
    deepEqual(
      listed.map((figure) => pick(figure, 'figure')),
      figures.map(({ name }) => name),
    );
    for (const figure of listed) {
      const { status } = await ask(pickText(figure, 'figure'));
      const needs = pick(figure, 'needs');
      ok(Array.isArray(needs));
      // With what it needs left out it is refused; without needs it is there, or there is no such row.
      ok(needs.length > 0 ? status === 422 : status === 200 || status === 404);
    }
  });

  it('reports a read table that was changed as a finding', async () => {
    const { status, body } = await ask('order_fills.value', { id: 'x-1' });
    deepEqual([status, body['value']], [200, '1000']);
    const client = new pg.Client({ connectionString: world.connectionString });
    await client.connect();
    const { rows } = await client.query<{ name: string }>(
      'SELECT schema_name AS name FROM ledger.projection_status WHERE live',
    );
    const table = `${pg.escapeIdentifier(rows[0]?.name ?? '')}.order_fills`;
    await client.query(`UPDATE ${table} SET value = 1001 WHERE execution_id = 'x-1'`);
    await client.end();
    const found = await ask('order_fills.value', { id: 'x-1' });
    deepEqual([found.status, found.body['code']], [500, 'figure_unexplained']);
    match(pickText(found.body, 'detail'), /come to 1000, the live read tables say 1001/);
  });
});
