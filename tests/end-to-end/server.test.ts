import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  caller,
  dataDirectory,
  killPostgres,
  launchServer,
  postmasterOf,
  type RunningServer,
  type Starting,
  setupTokenIn,
  startServer,
  until,
} from '#tests/support/server.ts';

const trading = '/api/v1/trading';
const orders = `${trading}/orders`;
const paperAccount = '00000000-0000-7000-8000-000000000001';
const ofPaper = `account_id=${paperAccount}`;
const demoAccount = '00000000-0000-7000-8000-000000000002';
const data = dataDirectory();
after(data.remove);

/** The first server's key, and the orders that it left at work; both must be there at the second start. */
const kept = { key: '', limit: '', stop: '', day: '', equityPoints: 0 };

const submit = async (server: RunningServer, terms: Readonly<Record<string, unknown>>) => {
  const answer = await server.call('POST', orders, { account_id: paperAccount, ...terms });
  equal(answer.status, 201, JSON.stringify(answer.json));
  return answer.text('order_id');
};

const orderUntil = (server: RunningServer, id: string, status: string, timeoutMs = 10_000) =>
  until(
    `order ${id} ${status}`,
    () => server.call('GET', `${orders}/${id}?${ofPaper}`),
    (answer) => answer.at('order', 'status') === status,
    timeoutMs,
  );

const checkDemo = async (server: RunningServer): Promise<void> => {
  const account = `account_id=${demoAccount}`;
  const portfolio = await server.call('GET', `${trading}/portfolio?${account}`);
  equal(portfolio.text('cash'), '9301541.07');
  const position = await server.call('GET', `${trading}/positions/AAPL?${account}`);
  equal(position.text('quantity'), '8580');
  const history = await server.call('GET', `${trading}/portfolio/history?${account}&to=2014-10-31`);
  const points = history.at('points');
  ok(Array.isArray(points));
  equal(history.text('points', points.length - 1, 'session'), '2014-10-31');
  equal(history.text('points', points.length - 1, 'equity'), '10228181.07');
};

const operationsOf = async (server: RunningServer): Promise<readonly [string, string][]> => {
  const document = await server.call('GET', '/openapi.json');
  const paths = Object.entries(Object(document.at('paths')));
  return paths.flatMap(([path, item]) =>
    Object.keys(Object(item)).map((method): [string, string] => [method.toUpperCase(), path]),
  );
};

describe('a first start', () => {
  let server: RunningServer;
  let second: Starting;
  before(async () => {
    // Slow: the session of 3 November 2014 lasts longer than these tests.
    server = await startServer(data.path, {
      MARKET_SPEED: '60',
      // They knock at every door without a key.
      RATE_LIMIT_ADDRESS: '100000/10',
    });
    kept.key = server.key;
    // It waits a few seconds for the first to end.
    second = launchServer(data.path);
  });
  after(async () => {
    await server.stop();
  });

  it('prints where it is, and how to become its administrator', () => {
    const printed = server.printed();
    ok(printed.includes(`${server.url}/docs`));
    match(setupTokenIn(printed) ?? '', /^ols_[\w-]{43}$/);
  });

  it('keeps the key that signs access tokens where only its owner can read it', () => {
    equal(statSync(join(data.path, 'secrets.json')).mode & 0o777, 0o600);
  });

  it('takes its setup token once', async () => {
    const again = await caller(server.url, null)('POST', '/api/v1/auth/setup', {
      setup_token: setupTokenIn(server.printed()),
      email: 'another@example.org',
      username: 'another',
      password: 'a password long enough',
    });
    deepEqual([again.status, again.at('code')], [403, 'invalid_setup_token']);
  });

  it('has the demo account, exact to the cent', () => checkDemo(server));

  it('asks who it is everywhere but where one comes to say so, and where probes look', async () => {
    const stranger = caller(server.url, null);
    const last = server.key.endsWith('A') ? 'B' : 'A';
    const wrong = caller(server.url, `${server.key.slice(0, -1)}${last}`);
    const open: string[] = [];
    for (const [method, path] of await operationsOf(server)) {
      const to = path.replace(/\{\w+\}/g, 'AAPL');
      const { status } = await stranger(method, to);
      if (status !== 401) open.push(path);
      else equal((await wrong(method, to)).status, 401, `${method} ${path}`);
    }
    const comingIn = ['login', 'refresh', 'register', 'setup'];
    deepEqual(open.toSorted(), [
      ...comingIn.map((name) => `/api/v1/auth/${name}`),
      '/health',
      '/problems/{code}',
      '/ready',
    ]);
    for (const page of ['/docs', '/openapi.json']) {
      equal((await stranger('GET', page)).status, 401, page);
      equal((await server.call('GET', page)).status, 200, page);
    }
  });

  it('buys at the market, shows the position, closes it and remembers it', async () => {
    const bought = await submit(server, {
      symbol: 'aapl',
      side: 'buy',
      type: 'market',
      quantity: 10,
      client_order_id: 'my-first-order',
    });
    const filled = await orderUntil(server, bought, 'filled');
    deepEqual(
      [filled.text('order', 'remaining_quantity'), filled.text('fills', 0, 'quantity')],
      ['0', '10'],
    );
    const sequence = filled.text('order', 'sequence');
    const position = await server.call(
      'GET',
      `${trading}/positions/AAPL?${ofPaper}&min_sequence=${sequence}`,
    );
    deepEqual([position.text('quantity'), position.text('side')], ['10', 'long']);
    const closing = await server.call('DELETE', `${trading}/positions/AAPL?${ofPaper}`);
    equal(closing.status, 201);
    const closed = await orderUntil(server, closing.text('order_id'), 'filled');
    const later = `${ofPaper}&min_sequence=${closed.text('order', 'sequence')}`;
    equal((await server.call('GET', `${trading}/positions/AAPL?${later}`)).status, 404);
    const history = await server.call('GET', `${trading}/position-history?${later}`);
    deepEqual(
      [history.text('positions', 0, 'symbol'), history.text('positions', 0, 'quantity')],
      ['AAPL', '10'],
    );
    const { headers } = await server.call('POST', '/api/v1/ledger/deposits', {
      account_id: closed.text('order', 'account_id'),
      amount: '0.01',
    });
    ok(Number(headers.get('ledger-sequence')) > Number(closed.text('order', 'sequence')));
  });

  it('replaces and cancels an order that rests at the broker', async () => {
    const terms = { symbol: 'AAPL', side: 'buy', type: 'limit', time_in_force: 'gtc' };
    const first = await submit(server, { ...terms, quantity: 5, limit_price: '50' });
    await orderUntil(server, first, 'accepted');
    const changed = await server.call('PATCH', `${orders}/${first}`, {
      account_id: paperAccount,

      limit_price: '51',
    });
    equal(changed.status, 200, JSON.stringify(changed.json));
    const second = changed.text('order_id');
    await orderUntil(server, second, 'accepted');
    const replaced = await orderUntil(server, first, 'replaced');
    equal(replaced.text('order', 'replaced_by'), second);
    equal((await server.call('DELETE', `${orders}/${second}?${ofPaper}`)).status, 202);
    const canceled = await orderUntil(server, second, 'canceled');
    equal(canceled.text('order', 'reserved_cash'), '0');
    const again = await server.call('DELETE', `${orders}/${second}?${ofPaper}`);
    deepEqual([again.status, again.at('code')], [409, 'order_not_cancelable']);
  });

  it('takes orders that rest', async () => {
    const gtc = { symbol: 'AAPL', time_in_force: 'gtc', quantity: 3 };
    // AAPL goes from 109 to 119 in November 2014.
    const limit = { ...gtc, side: 'sell', type: 'limit', limit_price: '112' };
    const stop = { ...gtc, side: 'buy', type: 'stop', stop_price: '111' };
    const day = { ...gtc, side: 'buy', type: 'limit', limit_price: '50', time_in_force: 'day' };
    kept.limit = await submit(server, limit);
    kept.stop = await submit(server, stop);
    kept.day = await submit(server, day);
    for (const id of [kept.limit, kept.stop, kept.day]) await orderUntil(server, id, 'accepted');
    const history = await server.call('GET', `${trading}/portfolio/history?${ofPaper}`);
    kept.equityPoints = Object(history.at('points')).length;
  });

  it('is started again on the same data: the second one says who has it and ends', async () => {
    const { code } = await second.exited;
    equal(code, 1);
    match(second.printed(), new RegExp(`Process ${server.pid} is using the database in `));
    equal((await server.call('GET', '/ready')).status, 200);
  });

  it('ends cleanly at Ctrl-C and takes its database with it', async () => {
    const postmaster = postmasterOf(data.path);
    ok(postmaster !== null);
    deepEqual(await server.stop('SIGINT'), { code: 0, signal: null });
    equal(postmasterOf(data.path), null);
  });
});

describe('a second start on the same data', () => {
  let server: RunningServer;
  before(async () => {
    server = await startServer(data.path, { MARKET_SPEED: '100000' });
  });
  after(async () => {
    await server.stop();
  });

  it('finds the keys, the demo account and the orders of the first', async () => {
    equal(server.key, kept.key);
    equal(setupTokenIn(server.printed()), undefined, 'there is an administrator');
    await checkDemo(server);
    const first = await server.call('POST', orders, {
      account_id: paperAccount,
      symbol: 'AAPL',
      side: 'buy',
      type: 'market',
      quantity: '10',
      client_order_id: 'my-first-order',
    });
    deepEqual([first.status, first.headers.get('idempotency-replayed')], [200, 'true']);
  });

  it('lets a day order expire when its session closes', async () => {
    const { text } = await orderUntil(server, kept.day, 'expired');
    equal(text('order', 'expired_at').slice(0, 10), '2014-11-03');
    equal(text('order', 'reserved_cash'), '0');
  });

  it('fills the orders that rested through the restart when the market gets there', async () => {
    const limit = await orderUntil(server, kept.limit, 'filled');
    ok(Number(limit.text('order', 'avg_fill_price')) >= 112);
    const stop = await orderUntil(server, kept.stop, 'filled');
    ok(stop.text('order', 'triggered_at') > stop.text('order', 'accepted_at'));
    equal(stop.text('fills', 1), 'undefined', 'filled once');
  });

  it('adds a point to the equity curve with each session', async () => {
    const history = await until(
      'three sessions more',
      () => server.call('GET', `${trading}/portfolio/history?${ofPaper}`),
      (answer) => Object(answer.at('points')).length >= kept.equityPoints + 3,
    );
    const points: readonly unknown[] = Object(history.at('points'));
    const sessions = points.map((_, index) => history.text('points', index, 'session'));
    deepEqual(sessions, [...new Set(sessions)].toSorted());
  });

  it('gives up, and says why, when its database dies under it', async () => {
    const terms = { account_id: paperAccount, symbol: 'AAPL', side: 'buy', type: 'market' };
    await killPostgres(data.path);
    const answer = await server
      .call('POST', orders, { ...terms, quantity: 1, client_order_id: 'too-late' })
      .catch(() => undefined);
    ok(answer === undefined || answer.status === 503, 'nothing is acknowledged');
    equal((await server.exited).code, 1);
    match(server.printed(), /PostgreSQL has ended unasked/);
  });
});

describe('a start after a crash', () => {
  let server: RunningServer;
  before(async () => {
    // The market stands still: nothing is written but by these tests.
    server = await startServer(data.path, { MARKET_SPEED: '0' });
  });
  after(async () => {
    await server.stop();
  });

  it('recovers what was there', async () => {
    equal(server.key, kept.key);
    await checkDemo(server);
    equal(
      (await server.call('GET', `${orders}/${kept.stop}?${ofPaper}`)).text('order', 'status'),
      'filled',
    );
  });

  it('answers what is wrong with a code, and writes nothing', async () => {
    const head = async () => (await server.call('GET', '/api/v1/ledger/status')).at('head');
    const before = await head();
    const order = {
      account_id: paperAccount,
      symbol: 'AAPL',
      side: 'buy',
      type: 'limit',
      limit_price: '50',
      quantity: 1,
    };
    const text = JSON.stringify(order);
    const ofDemo = `account_id=${demoAccount}`;
    const wrong: readonly (readonly [string, string, unknown, number, string])[] = [
      ['POST', orders, text.slice(0, -1), 400, 'invalid_json'],
      ['POST', orders, text.replace(/1}$/, 'NaN}'), 400, 'invalid_json'],
      ['POST', orders, text.replace(/1}$/, '1e400}'), 422, 'validation_failed'],
      ['POST', orders, { ...order, quantity: -1 }, 422, 'validation_failed'],
      ['POST', orders, { ...order, quantity: '0.0000000001' }, 422, 'validation_failed'],
      ['POST', orders, { ...order, leverage: 5 }, 422, 'validation_failed'],
      ['POST', orders, { ...order, symbol: 'NOPE' }, 422, 'unknown_symbol'],
      ['POST', orders, { ...order, symbol: 'A'.repeat(1_000_000) }, 413, 'body_too_large'],
      [
        'POST',
        orders,
        { ...order, client_order_id: 'my-first-order' },
        409,
        'idempotency_conflict',
      ],
      ['DELETE', `${orders}/${kept.stop}?${ofPaper}`, undefined, 409, 'order_not_cancelable'],
      ['DELETE', `${orders}/${kept.stop}?${ofDemo}`, undefined, 404, 'order_not_found'],
      [
        'PATCH',
        `${orders}/${kept.stop}`,
        { account_id: paperAccount, quantity: 1 },
        409,
        'order_not_replaceable',
      ],
      ['GET', `${orders}/${kept.stop}?${ofDemo}`, undefined, 404, 'order_not_found'],
    ];
    for (const [method, path, body, status, code] of wrong) {
      const answer = await server.call(method, path, body);
      const what = `${method} ${path} ${String(body).slice(0, 100)}`;
      deepEqual([answer.status, answer.at('code')], [status, code], what);
    }
    equal(await head(), before);
  });

  it('ends as cleanly at SIGTERM', async () => {
    deepEqual(await server.stop('SIGTERM'), { code: 0, signal: null });
    equal(postmasterOf(data.path), null);
  });
});
