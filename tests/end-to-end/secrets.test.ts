import { deepEqual, equal, ok } from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { runLedger } from '#tests/support/ledger-program.ts';
import {
  type Answer,
  administratorLogin,
  type Call,
  caller,
  databaseOf,
  dataDirectory,
  type RunningServer,
  setupTokenIn,
  startServer,
} from '#tests/support/server.ts';

const auth = '/api/v1/auth';
const data = dataDirectory();
after(data.remove);
/** Everything is logged that ever can be. */
const environment = { DEMO: 'false', MARKET_SPEED: '600', LOG_LEVEL: 'trace' };

/** Each secret that the run has used, by what it is. */
const used = new Map<string, string>();
const secret = (what: string, text: string): string => {
  ok(text.length >= 12, `${what}: ${text}`);
  used.set(what, text);
  return text;
};
const tokensOf = (what: string, answer: Answer): { access: string; refresh: string } => {
  equal(answer.status, 200, JSON.stringify(answer.json));
  return {
    access: secret(`${what}: access token`, answer.text('access_token')),
    refresh: secret(`${what}: refresh token`, answer.text('refresh_token')),
  };
};

/** The files that a server writes lines to. */
const logsIn = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(^|\/)(server\.log(\.\d+)?|LOG|.*\.log)$/.test(name))
    .map((name) => join(directory, name))
    .filter((file) => statSync(file).isFile());

const leaksIn = (text: string): readonly string[] =>
  [...used].filter(([, value]) => text.includes(value)).map(([what]) => what);

/** What an ordinary user does, and does wrong. */
const userAtWork = async (server: RunningServer, stranger: Call): Promise<void> => {
  const email = 'user@example.org';
  const password = secret('password', 'umbrella kettle ninety');
  const account = { email, username: 'user', password };
  await stranger('POST', `${auth}/register`, account);
  await stranger('POST', `${auth}/register`, account);
  const weak = secret('weak password', 'password1234');
  await stranger('POST', `${auth}/register`, { ...account, password: weak });
  await stranger('POST', `${auth}/register`, { ...account, pasword: password });
  await stranger('POST', `${auth}/register`, JSON.stringify(account).slice(0, -1));
  const wrong = secret('wrong password', 'umbrella kettle eighty');
  await stranger('POST', `${auth}/login`, { email, password: wrong });
  await stranger('POST', `${auth}/login?password=${encodeURIComponent(password)}`, account);
  const first = tokensOf('login', await stranger('POST', `${auth}/login`, { email, password }));
  const refreshing = { refresh_token: first.refresh };
  const { access } = tokensOf('refresh', await stranger('POST', `${auth}/refresh`, refreshing));
  const user = caller(server.url, access);
  await user('POST', '/api/v1/accounts', {});
  const wanted = { name: 'bot', scopes: ['trading:read', 'trading:write'] };
  const made = await user('POST', `${auth}/api-keys`, wanted);
  const key = secret('API key', made.text('api_key'));
  const bot = caller(server.url, key);
  const order = { symbol: 'AAPL', side: 'buy', type: 'market', quantity: 1 };
  equal((await bot('POST', '/api/v1/trading/orders', order)).status, 201);
  await bot('GET', `/api/v1/trading/orders?api_key=${key}`);
  await bot('GET', `/api/v1/trading/orders/${key}`);
  await bot('GET', `/api/v1/${key}`);
  await bot('GET', '/api/v1/trading/orders', undefined, { 'x-request-id': key });
  await bot('POST', '/api/v1/trading/orders', { ...order, client_order_id: 7, note: key });
  await user('DELETE', `${auth}/api-keys/${made.text('key_id')}`);
  equal((await bot('GET', '/api/v1/trading/orders')).status, 401);
  const next = secret('next password', 'thunder pillow sixty one');
  const change = { current_password: password, new_password: next };
  equal((await user('POST', `${auth}/change-password`, change)).status, 200);
  const again = tokensOf(
    'again',
    await stranger('POST', `${auth}/login`, { email, password: next }),
  );
  const reused = await stranger('POST', `${auth}/refresh`, refreshing);
  equal(reused.status, 401);
  await caller(server.url, again.access)('POST', `${auth}/logout`, {});
};

describe('a server that has served for a while at its most talkative', () => {
  let server: RunningServer;
  let printed = '';
  before(async () => {
    server = await startServer(data.path, environment);
    const { password } = administratorLogin(data.path);
    secret('administrator: password', password);
    secret('administrator: API key', server.key);
    secret('setup token', setupTokenIn(server.printed()) ?? '');
    const keys: { jwtKeys: string } = JSON.parse(
      readFileSync(join(data.path, 'secrets.json'), 'utf8'),
    );
    secret('signing key', keys.jwtKeys.split(':')[1] ?? '');
    const databasePassword = readFileSync(join(data.path, 'postgres', 'password'), 'utf8').trim();
    secret('password of the database', databasePassword);
    const stranger = caller(server.url, null);
    await userAtWork(server, stranger);
    const setup = { setup_token: used.get('setup token'), username: 'late', password };
    await stranger('POST', `${auth}/setup`, { ...setup, email: 'late@example.org' });
    const basic = Buffer.from(`anybody:${server.key}`).toString('base64');
    secret('API key as Basic', basic);
    const page = await stranger('GET', '/docs', undefined, { authorization: `Basic ${basic}` });
    equal(page.status, 200);
    const reset = secret('password by the command line', 'seven violins in a lift');
    const words = ['reset-admin', '--email', 'user@example.org', '--password-stdin'];
    const { code, out, err } = await runLedger(data.path, words, `${reset}\n`);
    equal(code, 0, err);
    printed += out + err;
    await server.stop();
    printed += server.printed();
    server = await startServer(data.path, environment);
  });
  after(async () => {
    await server.stop();
  });

  it('has no secret in any log', () => {
    const logs = logsIn(data.path);
    ok(logs.length >= 2, 'of the server and of its database');
    const size = logs.reduce((sum, file) => sum + statSync(file).size, 0);
    ok(size > 5_000, 'it has logged what it did');
    for (const file of logs) deepEqual(leaksIn(readFileSync(file, 'utf8')), [], file);
  });

  it('has printed none but the setup token, once', () => {
    deepEqual(leaksIn(printed + server.printed()), ['setup token']);
    equal(printed.split(used.get('setup token') ?? '').length, 2);
  });

  it('keeps none that opens anything in its tables, the security log included', async () => {
    const client = new pg.Client({ connectionString: databaseOf(data.path) });
    await client.connect();
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    ok(tables.length > 10);
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      deepEqual(leaksIn(rows.map(({ row }) => row).join('\n')), [], name);
    }
    await client.end();
  });

  it('shows none to an administrator', async () => {
    const read = async (path: string) => JSON.stringify((await server.call('GET', path)).json);
    const shown = [
      await read(`${auth}/security-log?limit=200`),
      await read(`${auth}/users`),
      await read(`${auth}/api-keys`),
    ];
    ok(shown.every((text) => text.length > 200));
    deepEqual(leaksIn(shown.join('\n')), []);
  });
});
