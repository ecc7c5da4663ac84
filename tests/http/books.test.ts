import { deepEqual, equal } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { routes } from '#api/http/routes.ts';
import { tourIdentity } from './identity-tour.ts';
import { tourReconciliation } from './reconciliation-tour.ts';
import { defaultAccount, type HttpWorld, httpWorld, pick, pickText } from './world.ts';

const ledger = '/api/v1/ledger';
const absent = '11111111-1111-4111-8111-111111111111';

describe('the back office over HTTP', () => {
  let world: HttpWorld;
  before(async () => {
    world = await httpWorld();
    await world.funded();
  });
  after(() => world.close());

  const post = (path: string, over: Readonly<Record<string, unknown>>, key?: string) =>
    world.send('POST', `${ledger}/${path}`, {
      body: { account_id: defaultAccount, ...over },
      ...(key === undefined ? {} : { key }),
    });
  const cashNow = async () =>
    pick((await world.read('/api/v1/trading/account/summary')).body, 'cash_balance');

  const fill = (executionId: string, over: Readonly<Record<string, unknown>> = {}) =>
    post('fills', {
      execution_id: executionId,
      symbol: 'ACME',
      side: 'buy',
      quantity: '10',
      price: '100',
      commission: '1',
      executed_at: '2014-01-03T16:00:00Z',
      ...over,
    });

  it('opens one account for one Idempotency-Key, whoever repeats it', async () => {
    const open = () =>
      world.send('POST', `${ledger}/accounts`, {
        body: {
          account_type: 'MARGIN',
          commission: { kind: 'per_share', rate: 0.005, minimum: '1' },
          limits: { leverage: '2' },
          settlement_days: 2,
          broker: 'none',
        },
        key: 'open-1',
      });
    const first = await open();
    equal(first.status, 201);
    deepEqual(first.body['commission_schedule'], {
      kind: 'per_share',
      rate: '0.005',
      minimum: '1',
    });
    const again = await open();
    equal(again.status, 200);
    deepEqual(again.body, first.body);
    const id = pickText(first.body, 'account_id');
    const { body } = await world.read(`${ledger}/accounts/${id}`);
    equal(body['account_type'], 'margin');
    equal(pick(body, 'limits', 'leverage'), '2');
    equal((await world.read(`${ledger}/accounts?limit=1`)).body['next_cursor'] !== null, true);
  });

  it('does not give two accounts one number', async () => {
    const account = { account_id: absent, account_number: 'N-1' };
    equal((await world.send('POST', `${ledger}/accounts`, { body: account })).status, 201);
    await world.read(`${ledger}/accounts`);
    const other = { account_number: 'N-1' };
    const { body } = await world.send('POST', `${ledger}/accounts`, { body: other });
    equal(body['code'], 'account_number_taken');
  });

  it('gives a number to one account, however many are opened at the same moment', async () => {
    const open = (accountNumber: string) =>
      world.send('POST', `${ledger}/accounts`, {
        body: { account_id: randomUUID(), account_number: accountNumber },
      });
    for (const number of ['N-2', 'N-3', 'N-4']) {
      const answers = await Promise.all(Array.from({ length: 8 }, () => open(number)));
      equal(answers.filter(({ status }) => status === 201).length, 1);
      const taken = answers.filter(({ body }) => body['code'] === 'account_number_taken');
      equal(taken.length, 7);
      equal((await open(number)).status, 409);
    }
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => open(`M-${index}`)));
    deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]));
  });

  it('lets a number go whose opening was refused', async () => {
    const open = (accountId: string) =>
      world.send('POST', `${ledger}/accounts`, {
        body: { account_id: accountId, account_number: 'N-5' },
      });
    const [first, second] = await Promise.all([open(defaultAccount), open(randomUUID())]);
    equal(first.body['code'], 'account_already_open');
    equal(second.status, 201, second.text);
  });

  it('tells one settled cash everywhere, also where a sale cost more than it brought', async () => {
    const account = randomUUID();
    const opened = await world.send('POST', `${ledger}/accounts`, {
      body: {
        account_id: account,
        commission: { kind: 'fixed', amount: '5' },
        settlement_days: 2,
        broker: 'none',
      },
    });
    equal(opened.status, 201, opened.text);
    const of = (executionId: string, over: Readonly<Record<string, unknown>>) =>
      fill(executionId, { account_id: account, commission: null, ...over });
    equal((await post('deposits', { account_id: account, amount: '100' })).status, 201);
    const figures = async () => {
      const query = `?account_id=${account}`;
      const row = (await world.read(`${ledger}/accounts/${account}`)).body;
      const listed = (await world.read(`${ledger}/accounts?limit=500`)).body['accounts'];
      const found = Array.isArray(listed)
        ? listed.find((one) => pick(one, 'account_id') === account)
        : undefined;
      const summary = (await world.read(`/api/v1/trading/account/summary${query}`)).body;
      const portfolio = (await world.read(`/api/v1/trading/portfolio${query}`)).body;
      const power = (await world.read(`/api/v1/trading/account/buying-power${query}`)).body;
      return { row, found, summary, portfolio, power };
    };
    const agree = async (unsettled: string, buyingPower: string) => {
      const { row, found, summary, portfolio, power } = await figures();
      equal(power['buying_power'], buyingPower);
      equal(row['unsettled'], unsettled);
      equal(row['buying_power'], buyingPower);
      deepEqual(found, row);
      equal(summary['buying_power'], buyingPower);
      equal(portfolio['buying_power'], buyingPower);
      equal(Number(row['cash']) - Number(power['settled_cash']), Number(unsettled));
    };
    await of('low-1', { quantity: '2', price: '2' });
    await of('low-2', { quantity: '1', price: '2', side: 'sell' });
    await agree('0', '88');
    await of('low-3', { quantity: '1', price: '50', side: 'sell' });
    await agree('45', '88');
  });

  it('books cash once for one Idempotency-Key', async () => {
    const before = Number(await cashNow());
    const first = await post('deposits', { amount: '12.34', description: 'wire' }, 'wire-1');
    equal(first.status, 201);
    equal(first.body['outcome'], 'booked');
    equal(pick(first.body, 'events', 0, 'details', 'amount'), '12.34');
    const again = await post('deposits', { amount: '12.34', description: 'wire' }, 'wire-1');
    equal(again.status, 200);
    equal(again.body['outcome'], 'repeated');
    deepEqual(again.body['events'], first.body['events']);
    equal(Number(await cashNow()), before + 12.34);
    const other = await post('deposits', { amount: '13', description: 'wire' }, 'wire-1');
    equal(other.body['code'], 'idempotency_conflict');
  });

  it('books withdrawals, fees, interest and adjustments with their signs', async () => {
    for (const [path, over] of [
      ['withdrawals', { amount: '1' }],
      ['fees', { amount: '2' }],
      ['interest', { amount: '-3' }],
      ['adjustments', { amount: '4', reason: 'a mistake' }],
    ] as const) {
      const { status, body } = await post(path, over);
      equal(status, 201, pickText(body, 'detail'));
    }
    const { body } = await world.read('/api/v1/trading/transactions?direction=desc&limit=4');
    const list = pick(body, 'transactions');
    const amounts = Array.isArray(list) ? list.map((one) => pickText(one, 'amount')) : [];
    deepEqual(amounts, ['4', '-3', '-2', '-1']);
    const typed = await world.read('/api/v1/trading/transactions?types=FEE,interest');
    const fees = pick(typed.body, 'transactions');
    equal(Array.isArray(fees) ? fees.length : 0, 2);
  });

  it('books an outside fill, repeats it by its execution id, and disputes another under that id', async () => {
    const first = await fill('x-1');
    equal(first.status, 201);
    equal(first.body['outcome'], 'booked');
    const again = await fill('x-1');
    equal(again.status, 200);
    equal(again.body['outcome'], 'repeated');
    deepEqual(again.body['events'], first.body['events']);
    const other = await fill('x-1', { price: '101' });
    equal(other.status, 201);
    equal(other.body['outcome'], 'disputed');
    equal(other.body['because'], 'contradicts_execution');
    const position = await world.read('/api/v1/trading/positions/acme');
    equal(position.body['quantity'], '10');
    equal(position.body['total_cost'], '1000');
  });

  it('keeps a fill of an unknown order as disputed', async () => {
    const { status, body } = await fill('x-lost', { order_id: absent });
    equal(status, 201);
    equal(body['outcome'], 'disputed');
    equal(body['because'], 'unknown_order');
  });

  it('corrects and busts a fill', async () => {
    await fill('x-2', { quantity: '5' });
    const corrected = await post('fills/x-2/correct', {
      quantity: '6',
      price: '100',
      reason: 'a typo',
    });
    equal(corrected.body['outcome'], 'booked', corrected.text);
    const after = await world.read('/api/v1/trading/positions/ACME');
    equal(after.body['quantity'], '16');
    equal((await post('fills/x-2/bust', { reason: 'erroneous' })).body['outcome'], 'booked');
    equal((await world.read('/api/v1/trading/positions/ACME')).body['quantity'], '10');
    const again = await post('fills/x-2/bust', { reason: 'erroneous' });
    equal(again.status, 200);
    equal(again.body['outcome'], 'unchanged');
    const unknown = await post('fills/x-nothing/bust', { reason: 'erroneous' });
    equal(unknown.body['because'], 'unknown_execution');
  });

  it('pays a dividend on what is held and splits it', async () => {
    const paid = await post('dividends', { symbol: 'ACME', per_share: '0.5' });
    equal(pick(paid.body, 'events', 0, 'details', 'amount'), '5');
    const split = await post('splits', { symbol: 'ACME', new_shares: 7, old_shares: '1' });
    equal(pick(split.body, 'events', 0, 'details', 'new_shares'), '7');
    const { body } = await world.read('/api/v1/trading/positions/ACME');
    equal(body['quantity'], '70');
    equal(body['total_cost'], '1000');
  });

  it('closes a position at the market, in part or whole, never more than is held', async () => {
    const path = '/api/v1/trading/positions/ACME';
    const more = await world.send('DELETE', `${path}?quantity=71`);
    equal(more.body['code'], 'insufficient_quantity');
    const part = await world.send('DELETE', `${path}?quantity=20`, { key: 'close-1' });
    equal(part.status, 201);
    equal(part.body['side'], 'sell');
    equal(part.body['quantity'], '20');
    equal((await world.send('DELETE', `${path}?quantity=20`, { key: 'close-1' })).status, 200);
    const rest = await world.send('DELETE', path);
    equal(rest.body['quantity'], '50');
    equal((await world.send('DELETE', `${path}X`)).body['code'], 'position_not_found');
    equal((await world.read(`${path}X`)).body['code'], 'position_not_found');
  });

  it('suspends, reinstates and closes accounts', async () => {
    const stand = (word: string) =>
      world.send('POST', `${ledger}/accounts/${absent}/${word}`, { body: { reason: 'a test' } });
    const order = { account_id: absent, symbol: 'ACME', side: 'buy', type: 'market', quantity: 1 };
    equal((await stand('suspend')).status, 201);
    equal((await stand('suspend')).body['outcome'], 'unchanged');
    const refused = await world.send('POST', '/api/v1/trading/orders', { body: order });
    equal(refused.body['code'], 'account_suspended');
    const dry = await world.send('POST', '/api/v1/trading/risk/check', { body: order });
    equal(pick(dry.body, 'refusals', 0, 'code'), 'account_suspended');
    equal((await stand('reinstate')).status, 201);
    equal((await stand('reinstate')).body['code'], 'account_not_suspended');
    equal((await stand('close')).status, 201);
    equal((await stand('close')).body['code'], 'account_closed');
    const { body } = await world.read(`${ledger}/accounts/${absent}`);
    equal(body['status'], 'closed');
    equal((await world.read(`${ledger}/accounts/nobody`)).body['code'], 'account_not_found');
  });

  it('answers on every route of the table in the form that the table gives', async () => {
    const trading = '/api/v1/trading';
    const order = { symbol: 'ACME', side: 'buy', type: 'limit', quantity: 1, limit_price: 90 };
    const { body } = await world.send('POST', `${trading}/orders`, { body: order });
    const one = `${trading}/orders/${pickText(body, 'order_id')}`;
    await world.read(one);
    await world.send('PATCH', one, { body: { quantity: 2 } });
    await world.send('DELETE', one);
    await world.send('POST', `${trading}/orders/cancel-all`);
    await fill('x-3', { symbol: 'PENNY', quantity: '1', price: '1' });
    await fill('x-4', { symbol: 'PENNY', quantity: '1', price: '2', side: 'sell' });
    for (const path of [
      'orders',
      'positions',
      'position-history',
      'portfolio',
      'portfolio/history?from=2014-01-01&to=2014-12-31',
      'account/summary',
      'account/buying-power',
      'transactions',
      'activity',
      'activity?activity_types=fills,transfers',
    ]) {
      const answer = await world.read(`${trading}/${path}`);
      equal(answer.status, 200, `${path} ${answer.text}`);
      equal(answer.headers.get('ledger-sequence'), String(await world.store.head()));
    }
    for (const path of [
      `${trading}/risk/max-order-size/ACME?side=sell`,
      '/api/v1/market-data/symbols',
      '/api/v1/market-data/quote/acme',
      '/api/v1/market-data/quotes?symbols=ACME,NOPE',
      '/api/v1/market-data/clock',
      '/api/v1/audit/figures',
      `/api/v1/audit/explain/accounts.buying_power?account_id=${defaultAccount}`,
      `${ledger}/status`,
      '/',
      '/health',
      '/ready',
      '/problems/order_not_found',
    ]) {
      const answer = await world.send('GET', path);
      equal(answer.status, 200, `${path} ${answer.text}`);
    }
    await tourReconciliation(world);
    await tourIdentity(world);
    const silent = routes.map(({ name }) => name).filter((name) => !world.succeeded.has(name));
    deepEqual(silent, ['setUp']);
  });
});
