import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatCash, formatQuantity } from '#domain/money.ts';
import {
  acceptance,
  asShares,
  bust,
  cancel,
  cancelDenied,
  canceled,
  correct,
  deposit,
  expiry,
  fill,
  openAccount,
  orderId,
  replace,
  replaceConfirmed,
  replaceDenied,
  standing,
  submit,
  ticker,
} from '#tests/support/makers.ts';
import { having } from '#tests/support/specification.ts';

const begin = [openAccount({ kind: 'cash' }), deposit('10000')];
const open = [...begin, submit('o1', { limit: '10' }), acceptance('o1')];
const larger = replace('o1', 'o2', { quantity: '200' });
const reserved = (account: ReturnType<typeof having>): string =>
  formatCash(account.state().reservedCash);
const orderIn = (account: ReturnType<typeof having>, id: string) =>
  account.state().orders.get(orderId(id));

describe('an open order for 100 shares at 10', () => {
  it('is asked to be replaced: one event with the new terms', () => {
    having(...open)
      .when(larger)
      .emits({
        type: 'OrderReplaceRequested',
        orderId: orderId('o1'),
        replacementId: orderId('o2'),
      });
  });

  it('keeps the larger of both aside while the broker has not answered', () => {
    assert.equal(reserved(having(...open, larger)), '2000');
    assert.equal(reserved(having(...open, replace('o1', 'o2', { quantity: '50' }))), '1000');
  });

  it('keeps only the replacement’s aside once it is confirmed', () => {
    const smaller = replace('o1', 'o2', { quantity: '50' });
    assert.equal(reserved(having(...open, smaller, replaceConfirmed('o1', 'o2'))), '500');
    assert.equal(reserved(having(...open, larger, replaceConfirmed('o1', 'o2'))), '2000');
  });

  it('keeps only its own aside once the replacement is denied', () => {
    const denied = having(...open, larger, replaceDenied('o1', 'o2'));
    assert.equal(reserved(denied), '1000');
    assert.equal(orderIn(denied, 'o1')?.status, 'accepted');
  });

  it('is linked with what replaces it', () => {
    const account = having(...open, larger, replaceConfirmed('o1', 'o2'));
    assert.equal(orderIn(account, 'o1')?.replacedBy, orderId('o2'));
    assert.equal(orderIn(account, 'o1')?.status, 'replaced');
    assert.equal(orderIn(account, 'o2')?.replaces, orderId('o1'));
    assert.equal(orderIn(account, 'o2')?.status, 'accepted');
  });

  it('is refused a replacement that changes nothing, costs too much or does not fit', () => {
    having(...open)
      .when(replace('o1', 'o2', { limit: '10' }))
      .refuses('order_unchanged');
    having(...open)
      .when(replace('o1', 'o2', { quantity: '1001' }))
      .refuses('insufficient_buying_power', { required: '10010', available: '10000' });
    having(...open)
      .when(replace('o1', 'o2', { stop: '9' }))
      .refuses('invalid_order_terms');
    having(...open)
      .when(replace('o1', 'o2', { limit: '10.001' }))
      .refuses('invalid_price_increment');
    having(...open)
      .when(replace('o9', 'o2', { limit: '9' }))
      .refuses('order_not_found');
  });

  it('may be replaced by all the money it has itself kept aside', () => {
    having(...open)
      .when(replace('o1', 'o2', { quantity: '1000' }))
      .emits({ type: 'OrderReplaceRequested' });
  });

  it('cannot be replaced twice at once, nor when it has ended or the account is suspended', () => {
    const again = replace('o1', 'o3', { limit: '9' });
    having(...open, larger)
      .when(again)
      .refuses('order_not_replaceable');
    having(...open, canceled('o1'))
      .when(again)
      .refuses('order_not_replaceable');
    having(...open, standing('SuspendAccount'))
      .when(again)
      .refuses('account_suspended');
  });

  it('by notional is not replaced', () => {
    having(...begin, submit('o1', { notional: '100' }))
      .when(replace('o1', 'o2', { timeInForce: 'gtc' }))
      .refuses('order_not_replaceable');
  });

  it('without a broker is replaced at once', () => {
    having(openAccount({ broker: 'none' }), deposit('10000'), submit('o1', { limit: '10' }))
      .when(larger)
      .emits({ type: 'OrderReplaceRequested' }, { type: 'OrderReplaced' });
  });
});

describe('an order that has filled 40 of 100', () => {
  const partly = [...open, fill('x1', 'o1', '40', '10')];

  it('counts them in the replacement’s quantity: what is left is worked', () => {
    const account = having(...partly, larger, replaceConfirmed('o1', 'o2'));
    assert.equal(orderIn(account, 'o2')?.terms.quantity, asShares('160'));
    assert.equal(reserved(account), '1600');
  });

  it('is refused a replacement for no more than has filled', () => {
    for (const quantity of ['39', '40']) {
      having(...partly)
        .when(replace('o1', 'o2', { quantity }))
        .refuses('quantity_below_filled', { requested: quantity, filled: '40' });
    }
    having(...partly)
      .when(replace('o1', 'o2', { quantity: '41' }))
      .emits({ type: 'OrderReplaceRequested' });
  });

  it('may fill on while the replacement is in flight: both shrink', () => {
    const account = having(...open, larger, fill('x1', 'o1', '40', '10'));
    assert.equal(reserved(account), '1600');
    const confirmed = having(
      ...open,
      larger,
      fill('x1', 'o1', '40', '10'),
      replaceConfirmed('o1', 'o2'),
    );
    assert.equal(orderIn(confirmed, 'o2')?.terms.quantity, asShares('160'));
    assert.equal(reserved(confirmed), '1600');
  });

  it('may be corrected while the replacement is in flight: both shrink', () => {
    const moves = [...partly, larger, correct('x1', '50', '10')];
    assert.equal(reserved(having(...moves)), '1500');
    const confirmed = having(...moves, replaceConfirmed('o1', 'o2'));
    assert.equal(orderIn(confirmed, 'o2')?.terms.quantity, asShares('150'));
    assert.equal(reserved(confirmed), '1500');
  });

  it('may have a fill taken back while the replacement is in flight: it is not worked again', () => {
    const confirmed = having(...partly, larger, bust('x1'), replaceConfirmed('o1', 'o2'));
    assert.equal(orderIn(confirmed, 'o2')?.terms.quantity, asShares('160'));
  });

  it('may fill more than the replacement asked for: its confirmation is disputed', () => {
    having(...open, replace('o1', 'o2', { quantity: '50' }), fill('x1', 'o1', '60', '10'))
      .when(replaceConfirmed('o1', 'o2'))
      .emits({ type: 'ReportDisputed', because: 'filled_meanwhile' });
  });
});

describe('a replacement in flight', () => {
  it('that fills before its confirmation confirms itself', () => {
    const account = having(...open, larger);
    account
      .when(fill('x1', 'o2', '30', '10'))
      .emits({ type: 'OrderReplaced', orderId: orderId('o1') }, { type: 'OrderFilled' });
    const after = having(...open, larger, fill('x1', 'o2', '30', '10'));
    after.when(replaceConfirmed('o1', 'o2')).emits();
    assert.equal(reserved(after), '1700');
  });

  it('that fills more than it may is disputed and confirms nothing', () => {
    having(...open, larger)
      .when(fill('x1', 'o2', '201', '10'))
      .emits({ type: 'FillDisputed', because: 'overfill' });
  });

  it('loses against the old order’s end', () => {
    for (const end of [fill('x1', 'o1', '100', '10'), canceled('o1'), expiry('o1')]) {
      const account = having(...open, larger, end);
      account.when(replaceConfirmed('o1', 'o2')).emits({ type: 'ReportDisputed' });
      account.when(replaceDenied('o1', 'o2')).emits({ type: 'OrderReplaceRejected' });
      assert.equal(reserved(account), '0');
    }
  });

  it('that nobody asked for is disputed', () => {
    having(...open)
      .when(replaceConfirmed('o1', 'o7'))
      .emits({ type: 'ReportDisputed', because: 'unknown_replacement' });
  });

  it('outlives a cancel that was denied', () => {
    const account = having(...open, larger, cancel('o1'), cancelDenied('o1'));
    account.when(replaceConfirmed('o1', 'o2')).emits({ type: 'OrderReplaced' });
    assert.equal(reserved(account), '2000');
  });

  it('is confirmed once: said again it changes nothing', () => {
    having(...open, larger, replaceConfirmed('o1', 'o2'))
      .when(replaceConfirmed('o1', 'o2'))
      .emits();
    having(...open, larger, replaceDenied('o1', 'o2'))
      .when(replaceDenied('o1', 'o2'))
      .emits();
  });
});

describe('a sell of 100 when fewer are held by now', () => {
  it('can only be replaced by what is held', () => {
    const held = [...begin, fill('x0', null, '100', '10')];
    const selling = [...held, submit('o1', { side: 'sell', limit: '11' })];
    const account = having(...selling, fill('x2', null, '60', '10', { side: 'sell' }));
    const { closingSells, quantity } = account.state().holdings.get(ticker('ACME')) ?? {};
    assert.equal(formatQuantity(closingSells ?? asShares('0')), '100');
    assert.equal(formatQuantity(quantity ?? asShares('0')), '40');
    account
      .when(replace('o1', 'o2', { limit: '10.5' }))
      .refuses('insufficient_quantity', { available: '40' });
    account.when(replace('o1', 'o2', { quantity: '40' })).emits({ type: 'OrderReplaceRequested' });
  });
});
