import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BrokerStatement, StatementLine } from '#commands/ports/broker-statement.ts';
import type { Cash } from '#domain/money.ts';
import { formatCash, formatPrice, formatQuantity } from '#domain/money.ts';
import { csvTable, textOfFile } from '#gateways/statements/csv-table.ts';
import { readStatements } from '#gateways/statements/read-statements.ts';
import { readSymbolTable } from '#gateways/statements/symbols.ts';
import { degiroSymbols, sampleBytes } from './import-world.ts';

const read = (files: readonly string[], symbols = ''): readonly BrokerStatement[] => {
  const table = readSymbolTable(symbols);
  const opened = files.map(sampleBytes);
  return readStatements(opened, { layout: undefined, symbols: table }).map(
    ({ statement }) => statement,
  );
};

const only = (file: string, symbols = ''): BrokerStatement => {
  const [statement] = read([file], symbols);
  ok(statement);
  return statement;
};

/** `count amount` by kind or category. */
const sumsOf = ({ lines }: BrokerStatement): Record<string, string> => {
  const sums = new Map<string, [number, bigint]>();
  for (const line of lines) {
    const kind = line.kind === 'cash' ? line.category : line.kind;
    const [count, amount] = sums.get(kind) ?? [0, 0n];
    const moved = 'amount' in line ? (line.amount ?? 0n) : 0n;
    sums.set(kind, [count + 1, amount + moved]);
  }
  return Object.fromEntries(
    [...sums].map(([kind, [count, amount]]) => [kind, `${count} ${formatCash(amount as Cash)}`]),
  );
};

const codesOf = ({ problems }: BrokerStatement): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { code } of problems) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
};

const inRow = ({ lines }: BrokerStatement, row: number): readonly StatementLine[] =>
  lines.filter((line) => line.row === row);

const tradeIn = (statement: BrokerStatement, row: number) => {
  const trade = inRow(statement, row).find((line) => line.kind === 'trade');
  ok(trade);
  const { at, symbol, side, quantity, price, commission } = trade;
  const numbers = [formatQuantity(quantity), formatPrice(price), formatCash(commission)];
  return [at, symbol, side, ...numbers];
};

describe('a sample of every layout', () => {
  const files = [
    'degiro-export.csv',
    'ibkr-dividends-export.csv',
    'ibkr-trades-export.csv',
    'schwab-export.csv',
    'trading212-export.csv',
  ];

  for (const file of files) {
    it(`${file}: tells each row by lines, a problem or a note, and by one of them`, () => {
      const statement = only(file, degiroSymbols);
      const rows = csvTable(textOfFile(sampleBytes(file).bytes)).rows.map(({ number }) => number);
      const told = [
        ...new Set(statement.lines.map(({ row }) => row)),
        ...statement.problems.map(({ row }) => row),
        ...(statement.notes ?? []).map(({ row }) => row),
      ].toSorted((left, right) => left - right);
      deepEqual(told, rows);
      const references = statement.lines.map(({ reference }) => reference);
      equal(new Set(references).size, references.length, 'references are given once');
      const times = statement.lines.map(({ at }) => at);
      deepEqual(times, times.toSorted(), 'oldest first');
    });

    it(`${file}: gives the same references whatever stands before a row`, () => {
      const whole = only(file, degiroSymbols);
      const [header = '', ...lines] = textOfFile(sampleBytes(file).bytes).split('\n');
      const half = [header, ...lines.slice(Math.floor(lines.length / 2))].join('\n');
      const table = readSymbolTable(degiroSymbols);
      const bytes = new TextEncoder().encode(half);
      const [part] = readStatements([{ name: file, bytes }], { layout: undefined, symbols: table });
      const known = new Set(whole.lines.map(({ reference }) => reference));
      for (const { reference } of part?.statement.lines ?? []) ok(known.has(reference));
    });
  }
});

describe("Schwab's sample", () => {
  const statement = only('schwab-export.csv');

  it('comes to these counts and sums', () => {
    // 41 buys of -16,103.59 and 2 sells of 5,000.00 + 500,135.00, as the column Amount says.
    deepEqual(sumsOf(statement), {
      trade: '43 489031.41',
      dividend: '42 15214.46',
      fee: '11 -4367.47', // 4 × advisor fee of April, 3 of August, 3 of January; 0.50 for the ADR
      interest: '6 214.54', // 1.63 + 1.19 + 0.62 + 15.19 + 123.85, and 72.06 without a symbol
      withdrawal: '2 -100030', // 100,000 by wire, 30 by MoneyLink
      deposit: '1 7.06',
      tax: '1 -1.3',
      adjustment: '1 5.49', // cash in lieu
      split_shares: '1 0',
    });
    deepEqual(codesOf(statement), { action_not_supported: 9, split_ratio_unknown: 2 });
    deepEqual(statement.notes, [{ row: 121, message: 'the sum of the file: -26582.91' }]);
  });

  it('reads a fee, a quantity in thousands, and the day that a split took effect', () => {
    const close = '2023-08-22T20:00:00.000000Z';
    deepEqual(tradeIn(statement, 34), [close, 'FIHBX', 'sell', '592.199', '8.46', '10']);
    equal(tradeIn(statement, 100)[3], '500135');
    const [split] = inRow(statement, 108);
    equal(split?.at, '2024-07-12T20:00:00.000000Z');
    ok(split?.kind === 'split_shares' && formatQuantity(split.change) === '9');
  });

  it('tells two rows that say the same apart', () => {
    const [first] = inRow(statement, 70);
    const [second] = inRow(statement, 73);
    equal(
      second?.reference === `${first?.reference}-2` ||
        first?.reference === `${second?.reference}-2`,
      true,
    );
  });

  it('puts a dividend before the shares that were bought with it', () => {
    const places = [2, 3].map((row) => statement.lines.findIndex((line) => line.row === row));
    ok((places[1] ?? 0) < (places[0] ?? 0));
  });
});

describe("IBKR's samples", () => {
  const [trades, dividends] = read(['ibkr-trades-export.csv', 'ibkr-dividends-export.csv']);
  ok(trades && dividends);

  it('come to these counts and sums', () => {
    deepEqual(sumsOf(trades), {
      // 8909.10 + 10019.10 + 1050.06 + 97.84 + 206.36 + 10050.17 + 1243.92, and 6.979 commission
      trade: '7 -31583.529',
      conversion: '3 31584.261', // 8938.40 + 11085.787 + 11560.074
    });
    deepEqual(codesOf(trades), { currency_not_supported: 1 });
    deepEqual(sumsOf(dividends), {
      dividend: '4 393.56', // 137.23 + 85.97 + 169.77 + 0.59
      tax: '3 -58.95', // 20.58 + 12.90 + 25.47
    });
    deepEqual(codesOf(dividends), { currency_not_supported: 4 });
  });

  it('find the symbol of an ISIN in the other file, and say what to do without it', () => {
    const close = '2023-08-03T20:00:00.000000Z';
    deepEqual(tradeIn(trades, 6), [close, 'VT', 'buy', '1', '97.84', '0.979']);
    const alone = only('ibkr-trades-export.csv');
    deepEqual(codesOf(alone), { currency_not_supported: 1, symbol_unknown: 7 });
    ok(alone.problems[1]?.message.includes('--symbols FILE'));
    deepEqual(codesOf(only('ibkr-trades-export.csv', 'US9220427424,VT')), {
      currency_not_supported: 1,
    });
  });

  it('say the dividend per share, and what was changed at which rate', () => {
    const [paid] = inRow(dividends, 2);
    ok(paid?.kind === 'dividend' && paid.perShare !== null);
    equal(formatPrice(paid.perShare), '0.6504');
    equal(
      inRow(trades, 10)[0]?.description,
      'Currency conversion of 8000 at 1.1173; commission -1.79924 CHF, not in USD',
    );
  });
});

describe("Degiro's sample", () => {
  const statement = only('degiro-export.csv', degiroSymbols);

  it('comes to these counts and sums', () => {
    deepEqual(sumsOf(statement), {
      trade: '3 28.8592', // -33.90 + 63.97 - 1.2108
      dividend: '8 19.06', // 0.44 + 0.44 + 0.73 + 11.82 + 1.39 + 0.51 + 3.50 + 0.23
      tax: '5 -0.93', // 0.07 + 0.07 + 0.11 + 0.15 + 0.53
      fee: '1 -0.01',
      conversion: '6 -502.55', // -1.36 + 33.90 - 63.97 - 0.85 - 457.52 - 12.75
    });
    deepEqual(codesOf(statement), { action_not_supported: 5, currency_not_supported: 32 });
    equal(statement.cash, 0n);
  });

  it('joins an order id that was broken in two, and the two sides of a conversion', () => {
    const winter = '2022-12-15T15:55:00.000000Z'; // 16:55 in Amsterdam
    deepEqual(tradeIn(statement, 22), [winter, 'VICI', 'buy', '1', '33.9', '0']);
    const [conversion] = inRow(statement, 18);
    equal(conversion?.description, 'Currency conversion of EUR -31.91 at 1.0624');
    ok(statement.notes?.some(({ row }) => row === 20));
    // Portuguese, of which one half was garbled.
    equal(inRow(statement, 58)[0]?.description, 'Currency conversion of EUR 408.83 at 1.1191');
  });

  it('reads a fraction of four digits as one, and not as a thousand', () => {
    equal(tradeIn(statement, 37)[4], '1.2108');
  });
});

describe("Trading 212's sample", () => {
  const statement = only('trading212-export.csv');

  it('comes to these counts and sums', () => {
    deepEqual(sumsOf(statement), {
      trade: '4 0',
      // 0.029053 × 49.96 + 0.041014 × 31.93 + 0.29764 × 5.39 - 0.61254 × 1.26
      conversion: '4 3.5935441',
    });
    deepEqual(codesOf(statement), {
      currency_not_supported: 5,
      action_not_supported: 2,
      quantity_missing: 2,
    });
  });

  it("gives the broker's ids and times, and changes just the money that a trade needs", () => {
    const [conversion, trade] = inRow(statement, 4);
    equal(trade?.reference, 'EOF7504199130');
    equal(conversion?.reference, 'EOF7504199130:conversion');
    equal(trade?.at, '2023-12-18T14:30:06.892000Z');
    equal(conversion?.description, 'Currency conversion of EUR 1.20 at 1.09303');
  });
});
