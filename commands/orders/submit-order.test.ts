import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccountPolicy, CommissionSchedule } from '#domain/account/policy.ts';
import { holdingOf } from '#domain/account/state.ts';
import { cash, formatCash, formatQuantity, price, type Quantity, ratio } from '#domain/money.ts';
import { orderTypes, sides, timesInForce } from '#domain/order/terms.ts';
import { maxOrderSize } from '#domain/risk/rules.ts';
import {
  acceptance,
  asCash,
  deposit,
  fee,
  fill,
  noon,
  openAccount,
  orderId,
  quotesOf,
  standing,
  submit,
  type TermsInWords,
  ticker,
  withdraw,
} from '#tests/support/makers.ts';
import { having } from '#tests/support/specification.ts';

const funded = (policy: Partial<AccountPolicy>, amount = '10000') =>
  having(openAccount(policy), deposit(amount));
const limits = { positionNotional: null, leverage: null, orderNotional: null };

describe('an order whose terms do not fit together', () => {
  const wrong: readonly (readonly [string, TermsInWords])[] = [
    ['an order needs quantity or notional', { quantity: null }],
    ['give quantity or notional, not both', { quantity: '1', notional: '10' }],
    ['quantity must be greater than zero', { quantity: '0' }],
    ['quantity must be greater than zero', { quantity: '-1' }],
    ['notional must be greater than zero', { notional: '0' }],
    ['only market orders can be by notional', { notional: '10', limit: '10' }],
    ['limit orders need limit_price', { type: 'limit' }],
    ['market orders have no limit_price', { type: 'market', limit: '10' }],
    ['market orders have no stop_price', { type: 'market', stop: '10' }],
    ['stop orders need stop_price', { type: 'stop' }],
    ['stop orders have no limit_price', { type: 'stop', limit: '10', stop: '10' }],
    ['stop_limit orders need limit_price', { type: 'stop_limit', stop: '10' }],
    ['limit orders have no trail', { type: 'limit', limit: '10', trail: '1' }],
    ['trailing_stop orders need trail_price or trail_percent, not both', { type: 'trailing_stop' }],
    [
      'trailing_stop orders need trail_price or trail_percent, not both',
      { trail: '1', trailPercent: '1' },
    ],
    ['trail_percent is below 100', { trailPercent: '100' }],
    ['prices must be greater than zero', { limit: '0' }],
    ['prices must be greater than zero', { stop: '-1' }],
    ['stop orders are day or gtc', { stop: '11', timeInForce: 'ioc' }],
    ['trailing_stop orders are day or gtc', { trail: '1', timeInForce: 'opg' }],
  ];
  for (const [rule, terms] of wrong) {
    it(`is refused: ${rule} (${JSON.stringify(terms)})`, () => {
      funded({}).when(submit('o1', terms)).refuses('invalid_order_terms', { rule });
    });
  }
});

describe('an order of every type, time in force and side', () => {
  const shapes: Readonly<Record<string, TermsInWords>> = {
    market: {},
    limit: { limit: '10' },
    stop: { stop: '11' },
    stop_limit: { stop: '11', limit: '12' },
    trailing_stop: { trailPercent: '5' },
  };
  for (const type of orderTypes) {
    for (const timeInForce of timesInForce) {
      for (const side of sides) {
        const waits = type !== 'market' && type !== 'limit';
        const fits = !waits || timeInForce === 'day' || timeInForce === 'gtc';
        it(`${side} ${type} ${timeInForce} is ${fits ? 'accepted' : 'refused'}`, () => {
          const words = { ...shapes[type], timeInForce, side, type };
          const outcome = funded({}).when(submit('o1', words));
          if (fits) outcome.emits({ type: 'OrderSubmitted', orderId: orderId('o1') });
          else outcome.refuses('invalid_order_terms');
        });
      }
    }
  }
});

describe('a price off its increment', () => {
  it('is refused: two decimals from 1 USD on, four below', () => {
    const details = { price: '10.001', increment: '0.01' };
    funded({})
      .when(submit('o1', { limit: '10.001' }))
      .refuses('invalid_price_increment', details);
    funded({})
      .when(submit('o1', { limit: '0.99995' }))
      .refuses('invalid_price_increment');
    funded({})
      .when(submit('o1', { stop: '11.111' }))
      .refuses('invalid_price_increment');
    funded({})
      .when(submit('o1', { limit: '0.9999' }))
      .emits({ type: 'OrderSubmitted' });
    funded({})
      .when(submit('o1', { limit: '1' }))
      .emits({ type: 'OrderSubmitted' });
  });
});

describe('what an order keeps aside', () => {
  const reserves = (
    policy: Partial<AccountPolicy>,
    terms: TermsInWords,
    expected: string,
  ): void => {
    const { decision, state } = funded(policy).when(submit('o1', terms));
    assert.equal(decision.kind, 'accepted');
    assert.equal(formatCash(state.reservedCash), expected);
  };

  it('in a cash account is the price it may come to', () => {
    const kind = 'cash';
    reserves({ kind }, { limit: '10' }, '1000');
    reserves({ kind }, {}, '1041.04'); // 4 % above the ask of 10.01
    reserves({ kind }, { stop: '11' }, '1144');
    reserves({ kind }, { stop: '11', limit: '12' }, '1200');
    reserves({ kind }, { trail: '1' }, '1145.04');
    reserves({ kind }, { notional: '1000' }, '1000');
  });

  it('on margin is half of it', () => {
    reserves({}, { limit: '10' }, '500');
    reserves({}, { notional: '1000' }, '500');
  });

  it('for a short sale is half of the limit, or of 3 % above the ask if that is more', () => {
    reserves({}, { side: 'sell', limit: '12' }, '600');
    reserves({}, { side: 'sell', limit: '9' }, '515.515');
  });

  it('holds the commission too', () => {
    const kind = 'cash';
    const basisPoints: CommissionSchedule = { kind: 'basis_points', rate: ratio('0.08') };
    const perShare: CommissionSchedule = {
      kind: 'per_share',
      rate: price('0.005'),
      minimum: cash('1'),
    };
    const fixed: CommissionSchedule = { kind: 'fixed', amount: cash('4.95') };
    reserves({ kind, commission: basisPoints }, { limit: '10' }, '1000.008');
    reserves({ kind, commission: basisPoints }, { notional: '1000' }, '1000.008');
    reserves({ kind, commission: perShare }, { limit: '10' }, '1001.5');
    reserves({ kind, commission: fixed }, { limit: '10' }, '1004.95');
    reserves({ commission: fixed }, { side: 'sell', limit: '12' }, '604.95');
  });

  it('is shares, not money, where it closes what is held', () => {
    const held = having(
      openAccount({ kind: 'cash' }),
      fill('x0', null, '100', '10'),
      deposit('1000'),
    );
    const { state } = held.when(submit('o1', { side: 'sell', quantity: '60' }));
    assert.equal(state.reservedCash, 0n);
    assert.equal(formatQuantity(holdingOf(state, ticker('ACME')).closingSells), '60');
  });

  it('is nothing to cover a short on margin, and money for what goes beyond it', () => {
    const short = having(
      openAccount(),
      deposit('10000'),
      fill('x0', null, '60', '10', { side: 'sell' }),
    );
    const covering = short.when(submit('o1', { quantity: '60', limit: '10' }));
    assert.equal(covering.state.reservedCash, 0n);
    const flipping = short.when(submit('o1', { quantity: '100', limit: '10' }));
    assert.equal(formatCash(flipping.state.reservedCash), '200');
  });

  it('shrinks with each fill and is gone with the last', () => {
    const bought = [submit('o1', { limit: '10' }), acceptance('o1'), fill('x1', 'o1', '40', '9.5')];
    const account = having(openAccount({ kind: 'cash' }), deposit('10000'), ...bought);
    assert.equal(formatCash(account.state().reservedCash), '600');
    const { state } = account.when(fill('x2', 'o1', '60', '9.5'));
    assert.equal(state.reservedCash, 0n);
  });

  it('by notional on margin stays half of the amount that is left', () => {
    const order = [submit('o1', { notional: '1000' }), fill('x1', 'o1', '30', '10')];
    const account = having(openAccount(), deposit('10000'), ...order);
    assert.equal(formatCash(account.state().reservedCash), '350');
  });
});

describe('an order that asks for too much', () => {
  it('is refused for buying power, with the numbers', () => {
    funded({ kind: 'cash' }, '999.99')
      .when(submit('o1', { limit: '10' }))
      .refuses('insufficient_buying_power', { required: '1000', available: '999.99' });
    funded({}, '499.99')
      .when(submit('o1', { limit: '10' }))
      .refuses('insufficient_buying_power', {
        required: '500',
        available: '499.99',
        buying_power: '999.98',
      });
  });

  it('counts what other orders keep aside', () => {
    having(openAccount({ kind: 'cash' }), deposit('1500'), submit('o1', { limit: '10' }))
      .when(submit('o2', { limit: '10' }))
      .refuses('insufficient_buying_power', { available: '500' });
  });

  it('in a cash account cannot sell what it does not hold, nor sell it twice', () => {
    const held = [openAccount({ kind: 'cash' }), fill('x0', null, '100', '10'), deposit('5000')];
    having(...held, submit('o1', { side: 'sell', quantity: '60' }))
      .when(submit('o2', { side: 'sell', quantity: '41' }))
      .refuses('insufficient_quantity', {
        requested: '41',
        available: '40',
        position: '100',
        held_for_orders: '60',
      });
  });

  it('by notional never sells short, not even on margin', () => {
    funded({})
      .when(submit('o1', { side: 'sell', notional: '100' }))
      .refuses('insufficient_quantity');
  });

  it('is refused by the limits of the account', () => {
    const orderNotional = { ...limits, orderNotional: cash('999') };
    funded({ limits: orderNotional })
      .when(submit('o1', { limit: '10' }))
      .refuses('order_notional_limit_exceeded', { order_notional: '1000', limit: '999' });
    const positionNotional = { ...limits, positionNotional: cash('1000') };
    funded({ limits: positionNotional })
      .when(submit('o1', { limit: '10' }))
      .refuses('position_limit_exceeded', { position_notional: '1001', limit: '1000' });
    const leverage = { ...limits, leverage: ratio('0.5') };
    funded({ limits: leverage }, '1000')
      .when(submit('o1', { limit: '10' }))
      .refuses('leverage_limit_exceeded', { leverage: '1.001', limit: '0.5', equity: '1000' });
  });

  it('counts what works already on its side against the position limit', () => {
    const policy = { limits: { ...limits, positionNotional: cash('1500') } };
    having(openAccount(policy), deposit('10000'), submit('o1', { limit: '10' }))
      .when(submit('o2', { limit: '10' }))
      .refuses('position_limit_exceeded');
  });

  it('counts what is left of an order by notional that has partly filled', () => {
    const policy = { limits: { ...limits, positionNotional: cash('1501') } };
    const half = [submit('o1', { notional: '1000' }), fill('x1', 'o1', '50', '10')];
    having(openAccount(policy), deposit('10000'), ...half)
      .when(submit('o2', { quantity: '51', limit: '10' }))
      .refuses('position_limit_exceeded');
  });

  it('may always make a position smaller', () => {
    const policy = { limits: { ...limits, positionNotional: cash('100') } };
    having(openAccount(policy), deposit('100'), fill('x0', null, '100', '10'))
      .when(submit('o1', { side: 'sell', quantity: '50' }))
      .emits({ type: 'OrderSubmitted' });
  });
});

describe('the order in which refusals are told', () => {
  const policy = { limits: { ...limits, orderNotional: cash('1') } };
  it('the account, the symbol, the terms, the increment, the limits, the money', () => {
    having().when(submit('o1', {})).refuses('account_not_found');
    having(openAccount(policy), standing('SuspendAccount'))
      .when(submit('o1', { symbol: 'NONE' }))
      .refuses('account_suspended');
    having(openAccount(policy))
      .when(submit('o1', { symbol: 'NONE', quantity: '0' }))
      .refuses('unknown_symbol', { symbol: 'NONE' });
    having(openAccount(policy))
      .when(submit('o1', { limit: '10.001', quantity: '0' }))
      .refuses('invalid_order_terms');
    having(openAccount(policy))
      .when(submit('o1', { limit: '10.001' }))
      .refuses('invalid_price_increment');
    having(openAccount(policy)).when(submit('o1')).refuses('order_notional_limit_exceeded');
    having(openAccount()).when(submit('o1')).refuses('insufficient_buying_power');
  });

  it('keeps as OrderRefused what an auditor would ask for, and nothing else', () => {
    const kept = having(openAccount()).when(submit('o1')).decision.events;
    assert.partialDeepStrictEqual(kept, [
      { type: 'OrderRefused', orderId: orderId('o1'), code: 'insufficient_buying_power' },
    ]);
    assert.deepEqual(
      having(openAccount()).when(submit('o1', { quantity: '0' })).decision.events,
      [],
    );
    assert.deepEqual(having().when(submit('o1')).decision.events, []);
  });

  it('does not throw on terms that make no sense at all', () => {
    const senseless = { quantity: '-5', limit: '-1', stop: '0', trail: '0', notional: '-1' };
    having(openAccount()).when(submit('o1', senseless)).refuses('invalid_order_terms');
  });
});

describe('the largest order that is possible', () => {
  const sized = (kind: 'cash' | 'margin', side: 'buy' | 'sell') => {
    const commission: CommissionSchedule = { kind: 'fixed', amount: cash('4.95') };
    const held = fill('x0', null, '30', '10', { side: side === 'buy' ? 'sell' : 'buy' });
    return sizedIn(having(openAccount({ kind, commission }), deposit('2000'), held), side);
  };
  const plain = (_key: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value);
  const sizedIn = (account: ReturnType<typeof having>, side: 'buy' | 'sell') => {
    const state = account.state();
    assert.ok(state.policy);
    const market = quotesOf().latest(ticker('ACME'));
    assert.ok(market);
    const prices = () => market;
    const proposal = { state, policy: state.policy, market, prices, at: noon };
    const most = formatQuantity(maxOrderSize(proposal, ticker('ACME'), side));
    const more = formatQuantity((maxOrderSize(proposal, ticker('ACME'), side) + 1n) as Quantity);
    return { account, most, more };
  };
  for (const kind of ['cash', 'margin'] as const) {
    for (const side of sides) {
      it(`is accepted, and the smallest quantity more is not (${kind}, ${side})`, () => {
        const { account, most, more } = sized(kind, side);
        account.when(submit('o1', { side, quantity: most })).emits({ type: 'OrderSubmitted' });
        const beyond = account.when(submit('o1', { side, quantity: more }));
        assert.equal(beyond.decision.kind, 'refused');
      });
    }
  }

  const capped = [
    { ...limits, positionNotional: cash('500') },
    { ...limits, leverage: ratio('0.7') },
    { ...limits, orderNotional: cash('450') },
  ];
  for (const limit of capped) {
    for (const side of sides) {
      it(`keeps to the limits of the account (${side}, ${JSON.stringify(limit, plain)})`, () => {
        const others = [submit('o7', { side, quantity: '5', limit: '10' }), deposit('1000')];
        const account = having(openAccount({ limits: limit }), deposit('1000'), ...others);
        const { most, more } = sizedIn(account, side);
        account.when(submit('o1', { side, quantity: most })).emits({ type: 'OrderSubmitted' });
        const beyond = account.when(submit('o1', { side, quantity: more })).decision;
        assert.equal(beyond.kind, 'refused');
      });
    }
  }

  it('is nothing where nothing is available', () => {
    const account = having(openAccount({ kind: 'cash' }), fee('10'));
    account.when(submit('o1', { quantity: '0.000000001' })).refuses('insufficient_buying_power');
  });
});

describe('a sale that brings less than its commission', () => {
  it('reserves the difference, so that it cannot make cash negative', () => {
    const account = having(
      openAccount({ kind: 'cash', commission: { kind: 'fixed', amount: asCash('20') } }),
      deposit('100'),
      fill('x0', null, '1', '10', { commission: '0' }),
      withdraw('80'),
    );
    account
      .when(submit('o1', { side: 'sell', quantity: '1', limit: '5' }))
      .refuses('insufficient_buying_power', { required: '15', available: '10' });
    account
      .when(submit('o1', { side: 'sell', quantity: '1' }))
      .refuses('insufficient_buying_power');
  });

  it('has no possible size where the money for the difference is missing', () => {
    const state = having(
      openAccount({ kind: 'cash', commission: { kind: 'fixed', amount: asCash('20') } }),
      deposit('10'),
      fill('x0', null, '1', '10', { commission: '0' }),
    ).state();
    const market = quotesOf().latest(ticker('ACME'));
    assert.ok(market && state.policy);
    const proposal = { state, policy: state.policy, market, prices: () => market, at: noon };
    assert.equal(formatQuantity(maxOrderSize(proposal, ticker('ACME'), 'sell')), '0');
  });

  it('by a notional of less than a cent is no order', () => {
    having(openAccount(), deposit('100'))
      .when(submit('o1', { notional: '0.009' }))
      .refuses('invalid_order_terms', { rule: 'notional must be at least 0.01' });
  });
});
