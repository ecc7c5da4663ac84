import { deepEqual, equal, match, notEqual } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { runLedger } from '#tests/support/ledger-program.ts';
import {
  administratorLogin,
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

const auth = '/api/v1/auth';
const environment = { DEMO: 'false', MARKET_SPEED: '0' };
const data = dataDirectory();
after(data.remove);

const reset = (email: string, password: string) =>
  runLedger(data.path, ['reset-admin', '--email', email, '--password-stdin'], `${password}\n`);

const loginAt = (url: string, email: string, password: string) =>
  caller(url, null)('POST', `${auth}/login`, { email, password });

const administrator = administratorLogin(data.path);
const setUpAt = (url: string, setup_token: string) => {
  const body = { ...administrator, username: 'administrator', setup_token };
  return caller(url, null)('POST', `${auth}/setup`, body);
};

describe('a running server without an administrator', () => {
  let server: Starting;
  let url: string;
  before(async () => {
    server = launchServer(data.path, environment);
    url = await server.serving();
  });
  after(async () => {
    await server.stop();
  });

  it('is given a new token on its machine, and the printed one is void', async () => {
    const { code, out } = await runLedger(data.path, ['setup-token']);
    const token = out.trim();
    equal(code, 0);
    match(token, /^ols_[\w-]{43}$/);
    const printed = setupTokenIn(server.printed()) ?? '';
    notEqual(token, printed);
    equal((await setUpAt(url, printed)).status, 403);
    equal((await setUpAt(url, token)).status, 201);
  });

  it('is given none once there is one', async () => {
    const { code, out, err } = await runLedger(data.path, ['setup-token']);
    deepEqual([code, out], [2, '']);
    match(err, /There is an administrator/);
  });
});

describe('a running server whose administrator has lost the password', () => {
  let server: RunningServer;
  before(async () => {
    server = await startServer(data.path, environment);
  });
  after(async () => {
    await server.stop();
  });
  const login = (email: string, password: string) => loginAt(server.url, email, password);
  const statusOf = async (accessToken: string): Promise<number> =>
    (await caller(server.url, accessToken)('GET', `${auth}/me`)).status;

  it('takes a new one on its machine, and ends the sessions of the old one', async () => {
    const { email, password } = administrator;
    const old = (await login(email, password)).text('access_token');
    equal(await statusOf(old), 200);
    const { code, out, err } = await reset(email.toUpperCase(), 'another four words that rhyme');
    equal(code, 0, err);
    match(out, /administrator@example\.org is an administrator with a new password/);
    match(err, /API keys of theirs that are still good: 1/);
    await until(
      'the old session has ended',
      () => statusOf(old),
      (status) => status === 401,
    );
    equal((await login(email, password)).status, 401);
    equal((await login(email, 'another four words that rhyme')).status, 200);
  });

  it('changes nothing for a password that is too weak', async () => {
    const { code, err } = await reset(administrator.email, 'password1234');
    equal(code, 2);
    match(err, /password/);
    equal((await login(administrator.email, 'another four words that rhyme')).status, 200);
  });

  it('makes an administrator of somebody who was no user', async () => {
    equal((await reset('second@example.org', 'a password of four words')).code, 0);
    const session = await login('second@example.org', 'a password of four words');
    const me = await caller(server.url, session.text('access_token'))('GET', `${auth}/me`);
    deepEqual([me.at('is_superuser'), me.at('is_active')], [true, true]);
  });

  it('makes one of a user who was shut out', async () => {
    const body = { email: 'third@example.org', username: 'third', password: 'some other words' };
    const registered = await server.call('POST', `${auth}/register`, body);
    const id = registered.text('id');
    equal((await server.call('POST', `${auth}/users/${id}/deactivate`, {})).status, 200);
    equal((await login(body.email, body.password)).status, 401);
    equal((await reset(body.email, 'quite another password')).code, 0);
    equal((await login(body.email, body.password)).status, 401);
    const session = await login(body.email, 'quite another password');
    const me = await caller(server.url, session.text('access_token'))('GET', `${auth}/me`);
    deepEqual([me.at('id'), me.at('is_superuser')], [id, true]);
  });

  it('has it all in its security log, without a secret', async () => {
    const log = await server.call('GET', `${auth}/security-log?limit=100`);
    const text = JSON.stringify(log.json);
    for (const kind of ['password_reset', 'user_registered', 'user_promoted', 'user_activated']) {
      match(text, new RegExp(`"${kind}"[^}]*`), kind);
    }
    equal(/four words|another password/.test(text), false);
  });
});

describe('a server that is stopped', () => {
  it('is helped all the same; its database runs for that moment only', async () => {
    equal(postmasterOf(data.path), null);
    const { code, err } = await reset(administrator.email, 'said while it was away');
    equal(code, 0, err);
    equal(postmasterOf(data.path), null);
    const server = await startServer(data.path, environment);
    const { email } = administrator;
    equal((await loginAt(server.url, email, 'said while it was away')).status, 200);
    await server.stop();
  });
});

describe('a server that is stopped and has no administrator yet', () => {
  const fresh = dataDirectory();
  after(fresh.remove);

  it('offers no token that its start would void; whoever is made administrator owns what is there', async () => {
    const first = launchServer(fresh.path, environment);
    await first.serving();
    await first.kill9();
    await killPostgres(fresh.path);
    const { code, out, err } = await runLedger(fresh.path, ['setup-token']);
    deepEqual([code, out], [2, '']);
    match(err, /start it first/);
    const words = ['reset-admin', '--email', 'first@example.org', '--password-stdin'];
    const made = await runLedger(fresh.path, words, 'said while it was away\n');
    equal(made.code, 0, made.err);
    const again = launchServer(fresh.path, environment);
    const url = await again.serving();
    const session = await loginAt(url, 'first@example.org', 'said while it was away');
    const own = await caller(url, session.text('access_token'))('GET', '/api/v1/accounts');
    equal(own.text('accounts', 0, 'account_number'), 'PAPER-1');
    await again.kill9();
  });
});

describe('a folder without a server’s data', () => {
  it('stays as it is', async () => {
    const { code, err } = await runLedger(`${data.path}/nothing`, ['setup-token']);
    equal(code, 2);
    match(err, /Start the server once/);
  });
});

describe('a command that is none', () => {
  it('ends with 2 and a way to help', async () => {
    const { code, err } = await runLedger(data.path, ['reset']);
    equal(code, 2);
    match(err, /ledger --help/);
  });
});
