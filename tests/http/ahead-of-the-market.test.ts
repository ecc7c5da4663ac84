import { equal, match } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { breaksPath, compareAt } from './reconciliation-tour.ts';
import { defaultAccount, type HttpWorld, httpWorld, pick, type Received } from './world.ts';

const trading = '/api/v1/trading';
const of = `account_id=${defaultAccount}`;

/** The market of the world stands at 2014-01-03T16:00:00Z. */
describe('an account with books that the market has not come to', () => {
  let world: HttpWorld;
  /** The account's last event of its last year. */
  let last = 0;
  const missed = randomUUID();

  const traded = async (execution: string, side: string, at: string): Promise<void> => {
    const body = {
      account_id: defaultAccount,
      execution_id: execution,
      symbol: 'ACME',
      side,
      quantity: '10',
      price: '100',
      executed_at: at,
    };
    const { status, text } = await world.send('POST', '/api/v1/ledger/fills', { body });
    equal(status, 201, text);
  };
  const power = async (view = ''): Promise<unknown> =>
    (await world.read(`${trading}/portfolio?${of}${view}`)).body['buying_power'];
  const explained = async (view = ''): Promise<Received> =>
    world.read(`/api/v1/audit/explain/accounts.buying_power?${of}${view}`);

  before(async () => {
    world = await httpWorld();
    await world.funded({}, '1000');
    await traded('x-1', 'buy', '2021-03-01T15:00:00Z');
    await traded('x-2', 'sell', '2023-06-01T15:00:00Z');
    await traded('x-3', 'buy', '2025-06-30T15:00:00Z');
    await traded('x-4', 'sell', '2025-06-30T15:30:00Z');
    last = await world.store.head();
    // Recorded later, of the market's own time: neither takes the account back to 2014.
    await world.send('POST', '/api/v1/ledger/deposits', {
      body: { account_id: defaultAccount, amount: '50' },
    });
    await world.funded({ account_id: randomUUID() });
    const line = {
      kind: 'trade',
      reference: missed,
      symbol: 'TOUR',
      side: 'buy',
      quantity: '1',
      price: '10',
      at: '2023-11-01T15:30:00Z',
    };
    const compared = await compareAt(world, { source: 'a broker', lines: [line] }, true);
    equal(compared.status, 200, compared.text);
    // From 2023-11-01 to 2025-06-30.
    equal(pick(compared.body, 'breaks', 0, 'age_days'), 607);
  });
  after(() => world.close());

  it('counts as settled what had settled by its last event', async () => {
    // What the sale of 2025-06-30 brought has not.
    equal(await power(), '50');
    equal(await power('&as_of=2025-06-30T15:00:00Z'), '50');
    equal(await power('&as_of=2025-06-01T00:00:00Z'), '1050');
    equal(await power('&as_of=2023-06-02T00:00:00Z'), '50');
  });

  it('has one buying power, whoever is asked', async () => {
    const account = await world.read(`/api/v1/ledger/accounts/${defaultAccount}`);
    equal(account.body['buying_power'], '50');
    equal(account.body['last_activity_at'], '2025-06-30T15:30:00.000000Z');
    const all = await world.read('/api/v1/ledger/accounts');
    equal(pick(all.body, 'accounts', 0, 'buying_power'), '50');
    const { status, body, text } = await explained();
    equal(status, 200, text);
    equal(body['value'], '50');
  });

  it('says as of the end of the log, and as known there, what it says now', async () => {
    const head = await world.store.head();
    for (const view of [`&as_of=${head}`, `&known=${head}`, `&known=${head}&as_of=${head}`]) {
      equal(await power(view), '50', view);
      equal((await explained(view)).body['value'], '50', view);
    }
    equal(await power(`&known=${last}`), '0');
  });

  it('has a past up to its last event, which no market has to have come to', async () => {
    for (const path of [`${trading}/portfolio?${of}`, `${breaksPath}?${of}`]) {
      const then = await world.read(`${path}&as_of=2024-01-01T00:00:00Z`);
      equal(then.status, 200, then.text);
      const beyond = await world.read(`${path}&as_of=2025-07-01T00:00:00Z`);
      equal(beyond.status, 422, beyond.text);
      match(String(beyond.body['detail']), /has come to 2025-06-30T15:30:00/);
    }
    equal((await explained('&as_of=2024-01-01T00:00:00Z')).body['value'], '1050');
    equal((await explained('&as_of=2025-07-01T00:00:00Z')).status, 422);
  });

  it('has breaks as old as its books', async () => {
    const listed = await world.read(`${breaksPath}?${of}`);
    equal(pick(listed.body, 'breaks', 0, 'age_days'), 607);
    const id = pick(listed.body, 'breaks', 0, 'break_id');
    equal((await world.read(`${breaksPath}/${id}?${of}`)).body['age_days'], 607);
    const head = await world.store.head();
    const known = await world.read(`${breaksPath}?${of}&known=${head}`);
    equal(pick(known.body, 'breaks', 0, 'age_days'), 607);
  });
});
