import { equal, match, notEqual, ok } from 'node:assert/strict';
import { connect } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { type HttpWorld, httpWorld, pick } from './world.ts';

const orders = '/api/v1/trading/orders';

/** Sends bytes as they are and reads until the other side ends. */
const raw = (port: number, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });

const status = '/api/v1/ledger/status';

describe('the HTTP server', () => {
  let world: HttpWorld;
  const lines: string[] = [];
  before(async () => {
    const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) });
    world = await httpWorld({ log, readTimeoutMs: 150 });
    await world.funded();
  });
  after(() => world.close());

  const as = (headers: Readonly<Record<string, string>>, path = orders) =>
    fetch(`${world.listening.url}${path}`, { headers });

  it('listens on loopback unless told otherwise', () => {
    equal(world.listening.host, '127.0.0.1');
    match(world.listening.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('lets in whoever has a key, in either header', async () => {
    equal((await as({ authorization: `Bearer ${world.key}` })).status, 200);
    equal((await as({ authorization: `bearer ${world.key}` })).status, 200);
    equal((await as({ 'x-api-key': world.key })).status, 200);
  });

  it('keeps everybody else out of everything but what says nothing of accounts', async () => {
    const wrong = [
      {},
      { authorization: `Bearer ${world.key}x` },
      { authorization: `Basic ${world.key}` },
      { 'x-api-key': '' },
      { 'x-api-key': 'other', authorization: `Bearer ${world.key}` },
    ];
    for (const headers of wrong) {
      const response = await as(headers);
      equal(response.status, 401, JSON.stringify(headers));
      match(response.headers.get('www-authenticate') ?? '', /^Bearer/);
      equal(pick(await response.json(), 'code'), 'not_authenticated');
    }
    for (const path of ['/health', '/ready', '/problems/read_timeout']) {
      equal((await as({}, path)).status, 200, path);
    }
    for (const path of ['/', '/docs', '/openapi.json', status]) {
      equal((await as({}, path)).status, 401, path);
      equal((await as({ 'x-api-key': world.key }, path)).status, 200, path);
    }
  });

  it('lets a browser open its pages with the key as the password, and nothing else', async () => {
    const basic = (password: string) => ({
      authorization: `Basic ${Buffer.from(`me:${password}`).toString('base64')}`,
    });
    const asked = await as({}, '/docs');
    match(asked.headers.get('www-authenticate') ?? '', /^Basic/);
    equal((await as(basic(world.key), '/docs')).status, 200);
    equal((await as(basic('guess'), '/docs')).status, 401);
    equal((await as(basic(world.key), status)).status, 401);
  });

  it('reads no body of somebody it does not know', async () => {
    const response = await fetch(`${world.listening.url}${orders}`, { method: 'POST', body: '{' });
    equal(response.status, 401);
  });

  it('says which request it answers, by the name the client gave it if that is fit to print', async () => {
    const named = await world.send('GET', orders, { headers: { 'x-request-id': 'mine-1' } });
    equal(named.headers.get('x-request-id'), 'mine-1');
    const unfit = await world.send('GET', '/nope', { headers: { 'x-request-id': 'a b' } });
    notEqual(unfit.headers.get('x-request-id'), 'a b');
    equal(unfit.body['instance'], unfit.headers.get('x-request-id'));
  });

  it('tells an unknown address from an unknown method', async () => {
    equal((await world.send('GET', '/api/v1/nope')).body['code'], 'route_not_found');
    const method = await world.send('PUT', orders);
    equal(method.status, 405);
    equal(method.headers.get('allow'), 'POST, GET');
    equal((await world.send('GET', '/problems/%E0%A4%A')).body['code'], 'invalid_url');
    equal((await world.send('GET', '/problems/nonsense')).body['code'], 'route_not_found');
  });

  it('answers what is not HTTP, and headers without end', async () => {
    const { port } = world.listening;
    match(await raw(port, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400 [\s\S]*invalid_request/);
    const endless = `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`;
    match(await raw(port, endless), /^HTTP\/1\.1 431 [\s\S]*headers_too_large/);
  });

  it('refuses a chunked body that grows too large, and goes on serving', async () => {
    const part = 'a'.repeat(8_192);
    const stream = new ReadableStream({
      start: (controller) => {
        for (let count = 0; count < 128; count += 1) controller.enqueue(Buffer.from(part));
        controller.close();
      },
    });
    const response = await fetch(`${world.listening.url}${orders}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${world.key}`, 'content-type': 'application/json' },
      body: stream,
      duplex: 'half',
    });
    equal(response.status, 413);
    equal((await world.send('GET', '/health')).status, 200);
  });

  it('waits for min_sequence for a bounded time', async () => {
    const head = await world.store.head();
    const soon = world.send('GET', `${orders}?min_sequence=${head + 1}`);
    await sleep(30);
    const body = { symbol: 'ACME', side: 'buy', type: 'limit', quantity: 1, limit_price: 90 };
    await world.send('POST', orders, { body });
    const { status, headers } = await soon;
    equal(status, 200);
    ok(Number(headers.get('ledger-sequence')) >= head + 1);
    const never = await world.send('GET', `${orders}?min_sequence=${head + 1_000}`);
    equal(never.status, 504);
    equal(never.body['code'], 'read_timeout');
    const greatest = await world.send('GET', `${orders}?min_sequence=${Number.MAX_SAFE_INTEGER}`);
    equal(greatest.body['code'], 'read_timeout', greatest.text);
  });

  it('refuses two Idempotency-Keys before it looks at the body', async () => {
    const head = await world.store.head();
    const send = (lines: string) =>
      raw(
        world.listening.port,
        `POST ${orders} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.key}\r\n` +
          `Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n${lines}\r\n{}`,
      );
    for (const lines of [
      'Idempotency-Key: one\r\nIdempotency-Key: two\r\n',
      'Idempotency-Key: one\r\nidempotency-key: one\r\n',
    ]) {
      const answer = await send(lines);
      match(answer, /^HTTP\/1\.1 400 [\s\S]*invalid_idempotency_key[\s\S]*more than once/);
    }
    match(await send('Idempotency-Key: one, two\r\n'), /validation_failed/);
    equal(await world.store.head(), head);
  });

  it('writes one line per request, without the key', async () => {
    await sleep(20);
    ok(lines.length > 10);
    ok(lines.some((line) => pick(JSON.parse(line), 'code') === 'not_authenticated'));
    ok(!lines.join('').includes(world.key));
    ok(!lines.join('').toLowerCase().includes('authorization'));
  });

  it('serves a page that asks nothing of other hosts', async () => {
    const page = await as({ 'x-api-key': world.key }, '/docs');
    match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    const text = await page.text();
    match(text, /submitOrder/);
    ok(!/(src|href)="(https?:)?\/\//.test(text));
    ok(!text.includes('<script'));
  });
});

describe('an HTTP server that closes', () => {
  let world: HttpWorld;
  afterEach(() => world.close());

  it('lets a request under way finish and takes no other', async () => {
    world = await httpWorld({ readTimeoutMs: 300 });
    await world.funded();
    const head = await world.store.head();
    const slow = world.send('GET', `${orders}?min_sequence=${head + 5}`);
    await sleep(50);
    const closed = world.listening.close();
    const answer = await slow;
    equal(answer.body['code'], 'read_timeout');
    const started = performance.now();
    await closed;
    ok(performance.now() - started < 1_000, 'nothing has to be cut off');
    await fetch(`${world.listening.url}/health`).then(
      () => ok(false, 'it is closed'),
      () => undefined,
    );
  });

  it('says it is not ready and why while the event store is closed', async () => {
    world = await httpWorld();
    await world.funded();
    await world.store.close();
    const { status, body } = await world.send('GET', '/ready');
    equal(status, 503);
    equal(pick(body, 'checks', 'event_store', 'status'), 'down');
    equal((await world.send('GET', '/health')).status, 200);
    const order = { symbol: 'ACME', side: 'buy', type: 'market', quantity: 1 };
    const refused = await world.send('POST', orders, { body: order });
    equal(refused.body['code'], 'store_unavailable');
  });
});

describe('the address of a sender', () => {
  let world: HttpWorld;
  afterEach(() => world.close());

  /** What the security log says of a login that claims to come through a proxy. */
  const logged = async (options: Parameters<typeof httpWorld>[0]): Promise<unknown> => {
    world = await httpWorld(options);
    const body = { email: world.admin.email, password: 'a wrong password' };
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    equal((await world.send('POST', '/api/v1/auth/login', { body, headers })).status, 401);
    const { rows } = await world.identity.securityLog({ limit: 10 });
    return rows.find(({ kind }) => kind === 'login_failed')?.address;
  };

  it("is the connection's, whatever a header says", async () => {
    equal(await logged({}), '127.0.0.1');
  });

  it('is what a proxy says that is trusted', async () => {
    equal(await logged({ trustProxy: 'loopback' }), '203.0.113.9');
  });
});
