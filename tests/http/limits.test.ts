import { deepEqual, equal, match, ok, throws } from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createProtection, type ProtectionOptions } from '#api/http/protection.ts';
import type { RateLimits } from '#api/http/rate-limits.ts';
import { type Caller, callerOf } from './caller.ts';
import { type HttpWorld, httpWorld, type Received } from './world.ts';

const log = { info: () => {}, warn: () => {} };
const me = '/api/v1/auth/me';
const login = '/api/v1/auth/login';
/** Windows so long that none ends while a test runs. */
const seconds = 600;
const tight: RateLimits = {
  key: { requests: 4, seconds },
  user: { requests: 7, seconds },
  address: { requests: 3, seconds },
};

/** A world behind what protects it; each test comes from network addresses of its own. */
const protectedWorld = async (options: Omit<ProtectionOptions, 'log'> = {}) => {
  const { protect, guard } = createProtection({ log, ...options });
  return httpWorld({ protect, guard, trustProxy: 'loopback' });
};
const from = (address: string, headers: Readonly<Record<string, string>> = {}) => ({
  headers: { 'x-forwarded-for': address, ...headers },
});

const limited = (answer: Received): void => {
  deepEqual([answer.status, answer.body['code']], [429, 'rate_limited'], answer.text);
  const wait = answer.headers.get('retry-after') ?? '';
  match(wait, /^[1-9]\d*$/);
  ok(Number(wait) <= seconds);
  deepEqual(
    [answer.headers.get('ratelimit-remaining'), answer.headers.get('ratelimit-reset')],
    ['0', wait],
  );
};

describe('a server with limits', () => {
  let world: HttpWorld;
  let call: Caller;
  before(async () => {
    world = await protectedWorld({ limits: tight });
    call = callerOf(world);
  });
  after(() => world.close());

  it('says what is left, and refuses a key what is too much, and no other key', async () => {
    const person = await world.person('counted');
    const [one, two] = [
      await world.keyOf(person, ['trading:read']),
      await world.keyOf(person, ['trading:read']),
    ];
    for (const left of ['3', '2', '1', '0']) {
      const { status, headers } = await call('GET', me, { token: one });
      deepEqual(
        [status, headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')],
        [200, '4', left],
      );
      const reset = Number(headers.get('ratelimit-reset'));
      ok(reset > 0 && reset <= seconds);
    }
    limited(await call('GET', me, { token: one }));
    equal((await call('GET', me, { token: two })).status, 200);
    equal((await world.send('GET', me)).status, 200, 'another user');
  });

  it('counts all keys and sessions of a user together', async () => {
    const person = await world.person('busy');
    const keys = [
      await world.keyOf(person, ['trading:read']),
      await world.keyOf(person, ['trading:read']),
    ];
    for (const token of [...keys, ...keys, ...keys]) {
      equal((await call('GET', me, { token })).status, 200);
    }
    const last = await call('GET', me, { token: person.accessToken });
    deepEqual([last.status, last.headers.get('ratelimit-limit')], [200, '7']);
    limited(await call('GET', me, { token: person.accessToken }));
    for (const token of keys) limited(await call('GET', me, { token }));
  });

  it('counts requests without a credential by address, wherever they go', async () => {
    const address = '192.0.2.1';
    const body = { email: 'nobody@example.com', password: 'some password or other' };
    const junk = { authorization: 'Bearer made-up' };
    equal((await call('GET', me, from(address))).status, 401);
    equal((await call('POST', login, { body, ...from(address) })).status, 401);
    equal((await call('POST', login, { body, ...from(address, junk) })).status, 401);
    limited(await call('POST', login, { body, ...from(address, junk) }));
    limited(await call('GET', '/ready', from(address)));
    limited(await call('GET', me, from(address)));
    equal((await call('GET', '/health', from(address))).status, 200, 'a probe is no burden');
    equal((await call('GET', '/ready', from('192.0.2.2'))).status, 200);
    const { accessToken: token } = await world.person('neighbour');
    equal((await call('GET', me, { token, ...from(address) })).status, 200);
  });

  it('asks no more of an address that guesses, but lets in whom it has just known', async () => {
    const address = '2001:db8:1:2::7';
    const { accessToken: token } = await world.person('trading');
    const late = await world.keyOf(await world.person('late'), ['trading:read']);
    equal((await call('GET', me, { token, ...from(address) })).status, 200);
    const guess = (count: number) =>
      call('GET', me, {
        token: `olk_${'0'.repeat(31)}${count}_${'a'.repeat(43)}`,
        ...from(`2001:db8:1:2::${count}`),
      });
    for (const count of [1, 2, 3]) equal((await guess(count)).status, 401);
    limited(await guess(4));
    limited(await call('GET', me, { token: late, ...from(address) }));
    equal((await call('GET', me, { token, ...from(address) })).status, 200);
    equal((await call('GET', me, { token: late, ...from('2001:db8:1:3::7') })).status, 200);
    equal((await call('GET', me, { token: late, ...from(address) })).status, 200, 'known by now');
  });

  it('keeps a bad credential out of the limits of the user it names', async () => {
    const { accessToken: token } = await world.person('named');
    const forged = `${token.slice(0, -4)}AAAA`;
    equal((await call('GET', me, { token: forged, ...from('192.0.2.9') })).status, 401);
    const { headers } = await call('GET', me, { token });
    equal(headers.get('ratelimit-remaining'), '6');
  });

  it('gives up connections that send nothing whole', () => {
    const { server } = world.listening;
    ok(server.headersTimeout > 0 && server.headersTimeout <= 15_000);
    ok(server.requestTimeout >= server.headersTimeout && server.requestTimeout <= 60_000);
    ok(server.keepAliveTimeout > 0 && server.keepAliveTimeout <= 120_000);
  });
});

/** The answer to a preflight, as far as it decides what a browser does. */
const preflight = async (world: HttpWorld, origin: string) => {
  const { status, headers } = await fetch(`${world.listening.url}${me}`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization',
    },
  });
  return { status, headers };
};

const corsHeaders = (headers: Headers): readonly string[] =>
  [...headers.keys()].filter((name) => name.startsWith('access-control-'));

describe('a server that no other origin may use', () => {
  let world: HttpWorld;
  before(async () => {
    world = await protectedWorld();
  });
  after(() => world.close());

  it('says nothing to browsers that ask for another origin', async () => {
    const { status, headers } = await preflight(world, 'https://desk.example');
    deepEqual([status, corsHeaders(headers)], [405, []]);
    const simple = await world.send('GET', me, { headers: { origin: 'https://desk.example' } });
    deepEqual([simple.status, corsHeaders(simple.headers)], [200, []]);
  });

  it('tells browsers to do nothing with its answers but read them', async () => {
    for (const path of [me, '/nope']) {
      const { headers } = await world.send('GET', path);
      match(headers.get('content-security-policy') ?? '', /default-src 'none'/);
      match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/);
      match(headers.get('strict-transport-security') ?? '', /^max-age=\d{8}/);
      equal(headers.get('x-content-type-options'), 'nosniff');
      equal(headers.get('x-frame-options'), 'DENY');
      equal(headers.get('referrer-policy'), 'no-referrer');
      equal(headers.get('x-powered-by'), null);
      equal(headers.get('cache-control'), 'no-store');
    }
  });

  it('leaves the page of the documentation its own policy', async () => {
    const { status, headers } = await world.send('GET', '/docs');
    equal(status, 200);
    match(headers.get('content-security-policy') ?? '', /style-src 'unsafe-inline'/);
    equal(headers.get('x-frame-options'), 'DENY');
  });

  it('answers a request of which half never comes', async () => {
    // The server's own patience is longer than a test's.
    world.listening.server.headersTimeout = 1;
    const { port } = world.listening;
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write('GET / HTTP/1.1\r\nHost: x\r\n'),
      );
      let text = '';
      socket.on('data', (data) => {
        text += data.toString();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
    });
    match(answer, /^HTTP\/1\.1 408 [\s\S]*request_timeout/);
  });
});

describe('a server that one other origin may use', () => {
  const origin = 'https://desk.example';
  let world: HttpWorld;
  before(async () => {
    world = await protectedWorld({ corsOrigins: [origin] });
  });
  after(() => world.close());

  it('lets its pages send requests and read the headers, without cookies', async () => {
    const { status, headers } = await preflight(world, origin);
    equal(status, 204);
    equal(headers.get('access-control-allow-origin'), origin);
    match(headers.get('access-control-allow-headers') ?? '', /Authorization/);
    match(headers.get('access-control-allow-methods') ?? '', /PATCH/);
    equal(headers.get('access-control-allow-credentials'), null);
    const answer = await world.send('GET', me, { headers: { origin } });
    equal(answer.headers.get('access-control-allow-origin'), origin);
    match(answer.headers.get('vary') ?? '', /Origin/i);
    const exposed = answer.headers.get('access-control-expose-headers') ?? '';
    for (const name of ['Ledger-Sequence', 'RateLimit-Remaining', 'Retry-After', 'X-Request-Id']) {
      ok(exposed.includes(name), name);
    }
  });

  it('allows no other origin anything', async () => {
    for (const other of ['https://evil.example', 'https://desk.example.evil.example', 'null']) {
      const { headers } = await preflight(world, other);
      equal(headers.get('access-control-allow-origin'), null);
    }
  });

  it('takes nothing for an origin that is none', () => {
    for (const wrong of ['*', 'desk.example', 'https://desk.example/', 'https://desk.example/x']) {
      throws(() => createProtection({ log, corsOrigins: [wrong] }), /not an origin/);
    }
  });
});
