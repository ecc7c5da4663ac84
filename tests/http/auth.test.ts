import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import jsonwebtoken from 'jsonwebtoken';
import pg from 'pg';
import { createHttpApi } from '#api/http/server.ts';
import { createPostgresIdentityStore } from '#database/postgres/identity-store.ts';
import type { AccountId } from '#domain/ids.ts';
import { systemClock } from '#gateways/system/clock.ts';
import { createAccessTokens } from '#identity/access-tokens.ts';
import { createLoginDelays } from '#identity/login-delays.ts';
import { makeSetupToken } from '#identity/opaque-tokens.ts';
import { createPasswords } from '#identity/passwords.ts';
import { makeSigningKey, parseSigningKeys } from '#identity/secrets.ts';
import { createIdentity } from '#identity/service.ts';
import { migratedTestDatabase } from '../support/postgres.ts';
import { type Caller, callerOf } from './caller.ts';
import {
  defaultAccount,
  type HttpWorld,
  httpWorld,
  pick,
  pickText,
  type Received,
} from './world.ts';

const auth = '/api/v1/auth';
const good = 'lantern orbit velvet 93';
const better = 'harbour cactus signal 58';
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let world: HttpWorld;
let call: Caller;
before(async () => {
  world = await httpWorld();
  await world.funded();
  call = callerOf(world);
});
after(() => world.close());

const refused = (answer: Received, status: number, code: string): void => {
  deepEqual([answer.status, answer.body['code']], [status, code], answer.text);
};

const registration = (name: string, over: Readonly<Record<string, unknown>> = {}) => ({
  email: `${name}@example.com`,
  username: name,
  password: good,
  ...over,
});
const register = (name: string, over: Readonly<Record<string, unknown>> = {}) =>
  call('POST', `${auth}/register`, { body: registration(name, over) });
const logIn = (name: string, password = good) =>
  call('POST', `${auth}/login`, { body: { email: `${name}@example.com`, password } });

/** A user who has registered and logged in. */
const user = async (name: string) => {
  const { body } = await register(name);
  const tokens = await logIn(name);
  equal(tokens.status, 200, tokens.text);
  return {
    id: pickText(body, 'id'),
    token: pickText(tokens.body, 'access_token'),
    refreshToken: pickText(tokens.body, 'refresh_token'),
  };
};

const me = (token: string) => call('GET', `${auth}/me`, { token });
const makeKey = (token: string, over: Readonly<Record<string, unknown>> = {}) =>
  call('POST', `${auth}/api-keys`, {
    token,
    body: { name: 'bot', scopes: ['trading:read', 'trading:write'], ...over },
  });

/** What of an answer does not differ from request to request by its nature. */
const toldBy = ({ status, headers, body }: Received) => {
  const ignored = new Set(['date', 'x-request-id', 'content-length']);
  return {
    status,
    headers: [...headers].filter(([name]) => !ignored.has(name)),
    body: { ...body, instance: null, id: null, created_at: null },
  };
};

describe('the first administrator', () => {
  it('is made by the setup token, once', async () => {
    const database = await migratedTestDatabase();
    const pool = new pg.Pool({ connectionString: database.connectionString, max: 2 });
    pool.on('error', () => {}); // Dropping the database may cut a connection that is just ending.
    const store = createPostgresIdentityStore({ pool });
    const identity = createIdentity({
      store,
      clock: systemClock,
      passwords: createPasswords(),
      tokens: createAccessTokens({ keys: parseSigningKeys(makeSigningKey()), clock: systemClock }),
      delays: createLoginDelays(),
      ids: { next: randomUUID },
      ownedByFirstAdmin: [defaultAccount],
      log,
    });
    const { ledger, reconciliations, queries, store: events, withLook } = world;
    const api = createHttpApi({
      ledger,
      reconciliations,
      queries,
      quotes: { latest: () => undefined },
      events,
      clock: systemClock,
      ids: { next: randomUUID },
      withLook,
      identity,
      log,
    });
    const listening = await api.listen();
    try {
      const fresh = callerOf({ listening });
      const { text, hash } = makeSetupToken();
      await store.putSetupToken(hash);
      const setUp = (setup_token: string, name = 'root') =>
        fresh('POST', `${auth}/setup`, { body: { setup_token, ...registration(name) } });
      refused(await setUp(`${text}x`), 403, 'invalid_setup_token');
      const made = await setUp(text);
      equal(made.status, 201, made.text);
      equal(made.body['is_superuser'], true);
      equal(made.headers.get('cache-control'), 'no-store');
      refused(await setUp(text, 'second'), 403, 'invalid_setup_token');
      const login = await fresh('POST', `${auth}/login`, {
        body: { email: 'root@example.com', password: good },
      });
      const token = pickText(login.body, 'access_token');
      equal((await fresh('GET', `${auth}/users`, { token })).status, 200);
    } finally {
      await listening.close();
      await identity.close();
      await pool.end();
      await database.drop();
    }
  });
});

describe('a person', () => {
  it('registers, logs in and is known', async () => {
    const registered = await register('ada', { full_name: 'Ada L.', email: 'Ada@Example.com' });
    equal(registered.status, 201, registered.text);
    equal(registered.headers.get('cache-control'), 'no-store');
    deepEqual(
      { ...registered.body, id: null, created_at: null },
      {
        id: null,
        email: 'ada@example.com',
        username: 'ada',
        full_name: 'Ada L.',
        is_active: true,
        is_superuser: false,
        created_at: null,
        last_login: null,
      },
    );
    const { status, body, headers } = await call('POST', `${auth}/login`, {
      body: { email: 'ADA@example.com', password: good },
    });
    equal(status, 200);
    equal(headers.get('cache-control'), 'no-store');
    deepEqual([body['token_type'], body['expires_in']], ['bearer', 1_800]);
    const known = await me(pickText(body, 'access_token'));
    deepEqual([known.body['id'], known.body['username']], [registered.body['id'], 'ada']);
    notEqual(known.body['last_login'], null);
  });

  it('opens no account by registering', async () => {
    const { token } = await user('opener');
    const { body } = await call('GET', '/api/v1/accounts', { token });
    deepEqual(body['accounts'], []);
  });

  it('is told which field is wrong', async () => {
    const wrong: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
      ['email', { email: 'nobody' }],
      ['email', { email: `${'a'.repeat(250)}@example.com` }],
      ['username', { username: 'a b c' }],
      ['username', { username: 'ab' }],
      // One character until it is normalized.
      ['username', { username: '\uFDFA'.repeat(3) }],
      ['password', { password: 123_456_789_012 }],
      ['password', { password: undefined }],
      ['full_name', { full_name: 'x'.repeat(101) }],
      ['admin', { admin: true }],
    ];
    for (const [field, over] of wrong) {
      const answer = await register('wrong', over);
      refused(answer, 422, 'validation_failed');
      equal(pick(answer.body, 'errors', 0, 'field'), field);
    }
  });

  it('may not set a weak password', async () => {
    for (const password of ['short', 'password1234', 'x'.repeat(300), 'weak-person-99']) {
      refused(await register('weak-person', { password }), 422, 'weak_password');
    }
  });

  it('may write any character into a password', async () => {
    const password = 'ça \u0000 va \u{1F40C} bien 77';
    equal((await register('any-character', { password })).status, 201);
    equal((await logIn('any-character', password)).status, 200);
  });

  it('renews tokens; a refresh token that comes again ends the session', async () => {
    const { token, refreshToken } = await user('renewing');
    const refresh = (refresh_token: string) =>
      call('POST', `${auth}/refresh`, { body: { refresh_token } });
    const renewed = await refresh(refreshToken);
    equal(renewed.status, 200, renewed.text);
    equal(renewed.headers.get('cache-control'), 'no-store');
    const next = pickText(renewed.body, 'access_token');
    equal((await me(next)).status, 200);
    refused(await refresh(refreshToken), 401, 'invalid_token');
    for (const ended of [token, next]) refused(await me(ended), 401, 'not_authenticated');
    refused(await refresh(pickText(renewed.body, 'refresh_token')), 401, 'invalid_token');
    refused(await refresh('olr_nonsense'), 401, 'invalid_token');
    refused(await refresh(token), 401, 'invalid_token');
  });

  it('logs out of one session', async () => {
    const { id, token, refreshToken } = await user('leaving');
    const other = await logIn('leaving');
    const out = await call('POST', `${auth}/logout`, { token });
    deepEqual([out.status, out.body['user_id']], [200, id]);
    refused(await me(token), 401, 'not_authenticated');
    const body = { refresh_token: refreshToken };
    refused(await call('POST', `${auth}/refresh`, { body }), 401, 'invalid_token');
    equal((await me(pickText(other.body, 'access_token'))).status, 200);
  });

  it('changes the password, which ends all sessions and no key', async () => {
    const { token } = await user('changing');
    const second = pickText((await logIn('changing')).body, 'access_token');
    const key = pickText((await makeKey(token, { scopes: ['account:read'] })).body, 'api_key');
    const change = (current_password: string, new_password: string, by = token) =>
      call('POST', `${auth}/change-password`, {
        token: by,
        body: { current_password, new_password },
      });
    refused(await change('not the right one', better), 401, 'invalid_credentials');
    refused(await change(good, 'password1234'), 422, 'weak_password');
    refused(await change(good, better, key), 403, 'session_required');
    equal((await me(token)).status, 200);
    equal((await change(good, better)).status, 200);
    for (const ended of [token, second]) refused(await me(ended), 401, 'not_authenticated');
    equal((await me(key)).status, 200);
    refused(await logIn('changing'), 401, 'invalid_credentials');
    equal((await logIn('changing', better)).status, 200);
  });
});

describe('a stranger', () => {
  it('does not learn from registering who is a user', async () => {
    await register('taken');
    const [free, taken] = [await register('free'), await register('taken', { password: better })];
    const told = [free, taken].map((answer) =>
      JSON.stringify(toldBy(answer)).replaceAll(/free|taken/g, ''),
    );
    equal(told[0], told[1]);
    equal((await logIn('taken')).status, 200);
    refused(await logIn('taken', better), 401, 'invalid_credentials');
  });

  it('does not learn from logging in who is a user, or an active one', async () => {
    const { id } = await user('sleeping');
    await register('awake');
    const off = await call('POST', `${auth}/users/${id}/deactivate`, { token: world.key });
    equal(off.status, 200);
    const answers = [
      await logIn('nobody-at-all'),
      await logIn('awake', 'not the right one'),
      await logIn('sleeping'),
      await logIn('nobody-at-all', 'x'.repeat(10_000)),
      await call('POST', `${auth}/login`, { body: { email: 'no address', password: good } }),
    ];
    for (const answer of answers) {
      refused(answer, 401, 'invalid_credentials');
      deepEqual(toldBy(answer), toldBy(answers[0] ?? answer));
    }
  });

  it('waits after failures, and is told for how long', async () => {
    for (let count = 0; count < 3; count += 1) await logIn('guessed', `guess number ${count}`);
    const delayed = await logIn('guessed', 'guess number 4');
    refused(delayed, 429, 'login_delayed');
    match(delayed.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  });
});

describe('an access token', () => {
  const claims = (token: string) => {
    const payload = jsonwebtoken.decode(token);
    ok(typeof payload === 'object' && payload !== null);
    return payload;
  };
  const resigned = (
    token: string,
    over: Readonly<Record<string, unknown>>,
    options: jsonwebtoken.SignOptions = {},
    secret?: Buffer,
  ): string => {
    const [kid = '', text = ''] = world.signingKey.split(':');
    const key = createSecretKey(secret ?? Buffer.from(text, 'base64url'));
    const given = { algorithm: 'HS256', keyid: kid, ...options } as const;
    return jsonwebtoken.sign({ ...claims(token), ...over }, key, given);
  };

  it('is good only as it was given', async () => {
    const { token } = await user('forger');
    equal((await me(resigned(token, {}))).status, 200, 'the same claims, signed again');
    const past = Math.floor(Date.now() / 1_000) - 10;
    const [header = '', payload = '', signature = ''] = token.split('.');
    const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const admin = claims(world.admin.accessToken);
    const bad: Readonly<Record<string, string>> = {
      expired: resigned(token, { iat: past - 60, exp: past }),
      'for another audience': resigned(token, { aud: 'another-api' }),
      'of another issuer': resigned(token, { iss: 'another-ledger' }),
      'signed with another key': resigned(token, {}, {}, randomBytes(32)),
      'signed with an unknown key': resigned(token, {}, { keyid: 'unknown' }),
      'signed with another algorithm': resigned(token, {}, { algorithm: 'HS512' }),
      'of a session of nobody': resigned(token, { sid: randomUUID() }),
      "of another's session": resigned(token, { sub: admin['sub'] }),
      unsigned: `${encoded({ alg: 'none', typ: 'JWT', kid: 'x' })}.${payload}.`,
      'with another payload': `${header}.${encoded({ ...claims(token), sub: admin['sub'] })}.${signature}`,
      'cut off': token.slice(0, -1),
      nonsense: 'olk_nonsense',
    };
    for (const [name, text] of Object.entries(bad)) {
      const answer = await me(text);
      deepEqual([name, answer.status, answer.body['code']], [name, 401, 'not_authenticated']);
      match(answer.headers.get('www-authenticate') ?? '', /^Bearer/);
    }
    equal((await me(token)).status, 200);
  });
});

describe('an API key', () => {
  it('is shown once, opens what its scopes say, in either header, and is listed', async () => {
    const { token } = await user('keeper');
    const made = await makeKey(token, { expires_in_days: 30 });
    equal(made.status, 201, made.text);
    equal(made.headers.get('cache-control'), 'no-store');
    const key = pickText(made.body, 'api_key');
    match(key, /^olk_[0-9a-f]{32}_[\w-]{43}$/);
    for (const headers of [{ authorization: `Bearer ${key}` }, { 'x-api-key': key }]) {
      equal((await call('GET', `${auth}/me`, { headers })).status, 200);
    }
    refused(await call('GET', '/api/v1/accounts', { token: key }), 403, 'insufficient_scope');
    const list = await call('GET', `${auth}/api-keys`, { token });
    ok(!list.text.includes(key.slice(-43)));
    const [listed] = Array.from(list.body['api_keys'] as readonly unknown[]);
    deepEqual(
      [pick(listed, 'id'), pick(listed, 'is_active'), pick(listed, 'expires_at')],
      [made.body['key_id'], true, made.body['expires_at']],
    );
  });

  it('asks for scopes that exist and that its maker has', async () => {
    const { token } = await user('asking');
    for (const scopes of [[], ['everything'], 'trading:read', undefined, [7]]) {
      const answer = await makeKey(token, { scopes });
      refused(answer, 422, 'validation_failed');
      equal(pick(answer.body, 'errors', 0, 'field'), 'scopes');
    }
    for (const days of [0, 3_651, 1.5]) {
      refused(await makeKey(token, { expires_in_days: days }), 422, 'validation_failed');
    }
    refused(await makeKey(token, { scopes: ['admin'] }), 403, 'scope_not_granted');
    const narrow = pickText((await makeKey(token, { scopes: ['account:write'] })).body, 'api_key');
    refused(await makeKey(narrow), 403, 'session_required');
    const trading = pickText((await makeKey(token)).body, 'api_key');
    refused(await makeKey(trading), 403, 'insufficient_scope');
  });

  it('is void once it is revoked, by nobody but its owner', async () => {
    const [owner, other] = [await user('revoking'), await user('meddling')];
    const made = await makeKey(owner.token);
    const path = `${auth}/api-keys/${pickText(made.body, 'key_id')}`;
    const key = pickText(made.body, 'api_key');
    const unknown = `${auth}/api-keys/${randomUUID()}`;
    const foreign = await call('DELETE', path, { token: other.token });
    refused(foreign, 404, 'key_not_found');
    deepEqual(toldBy(foreign), toldBy(await call('DELETE', unknown, { token: other.token })));
    refused(
      await call('DELETE', `${auth}/api-keys/1`, { token: other.token }),
      404,
      'key_not_found',
    );
    equal((await me(key)).status, 200);
    equal((await call('DELETE', path, { token: owner.token })).status, 200);
    refused(await me(key), 401, 'not_authenticated');
    refused(await call('DELETE', path, { token: owner.token }), 404, 'key_not_found');
    const { body } = await call('GET', `${auth}/api-keys`, { token: owner.token });
    equal(pick(body, 'api_keys', 0, 'is_active'), false);
  });
});

describe('an administrator', () => {
  const change = (id: string, word: string, token = world.key) =>
    call('POST', `${auth}/users/${id}/${word}`, { token });

  it('lists users page by page', async () => {
    await register('listed');
    const seen = new Set<string>();
    let pages = 0;
    for (let cursor: unknown = ''; cursor !== null; pages += 1) {
      const rest = cursor === '' ? '' : `&cursor=${encodeURIComponent(String(cursor))}`;
      const { body, status } = await call('GET', `${auth}/users?limit=2${rest}`, {
        token: world.key,
      });
      equal(status, 200);
      const users = Array.from(body['users'] as readonly unknown[]);
      ok(users.length <= 2 && pages < 100);
      for (const one of users) seen.add(pickText(one, 'email'));
      cursor = body['next_cursor'];
    }
    ok(pages > 1 && seen.has('listed@example.com') && seen.has(world.admin.email));
    const tooMany = await call('GET', `${auth}/users?limit=201`, { token: world.key });
    refused(tooMany, 422, 'validation_failed');
  });

  it('shuts users out and lets them in', async () => {
    const { id, token } = await user('shut-out');
    const key = pickText((await makeKey(token)).body, 'api_key');
    equal((await change(id, 'deactivate')).body['is_active'], false);
    for (const credential of [token, key]) refused(await me(credential), 401, 'not_authenticated');
    equal((await change(id, 'activate')).body['is_active'], true);
    refused(await me(token), 401, 'not_authenticated');
    equal((await me(key)).status, 200);
    equal((await logIn('shut-out')).status, 200);
  });

  it('makes administrators, of whom one must remain', async () => {
    const { id, token } = await user('promoted');
    refused(await call('GET', `${auth}/users`, { token }), 403, 'insufficient_scope');
    equal((await change(id, 'promote')).body['is_superuser'], true);
    equal((await call('GET', `${auth}/users`, { token })).status, 200);
    equal((await change(id, 'demote')).body['is_superuser'], false);
    refused(await call('GET', `${auth}/users`, { token }), 403, 'insufficient_scope');
    refused(await change(world.admin.id, 'demote'), 409, 'last_administrator');
    refused(await change(world.admin.id, 'deactivate'), 409, 'last_administrator');
    for (const nobody of [randomUUID(), '1', "'; drop table users --"]) {
      refused(await change(encodeURIComponent(nobody), 'promote'), 404, 'user_not_found');
    }
  });

  it('reads the security log, which holds no secret', async () => {
    const { id, token, refreshToken } = await user('watched');
    const key = pickText((await makeKey(token)).body, 'api_key');
    await logIn('watched', 'not the right one');
    const answer = await call('GET', `${auth}/security-log?user_id=${id}&limit=200`, {
      token: world.key,
    });
    const events = Array.from(answer.body['events'] as readonly unknown[]);
    const kinds = events.map((event) => pickText(event, 'kind'));
    for (const kind of ['user_registered', 'login_succeeded', 'key_created', 'login_failed']) {
      ok(kinds.includes(kind), kind);
    }
    ok(events.every((event) => pick(event, 'user_id') === id));
    ok(events.some((event) => pick(event, 'address') === '127.0.0.1'));
    const all = await call('GET', `${auth}/security-log?limit=200`, { token: world.key });
    for (const secret of [good, better, token, refreshToken, key, 'not the right one']) {
      ok(!all.text.includes(secret));
    }
    refused(await call('GET', `${auth}/security-log`, { token }), 403, 'insufficient_scope');
    const wrong = await call('GET', `${auth}/security-log?user_id=1`, { token: world.key });
    refused(wrong, 422, 'validation_failed');
  });
});

describe('the members of an account', () => {
  const members = (account: string) => `/api/v1/accounts/${account}/members`;
  const invite = (token: string, id: string, role: string, account: string = defaultAccount) =>
    call('PUT', `${members(account)}/${id}`, { token, body: { role } });

  it('are decided on by its owners', async () => {
    const guest = await user('guest');
    const { key } = world;
    const made = await invite(key, guest.id, 'viewer');
    deepEqual(
      [made.status, made.body['user_id'], made.body['role']],
      [200, guest.id, 'viewer'],
      made.text,
    );
    const seen = await call('GET', members(defaultAccount), { token: guest.token });
    equal(seen.status, 200);
    ok(Array.from(seen.body['members'] as readonly unknown[]).length >= 2);
    refused(await invite(guest.token, guest.id, 'owner'), 403, 'insufficient_role');
    equal((await invite(key, guest.id, 'owner')).body['role'], 'owner');
    equal((await invite(guest.token, guest.id, 'trader')).body['role'], 'trader');
    for (const nobody of [randomUUID(), 'guest@example.com']) {
      refused(await invite(key, nobody, 'trader'), 404, 'user_not_found');
    }
    refused(await invite(key, guest.id, 'king'), 422, 'validation_failed');
    const path = `${members(defaultAccount)}/${guest.id}`;
    equal((await call('DELETE', path, { token: key })).status, 200);
    refused(await call('DELETE', path, { token: key }), 404, 'member_not_found');
    const gone = await call('GET', members(defaultAccount), { token: guest.token });
    refused(gone, 404, 'account_not_found');
  });

  it('were perhaps never asked: they leave, and what they ask for stays about the account they opened', async () => {
    const { id, token } = await user('unasked');
    const opened = await call('POST', '/api/v1/accounts', { token, body: {} });
    const own = opened.body['account_id'];
    for (const role of ['owner', 'viewer']) {
      equal((await invite(world.key, id, role)).status, 200);
      const asked = await call('GET', '/api/v1/trading/account/buying-power', { token });
      equal(asked.body['account_id'], own, asked.text);
    }
    const leave = `/api/v1/accounts/${defaultAccount}/leave`;
    equal((await call('POST', leave, { token })).status, 200);
    refused(await call('POST', leave, { token }), 404, 'account_not_found');
    refused(await call('POST', `/api/v1/accounts/${own}/leave`, { token }), 409, 'last_owner');
  });

  it('always have an owner among them', async () => {
    const { admin, key } = world;
    const path = `${members(defaultAccount)}/${admin.id}`;
    refused(await call('DELETE', path, { token: key }), 409, 'last_owner');
    refused(await invite(key, admin.id, 'viewer'), 409, 'last_owner');
  });

  it('are hidden from everybody else: a foreign account is like an unknown one', async () => {
    const { id, token } = await user('curious');
    const unknown = randomUUID() as AccountId;
    const asks = [
      (account: string) => call('GET', members(account), { token }),
      (account: string) => invite(token, id, 'owner', account),
    ];
    for (const ask of asks) {
      const foreign = await ask(defaultAccount);
      refused(foreign, 404, 'account_not_found');
      const other = await ask(unknown);
      const told = [foreign, other].map((answer) =>
        JSON.stringify(toldBy(answer)).replaceAll(defaultAccount, '').replaceAll(unknown, ''),
      );
      equal(told[0], told[1]);
    }
    for (const nothing of [unknown, 'nonsense']) {
      refused(await call('GET', members(nothing), { token: world.key }), 404, 'account_not_found');
      refused(await invite(world.key, id, 'owner', nothing), 404, 'account_not_found');
    }
  });
});
