import { deepEqual, equal, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatCash, formatPrice } from '#domain/money.ts';
import { parseJsonStatement } from './json-statement.ts';

const trade = {
  kind: 'trade',
  at: '2014-01-03T16:00:00-05:00',
  reference: 'x1',
  symbol: 'ACME',
  side: 'buy',
  quantity: '10',
  price: '9.25',
};

describe('a statement as JSON', () => {
  it('is read exactly, numbers from their source text', () => {
    const text = `{"source":"bank","cash":-0.100000000000000001,"lines":[${JSON.stringify(trade).replace('"9.25"', '199.250000001')}]}`;
    const { cash, lines, positions } = parseJsonStatement(text);
    equal(cash === null ? null : formatCash(cash), '-0.100000000000000001');
    equal(positions, null);
    const [line] = lines;
    equal(line?.kind === 'trade' ? formatPrice(line.price) : null, '199.250000001');
    equal(line?.at, '2014-01-03T21:00:00.000000Z');
  });

  it('speaks of the time from its first to its last line where it does not say', () => {
    const late = { ...trade, reference: 'x2', at: '2014-01-07' };
    const { from, to, lines } = parseJsonStatement(
      JSON.stringify({ source: 'bank', lines: [late, trade] }),
    );
    deepEqual([from, to], ['2014-01-03T21:00:00.000000Z', '2014-01-07T00:00:00.000000Z']);
    deepEqual(
      lines.map(({ reference, row }) => [reference, row]),
      [
        ['x1', 2],
        ['x2', 1],
      ],
    );
  });

  const wrong: readonly [string, object, RegExp][] = [
    [
      'a price of nought',
      { ...trade, price: '0' },
      /lines\.0\.price must be a plain decimal above/,
    ],
    [
      'more than the ledger holds',
      { ...trade, price: '1000000000000000000' },
      /prices?.*too large/,
    ],
    ['a description that no event holds', { ...trade, description: 'a\0b' }, /U\+0000/],
    ['a year in which nothing settles', { ...trade, at: '9999-01-01' }, /lines\.0\.at/],
    ['an exponent', { ...trade, price: '1e5' }, /lines\.0\.price/],
    ['a side nobody knows', { ...trade, side: 'hold' }, /lines\.0\.side/],
    ['a field nobody knows', { ...trade, prize: '1' }, /prize/],
    ['a time that is none', { ...trade, at: 'soon' }, /lines\.0\.at must be an instant/],
    ['a kind nobody knows', { ...trade, kind: 'gift' }, /lines\.0\.kind/],
    ['a symbol in small letters', { ...trade, symbol: 'acme' }, /lines\.0\.symbol/],
  ];
  for (const [what, line, message] of wrong) {
    it(`is refused with ${what}, and says where`, () => {
      const text = JSON.stringify({ source: 'bank', lines: [line] });
      throws(() => parseJsonStatement(text), { name: 'StatementUnreadable', message });
    });
  }

  it('is refused with the line of what is wrong, or of the row in which it is missing', () => {
    const { price: _, ...unpriced } = trade;
    for (const [line, at] of [
      [{ ...trade, price: '0' }, 12],
      [unpriced, 5],
    ] as const) {
      const text = JSON.stringify({ source: 'bank', cash: null, lines: [line] }, null, 1);
      throws(() => parseJsonStatement(text), { message: new RegExp(`^line ${at}: `) });
    }
  });

  it('is refused where it is no JSON', () => {
    throws(() => parseJsonStatement('Date,Action'), {
      name: 'StatementUnreadable',
      message: /is not JSON/,
    });
  });
});
