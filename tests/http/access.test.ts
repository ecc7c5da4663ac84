import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { Route } from '#api/http/route.ts';
import { routes } from '#api/http/routes.ts';
import type { AccountId } from '#domain/ids.ts';
import { type Role, roles, type Scope, scopes } from '#identity/scopes.ts';
import type { Person } from './people.ts';
import { type AccessRow, accessTable, type Probe, probe, type Subject } from './probes.ts';
import { type HttpWorld, httpWorld, pick, pickText, type Received } from './world.ts';

const orders = '/api/v1/trading/orders';
const table = accessTable();
const aboutAccounts = table.filter(({ roles: [first] }) => first !== '–');

type Outcome = 'reached' | 'insufficient_scope' | 'insufficient_role' | 'hidden';

const ofAccess = new Set<unknown>(['insufficient_scope', 'insufficient_role']);
const hiding = new Set<unknown>(['account_not_found', 'order_not_found', 'position_not_found']);
/** A probe that meets one of these never got as far as its subject. */
const ofProbes = new Set<unknown>([
  'not_authenticated',
  'validation_failed',
  'account_required',
  'invalid_json',
]);

const outcomeOf = ({ body, status, text }: Received): Outcome => {
  const code = body['code'];
  ok(status < 500 && !ofProbes.has(code), text);
  if (ofAccess.has(code)) return code as Outcome;
  return hiding.has(code) ? 'hidden' : 'reached';
};

/** What the table promises to a credential of one scope. `role`: of its user in the account; null = none. */
const promised = (row: AccessRow, scope: Scope, role: Role | null): Outcome => {
  if (row.scope !== 'any credential' && row.scope !== 'no credential' && row.scope !== scope) {
    return 'insufficient_scope';
  }
  if (!aboutAccounts.includes(row)) return 'reached';
  if (role === null) return 'hidden';
  return row.roles.includes(role) ? 'reached' : 'insufficient_role';
};

/** An answer without what differs from one request to the next, and with its ids blotted out. */
const blotted = ({ status, headers, body }: Received, subject: Subject): unknown => {
  const { instance: _, ...rest } = body;
  const changing = new Set(['date', 'x-request-id']);
  const text = JSON.stringify(rest).replaceAll(subject.account, '@account');
  return {
    status,
    headers: [...headers].filter(([name]) => !changing.has(name)),
    body: text.replaceAll(subject.order, '@order').replaceAll(subject.execution, '@execution'),
  };
};

describe('the table of who may do what', () => {
  let world: HttpWorld;
  /** One person for each role in the first account, who might have any scope. */
  const people = new Map<Role, Person>();
  const keys = new Map<string, string>();
  let own: Subject;
  let foreign: Subject;

  const nowhere = (): Subject => ({
    account: randomUUID() as AccountId,
    order: randomUUID(),
    execution: randomUUID(),
    symbol: 'ACME',
    user: randomUUID(),
  });

  /** An account with cash, an open order and a position. */
  const furnished = async (): Promise<Subject> => {
    const subject = nowhere();
    await world.funded({ account_id: subject.account, account_number: subject.account });
    const { method, path, sent } = probe(routeNamed('submitOrder'), subject);
    const { status, body, text } = await world.send(method, path, sent);
    equal(status, 201, text);
    // One that may be busted, and one that stays.
    for (const execution of [subject.execution, randomUUID()]) {
      const fill = {
        account_id: subject.account,
        execution_id: execution,
        symbol: 'ACME',
        side: 'buy',
        quantity: '10',
        price: '100',
        executed_at: '2014-01-03T16:00:00Z',
      };
      equal((await world.send('POST', '/api/v1/ledger/fills', { body: fill })).status, 201);
    }
    return { ...subject, order: pickText(body, 'order_id') };
  };

  const routeNamed = (name: string): Route => {
    const found = routes.find((route) => route.name === name);
    ok(found !== undefined, name);
    return found;
  };

  const send = async ({ method, path, sent }: Probe, key: string): Promise<Received> => {
    const headers = { authorization: `Bearer ${key}` };
    const answer = await world.send(method, path, { ...sent, headers });
    if (path === `/api/v1/accounts/${own.account}/leave` && answer.status === 200)
      await letInAgain(key);
    return answer;
  };

  /** Who has left is asked about more. */
  const letInAgain = async (key: string): Promise<void> => {
    for (const [role, person] of people) {
      if (![...keys].some(([name, own]) => own === key && name.startsWith(`${role} `))) continue;
      await world.member(world.admin, own.account, person, role);
    }
  };

  const keyOf = (role: Role, ...wanted: readonly Scope[]): string => {
    const key = keys.get(`${role} ${wanted.join()}`);
    ok(key !== undefined);
    return key;
  };

  before(async () => {
    world = await httpWorld();
    own = await furnished();
    foreign = await furnished();
    for (const role of roles) {
      const person = await world.person(`${role}-of-it`);
      await world.promote(world.admin, person);
      people.set(role, person);
      if (role === 'owner') await world.identity.ownAccount(own.account, person.id);
      else await world.member(world.admin, own.account, person, role);
      for (const scope of scopes) {
        keys.set(`${role} ${scope}`, await world.keyOf(person, [scope]));
      }
    }
    const other = await world.person('somebody-else');
    await world.identity.ownAccount(foreign.account, other.id);
    await world.read('/'); // Until the read tables show all of that.
  });
  after(() => world.close());

  it('has every route', () => {
    deepEqual(
      table.map(({ route }) => route.name),
      routes.map(({ name }) => name),
    );
  });

  it('has no route that names an account and is bound neither to members nor to a scope that reaches all', () => {
    const free = routes.filter((route) => {
      const shape = JSON.stringify(probe(route, own));
      return shape.includes(own.account) && route.reach === 'none';
    });
    deepEqual(
      free.map(({ name }) => name),
      [],
    );
  });

  it('lets nobody in without a credential but where it says so', async () => {
    for (const { route, scope } of table) {
      const { method, path, sent } = probe(route, own);
      const { status, body } = await world.send(method, path, {
        ...sent,
        headers: { authorization: '' },
      });
      const isKeptOut = body['code'] === 'not_authenticated';
      equal(isKeptOut, scope !== 'no credential', `${route.name}: ${status}`);
    }
  });

  for (const scope of scopes) {
    it(`holds for a key with ${scope} and nothing else, in every role`, async () => {
      for (const row of table) {
        for (const role of roles) {
          const answer = await send(probe(row.route, own), keyOf(role, scope));
          const what = `${row.route.name} as ${role}: ${answer.text}`;
          equal(outcomeOf(answer), promised(row, scope, role), what);
        }
      }
    });

    it(`tells a key with ${scope} nothing of the accounts of others`, async () => {
      for (const row of aboutAccounts) {
        const key = keyOf('owner', scope);
        const unknown = nowhere();
        const [ofForeign, ofUnknown] = [
          await send(probe(row.route, foreign), key),
          await send(probe(row.route, unknown), key),
        ];
        equal(outcomeOf(ofForeign), promised(row, scope, null), row.route.name);
        deepEqual(blotted(ofForeign, foreign), blotted(ofUnknown, unknown), row.route.name);
      }
    });
  }

  it('says the same of an unknown account to members and to those who reach all', async () => {
    for (const { route, scope } of aboutAccounts) {
      const all = await world.keyOf(world.admin, [scope as Scope, 'admin']);
      const unknown = nowhere();
      const answers = [
        await send(probe(route, unknown), all),
        await send(probe(route, unknown), keyOf('owner', scope as Scope)),
      ];
      const [one, other] = answers.map((answer) => blotted(answer, unknown));
      deepEqual(one, other, route.name);
    }
  });

  it('lets an administrator reach every account, with a key that says so', async () => {
    for (const { route, scope } of aboutAccounts.filter(({ route }) => route.method === 'get')) {
      const key = await world.keyOf(world.admin, [scope as Scope, 'admin']);
      equal(outcomeOf(await send(probe(route, foreign), key)), 'reached', route.name);
    }
  });

  it('names the scope and the roles that are needed', async () => {
    const submit = probe(routeNamed('submitOrder'), own);
    const scope = await send(submit, keyOf('owner', 'trading:read'));
    equal(scope.status, 403);
    deepEqual(scope.body['details'], { scope: 'trading:write' });
    const role = await send(submit, keyOf('viewer', 'trading:write'));
    equal(role.status, 403);
    equal(pick(role.body, 'details', 'role'), 'viewer');
    ok(pickText(role.body, 'detail').includes('owner, trader'));
  });

  describe('whoever may use one account only', () => {
    const as = (key: string, method: string, path: string, body?: unknown) =>
      world.send(method, path, {
        headers: { authorization: `Bearer ${key}` },
        ...(body === undefined ? {} : { body }),
      });
    const trading = () =>
      [keyOf('trader', 'trading:read'), keyOf('trader', 'trading:write')] as const;
    const ours = () => `account_id=${own.account}`;

    it('finds no order of others in it, whatever the verb', async () => {
      const [read, write] = trading();
      const unknown = { ...own, order: randomUUID() };
      const theirs = { ...own, order: foreign.order };
      const before = await world.read(`${orders}/${foreign.order}?account_id=${foreign.account}`);
      for (const name of ['getOrder', 'replaceOrder', 'cancelOrder']) {
        const key = name === 'getOrder' ? read : write;
        const answers = [
          await send(probe(routeNamed(name), theirs), key),
          await send(probe(routeNamed(name), unknown), key),
        ] as const;
        equal(answers[0].body['code'], 'order_not_found', name);
        deepEqual(blotted(answers[0], theirs), blotted(answers[1], unknown));
      }
      const now = await world.read(`${orders}/${foreign.order}?account_id=${foreign.account}`);
      deepEqual(now.body, before.body);
    });

    it('finds no order of others in a list, however the list is asked for', async () => {
      const [read] = trading();
      for (const query of ['status=all', 'limit=500', 'cursor=9007199254740991', 'symbols=ACME']) {
        const { body } = await as(read, 'GET', `${orders}?${ours()}&${query}`);
        const list = pick(body, 'orders');
        ok(Array.isArray(list));
        for (const order of list) equal(pick(order, 'account_id'), own.account);
      }
    });

    it('sees and closes no position of others under a symbol that both hold', async () => {
      const [, write] = trading();
      const path = '/api/v1/trading/positions/ACME';
      const theirs = `${path}?account_id=${foreign.account}`;
      const before = await world.read(theirs);
      equal(before.status, 200);
      await as(write, 'DELETE', `${path}?${ours()}`);
      equal((await as(write, 'DELETE', theirs)).body['code'], 'account_not_found');
      deepEqual((await world.read(theirs)).body, before.body);
    });

    it('meets no order of others under their client order id or Idempotency-Key', async () => {
      const body = { symbol: 'ACME', side: 'buy', type: 'limit', quantity: '1', limit_price: '90' };
      const theirs = { ...body, account_id: foreign.account, client_order_id: 'the-same' };
      const first = await world.send('POST', orders, { body: theirs });
      equal(first.status, 201, first.text);
      const mine = { ...theirs, account_id: own.account };
      const [, write] = trading();
      const answer = await as(write, 'POST', orders, mine);
      equal(answer.status, 201, answer.text);
      ok(answer.body['order_id'] !== first.body['order_id']);
    });
  });

  it('keeps an execution id to its account', async () => {
    const key = keyOf('owner', 'ledger:write');
    const path = '/api/v1/trading/positions/ACME';
    const before = await world.read(`${path}?account_id=${foreign.account}`);
    for (const name of ['bustFill', 'correctFill']) {
      const theirs = await send(
        probe(routeNamed(name), { ...own, execution: foreign.execution }),
        key,
      );
      const unknown = await send(probe(routeNamed(name), { ...own, execution: randomUUID() }), key);
      equal(theirs.body['because'], 'unknown_execution', name);
      equal(unknown.body['because'], 'unknown_execution', name);
    }
    deepEqual((await world.read(`${path}?account_id=${foreign.account}`)).body, before.body);
  });
});
