import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccountCommand } from '#commands/commands.ts';
import { formatCash } from '#domain/money.ts';
import {
  adjustment,
  asCash,
  asPrice,
  asShares,
  canceled,
  deposit,
  dividend,
  fee,
  fill,
  interest,
  noon,
  openAccount,
  standing,
  submit,
  ticker,
  withdraw,
} from '#tests/support/makers.ts';
import { having } from '#tests/support/specification.ts';
import type { ReportDividend } from './report-dividend.ts';

const cashOf = (account: ReturnType<typeof having>): string => formatCash(account.state().cash);

describe('a withdrawal', () => {
  it('takes what is there and not a fraction more', () => {
    const account = having(openAccount(), deposit('100'));
    account.when(withdraw('100')).emits({ type: 'CashWithdrawn', amount: asCash('100') });
    account
      .when(withdraw('100.000000000000000001'))
      .refuses('insufficient_cash', { requested: '100.000000000000000001', withdrawable: '100' });
  });

  it('leaves what an order keeps aside, until the order ends', () => {
    const policy = openAccount({ kind: 'cash' });
    const ordered = [policy, deposit('1500'), submit('o1', { limit: '10' })];
    having(...ordered)
      .when(withdraw('500.01'))
      .refuses('insufficient_cash', { withdrawable: '500', reserved: '1000' });
    having(...ordered, canceled('o1'))
      .when(withdraw('1500'))
      .emits({ type: 'CashWithdrawn' });
  });

  it('leaves what the margin of a position needs', () => {
    having(openAccount(), deposit('1000'), fill('x0', null, '100', '10', { side: 'sell' }))
      .when(withdraw('500.01'))
      .refuses('insufficient_cash', { withdrawable: '500', cash: '2000' });
  });

  it('of nothing or less is refused, and so is one from an account that is not there', () => {
    for (const amount of ['0', '-1']) {
      having(openAccount()).when(withdraw(amount)).refuses('invalid_amount');
      having(openAccount()).when(deposit(amount)).refuses('invalid_amount');
      having(openAccount()).when(fee(amount)).refuses('invalid_amount');
    }
    having().when(withdraw('1')).refuses('account_not_found');
  });
});

describe('what is booked whether there is cash or not', () => {
  it('fees, interest owed, adjustments of either sign', () => {
    const account = having(openAccount(), fee('5'), interest('-2'), adjustment('-1'));
    assert.equal(cashOf(account), '-8');
    assert.equal(cashOf(having(openAccount(), interest('2.5'), adjustment('1'))), '3.5');
    having(openAccount()).when(interest('0')).refuses('invalid_amount');
    having(openAccount()).when(adjustment('0')).refuses('invalid_amount');
  });
});

describe('a dividend', () => {
  it('is received by a long and paid by a short', () => {
    const long = [openAccount(), fill('x0', null, '100', '10')];
    having(...long)
      .when(dividend('0.25'))
      .emits({ type: 'DividendPaid', amount: asCash('25') });
    const short = [openAccount(), fill('x0', null, '100', '10', { side: 'sell' })];
    having(...short)
      .when(dividend('0.25'))
      .emits({ type: 'DividendPaid', amount: asCash('-25') });
  });

  it('is refused without a position or without an amount', () => {
    having(openAccount()).when(dividend('0.25')).refuses('position_not_found');
    having(openAccount(), fill('x0', null, '1', '1'))
      .when(dividend('0'))
      .refuses('invalid_amount');
  });
});

describe('an account', () => {
  it('is opened once', () => {
    having(openAccount()).when(openAccount()).refuses('account_already_open');
  });

  it('that is suspended goes on with bookkeeping, and is reinstated', () => {
    const suspended = [openAccount(), deposit('10'), standing('SuspendAccount')];
    having(...suspended)
      .when(deposit('1'))
      .emits({ type: 'CashDeposited' });
    having(...suspended)
      .when(standing('SuspendAccount'))
      .emits();
    having(...suspended)
      .when(standing('ReinstateAccount'))
      .emits({ type: 'AccountReinstated' });
    having(openAccount()).when(standing('ReinstateAccount')).refuses('account_not_suspended');
    having(...suspended, standing('ReinstateAccount'), deposit('1000'))
      .when(submit('o1', { quantity: '1' }))
      .emits({ type: 'OrderSubmitted' });
  });

  it('is closed only when nothing is left in it', () => {
    having(openAccount(), deposit('10'))
      .when(standing('CloseAccount'))
      .refuses('account_not_empty', { cash: '10', positions: '0', open_orders: '0' });
    having(openAccount(), fill('x0', null, '1', '10'), deposit('10'))
      .when(standing('CloseAccount'))
      .refuses('account_not_empty', { cash: '0', positions: '1' });
    having(openAccount()).when(standing('CloseAccount')).emits({ type: 'AccountClosed' });
  });

  it('that is closed takes nothing any more', () => {
    const closed = having(openAccount(), standing('CloseAccount'));
    closed.when(deposit('1')).refuses('account_closed');
    closed.when(submit('o1')).refuses('account_closed');
    closed.when(standing('ReinstateAccount')).refuses('account_closed');
    closed.when(openAccount()).refuses('account_already_open');
  });
});

describe('what somebody outside reports', () => {
  const at = noon;
  const gone = (amount: string): AccountCommand => ({
    type: 'ReportWithdrawal',
    amount: asCash(amount),
    description: 'wire sent',
    externalReference: 'bank:1',
    at,
  });
  const paid = (amount: string, over: Partial<ReportDividend> = {}): ReportDividend => ({
    type: 'ReportDividend',
    symbol: ticker('ACME'),
    amount: asCash(amount),
    quantity: null,
    perShare: null,
    description: 'dividend',
    externalReference: 'bank:2',
    at,
    ...over,
  });

  it('has happened: a withdrawal is booked although the cash is not there', () => {
    const account = having(openAccount({ kind: 'cash' }), deposit('10'));
    account
      .when(gone('25'))
      .emits({ type: 'CashWithdrawn', amount: asCash('25'), externalReference: 'bank:1' });
    assert.equal(cashOf(having(openAccount({ kind: 'cash' }), deposit('10'), gone('25'))), '-15');
    account.when(gone('0')).refuses('invalid_amount');
    having().when(gone('1')).refuses('account_not_found');
    having(openAccount(), standing('CloseAccount')).when(gone('1')).refuses('account_closed');
  });

  it('a dividend is booked to the cent that was paid, and says how it was earned as far as is known', () => {
    const holder = having(openAccount(), fill('x0', null, '211', '93.78'));
    holder.when(paid('137.23', { perShare: asPrice('0.6504') })).emits({
      type: 'DividendPaid',
      amount: asCash('137.23'),
      quantity: asShares('211'),
      perShare: asPrice('0.6504'),
      externalReference: 'bank:2',
    });
    holder
      .when(paid('42.2', { quantity: asShares('200') }))
      .emits({ type: 'DividendPaid', quantity: asShares('200'), perShare: asPrice('0.211') });
    having(openAccount(), fill('x0', null, '10', '1', { side: 'sell' }))
      .when(paid('-5'))
      .emits({ type: 'DividendPaid', amount: asCash('-5'), perShare: asPrice('0.5') });
  });

  it('a dividend on shares that are sold by now is booked too, but not one of nothing', () => {
    having(openAccount())
      .when(paid('3'))
      .emits({ type: 'DividendPaid', amount: asCash('3'), quantity: asShares('0') });
    having(openAccount()).when(paid('0')).refuses('invalid_amount');
    having().when(paid('1')).refuses('account_not_found');
  });
});
