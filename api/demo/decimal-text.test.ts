import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatCash, formatPrice } from '#domain/money.ts';
import { roundedCash, roundedPrice, roundedTo } from './decimal-text.ts';

describe('a double as text', () => {
  it('loses its noise at nine decimals', () => {
    assert.equal(formatPrice(roundedPrice('540.9800000000006')), '540.98');
    assert.equal(formatPrice(roundedPrice('87.71000000000808')), '87.71');
    assert.equal(formatCash(roundedCash('0.9225000000000001')), '0.9225');
  });

  it('is rounded half to even', () => {
    assert.equal(roundedTo('0.5', 0), 0n);
    assert.equal(roundedTo('1.5', 0), 2n);
    assert.equal(roundedTo('-2.5', 0), -2n);
  });

  it('may have an exponent', () => {
    assert.equal(roundedTo('-9.5e-08', 9), -95n);
    assert.equal(roundedTo('1e+22', 0), 10n ** 22n);
  });

  it('is nothing else', () => {
    for (const text of ['', 'NaN', 'Infinity', '0x10', '1,000', ' 1']) {
      assert.throws(() => roundedTo(text, 9), RangeError);
    }
  });
});
