import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import type { AccountId } from '#domain/ids.ts';
import type { Person } from './people.ts';
import { type HttpWorld, httpWorld, pick, pickText, type Sent } from './world.ts';

const accounts = '/api/v1/accounts';
const trading = '/api/v1/trading';

const createAs =
  (world: HttpWorld) =>
  ({ accessToken }: Person) =>
  (method: string, path: string, sent: Sent = {}) =>
    world.send(method, path, { ...sent, headers: { authorization: `Bearer ${accessToken}` } });

describe('a user who opens an account', () => {
  let world: HttpWorld;
  let as: ReturnType<typeof createAs>;
  before(async () => {
    world = await httpWorld();
    as = createAs(world);
  });
  after(() => world.close());

  const latest = async () => `min_sequence=${await world.store.head()}`;

  it('owns it at once, with 100,000 USD on margin that came as an ordinary deposit', async () => {
    const send = as(await world.person('ann'));
    const opened = await send('POST', accounts);
    equal(opened.status, 201, opened.text);
    equal(opened.body['role'], 'owner');
    equal(opened.body['account_type'], 'margin');
    equal(opened.headers.get('ledger-sequence'), String(await world.store.head()));
    const list = await send('GET', `${accounts}?${await latest()}`);
    equal(pick(list.body, 'accounts', 0, 'account_id'), opened.body['account_id']);
    equal(pick(list.body, 'accounts', 0, 'role'), 'owner');
    equal(pick(list.body, 'accounts', 0, 'status'), 'active');
    equal(pick(list.body, 'accounts', 0, 'cash'), '100000');
    equal(pick(list.body, 'accounts', 1), undefined);
    const moved = await send('GET', `${trading}/transactions?${await latest()}`);
    equal(pick(moved.body, 'transactions', 0, 'transaction_type'), 'deposit');
    equal(pick(moved.body, 'transactions', 1), undefined);
    const order = { symbol: 'ACME', side: 'buy', type: 'market', quantity: 1 };
    const placed = await send('POST', `${trading}/orders`, { body: order });
    equal(placed.status, 201, placed.text);
    equal(placed.body['account_id'], opened.body['account_id']);
  });

  it('names the owner and the actor in the events by their ids', async () => {
    const bob = await world.person('bob');
    const { body } = await as(bob)('POST', accounts);
    equal(body['user_id'], bob.id);
    const stream = `account-${pickText(body, 'account_id')}` as Parameters<
      typeof world.store.readStream
    >[0];
    for await (const page of world.store.readStream(stream)) {
      deepEqual(new Set(page.map(({ actor }) => actor)), new Set([bob.id]));
    }
  });

  it('chooses number, kind and deposit, within bounds', async () => {
    const send = as(await world.person('cyd'));
    const wish = { account_number: 'CYD-1', kind: 'cash', initial_deposit: '12.50' };
    const { status, body } = await send('POST', accounts, { body: wish });
    equal(status, 201);
    deepEqual(
      [body['account_number'], body['account_type'], body['initial_deposit']],
      ['CYD-1', 'cash', '12.5'],
    );
    for (const [field, value] of [
      ['initial_deposit', '10000000.01'],
      ['initial_deposit', '-1'],
      ['kind', 'crypto'],
      ['broker', 'none'],
    ] as const) {
      const refused = await send('POST', accounts, { body: { [field]: value } });
      equal(pick(refused.body, 'errors', 0, 'field'), field, refused.text);
    }
    const taken = await send('POST', accounts, { body: { account_number: 'CYD-1' } });
    equal(taken.body['code'], 'account_number_taken');
    const empty = await send('POST', accounts, { body: { initial_deposit: 0 } });
    equal(empty.body['initial_deposit'], '0');
    const { body: power } = await send(
      'GET',
      `${trading}/account/buying-power?account_id=${pickText(empty.body, 'account_id')}`,
    );
    equal(power['cash'], '0');
  });

  it('gets the first answer again under the same Idempotency-Key, and one account', async () => {
    const send = as(await world.person('dan'));
    const open = (body: object = {}) => send('POST', accounts, { body, key: 'mine' });
    const [first, ...others] = await Promise.all([open(), open(), open()]);
    const again = await open();
    equal(again.status, 200);
    equal(again.headers.get('idempotency-replayed'), 'true');
    for (const one of [...others, again]) deepEqual(one.body, first.body);
    for (const other of [{ initial_deposit: '5' }, { initial_deposit: 0 }, { kind: 'cash' }]) {
      const conflict = await open(other);
      equal(conflict.body['code'], 'idempotency_conflict', conflict.text);
    }
    const { body } = await send('GET', `${accounts}?${await latest()}`);
    equal(pick(body, 'accounts', 0, 'cash'), '100000');
    equal(pick(body, 'accounts', 1), undefined);
  });

  it('shares an Idempotency-Key with nobody', async () => {
    const open = async (name: string) =>
      as(await world.person(name))('POST', accounts, { key: 'everybodys' });
    const [one, other] = [await open('eve'), await open('fay')];
    equal(other.status, 201);
    notEqual(one.body['account_id'], other.body['account_id']);
  });

  it('does not come back by repeating the opening after others have taken the account over', async () => {
    const [gus, hal] = [await world.person('gus'), await world.person('hal')];
    const { body } = await as(gus)('POST', accounts, { key: 'once' });
    const account = pickText(body, 'account_id') as AccountId;
    await world.member(gus, account, hal, 'owner');
    await world.identity.removeMember(await world.principalOf(hal), account, gus.id, '127.0.0.1');
    await as(gus)('POST', accounts, { key: 'once' });
    const { status, body: answer } = await as(gus)(
      'GET',
      `${trading}/positions?account_id=${account}`,
    );
    equal(status, 404);
    equal(answer['code'], 'account_not_found');
  });

  it('needs account:write to open and account:read to list', async () => {
    const ida = await world.person('ida');
    const key = await world.keyOf(ida, ['trading:write', 'trading:read']);
    for (const method of ['POST', 'GET']) {
      const answer = await world.send(method, accounts, {
        headers: { authorization: `Bearer ${key}` },
      });
      equal(answer.body['code'], 'insufficient_scope');
    }
  });

  it('pages through many accounts, none twice and none left out', async () => {
    const send = as(await world.person('joe'));
    const opened = new Set<string>();
    for (let count = 0; count < 5; count += 1) {
      opened.add(pickText((await send('POST', accounts)).body, 'account_id'));
    }
    const seen: string[] = [];
    let query = 'limit=2';
    for (let page = 0; page < 4; page += 1) {
      const { body } = await send('GET', `${accounts}?${query}&${await latest()}`);
      const list = pick(body, 'accounts');
      if (Array.isArray(list)) seen.push(...list.map((one) => pickText(one, 'account_id')));
      if (body['next_cursor'] === null) break;
      query = `limit=2&cursor=${pickText(body, 'next_cursor')}`;
    }
    deepEqual(seen, [...opened].sort());
  });
});

describe('a request that names no account', () => {
  let world: HttpWorld;
  let as: ReturnType<typeof createAs>;
  before(async () => {
    world = await httpWorld();
    as = createAs(world);
  });
  after(() => world.close());

  const asked = [
    ['GET', `${trading}/orders`],
    ['GET', `${trading}/portfolio`],
    ['POST', `${trading}/orders/cancel-all`],
  ] as const;

  it('is refused to a member of none, with how to get one', async () => {
    const send = as(await world.person('kim'));
    for (const [method, path] of asked) {
      const { status, body } = await send(method, path);
      equal(status, 422);
      equal(body['code'], 'account_required');
      deepEqual(body['details'], { accounts: '0' });
      match(pickText(body, 'detail'), /GET \/api\/v1\/accounts/);
    }
  });

  it('means the only one, whatever the role', async () => {
    const lee = await world.person('lee');
    const { body } = await as(lee)('POST', accounts);
    const max = await world.person('max');
    await world.member(lee, pickText(body, 'account_id') as AccountId, max, 'viewer');
    equal((await as(max)('GET', `${trading}/orders`)).status, 200);
    const role = await as(max)('POST', `${trading}/orders/cancel-all`);
    equal(role.body['code'], 'insufficient_role');
  });

  it('is refused to a member of several, an administrator too', async () => {
    const ned = await world.person('ned');
    await as(ned)('POST', accounts);
    await as(ned)('POST', accounts);
    await world.promote(world.admin, ned);
    for (const [method, path] of asked) {
      const { body } = await as(ned)(method, path);
      equal(body['code'], 'account_required');
      deepEqual(body['details'], { accounts: '2' });
    }
  });
});

describe('an opening that was interrupted', () => {
  let world: HttpWorld;
  afterEach(() => world.close());

  /** Fails once where `at` says, as if the process had died there. */
  const dyingAt = async (at: 'DepositCash' | 'ownAccount') => {
    let dead = false;
    const die = (step: string): void => {
      if (step !== at || dead) return;
      dead = true;
      throw new Error('the process has died');
    };
    world = await httpWorld({}, ({ ledger, identity }) => ({
      ledger: {
        ...ledger,
        handle: async (meta, command) => {
          die(command.type);
          return ledger.handle(meta, command);
        },
      },
      identity: {
        ...identity,
        ownAccount: async (account, user) => {
          die('ownAccount');
          return identity.ownAccount(account, user);
        },
      },
    }));
    return createAs(world)(await world.person('olga'));
  };

  for (const at of ['DepositCash', 'ownAccount'] as const) {
    it(`before ${at} is finished by its repetition, with one deposit`, async () => {
      const send = await dyingAt(at);
      const open = () => send('POST', accounts, { key: 'again' });
      equal((await open()).status, 500);
      equal((await send('GET', `${trading}/orders`)).body['code'], 'account_required');
      const second = await open();
      equal(second.status, 201, second.text);
      const third = await open();
      equal(third.status, 200);
      deepEqual(third.body, second.body);
      const { body } = await send('GET', `${accounts}?min_sequence=${await world.store.head()}`);
      equal(pick(body, 'accounts', 0, 'account_id'), second.body['account_id']);
      equal(pick(body, 'accounts', 0, 'cash'), '100000');
      equal(pick(body, 'accounts', 1), undefined);
    });
  }
});

describe('two credentials in one request', () => {
  let world: HttpWorld;
  before(async () => {
    world = await httpWorld();
    await world.funded();
  });
  after(() => world.close());

  const both = (token: string, key: string, method = 'GET', path = `${trading}/orders`) =>
    world.send(method, path, { headers: { authorization: `Bearer ${token}`, 'x-api-key': key } });

  it('are good for what both are good for, where they are of one user', async () => {
    const key = await world.keyOf(world.admin, ['trading:read']);
    equal((await both(world.admin.accessToken, key)).status, 200);
    const write = await both(world.admin.accessToken, key, 'POST', `${trading}/orders/cancel-all`);
    equal(write.body['code'], 'insufficient_scope');
  });

  it('are good for nothing where one is not good, or they are of two users', async () => {
    const other = await world.person('pia');
    const keys = [
      [other.accessToken, world.key],
      [world.admin.accessToken, 'olk_nonsense'],
      ['nonsense', world.key],
      [world.admin.accessToken, `olk_${randomUUID().replaceAll('-', '')}_${'a'.repeat(43)}`],
    ] as const;
    for (const [token, key] of keys) {
      const { status, headers } = await both(token, key);
      equal(status, 401);
      ok(headers.get('www-authenticate')?.startsWith('Bearer'));
    }
  });
});
