import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  affordable,
  type Cash,
  cash,
  divide,
  formatCash,
  formatPrice,
  formatQuantity,
  notional,
  type Price,
  parseCash,
  parsePrice,
  parseQuantity,
  perShare,
  price,
  proportion,
  type Quantity,
  quantity,
  ratioOf,
} from './money.ts';

const anyUnits = fc.bigInt({ min: -(10n ** 28n), max: 10n ** 28n });
const anyDivisor = anyUnits.filter((value) => value !== 0n);
const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

describe('an amount as text', () => {
  it('reads back as what was written', () => {
    fc.assert(
      fc.property(anyUnits, (units) => {
        assert.equal(parsePrice(formatPrice(units as Price)), units);
        assert.equal(parseQuantity(formatQuantity(units as Quantity)), units);
        assert.equal(parseCash(formatCash(units as Cash)), units);
      }),
    );
  });

  it('is the shortest there is', () => {
    const texts = ['0', '-0.000000001', '199.25', '100', '0.1', '-12345678901234567890'];
    for (const text of texts) assert.equal(formatPrice(price(text)), text);
    assert.equal(formatPrice(price('1.500')), '1.5');
    assert.equal(formatCash(cash('-0.0')), '0');
  });

  it('is refused when it is no plain decimal', () => {
    const wrong = ['', ' 1', '1 ', '+1', '1.', '.5', '1e5', '1e400', 'NaN', 'Infinity', '0x10'];
    for (const text of [...wrong, '1,000', '--1', '1.2.3', '١']) {
      assert.equal(parsePrice(text), 'not_a_decimal', text);
    }
  });

  it('is refused when it has more decimals than the unit, but for zeros', () => {
    assert.equal(parsePrice('1.0000000001'), 'too_many_decimals');
    assert.equal(parsePrice('1.0000000010'), 1_000_000_001n);
    assert.equal(parseCash('0.0000000000000000001'), 'too_many_decimals');
  });

  it('is refused when it is absurdly large', () => {
    assert.equal(parsePrice('1'.repeat(61)), 'out_of_range');
    assert.throws(() => price('1'.repeat(61)), RangeError);
  });
});

describe('a division', () => {
  it('down is toward zero, up away from it, half-even to the nearest', () => {
    fc.assert(
      fc.property(anyUnits, anyDivisor, (numerator, denominator) => {
        const down = divide(numerator, denominator, 'down');
        const up = divide(numerator, denominator, 'up');
        const nearest = divide(numerator, denominator);
        assert.ok(magnitude(down * denominator) <= magnitude(numerator));
        assert.ok(magnitude(up * denominator) >= magnitude(numerator));
        assert.ok(magnitude(up - down) <= 1n);
        assert.ok(nearest === up || nearest === down);
        const error = magnitude(numerator - nearest * denominator) * 2n;
        assert.ok(error <= magnitude(denominator));
        if (error === magnitude(denominator)) assert.equal(nearest % 2n, 0n, 'a half goes to even');
      }),
    );
  });

  it('settles halves to even on both sides of zero', () => {
    const halves = [1n, 3n, 5n, -1n, -3n, -5n].map((numerator) => divide(numerator, 2n));
    assert.deepEqual(halves, [0n, 2n, 2n, 0n, -2n, -2n]);
  });

  it('comes out the same with both signs turned', () => {
    fc.assert(
      fc.property(anyUnits, anyDivisor, fc.constantFrom('half-even', 'down', 'up'), (a, b, how) => {
        assert.equal(divide(a, b, how), divide(-a, -b, how));
        assert.equal(divide(-a, b, how), -divide(a, b, how));
      }),
    );
  });
});

describe('price × quantity', () => {
  it('never rounds', () => {
    assert.equal(notional(price('0.000000001'), quantity('0.000000001')), 1n);
    assert.equal(formatCash(notional(price('199.25'), quantity('12.5'))), '2490.625');
  });

  it('adds up however the quantity is cut', () => {
    fc.assert(
      fc.property(anyUnits, anyUnits, anyUnits, (at, one, other) => {
        const whole = notional(at as Price, (one + other) as Quantity);
        assert.equal(
          whole,
          notional(at as Price, one as Quantity) + notional(at as Price, other as Quantity),
        );
      }),
    );
  });

  it('of what is affordable stays within the cash, and one unit more does not', () => {
    const positive = fc.bigInt({ min: 1n, max: 10n ** 25n });
    fc.assert(
      fc.property(positive, positive, (money, at) => {
        const shares = affordable(money as Cash, at as Price);
        assert.ok(notional(at as Price, shares) <= money);
        assert.ok(notional(at as Price, (shares + 1n) as Quantity) > money);
      }),
    );
  });
});

describe('what is derived', () => {
  it('an average is rounded half-even to nine decimals', () => {
    assert.equal(formatPrice(perShare(cash('10'), quantity('3'))), '3.333333333');
    assert.equal(formatPrice(perShare(cash('-20'), quantity('-3'))), '6.666666667');
  });

  it('parts of a whole by proportion leave what is over with the last', () => {
    const whole = cash('0.000000000000000010');
    const third = proportion(whole, 1n, 3n, 'down');
    assert.equal(whole - third - third, 4n);
  });

  it('a ratio to nothing is zero', () => {
    assert.equal(ratioOf(5n, 0n), 0n);
  });
});
