import { equal, ok } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  defaultAccount,
  type HttpWorld,
  httpWorld,
  pick,
  type Received,
  type Sent,
} from './world.ts';

const orders = '/api/v1/trading/orders';
const order = { symbol: 'ACME', side: 'buy', type: 'limit', quantity: '1', limit_price: '99' };
const absent = '11111111-1111-4111-8111-111111111111';

/** An order as text with one field replaced by other source text. */
const withText = (field: string, source: string): Sent => ({
  text: JSON.stringify({ ...order, [field]: '@' }).replace('"@"', source),
});
const cash = (path: string, over: Readonly<Record<string, unknown>>) =>
  [`/api/v1/ledger/${path}`, { body: { account_id: defaultAccount, ...over } }] as const;

const outsideFill = { execution_id: 'x', symbol: 'ACME', side: 'buy', quantity: 1, price: 1 };

type Case = readonly [
  what: string,
  path: string,
  sent: Sent,
  status: number,
  code: string,
  field?: string,
  fieldCode?: string,
];

const invalid = [422, 'validation_failed'] as const;

const cases: readonly Case[] = [
  ['broken JSON', orders, { text: '{"symbol":' }, 400, 'invalid_json'],
  ['a body that is no object', orders, { text: '[]' }, 400, 'invalid_json'],
  ['a body nested very deep', orders, { text: '['.repeat(60_000) }, 400, 'invalid_json'],
  [
    'a deep body that is closed',
    orders,
    { text: `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}` },
    400,
    'invalid_json',
  ],
  ['NaN', orders, withText('quantity', 'NaN'), 400, 'invalid_json'],
  ['a name twice', orders, { text: '{"symbol":"ACME","symbol":"ACME"}' }, 400, 'invalid_json'],
  [
    'a body of 1 MB',
    orders,
    { text: `{"symbol":"${'A'.repeat(1_000_000)}"}` },
    413,
    'body_too_large',
  ],
  [
    'another content type',
    orders,
    { text: 'symbol=ACME', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    415,
    'unsupported_media_type',
  ],
  [
    'a compressed body',
    orders,
    { text: '{}', headers: { 'content-encoding': 'gzip' } },
    415,
    'unsupported_media_type',
  ],
  ['no body', orders, {}, ...invalid, 'symbol', 'required'],
  ['NaN as text', orders, withText('quantity', '"NaN"'), ...invalid, 'quantity', 'not_a_decimal'],
  ['1e400', orders, withText('quantity', '1e400'), ...invalid, 'quantity', 'not_a_decimal'],
  ['1e2', orders, withText('limit_price', '1e2'), ...invalid, 'limit_price', 'not_a_decimal'],
  [
    'a negative quantity',
    orders,
    withText('quantity', '-1'),
    ...invalid,
    'quantity',
    'positive_expected',
  ],
  [
    'a quantity of zero',
    orders,
    withText('quantity', '0.000'),
    ...invalid,
    'quantity',
    'positive_expected',
  ],
  [
    'ten decimals',
    orders,
    withText('quantity', '0.0000000001'),
    ...invalid,
    'quantity',
    'too_many_decimals',
  ],
  [
    'more than fits',
    orders,
    withText('quantity', '99999999999'),
    ...invalid,
    'quantity',
    'out_of_range',
  ],
  [
    'a very long number',
    orders,
    withText('quantity', '9'.repeat(50)),
    ...invalid,
    'quantity',
    'out_of_range',
  ],
  ['a number for a symbol', orders, withText('symbol', '5'), ...invalid, 'symbol', 'wrong_type'],
  [
    'true for a quantity',
    orders,
    withText('quantity', 'true'),
    ...invalid,
    'quantity',
    'wrong_type',
  ],
  [
    'an object for a price',
    orders,
    withText('limit_price', '{}'),
    ...invalid,
    'limit_price',
    'wrong_type',
  ],
  ['an unknown side', orders, withText('side', '"hold"'), ...invalid, 'side', 'unknown_value'],
  ['an unknown type', orders, withText('type', '"iceberg"'), ...invalid, 'type', 'unknown_value'],
  [
    'an unknown field',
    orders,
    withText('leverage', '"5"'),
    ...invalid,
    'leverage',
    'unknown_field',
  ],
  [
    '__proto__',
    orders,
    { text: '{"__proto__":{"symbol":"ACME"},"symbol":"ACME"}' },
    ...invalid,
    '__proto__',
    'unknown_field',
  ],
  [
    'a client order id that does not print',
    orders,
    { body: { ...order, client_order_id: 'a\nb' } },
    ...invalid,
    'client_order_id',
    'invalid_format',
  ],
  ['no type', orders, { body: { ...order, type: null } }, ...invalid, 'type', 'required'],
  [
    'an account id that is none',
    orders,
    { body: { ...order, account_id: '1' } },
    ...invalid,
    'account_id',
    'invalid_format',
  ],
  [
    'an empty Idempotency-Key',
    orders,
    { body: order, headers: { 'idempotency-key': '' } },
    400,
    'invalid_idempotency_key',
  ],
  [
    'an Idempotency-Key of 256 characters',
    orders,
    { body: order, key: 'k'.repeat(256) },
    400,
    'invalid_idempotency_key',
  ],
  [
    'an Idempotency-Key too long for an order',
    orders,
    { body: order, key: 'k'.repeat(129) },
    400,
    'invalid_idempotency_key',
  ],
  [
    'a symbol the market does not know',
    orders,
    { body: { ...order, symbol: 'NOPE' } },
    422,
    'unknown_symbol',
  ],
  [
    'an account that does not exist',
    orders,
    { body: { ...order, account_id: absent } },
    404,
    'account_not_found',
  ],
  [
    'a limit order without a price',
    orders,
    { body: { ...order, limit_price: null } },
    422,
    'invalid_order_terms',
  ],
  [
    'both quantity and notional',
    orders,
    { body: { ...order, notional: '5' } },
    422,
    'invalid_order_terms',
  ],
  [
    'a price off its increment',
    orders,
    { body: { ...order, limit_price: '99.001' } },
    422,
    'invalid_price_increment',
  ],
  [
    'a deposit of nothing',
    ...cash('deposits', { amount: '0' }),
    ...invalid,
    'amount',
    'positive_expected',
  ],
  [
    'a deposit below zero',
    ...cash('deposits', { amount: -5 }),
    ...invalid,
    'amount',
    'positive_expected',
  ],
  [
    'a deposit into no account',
    '/api/v1/ledger/deposits',
    { body: { amount: '1' } },
    ...invalid,
    'account_id',
    'required',
  ],
  [
    'a deposit with U+0000',
    ...cash('deposits', { amount: '1', description: 'a\0b' }),
    ...invalid,
    'description',
    'invalid_text',
  ],
  [
    'a deposit with half a character',
    ...cash('deposits', { amount: '1', description: 'a\ud800' }),
    ...invalid,
    'description',
    'invalid_text',
  ],
  [
    'an adjustment without a reason',
    ...cash('adjustments', { amount: '1' }),
    ...invalid,
    'reason',
    'required',
  ],
  [
    'a withdrawal of reserved cash',
    ...cash('withdrawals', { amount: '99950' }),
    422,
    'insufficient_cash',
  ],
  [
    'a withdrawal dated in the future',
    ...cash('withdrawals', { amount: '1', effective_at: '2099-01-01T00:00:00Z' }),
    ...invalid,
    'effective_at',
    'in_the_future',
  ],
  [
    'a dividend on what is not held',
    ...cash('dividends', { symbol: 'PENNY', per_share: '1' }),
    404,
    'position_not_found',
  ],
  [
    'a split of 1 for 1',
    ...cash('splits', { symbol: 'ACME', new_shares: 1, old_shares: 1 }),
    422,
    'invalid_split',
  ],
  [
    'a split in fractions',
    ...cash('splits', { symbol: 'ACME', new_shares: 1.5, old_shares: 1 }),
    ...invalid,
    'new_shares',
    'out_of_range',
  ],
  [
    'a fill without its time',
    ...cash('fills', { execution_id: 'x', symbol: 'ACME', side: 'buy', quantity: 1, price: 1 }),
    ...invalid,
    'executed_at',
    'required',
  ],
  [
    'a fill at 30 February',
    ...cash('fills', {
      execution_id: 'x',
      symbol: 'ACME',
      side: 'buy',
      quantity: 1,
      price: 1,
      executed_at: '2014-02-30T00:00:00Z',
    }),
    ...invalid,
    'executed_at',
    'invalid_format',
  ],
  ...['2014-02-30', '2014-02-30T00:00:00+05:00', '1899-12-31T23:59:59Z', '0000-01-01'].map(
    (at): Case => [
      `a deposit of ${at}`,
      ...cash('deposits', { amount: '1', effective_at: at }),
      ...invalid,
      'effective_at',
      'invalid_format',
    ],
  ),
  ...['0001-01-01T00:00:00+23:59', '1900-01-01T00:00:00+01:00', '9998-12-31T23:59:59-00:01'].map(
    (at): Case => [
      `a fill at ${at}`,
      ...cash('fills', { ...outsideFill, executed_at: at }),
      ...invalid,
      'executed_at',
      'invalid_format',
    ],
  ),
  [
    'a fill that would settle when no instant is left',
    ...cash('fills', { ...outsideFill, executed_at: '9998-01-01' }),
    ...invalid,
    'executed_at',
    'out_of_range',
  ],
  [
    'an account with a commission of no kind',
    '/api/v1/ledger/accounts',
    { body: { commission: { kind: 'none' } } },
    ...invalid,
    'commission.kind',
  ],
  [
    'an account of another kind',
    '/api/v1/ledger/accounts',
    { body: { account_type: 'crypto' } },
    ...invalid,
    'account_type',
    'unknown_value',
  ],
  [
    'an account that is open already',
    '/api/v1/ledger/accounts',
    { body: { account_id: defaultAccount } },
    409,
    'account_already_open',
  ],
  [
    'a reason that is missing',
    `/api/v1/ledger/accounts/${defaultAccount}/suspend`,
    {},
    ...invalid,
    'reason',
    'required',
  ],
];

describe('bad input', () => {
  let world: HttpWorld;
  before(async () => {
    world = await httpWorld();
    await world.funded();
    const { status } = await world.send('POST', orders, { body: order });
    equal(status, 201);
  });
  after(() => world.close());

  const refusedAndUnwritten = async (
    expected: { readonly status: number; readonly code: string },
    send: () => Promise<Received>,
  ): Promise<Received> => {
    const head = await world.store.head();
    const answer = await send();
    equal(answer.body['code'], expected.code, answer.text.slice(0, 300));
    equal(answer.status, expected.status);
    equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8');
    equal(await world.store.head(), head, 'nothing is written');
    return answer;
  };

  for (const [what, path, sent, status, code, field, fieldCode] of cases) {
    it(`${what} is answered with ${code}${field === undefined ? '' : ` of ${field}`}`, async () => {
      const { body } = await refusedAndUnwritten({ status, code }, () =>
        world.send('POST', path, sent),
      );
      if (field === undefined) return;
      const errors = pick(body, 'errors');
      ok(Array.isArray(errors));
      const error = errors.find((one) => pick(one, 'field') === field);
      ok(error !== undefined, JSON.stringify(errors));
      if (fieldCode !== undefined) equal(pick(error, 'code'), fieldCode);
    });
  }

  for (const [query, field] of [
    ['limit=0', 'limit'],
    ['limit=501', 'limit'],
    ['limit=ten', 'limit'],
    ['cursor=-1', 'cursor'],
    ['status=maybe', 'status'],
    ['side=buy&side=sell', 'side'],
    ['after=yesterday', 'after'],
    ['after=2014-02-30', 'after'],
    ['until=0000-01-01T00:00:00Z', 'until'],
    ['page=2', 'page'],
    ['min_sequence=-1', 'min_sequence'],
    ['min_sequence=soon', 'min_sequence'],
    ['min_sequence=9007199254740992', 'min_sequence'],
    ['cursor=9007199254740993', 'cursor'],
    ['min_sequence=1&min_sequence=2', 'min_sequence'],
    [`symbols=${'A,'.repeat(101)}A`, 'symbols'],
  ] as const) {
    it(`the query ${query.slice(0, 30)} is answered with validation_failed of ${field}`, async () => {
      const { body } = await refusedAndUnwritten({ status: 422, code: 'validation_failed' }, () =>
        world.send('GET', `${orders}?${query}`),
      );
      equal(pick(body, 'errors', 0, 'field'), field);
    });
  }

  const noTimes = ['0000-01-01', '2014-02-30T00:00:00Z', '2014-02-30T00:00:00+05:00'];
  const outside = ['1899-12-31', '9999-01-01T00:00:00Z', '9998-12-31T23:59:59-00:01'];
  for (const [list, first, last] of [
    ['orders', 'after', 'until'],
    ['transactions', 'after', 'until'],
    ['position-history', 'after', 'until'],
    ['portfolio/history', 'from', 'to'],
  ] as const) {
    it(`${list} take no day that does not exist, nor a year that the ledger cannot hold`, async () => {
      for (const at of [...noTimes, ...outside, '2014-02-30', '2014-13-01', '10000-01-01']) {
        for (const field of [first, last]) {
          const path = `/api/v1/trading/${list}?${field}=${encodeURIComponent(at)}`;
          const { status, body, text } = await world.send('GET', path);
          equal(status, 422, `${path} ${text}`);
          equal(pick(body, 'errors', 0, 'field'), field, path);
          equal(pick(body, 'errors', 0, 'code'), 'invalid_format', path);
        }
      }
      for (const at of ['1900-01-01', '9998-12-31', '2016-02-29']) {
        const { status, text } = await world.send(
          'GET',
          `/api/v1/trading/${list}?${first}=${at}&${last}=${at}`,
        );
        equal(status, 200, text);
      }
    });
  }

  it('the greatest cursor that is named is taken', async () => {
    for (const list of ['orders', 'transactions', 'position-history', 'activity']) {
      const path = `/api/v1/trading/${list}?cursor=${Number.MAX_SAFE_INTEGER}`;
      const { status, text } = await world.send('GET', path);
      equal(status, 200, text);
    }
  });

  it('many mistakes are named together', async () => {
    const { body } = await world.send('POST', orders, {
      body: { symbol: '', side: 'up', type: 'limit', quantity: 'x', limit_price: -1 },
    });
    const errors = pick(body, 'errors');
    ok(Array.isArray(errors));
    equal(errors.map((error) => pick(error, 'field')).join(), 'symbol,side,quantity,limit_price');
  });

  it('lists of an account that does not exist are not empty, but not found', async () => {
    const lists = [
      'orders',
      'positions',
      'position-history',
      'portfolio',
      'portfolio/history',
      'account/summary',
      'account/buying-power',
      'transactions',
      'activity',
    ];
    for (const list of lists) {
      const path = `/api/v1/trading/${list}?account_id=${absent}`;
      const { status, body } = await world.read(path);
      equal(status, 404, list);
      equal(body['code'], 'account_not_found');
    }
  });
});
