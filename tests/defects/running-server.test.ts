import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import {
  type Answer,
  dataDirectory,
  type RunningServer,
  startServer,
  until,
} from '#tests/support/server.ts';

const orders = '/api/v1/trading/orders';
const books = '/api/v1/ledger';
const data = dataDirectory();
let server: RunningServer;

const call: RunningServer['call'] = (...request) => server.call(...request);

type Over = Readonly<Record<string, unknown>>;

/** A new account with cash; without a broker and without commission unless told otherwise. */
const funded = async (amount: string, over: Over = {}): Promise<string> => {
  const account_id = randomUUID();
  const standard = { account_type: 'cash', broker: 'none', settlement_days: 0 };
  const commission = { kind: 'fixed', amount: '0' };
  const body = { account_id, ...standard, commission, ...over };
  equal((await call('POST', `${books}/accounts`, body)).status, 201);
  equal((await call('POST', `${books}/deposits`, { account_id, amount })).status, 201);
  return account_id;
};

let executions = 0;
/** Reports an execution from outside: `buy 10 100`. */
const fill = (account_id: string, words: string, over: Over = {}): Promise<Answer> => {
  const [side, quantity, price] = words.split(' ');
  executions += 1;
  const execution_id = `outside-${executions}`;
  const at = { executed_at: '2014-11-03T15:00:00Z', symbol: 'AAPL' };
  return call('POST', `${books}/fills`, {
    account_id,
    execution_id,
    side,
    quantity,
    price,
    ...at,
    ...over,
  });
};

const order = (account_id: string, terms: Over): Promise<Answer> =>
  call('POST', orders, { account_id, symbol: 'AAPL', side: 'buy', type: 'market', ...terms });

/** Reads once it reflects an account's newest write. */
const read = async (path: string, account: string, name: string): Promise<Answer> => {
  const { headers } = await call('POST', `${books}/deposits`, { account_id: account, amount: '1' });
  await call('POST', `${books}/withdrawals`, { account_id: account, amount: '1' });
  const sequence = Number(headers.get('ledger-sequence')) + 1;
  const query = `account_id=${account}&min_sequence=${sequence}`;
  return call('GET', `/api/v1/trading/${path}${name}?${query}`);
};
const position = (account: string, symbol = 'AAPL') => read('positions/', account, symbol);
const cashOf = async (account: string): Promise<string> =>
  (await read('portfolio', account, '')).text('cash');

const orderUntil = (account: string, id: string, status: string): Promise<Answer> =>
  until(
    `order ${id} ${status}`,
    () => call('GET', `${orders}/${id}?account_id=${account}`),
    (answer) => answer.at('order', 'status') === status,
  );

/** The replaced system's defects by their numbers; each test fails on the old behaviour. */
describe('the replaced system’s defects are not in the running server', () => {
  before(async () => {
    server = await startServer(data.path, { DEMO: 'false', MARKET_SPEED: '6000' });
  });
  after(async () => {
    await server.stop();
    await data.remove();
  });

  it('#1 closing a position failed after its cash had moved', async () => {
    const account = await funded('10000');
    await fill(account, 'buy 10 100');
    await fill(account, 'sell 10 110');
    equal((await position(account)).status, 404);
    equal(await cashOf(account), '10100');
    const closed = await read('position-history', account, '');
    equal(closed.text('positions', 0, 'realized_pnl'), '100');
  });

  it('#2 #3 realized profit had the wrong sign, and a partial sale had none', async () => {
    const [long, short] = [
      await funded('10000'),
      await funded('10000', { account_type: 'margin' }),
    ];
    await fill(long, 'buy 10 100');
    await fill(long, 'sell 4 110');
    equal((await position(long)).text('realized_pnl'), '40');
    await fill(short, 'sell 10 100');
    await fill(short, 'buy 4 110');
    equal((await position(short)).text('realized_pnl'), '-40');
  });

  it('#4 a flip kept the old average', async () => {
    const account = await funded('10000', { account_type: 'margin' });
    await fill(account, 'buy 10 100');
    await fill(account, 'sell 25 120');
    const { text } = await position(account);
    deepEqual([text('quantity'), text('avg_cost')], ['-15', '120']);
    equal(text('realized_pnl_lifetime'), '200');
  });

  it('#5 #7 concurrent fills overwrote each other', async () => {
    const account = await funded('10000');
    const answers = await Promise.all(Array.from({ length: 21 }, () => fill(account, 'buy 1 100')));
    deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]));
    const { text } = await position(account);
    deepEqual([text('quantity'), text('total_cost')], ['21', '2100']);
    equal(await cashOf(account), '7900');
  });

  it('#8 three buys of 90,000 passed on 100,000', async () => {
    const account = await funded('100000');
    const terms = { type: 'limit', limit_price: '100', quantity: 900 };
    const answers = await Promise.all([1, 2, 3].map(() => order(account, terms)));
    deepEqual(answers.map(({ status }) => status).toSorted(), [201, 422, 422]);
    const refused = answers.find(({ status }) => status === 422);
    equal(refused?.at('code'), 'insufficient_buying_power');
  });

  it('#9 floats rounded small commissions away', async () => {
    const account = await funded('2000');
    for (let n = 0; n < 100; n += 1) await fill(account, 'buy 10 1.00', { commission: '0.001' });
    equal(await cashOf(account), '999.9');
  });

  it('#10 #11 an accepted order could not be canceled, and its columns were not kept', async () => {
    const account = await funded('10000', { broker: 'paper' });
    const terms = { type: 'stop', stop_price: '150', quantity: 7, time_in_force: 'gtc' };
    const submitted = await order(account, { ...terms, client_order_id: 'mine' });
    const id = submitted.text('order_id');
    await orderUntil(account, id, 'accepted');
    await call('DELETE', `${orders}/${id}?account_id=${account}`);
    const { text } = await orderUntil(account, id, 'canceled');
    deepEqual(
      ['time_in_force', 'stop_price', 'client_order_id', 'reserved_cash'].map((column) =>
        text('order', column),
      ),
      ['gtc', '150', 'mine', '0'],
    );
    for (const column of ['submitted_at', 'accepted_at', 'canceled_at', 'broker_order_id']) {
      notEqual(text('order', column), 'null', column);
    }
    const bought = (await order(account, { quantity: 5 })).text('order_id');
    const filled = await orderUntil(account, bought, 'filled');
    deepEqual(
      [filled.text('order', 'remaining_quantity'), filled.text('order', 'filled_quantity')],
      ['0', '5'],
    );
    equal(filled.text('order', 'total_value'), filled.text('fills', 0, 'value'));
    notEqual(filled.text('order', 'filled_at'), 'null');
  });

  it('#12 an order that was live at the broker was rejected here', async () => {
    const account = await funded('10000', { broker: 'paper' });
    const terms = { type: 'limit', limit_price: '50', quantity: 3, time_in_force: 'gtc' };
    const id = (await order(account, terms)).text('order_id');
    await orderUntil(account, id, 'accepted');
    const ofBroker = await call('GET', `${orders}?account_id=${account}`);
    equal(Object(ofBroker.at('orders')).length, 1, 'the broker’s order is no second one');
    equal(ofBroker.text('orders', 0, 'time_in_force'), 'gtc');
  });

  it('#13 a limit order without a price passed', async () => {
    const account = await funded('10000');
    for (const type of ['limit', 'stop', 'stop_limit', 'trailing_stop']) {
      const refused = await order(account, { type, quantity: 1 });
      deepEqual([refused.status, refused.at('code')], [422, 'invalid_order_terms'], type);
    }
  });

  it('#14 cash moved in one of a user’s accounts and shares in the other', async () => {
    const user_id = `user-${randomUUID()}`;
    const [one, other] = [
      await funded('10000', { broker: 'paper', user_id }),
      await funded('10000', { broker: 'paper', user_id }),
    ];
    const id = (await order(one, { quantity: 5 })).text('order_id');
    await orderUntil(one, id, 'filled');
    equal((await position(one)).text('quantity'), '5');
    ok(Number(await cashOf(one)) < 10_000);
    equal((await position(other)).status, 404);
    equal(await cashOf(other), '10000');
    equal((await call('GET', `${orders}/${id}?account_id=${other}`)).status, 404);
  });

  it('#15 a symbol in small letters opened a second position', async () => {
    const account = await funded('10000', { broker: 'paper' });
    for (const symbol of ['aapl', 'AAPL', 'Aapl']) {
      const { text } = await order(account, { symbol, quantity: 1 });
      await orderUntil(account, text('order_id'), 'filled');
    }
    const held = await read('positions', account, '');
    equal(Object(held.at('positions')).length, 1);
    deepEqual(
      [held.text('positions', 0, 'symbol'), held.text('positions', 0, 'quantity')],
      ['AAPL', '3'],
    );
  });

  it('#16 positions were never marked to market', async () => {
    const account = await funded('10000');
    await fill(account, 'buy 10 1.00');
    const { text } = await until(
      'a mark of the market',
      () => position(account),
      (answer) => Number(answer.text('current_price')) > 100,
      30_000,
    );
    equal(Number(text('market_value')), 10 * Number(text('current_price')));
    equal(Number(text('unrealized_pnl')), Number(text('market_value')) - 10);
    const portfolio = await read('portfolio', account, '');
    ok(Number(portfolio.text('total_value')) > 10_900);
  });

  it('#17 #20 what was sent twice was booked twice', async () => {
    const account = await funded('10000');
    const key = { 'idempotency-key': 'wire-1' };
    const wire = { account_id: account, amount: '500' };
    const deposits = [1, 2, 3].map(() => call('POST', `${books}/deposits`, wire, key));
    const sequences = (await Promise.all(deposits)).map(({ headers }) =>
      headers.get('ledger-sequence'),
    );
    equal(new Set(sequences).size, 1);
    const other = await call('POST', `${books}/deposits`, { ...wire, amount: '501' }, key);
    deepEqual([other.status, other.at('code')], [409, 'idempotency_conflict']);
    const terms = { type: 'limit', limit_price: '50', quantity: 1, client_order_id: 'once' };
    const sent = await Promise.all([1, 2, 3].map(() => order(account, terms)));
    equal(new Set(sent.map(({ text }) => text('order_id'))).size, 1);
    const fills = [1, 2].map(() => fill(account, 'buy 1 100', { execution_id: 'x-1' }));
    await Promise.all(fills);
    equal((await position(account)).text('quantity'), '1');
    equal(await cashOf(account), '10400');
  });

  it('#18 withdrawals raced each other and left fees out', async () => {
    const account = await funded('100');
    await call('POST', `${books}/fees`, { account_id: account, amount: '10' });
    const body = { account_id: account, amount: '30' };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => call('POST', `${books}/withdrawals`, body)),
    );
    equal(answers.filter(({ status }) => status === 201).length, 3);
    const refused = answers.filter(({ status }) => status !== 201);
    deepEqual(new Set(refused.map((answer) => answer.at('code'))), new Set(['insufficient_cash']));
  });

  it('#6 #19 a crash left orders pending for ever, or rejected after they were executed', async () => {
    const account = await funded('100000', { broker: 'paper' });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => order(account, { quantity: 2 })),
    );
    await server.kill9();
    server = await startServer(data.path, { DEMO: 'false', MARKET_SPEED: '6000' });
    for (const { text } of answers) await orderUntil(account, text('order_id'), 'filled');
    equal((await position(account)).text('quantity'), '40');
    const listed = await call('GET', `${orders}?account_id=${account}`);
    equal(Object(listed.at('orders')).length, 20);
  });
});
