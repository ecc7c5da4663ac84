import { deepEqual, equal, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Cash, formatCash } from '#domain/money.ts';
import { type Notation, readCash, readingsOf } from './decimals.ts';

const read = (text: string, notation?: Notation): string =>
  formatCash(readCash(text, 'amount', notation));

/** A plain decimal with its whole digits in groups of three. */
const grouped = (plain: string, [group, point]: readonly [string, string]): string => {
  const [whole = '', fraction] = plain.split('.');
  const groups = whole.replaceAll(/\B(?=(\d{3})+$)/g, group);
  return fraction === undefined ? groups : groups + point + fraction;
};

describe('a number in a statement', () => {
  it('is read exactly in the notations that brokers use', () => {
    const cases: readonly (readonly [string, Notation, string])[] = [
      ['$1,234.56', 'point', '1234.56'],
      ['-$2,019.29', 'point', '-2019.29'],
      ['$-5', 'point', '-5'],
      ['(12.30)', 'point', '-12.3'],
      ['($1,012.30)', 'point', '-1012.3'],
      ['500,135', 'point', '500135'],
      ['.5', 'point', '0.5'],
      ['12.30-', 'point', '-12.3'],
      ['1.234,56', 'comma', '1234.56'],
      ['-31,91', 'comma', '-31.91'],
      ['1\u202f046,3825', 'comma', '1046.3825'],
      ['\u22120,5', 'comma', '-0.5'],
      ['1.234,56', 'either', '1234.56'],
      ['1,234.56', 'either', '1234.56'],
      ['-97.93', 'either', '-97.93'],
      ['-97,93', 'either', '-97.93'],
      ['0,039', 'either', '0.039'],
      ['1.234.567', 'either', '1234567'],
      ['0.000000000000000001', 'point', '0.000000000000000001'],
    ];
    for (const [text, notation, expected] of cases) equal(read(text, notation), expected, text);
  });

  it('that may be two numbers is none, and so is what is no number', () => {
    deepEqual(readingsOf('1.234', 'either'), ['1.234', '1234']);
    throws(() => read('1.234', 'either'), /may be 1.234 or 1234/);
    for (const text of ['', '-', '1e5', '1,23', '1,2345.6', '12 EUR', '--5', 'NaN', '0x10']) {
      throws(() => read(text), /no number/, text);
    }
    throws(() => read(`0.${'1'.repeat(19)}`), /more decimals/);
  });

  it('written with groups and signs comes back as it was', () => {
    const big = 10n ** 30n;
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: big }), fc.boolean(), (value, negative) => {
        const plain = formatCash(value as Cash);
        const signed = negative && value !== 0n ? `-${plain}` : plain;
        for (const [notation, signs] of [
          ['point', [',', '.']],
          ['comma', ['.', ',']],
        ] as const) {
          const text = grouped(plain, signs);
          equal(read(negative ? `(${text})` : text, notation), signed);
        }
      }),
    );
  });
});
