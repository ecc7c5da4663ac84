import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Actor, OrderId } from '#domain/ids.ts';
import { price } from '#domain/money.ts';
import { instant } from '#domain/time.ts';
import { defaultAccount, type HttpWorld, httpWorld, pick, pickText } from './world.ts';

const orders = '/api/v1/trading/orders';
const limitBuy = { symbol: 'ACME', side: 'buy', type: 'limit', quantity: '10', limit_price: '99' };
const absent = '11111111-1111-4111-8111-111111111111';

describe('an order over HTTP', () => {
  let world: HttpWorld;
  before(async () => {
    world = await httpWorld();
    await world.funded();
  });
  after(() => world.close());

  const submit = (over: Readonly<Record<string, unknown>> = {}, key?: string) =>
    world.send('POST', orders, {
      body: { ...limitBuy, ...over },
      ...(key === undefined ? {} : { key }),
    });

  it('is answered as it was recorded, with its sequence', async () => {
    const { status, headers, body } = await submit({ symbol: 'acme', side: 'BUY', quantity: 2.5 });
    equal(status, 201);
    equal(body['symbol'], 'ACME');
    equal(body['side'], 'buy');
    equal(body['status'], 'submitted');
    equal(body['quantity'], '2.5');
    equal(body['time_in_force'], 'day');
    equal(body['reserved_cash'], '247.5');
    equal(headers.get('ledger-sequence'), String(await world.store.head()));
  });

  it('reads money from its source text, not through a binary fraction', async () => {
    const text = `{"symbol":"ACME","side":"buy","type":"limit","quantity":0.123456789,"limit_price":99.10}`;
    const { body } = await world.send('POST', orders, { text });
    equal(body['quantity'], '0.123456789');
    equal(body['limit_price'], '99.1');
  });

  it('takes the names order_type, qty and price, too, but not a field under two names', async () => {
    const alias = { symbol: 'ACME', side: 'sell', order_type: 'limit', qty: 1, price: '99' };
    const { body } = await world.send('POST', `/api/v1/trading/risk/check`, { body: alias });
    equal(pick(body, 'metrics', 'order_value'), '103.0103');
    const twice = await submit({ qty: '10' });
    equal(twice.status, 422);
    deepEqual(pick(twice.body, 'errors', 0, 'code'), 'given_twice');
  });

  it('is given again for the same Idempotency-Key, and a conflict for other content', async () => {
    const first = await submit({}, 'key-1');
    const again = await submit({}, 'key-1');
    equal(again.status, 200);
    equal(again.headers.get('idempotency-replayed'), 'true');
    equal(again.headers.get('ledger-sequence'), first.headers.get('ledger-sequence'));
    equal(first.headers.get('idempotency-replayed'), null);
    deepEqual(again.body, first.body);
    equal(first.body['client_order_id'], 'key-1');
    const other = await submit({ quantity: '11' }, 'key-1');
    equal(other.body['code'], 'idempotency_conflict');
    equal(other.status, 409);
  });

  it('is made once, however many send it at the same moment', async () => {
    const head = await world.store.head();
    const answers = await Promise.all(Array.from({ length: 20 }, () => submit({}, 'at-once')));
    equal(answers.filter(({ status }) => status === 201).length, 1);
    equal(answers.filter(({ status }) => status === 200).length, 19);
    equal(new Set(answers.map(({ text }) => text)).size, 1);
    equal(await world.store.head(), head + 1);
  });

  it('has one name: an Idempotency-Key that differs from client_order_id is a mistake', async () => {
    const head = await world.store.head();
    const { status, body } = await submit({ client_order_id: 'one' }, 'other');
    equal(status, 422);
    equal(body['code'], 'idempotency_key_mismatch');
    equal(await world.store.head(), head);
  });

  it('that the rules refuse is kept, answered with the numbers, and the same again', async () => {
    const first = await submit({ quantity: '100000' }, 'too-much');
    equal(first.body['code'], 'insufficient_buying_power');
    equal(pick(first.body, 'details', 'required'), '9900000');
    equal(first.headers.get('ledger-sequence'), String(await world.store.head()));
    const again = await submit({ quantity: '100000' }, 'too-much');
    equal(again.headers.get('idempotency-replayed'), 'true');
    deepEqual(pick(again.body, 'details'), pick(first.body, 'details'));
  });

  it('that trails tells where its stop is now', async () => {
    const first = await submit({
      type: 'trailing_stop',
      side: 'buy',
      limit_price: null,
      trail_price: '2',
    });
    equal(first.status, 201, first.text);
    equal(first.body['trailed_stop_price'], null);
    const path = `${orders}/${pickText(first.body, 'order_id')}`;
    const handled = await world.ledger.handle(
      { accountId: defaultAccount, actor: 'broker' as Actor, key: null },
      {
        type: 'TrailStop',
        orderId: pickText(first.body, 'order_id') as OrderId,
        highWaterMark: price('95'),
        stopPrice: price('97'),
        at: instant('2014-01-03T16:00:01Z'),
      },
    );
    equal(handled.kind, 'done');
    const { body } = await world.read(path);
    const order = pick(body, 'order') ?? body;
    equal(pick(order, 'high_water_mark'), '95');
    equal(pick(order, 'trailed_stop_price'), '97');
    equal(pick(order, 'stop_price'), null);
    const list = (await world.read(`${orders}?status=open`)).body['orders'];
    const listed = Array.isArray(list)
      ? list.find((one) => pick(one, 'order_id') === first.body['order_id'])
      : undefined;
    equal(pick(listed, 'trailed_stop_price'), '97');
    equal((await world.send('DELETE', path)).status < 300, true);
  });

  it('is found with its fills and timeline once the read tables are there', async () => {
    const { body: order } = await submit({}, 'with-history');
    const orderId = pickText(order, 'order_id');
    const fill = {
      account_id: defaultAccount,
      execution_id: 'x-history',
      order_id: orderId,
      symbol: 'ACME',
      side: 'buy',
      quantity: '4',
      price: '98.5',
      executed_at: '2014-01-03T16:00:01Z',
    };
    await world.send('POST', '/api/v1/ledger/fills', { body: fill });
    await submit({}, 'a-later-one');
    const { status, body } = await world.read(`${orders}/${orderId}`);
    equal(status, 200);
    equal(pick(body, 'order', 'status'), 'partially_filled');
    equal(pick(body, 'order', 'remaining_quantity'), '6');
    equal(pick(body, 'fills', 0, 'price'), '98.5');
    deepEqual(
      [0, 1, 2].map((index) => pick(body, 'timeline', index, 'type')),
      ['OrderSubmitted', 'OrderFilled', undefined],
    );
    match(pickText(body, 'timeline', 0, 'hash'), /^[0-9a-f]{12}$/);
    equal(pick(body, 'timeline', 0, 'details', 'terms', 'limit_price'), '99');
  });

  it('is replaced by a new one that names it', async () => {
    const { body: old } = await submit({}, 'to-replace');
    const path = `${orders}/${pickText(old, 'order_id')}`;
    const { status, body } = await world.send('PATCH', path, { body: { limit_price: '98.5' } });
    equal(status, 200);
    equal(body['replaces'], old['order_id']);
    notEqual(body['order_id'], old['order_id']);
    equal(body['limit_price'], '98.5');
    const pending = await world.read(path);
    equal(pick(pending.body, 'order', 'status'), 'pending_replace');
    const unchanged = await world.send('PATCH', path, { body: { limit_price: '99' } });
    equal(unchanged.status, 409);
  });

  it('is asked to be canceled, once', async () => {
    const { body: order } = await submit({}, 'to-cancel');
    const path = `${orders}/${pickText(order, 'order_id')}`;
    const { status, body, headers } = await world.send('DELETE', path);
    equal(status, 202);
    equal(body['status'], 'pending_cancel');
    ok(headers.has('ledger-sequence'));
    const head = await world.store.head();
    equal((await world.send('DELETE', path)).status, 202);
    equal(await world.store.head(), head);
  });

  it('is not found in another account, or under an id that nothing has', async () => {
    const { body: order } = await submit({}, 'mine');
    const orderId = pickText(order, 'order_id');
    await world.funded({ account_id: absent, account_number: 'other' });
    const foreign = `${orders}/${orderId}?account_id=${absent}`;
    for (const path of [foreign, `${orders}/${absent}`, `${orders}/no-uuid`]) {
      for (const method of ['GET', 'DELETE']) {
        const { status, body } =
          method === 'GET' ? await world.read(path) : await world.send(method, path);
        equal(status, 404, `${method} ${path}`);
        equal(body['code'], 'order_not_found');
      }
    }
    const changes = { account_id: absent, quantity: '5' };
    const patched = await world.send('PATCH', `${orders}/${orderId}`, { body: changes });
    equal(patched.body['code'], 'order_not_found');
  });

  it('that has filled cannot be canceled, nor be replaced by less than has filled', async () => {
    const { body: order } = await submit({ quantity: '3' }, 'fills-soon');
    const orderId = pickText(order, 'order_id');
    const fill = (executionId: string, quantity: string) =>
      world.send('POST', '/api/v1/ledger/fills', {
        body: {
          account_id: defaultAccount,
          execution_id: executionId,
          order_id: orderId,
          symbol: 'ACME',
          side: 'buy',
          quantity,
          price: '99',
          executed_at: '2014-01-03T16:00:02Z',
        },
      });
    await fill('x-1', '2');
    const less = await world.send('PATCH', `${orders}/${orderId}`, { body: { quantity: '1' } });
    equal(less.body['code'], 'quantity_below_filled');
    await fill('x-2', '1');
    const head = await world.store.head();
    const late = await world.send('DELETE', `${orders}/${orderId}`);
    equal(late.status, 409);
    equal(late.body['code'], 'order_not_cancelable');
    equal(await world.store.head(), head);
  });
});

describe('many orders over HTTP', () => {
  let world: HttpWorld;
  before(async () => {
    world = await httpWorld();
    await world.funded();
    for (let number = 1; number <= 5; number += 1) {
      const symbol = number % 2 === 0 ? 'PENNY' : 'ACME';
      const price = symbol === 'ACME' ? '99' : '0.4';
      const body = { ...limitBuy, symbol, limit_price: price, client_order_id: `o-${number}` };
      equal((await world.send('POST', orders, { body })).status, 201);
    }
  });
  after(() => world.close());

  const names = async (query: string): Promise<readonly string[]> => {
    const { status, body } = await world.read(`${orders}?${query}`);
    equal(status, 200, pickText(body, 'detail'));
    const list = pick(body, 'orders');
    return Array.isArray(list) ? list.map((order) => pickText(order, 'client_order_id')) : [];
  };

  it('are listed newest first, a page at a time, none twice and none left out', async () => {
    const seen: string[] = [];
    let query = 'limit=2';
    for (let page = 0; page < 5; page += 1) {
      const { body } = await world.read(`${orders}?${query}`);
      const list = pick(body, 'orders');
      if (Array.isArray(list)) seen.push(...list.map((one) => pickText(one, 'client_order_id')));
      const next = pick(body, 'next_cursor');
      if (next === null) break;
      query = `limit=2&cursor=${String(next)}`;
    }
    deepEqual(seen, ['o-5', 'o-4', 'o-3', 'o-2', 'o-1']);
  });

  it('are listed by symbol, side, status and time', async () => {
    deepEqual(await names('symbols=penny&direction=asc'), ['o-2', 'o-4']);
    deepEqual(await names('symbol=PENNY&direction=asc'), ['o-2', 'o-4']);
    deepEqual(await names('side=sell'), []);
    equal((await names('status=open')).length, 5);
    equal((await names('status=SUBMITTED')).length, 5);
    deepEqual(await names('status=closed'), []);
    equal((await names('after=2014-01-03')).length, 5);
    deepEqual(await names('until=2014-01-03'), []);
  });

  it('are canceled together, by symbol or all', async () => {
    const one = await world.send('POST', `${orders}/cancel-all`, { body: { symbol: 'PENNY' } });
    equal(one.body['canceled_count'], 2);
    const rest = await world.send('POST', `${orders}/cancel-all`);
    equal(rest.body['canceled_count'], 3);
    equal((await names('status=pending_cancel')).length, 5);
  });
});
