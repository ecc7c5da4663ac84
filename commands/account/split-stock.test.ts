import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { holdingOf } from '#domain/account/state.ts';
import { formatCash, formatPrice, formatQuantity } from '#domain/money.ts';
import {
  acceptance,
  asCash,
  asPrice,
  asShares,
  deposit,
  fill,
  openAccount,
  orderId,
  replace,
  split,
  submit,
  ticker,
  trailing,
} from '#tests/support/makers.ts';
import { having } from '#tests/support/specification.ts';

const begin = [openAccount({ kind: 'cash' }), deposit('10000')];
const holding = (shares: string) => [...begin, fill('x0', null, shares, '10')];
const heldIn = (account: ReturnType<typeof having>): string =>
  formatQuantity(holdingOf(account.state(), ticker('ACME')).quantity);
const orderIn = (account: ReturnType<typeof having>) => {
  const order = account.state().orders.get(orderId('o1'));
  assert.ok(order);
  return order;
};

describe('a position in a split', () => {
  it('of 7 to 1 holds seven times the shares, and no cash moves', () => {
    having(...holding('100'))
      .when(split(7n, 1n))
      .emits({
        type: 'StockSplit',
        quantityBefore: asShares('100'),
        quantityAfter: asShares('700'),
        cashInLieu: asCash('0'),
        referencePrice: null,
      });
  });

  it('of 1 to 20 keeps fractions, or is paid for them', () => {
    assert.equal(heldIn(having(...holding('30'), split(1n, 20n))), '1.5');
    having(...holding('30'))
      .when(split(1n, 20n, { wholeShares: true, referencePrice: asPrice('10') }))
      .emits({
        type: 'StockSplit',
        quantityAfter: asShares('1'),
        fraction: asShares('10'),
        cashInLieu: asCash('100'),
      });
  });

  it('that is short pays for its fraction', () => {
    having(...begin, fill('x0', null, '30', '10', { side: 'sell' }))
      .when(split(1n, 20n, { wholeShares: true, referencePrice: asPrice('10') }))
      .emits({ type: 'StockSplit', quantityAfter: asShares('-1'), cashInLieu: asCash('-100') });
  });

  it('is refused for a ratio that is none, or where there is nothing to split', () => {
    for (const [newShares, oldShares] of [
      [0n, 1n],
      [1n, 0n],
      [-2n, 1n],
      [3n, 3n],
    ] as const) {
      having(...holding('1'))
        .when(split(newShares, oldShares))
        .refuses('invalid_split');
    }
    having(...begin)
      .when(split(2n, 1n))
      .refuses('position_not_found');
  });
});

describe('an open order in a split', () => {
  it('has its quantity and price restated and keeps as much money aside', () => {
    const account = having(
      ...begin,
      submit('o1', { quantity: '100', limit: '14' }),
      fill('x1', 'o1', '40', '14'),
      split(7n, 1n),
    );
    const { terms, filledQuantity } = orderIn(account);
    assert.equal(terms.quantity, asShares('700'));
    assert.equal(filledQuantity, asShares('280'));
    assert.equal(terms.limitPrice, asPrice('2'));
    assert.equal(formatCash(account.state().reservedCash), '840');
  });

  it('to buy is rounded down to the increment, to sell up: never worse for the account', () => {
    const buy = having(...begin, submit('o1', { limit: '10' }), split(3n, 1n));
    assert.equal(formatPrice(orderIn(buy).terms.limitPrice ?? asPrice('0')), '3.33');
    const sell = having(
      ...holding('100'),
      submit('o1', { side: 'sell', limit: '10' }),
      split(3n, 1n),
    );
    assert.equal(formatPrice(orderIn(sell).terms.limitPrice ?? asPrice('0')), '3.34');
  });

  it('ends when nothing of it is left in the new shares', () => {
    const words = { side: 'sell', quantity: '10', limit: '10' } as const;
    having(...holding('30'), submit('o1', words))
      .when(split(1n, 20n, { wholeShares: true }))
      .emits({ type: 'StockSplit' }, { type: 'OrderCanceled', reason: 'stock_split' });
  });

  it('to sell all sells no more than the whole shares that are kept', () => {
    const words = { side: 'sell', quantity: '30', limit: '10' } as const;
    const account = having(
      ...holding('30'),
      submit('o1', words),
      split(1n, 20n, { wholeShares: true }),
    );
    assert.equal(heldIn(account), '1');
    assert.equal(orderIn(account).terms.quantity, asShares('1'));
    assert.equal(holdingOf(account.state(), ticker('ACME')).closingSells, asShares('1'));
  });

  it('loses a replacement in flight', () => {
    having(
      ...begin,
      submit('o1', { limit: '10' }),
      acceptance('o1'),
      replace('o1', 'o2', { limit: '9' }),
      fill('x0', 'o1', '1', '10'),
    )
      .when(split(2n, 1n))
      .emits({ type: 'StockSplit' }, { type: 'OrderReplaceRejected' }, { type: 'OrderAdjusted' });
  });

  it('that trails keeps its distance in the new shares', () => {
    having(
      ...holding('70'),
      submit('o1', { side: 'sell', quantity: '70', trail: '7' }),
      trailing('o1', '700', '693'),
    )
      .when(split(7n, 1n))
      .emits(
        { type: 'StockSplit' },
        { type: 'OrderAdjusted' },
        { type: 'StopTrailed', highWaterMark: asPrice('100'), stopPrice: asPrice('99') },
      );
  });

  it('by notional stays an amount of money', () => {
    const account = having(
      ...begin,
      submit('o1', { notional: '1000' }),
      fill('x1', 'o1', '30', '10'),
      split(2n, 1n),
    );
    assert.equal(formatCash(account.state().reservedCash), '700');
    assert.equal(orderIn(account).filledQuantity, asShares('60'));
  });

  it('of another symbol is left alone', () => {
    const account = having(...holding('10'), submit('o1', { limit: '10' })).at({
      ACME: '10',
      BIRD: '1',
    });
    account.when(split(2n, 1n, { symbol: ticker('BIRD') })).refuses('position_not_found');
  });
});

describe('a split whose remainder is smaller than the smallest quantity', () => {
  it('neither keeps it nor pays for it', () => {
    having(...holding('1'))
      .when(split(7n, 3n, { referencePrice: asPrice('10') }))
      .emits({
        type: 'StockSplit',
        quantityAfter: asShares('2.333333333'),
        fraction: asShares('0'),
        cashInLieu: asCash('0'),
        referencePrice: null,
      });
  });
});

describe('a split that would make more shares than there can be', () => {
  it('is refused', () => {
    having(...holding('10000000'))
      .when(split(1_000_000_000n, 1n))
      .refuses('invalid_split');
  });
});
