import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccountCommand } from '#commands/commands.ts';
import {
  bust,
  correct,
  deposit,
  fill,
  noon,
  openAccount,
  quotesOf,
  split,
  ticker,
  withdraw,
} from '#tests/support/makers.ts';
import { having } from '#tests/support/specification.ts';
import { formatCash } from '../money.ts';
import { instant } from '../time.ts';
import { accountFigures, type Prices } from './figures.ts';
import type { AccountState } from './state.ts';

const begin = [openAccount(), deposit('1000')];
const nobodyQuotes: Prices = () => undefined;
const equityOf = (state: AccountState, prices: Prices): string =>
  formatCash(accountFigures(state, prices, noon).equity);
const equityAfter = (...commands: readonly AccountCommand[]): string =>
  equityOf(having(...begin, ...commands).state(), nobodyQuotes);

describe('an account whose shares have split', () => {
  it('is worth what it was until the market quotes the new shares', () => {
    const state = having(...begin, fill('x1', null, '100', '10'), split(5n, 1n)).state();
    const before = quotesOf({ ACME: '10' }).latest(ticker('ACME'));
    assert.ok(before);
    assert.equal(
      equityOf(state, () => before),
      '1000',
    );
    const after = { ...before, at: instant('2030-01-01T00:00:00Z') };
    assert.equal(
      equityOf(state, () => after),
      '5000',
    );
  });
});

describe('a position in what nobody quotes', () => {
  const bought = fill('x1', null, '10', '10');

  it('is valued at the newest fill', () => {
    assert.equal(equityAfter(bought), '1000');
    assert.equal(equityAfter(bought, fill('x2', null, '1', '12')), '1020');
  });

  it('is not valued at a fill that was taken back', () => {
    assert.equal(equityAfter(bought, fill('x2', null, '0.001', '100000'), bust('x2')), '1000');
  });

  it('is not valued at the correction of an older fill', () => {
    const older = [fill('x1', null, '1', '500'), fill('x2', null, '1', '10')];
    assert.equal(equityAfter(...older), '510');
    assert.equal(equityAfter(...older, correct('x1', '1', '499')), '511');
  });

  it('is valued at the correction of the newest fill', () => {
    assert.equal(equityAfter(bought, correct('x1', '10', '9')), '1000');
    const later = [bought, fill('x2', null, '10', '12')];
    assert.equal(equityAfter(...later, correct('x2', '10', '11')), '1010');
  });
});

describe('proceeds that have not settled', () => {
  it('do not settle because a fill is dated ahead', () => {
    having(
      openAccount({ kind: 'cash', settlementDays: 1 }),
      deposit('1000'),
      fill('x1', null, '5', '100'),
      fill('x2', null, '5', '100', { side: 'sell' }),
      { ...fill('x3', null, '0.1', '1'), at: instant('2030-01-01T00:00:00Z') },
    )
      .when(withdraw('990'))
      .refuses('insufficient_cash', { settled: '499.9' });
  });
});
