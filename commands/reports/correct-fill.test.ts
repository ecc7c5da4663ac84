import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { holdingOf } from '#domain/account/state.ts';
import { formatCash, formatQuantity } from '#domain/money.ts';
import {
  asPrice,
  asShares,
  bust,
  canceled,
  correct,
  deposit,
  fill,
  openAccount,
  orderId,
  split,
  submit,
  ticker,
} from '#tests/support/makers.ts';
import { having } from '#tests/support/specification.ts';

const begin = [openAccount({ kind: 'cash' }), deposit('10000')];
const partly = [...begin, submit('o1', { limit: '10' }), fill('x1', 'o1', '40', '10')];
const wholly = [...begin, submit('o1', { limit: '10' }), fill('x1', 'o1', '100', '10')];
const seen = (account: ReturnType<typeof having>) => {
  const state = account.state();
  const order = state.orders.get(orderId('o1'));
  assert.ok(order);
  return {
    cash: formatCash(state.cash),
    held: formatQuantity(holdingOf(state, ticker('ACME')).quantity),
    reserved: formatCash(state.reservedCash),
    status: order.status,
    filled: formatQuantity(order.filledQuantity),
    busted: formatQuantity(order.bustedQuantity),
  };
};

describe('a fill that the broker takes back', () => {
  it('is undone to the last digit; its shares are not worked again', () => {
    assert.deepEqual(seen(having(...partly, bust('x1'))), {
      cash: '10000',
      held: '0',
      reserved: '600',
      status: 'submitted',
      filled: '0',
      busted: '40',
    });
  });

  it('leaves a filled order short of its quantity', () => {
    const { status, filled } = seen(having(...wholly, bust('x1')));
    assert.deepEqual({ status, filled }, { status: 'canceled', filled: '0' });
  });

  it('is taken back once', () => {
    having(...partly, bust('x1'))
      .when(bust('x1'))
      .emits();
  });

  it('said again as a fill stays taken back', () => {
    having(...partly, bust('x1'))
      .when(fill('x1', 'o1', '40', '10'))
      .emits();
  });

  it('takes its unsettled proceeds along', () => {
    const policy = openAccount({ kind: 'cash', settlementDays: 1 });
    const sold = [policy, deposit('10'), fill('x1', null, '5', '10', { side: 'sell' })];
    assert.equal(having(...sold).state().unsettled.size, 1);
    assert.equal(having(...sold, bust('x1')).state().unsettled.size, 0);
  });

  it('is disputed when nobody knows it, when it was disputed itself, or after a split', () => {
    having(...partly)
      .when(bust('x9'))
      .emits({ type: 'ReportDisputed', because: 'unknown_execution' });
    having(...partly, fill('x2', 'o9', '1', '1'))
      .when(bust('x2'))
      .emits({ type: 'ReportDisputed', because: 'execution_disputed' });
    having(...partly, split(2n, 1n))
      .when(bust('x1'))
      .emits({ type: 'ReportDisputed', because: 'split_since' });
    having().when(bust('x1')).refuses('account_not_found');
  });
});

describe('a fill that the broker restates', () => {
  it('at another price moves the difference', () => {
    having(...partly)
      .when(correct('x1', '40', '9.5'))
      .emits({
        type: 'FillCorrected',
        price: asPrice('9.5'),
        previousPrice: asPrice('10'),
        previousQuantity: asShares('40'),
      });
    assert.equal(seen(having(...partly, correct('x1', '40', '9.5'))).cash, '9620');
  });

  it('down gives shares back that are not worked again', () => {
    assert.deepEqual(seen(having(...partly, correct('x1', '30', '10'))), {
      cash: '9700',
      held: '30',
      reserved: '600',
      status: 'partially_filled',
      filled: '30',
      busted: '10',
    });
  });

  it('up takes from what is open', () => {
    assert.deepEqual(seen(having(...partly, correct('x1', '50', '10'))), {
      cash: '9500',
      held: '50',
      reserved: '500',
      status: 'partially_filled',
      filled: '50',
      busted: '0',
    });
  });

  it('up to all of the order completes it', () => {
    const { status, reserved } = seen(having(...partly, correct('x1', '100', '10')));
    assert.deepEqual({ status, reserved }, { status: 'filled', reserved: '0' });
  });

  it('up beyond the order is disputed', () => {
    having(...partly)
      .when(correct('x1', '100.000000001', '10'))
      .emits({ type: 'ReportDisputed', because: 'overfill' });
  });

  it('twice ends where one correction to the same figures would', () => {
    for (const order of [partly, wholly]) {
      const twice = having(...order, correct('x1', '20', '9'), correct('x1', '30', '9.5'));
      assert.deepEqual(seen(twice), seen(having(...order, correct('x1', '30', '9.5'))));
    }
  });

  it('back to what it was is as if nothing had been said', () => {
    const back = having(...wholly, correct('x1', '90', '10'), correct('x1', '100', '10'));
    assert.deepEqual(seen(back), seen(having(...wholly)));
  });

  it('said again changes nothing', () => {
    having(...partly, correct('x1', '50', '10'))
      .when(correct('x1', '50', '10'))
      .emits();
  });

  it('of a canceled order stays canceled unless it completes it', () => {
    const after = [...partly, canceled('o1')];
    assert.equal(seen(having(...after, correct('x1', '50', '10'))).status, 'canceled');
    assert.equal(seen(having(...after, correct('x1', '100', '10'))).status, 'filled');
    assert.equal(seen(having(...after, correct('x1', '50', '10'))).reserved, '0');
  });

  it('is disputed when it was taken back, was disputed itself, or a split came since', () => {
    having(...partly, bust('x1'))
      .when(correct('x1', '40', '9'))
      .emits({ type: 'ReportDisputed', because: 'execution_busted' });
    having(...partly, fill('x2', 'o1', '61', '10'))
      .when(correct('x2', '60', '10'))
      .emits({ type: 'ReportDisputed', because: 'execution_disputed' });
    having(...partly, split(2n, 1n))
      .when(correct('x1', '40', '9'))
      .emits({ type: 'ReportDisputed', because: 'split_since' });
  });

  it('may be taken back afterwards, as it was restated', () => {
    const { cash, held } = seen(having(...partly, correct('x1', '50', '9'), bust('x1')));
    assert.deepEqual({ cash, held }, { cash: '10000', held: '0' });
  });
});
