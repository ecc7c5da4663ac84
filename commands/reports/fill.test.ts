import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CommissionSchedule } from '#domain/account/policy.ts';
import { holdingOf } from '#domain/account/state.ts';
import { cash, formatCash, formatQuantity, price, ratio } from '#domain/money.ts';
import { instant } from '#domain/time.ts';
import {
  acceptance,
  asCash,
  asShares,
  cancel,
  canceled,
  deposit,
  expiry,
  fill,
  openAccount,
  orderId,
  rejection,
  standing,
  submit,
  ticker,
} from '#tests/support/makers.ts';
import { having } from '#tests/support/specification.ts';

const begin = [openAccount({ kind: 'cash' }), deposit('10000')];
const open = [...begin, submit('o1', { limit: '10' }), acceptance('o1')];
const statusOf = (account: ReturnType<typeof having>): string | undefined =>
  account.state().orders.get(orderId('o1'))?.status;

describe('an open order for 100 shares', () => {
  it('books a part, then the rest', () => {
    having(...open)
      .when(fill('x1', 'o1', '40', '9.5'))
      .emits({ type: 'OrderFilled', quantity: asShares('40') });
    const done = having(...open, fill('x1', 'o1', '40', '9.5'), fill('x2', 'o1', '60', '9.4'));
    assert.equal(statusOf(done), 'filled');
    assert.equal(formatCash(done.state().cash), '9056');
    assert.equal(formatQuantity(holdingOf(done.state(), ticker('ACME')).quantity), '100');
  });

  it('ignores a fill the broker reports twice', () => {
    having(...open, fill('x1', 'o1', '40', '9.5'))
      .when(fill('x1', 'o1', '40', '9.5'))
      .emits();
  });

  it('keeps a fill reported twice with other content as a dispute', () => {
    having(...open, fill('x1', 'o1', '40', '9.5'))
      .when(fill('x1', 'o1', '40', '9.6'))
      .emits({ type: 'ReportDisputed', report: 'fill', because: 'contradicts_execution' });
  });

  it('disputes a fill larger than what remains', () => {
    having(...open, fill('x1', 'o1', '70', '9.5'))
      .when(fill('x2', 'o1', '30.000000001', '9.5'))
      .emits({ type: 'FillDisputed', because: 'overfill' });
  });

  it('disputes a fill of another symbol or on the other side', () => {
    having(...open)
      .when(fill('x1', 'o1', '1', '10', { symbol: 'BIRD' }))
      .emits({ type: 'FillDisputed', because: 'symbol_mismatch' });
    having(...open)
      .when(fill('x1', 'o1', '1', '10', { side: 'sell' }))
      .emits({ type: 'FillDisputed', because: 'side_mismatch' });
  });

  it('disputes a fill of an order nobody knows; a disputed fill moves nothing', () => {
    const account = having(...open);
    const outcome = account.when(fill('x1', 'o9', '1', '10'));
    outcome.emits({ type: 'FillDisputed', because: 'unknown_order' });
    assert.equal(outcome.state.cash, account.state().cash);
    assert.equal(holdingOf(outcome.state, ticker('ACME')).quantity, 0n);
  });
});

describe('a fill that crosses the end of its order', () => {
  it('counts after a cancel or an expiry: it happened', () => {
    for (const end of [canceled('o1'), expiry('o1')]) {
      const late = having(...open, cancel('o1'), end, fill('x1', 'o1', '40', '10'));
      assert.equal(formatCash(late.state().cash), '9600');
      assert.equal(late.state().reservedCash, 0n);
      assert.notEqual(statusOf(late), 'partially_filled');
      const whole = having(...open, end, fill('x1', 'o1', '100', '10'));
      assert.equal(statusOf(whole), 'filled');
    }
  });

  it('is disputed after a rejection', () => {
    having(...open, rejection('o1'))
      .when(fill('x1', 'o1', '40', '10'))
      .emits({ type: 'FillDisputed', because: 'order_rejected' });
  });

  it('makes a late rejection impossible', () => {
    having(...open, fill('x1', 'o1', '40', '10'))
      .when(rejection('o1'))
      .emits({ type: 'ReportDisputed', because: 'contradicts_status' });
  });

  it('may come before the acceptance, which then still counts', () => {
    const early = having(...begin, submit('o1', { limit: '10' }), fill('x1', 'o1', '40', '10'));
    early.when(acceptance('o1')).emits({ type: 'OrderAccepted' });
  });

  it('counts while the account is suspended, and is disputed once it is closed', () => {
    having(...open, standing('SuspendAccount'))
      .when(fill('x1', 'o1', '40', '10'))
      .emits({ type: 'OrderFilled' });
    having(openAccount(), standing('CloseAccount'))
      .when(fill('x1', null, '1', '1'))
      .emits({ type: 'FillDisputed', because: 'account_not_open' });
  });
});

describe('an order for 1,000 dollars', () => {
  const amount = [...begin, submit('o1', { notional: '1000' })];

  it('is complete when what is left buys less than the smallest quantity', () => {
    const whole = having(...amount, fill('x1', 'o1', '333.333333333', '3'));
    assert.equal(statusOf(whole), 'filled');
    assert.equal(whole.state().reservedCash, 0n);
  });

  it('keeps the rest of the money aside after a part', () => {
    const part = having(...amount, fill('x1', 'o1', '30', '10'));
    assert.equal(statusOf(part), 'partially_filled');
    assert.equal(formatCash(part.state().reservedCash), '700');
  });

  it('disputes what costs more than that', () => {
    having(...amount)
      .when(fill('x1', 'o1', '100.000000001', '10'))
      .emits({ type: 'FillDisputed', because: 'overfill' });
  });
});

describe('an execution made outside the ledger', () => {
  it('moves cash and shares without an order, also into a short', () => {
    const account = having(
      ...begin,
      fill('x1', null, '10', '20', { side: 'sell', symbol: 'BIRD' }),
    );
    assert.equal(formatCash(account.state().cash), '10200');
    assert.equal(formatQuantity(holdingOf(account.state(), ticker('BIRD')).quantity), '-10');
  });
});

describe('the commission of partial fills', () => {
  const charged = (commission: CommissionSchedule, ...parts: readonly string[]): string[] => {
    const policy = openAccount({ kind: 'cash', commission });
    let moves = [policy, deposit('10000'), submit('o1', { limit: '10' })];
    return parts.map((shares, place) => {
      const report = fill(`x${place}`, 'o1', shares, '10');
      const [event] = having(...moves).when(report).decision.events;
      moves = [...moves, report];
      return event?.type === 'OrderFilled' ? formatCash(event.commission) : 'not filled';
    });
  };

  it('in basis points adds up to that of the whole', () => {
    const commission = { kind: 'basis_points', rate: ratio('0.08') } as const;
    assert.deepEqual(charged(commission, '100'), ['0.008']);
    assert.deepEqual(charged(commission, '10', '90'), ['0.0008', '0.0072']);
  });

  it('per share charges the minimum once, and more only beyond it', () => {
    const commission = { kind: 'per_share', rate: price('0.02'), minimum: cash('1') } as const;
    assert.deepEqual(charged(commission, '40', '20', '40'), ['1', '0.2', '0.8']);
  });

  it('fixed is charged with the first fill alone', () => {
    assert.deepEqual(charged({ kind: 'fixed', amount: cash('4.95') }, '1', '99'), ['4.95', '0']);
  });

  it('is what the broker says where it says so', () => {
    having(...open)
      .when(fill('x1', 'o1', '40', '10', { commission: '0.37' }))
      .emits({ type: 'OrderFilled', commission: asCash('0.37') });
  });
});

describe('the proceeds of a sale', () => {
  const friday = instant('2014-01-03T16:00:00Z');
  const sold = (settlementDays: number, commission?: string) =>
    having(
      openAccount({ kind: 'cash', settlementDays }),
      fill('x0', null, '100', '1', { at: friday }),
      deposit('100'),
      fill('x1', null, '100', '10', {
        side: 'sell',
        at: friday,
        ...(commission === undefined ? {} : { commission }),
      }),
    );
  const spend = (amount: string, at: string) => ({
    type: 'WithdrawCash' as const,
    amount: cash(amount),
    description: '',
    externalReference: null,
    at: instant(at),
  });

  it('may be spent at once where settlement takes no days', () => {
    sold(0).when(spend('1000', '2014-01-03T16:00:00Z')).emits({ type: 'CashWithdrawn' });
  });

  it('settle at the open of the next business day with one day, of the third with three', () => {
    const early = { withdrawable: '0', settled: '0', cash: '1000' };
    sold(1).when(spend('1', '2014-01-06T14:29:59Z')).refuses('insufficient_cash', early);
    sold(1).when(spend('1000', '2014-01-06T14:30:00Z')).emits({ type: 'CashWithdrawn' });
    sold(3).when(spend('1', '2014-01-08T14:29:59Z')).refuses('insufficient_cash', early);
    sold(3).when(spend('1000', '2014-01-08T14:30:00Z')).emits({ type: 'CashWithdrawn' });
  });

  it('that cost more than they brought are paid at once', () => {
    sold(1, '1050')
      .when(spend('0.01', '2014-01-03T16:00:00Z'))
      .refuses('insufficient_cash', { cash: '-50', settled: '-50' });
  });
});
