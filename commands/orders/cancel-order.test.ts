import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  acceptance,
  asShares,
  cancel,
  cancelAll,
  canceled,
  close,
  deposit,
  fill,
  openAccount,
  orderId,
  standing,
  submit,
  terms,
} from '#tests/support/makers.ts';
import { having } from '#tests/support/specification.ts';

const begin = [openAccount(), deposit('100000')];
const open = [...begin, submit('o1', { limit: '10' }), acceptance('o1')];

describe('canceling an order', () => {
  it('asks the broker and keeps its reservation until it answers', () => {
    having(...open)
      .when(cancel('o1'))
      .emits({ type: 'OrderCancelRequested' });
    assert.ok(having(...open, cancel('o1')).state().reservedCash > 0n);
    assert.equal(having(...open, cancel('o1'), canceled('o1')).state().reservedCash, 0n);
  });

  it('asked again has nothing new to say', () => {
    having(...open, cancel('o1'))
      .when(cancel('o1'))
      .emits();
  });

  it('is refused when the order has ended or is unknown', () => {
    having(...open, fill('x1', 'o1', '100', '10'))
      .when(cancel('o1'))
      .refuses('order_not_cancelable', { status: 'filled' });
    having(...open, canceled('o1'))
      .when(cancel('o1'))
      .refuses('order_not_cancelable');
    having(...open)
      .when(cancel('o9'))
      .refuses('order_not_found');
    having().when(cancel('o9')).refuses('account_not_found');
  });

  it('is possible while the account is suspended', () => {
    having(...open, standing('SuspendAccount'))
      .when(cancel('o1'))
      .emits({ type: 'OrderCancelRequested' });
  });

  it('ends the order at once where no broker works it', () => {
    having(openAccount({ broker: 'none' }), deposit('10000'), submit('o1', { limit: '10' }))
      .when(cancel('o1'))
      .emits({ type: 'OrderCancelRequested' }, { type: 'OrderCanceled', orderId: orderId('o1') });
  });
});

describe('canceling all orders', () => {
  const several = [
    ...open,
    submit('o2', { side: 'sell', limit: '11' }),
    submit('o3', { limit: '9' }),
    canceled('o3'),
  ];
  it('asks for every live one, once', () => {
    having(...several)
      .when(cancelAll())
      .emits(
        { type: 'OrderCancelRequested', orderId: orderId('o1') },
        { type: 'OrderCancelRequested', orderId: orderId('o2') },
      );
    having(...several, cancelAll())
      .when(cancelAll())
      .emits();
  });

  it('of one symbol leaves the others', () => {
    having(...several)
      .when(cancelAll('BIRD'))
      .emits();
    having(...several)
      .when(cancelAll('ACME'))
      .emits({ type: 'OrderCancelRequested' }, { type: 'OrderCancelRequested' });
  });
});

describe('closing a position', () => {
  it('sells a long and buys back a short, at the market', () => {
    having(...begin, fill('x0', null, '70', '10'))
      .when(close('o1'))
      .emits({ type: 'OrderSubmitted', terms: terms({ side: 'sell', quantity: '70' }) });
    having(...begin, fill('x0', null, '70', '10', { side: 'sell' }))
      .when(close('o1'))
      .emits({ type: 'OrderSubmitted', terms: terms({ side: 'buy', quantity: '70' }) });
  });

  it('takes what other orders do not close already, or the part asked for', () => {
    const partly = [
      ...begin,
      fill('x0', null, '70', '10'),
      submit('o1', { side: 'sell', quantity: '30', limit: '11' }),
    ];
    const { decision } = having(...partly).when(close('o2'));
    const [event] = decision.events;
    assert.equal(event?.type === 'OrderSubmitted' && event.terms.quantity, asShares('40'));
    having(...partly)
      .when(close('o2', 'ACME', '41'))
      .refuses('insufficient_quantity', { available: '40' });
    having(...partly)
      .when(close('o2', 'ACME', '10'))
      .emits({ type: 'OrderSubmitted' });
    having(...partly)
      .when(close('o2', 'ACME', '0'))
      .refuses('invalid_order_terms');
  });

  it('is refused where there is none', () => {
    having(...begin)
      .when(close('o1'))
      .refuses('position_not_found', { symbol: 'ACME' });
    having().when(close('o1')).refuses('account_not_found');
    having(...begin, standing('SuspendAccount'))
      .when(close('o1'))
      .refuses('account_suspended');
  });
});
