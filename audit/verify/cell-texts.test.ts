import { equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Cash, formatCash, formatPrice, type Price } from '#domain/money.ts';
import { cash, price } from './cell-texts.ts';

describe('the text of a cell', () => {
  it('is the shortest exact decimal, as it is written elsewhere', () => {
    const amounts = fc.oneof(
      fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
      fc.bigInt({ min: -1_000n, max: 1_000n }),
      fc.bigInt({ min: -1_000_000n, max: 1_000_000n }).map((whole) => whole * 10n ** 9n),
      fc.bigInt({ min: -1_000_000n, max: 1_000_000n }).map((whole) => whole * 10n ** 18n),
    );
    fc.assert(
      fc.property(amounts, (amount) => {
        equal(cash(amount), formatCash(amount as Cash));
        equal(price(amount), formatPrice(amount as Price));
      }),
      { numRuns: 2_000 },
    );
  });
});
