import { deepEqual, equal, match, ok, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatCash, formatQuantity } from '#domain/money.ts';
import type { problemCodes } from '#gateways/statements/problem-codes.ts';
import { readStatements, symbolsIn } from '#gateways/statements/read-statements.ts';
import { readSymbolTable } from '#gateways/statements/symbols.ts';
import { bytesOf, readText } from './import-world.ts';

const schwabHeader = 'Date,Action,Symbol,Description,Quantity,Price,Fees & Comm,Amount';
const schwab = (...rows: readonly string[]) => readText([schwabHeader, ...rows].join('\r\n'));

const ibkrHeader =
  'Buy/Sell,TradeDate,ISIN,Quantity,TradePrice,TradeMoney,CurrencyPrimary,IBCommission,IBCommissionCurrency';
const ibkr = (row: string) => readText(`${ibkrHeader}\n${row}`, undefined, 'US0378331005,AAPL');
const ibkrCash = (row: string) =>
  readText(`Type,SettleDate,ISIN,Description,Amount,CurrencyPrimary\n${row}`);

const degiroHeader = 'Date,Time,Value date,Product,ISIN,Description,FX,Change,,Balance,,Order Id';
const degiro = (...rows: readonly string[]) =>
  readText([degiroHeader, ...rows].join('\n'), undefined, 'US0378331005,AAPL');

const t212Header =
  'Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Exchange rate,Total,Currency (Total),Withholding tax,Currency (Withholding tax),ID';
const t212 = (...rows: readonly string[]) => readText([t212Header, ...rows].join('\n'));

const json = (line: object | string) =>
  readText(typeof line === 'string' ? line : JSON.stringify(line), 'json-lines');
const trade = {
  kind: 'trade',
  at: '2024-01-02T15:00:00Z',
  reference: 't1',
  symbol: 'AAPL',
  side: 'buy',
  quantity: '1',
  price: '10',
};

const event = (type: string, fields: object, stream = 'account-1') =>
  JSON.stringify({
    sequence: 1,
    stream,
    id: `e-${type}-${stream}`,
    effectiveAt: '2024-01-02T15:00:00.000000Z',
    data: { type, ...fields },
  });
const deposited = { amount: '1', description: '', externalReference: null };

/** Of each code, rows that have it. */
const malformed: {
  readonly [Code in keyof typeof problemCodes]: readonly (() => ReturnType<typeof readText>)[];
} = {
  action_not_supported: [
    () => schwab('01/02/2024,Options Frwd Split,X,X,1,$1,,$1'),
    () => schwab('01/02/2024,constructor,X,X,,,,$1'),
    () => ibkrCash('toString,20240102,,bill,-1,USD'),
    () => t212('constructor,2024-01-02 10:00:00,,,,,,,,1.00,USD,,,id'),
    () => schwab('01/02/2024,Journal,X,X,1,,,'),
    () => ibkr('EXERCISE,20240102,US0378331005,1,10,10,USD,-1,USD'),
    () => ibkrCash('Bill Pay,20240102,,bill,-1,USD'),
    () => degiro('02-01-2024,10:00,02-01-2024,X,,Depositary fee,,USD,-1.00,USD,1.00,'),
    () => degiro('02-01-2024,10:00,02-01-2024,X,US0378331005,Something new,,USD,1.00,USD,1.00,'),
    () => t212('Card debit,2024-01-02 10:00:00,,,,,,,,1.00,USD,,,id'),
  ],
  amount_mismatch: [
    () => schwab('01/02/2024,Buy,AAPL,APPLE,10,$10.00,,-$101.00'),
    () => ibkr('BUY,20240102,US0378331005,10,10,110,USD,-1,USD'),
    () =>
      degiro('02-01-2024,10:00,02-01-2024,X,US0378331005,Buy 2 @ 10 USD,,USD,-25.00,USD,1.00,o1'),
    () =>
      t212('Market buy,2024-01-02 10:00:00,US0378331005,AAPL,Apple,1,100,USD,1.1,50.00,EUR,,,id'),
    () => json({ ...trade, amount: '-12' }),
  ],
  amount_missing: [
    () => schwab('01/02/2024,Wire Sent,,,,,,'),
    () => schwab('01/02/2024,Cash Dividend,AAPL,APPLE,,,,'),
    () => degiro('02-01-2024,10:00,02-01-2024,X,US0378331005,Dividend,,USD,,USD,1.00,'),
  ],
  bad_date: [
    () => schwab('13/02/2024,Wire Sent,,,,,,-$1.00'),
    () => schwab('2024-01-02,Wire Sent,,,,,,-$1.00'),
    () => ibkr('BUY,20240230,US0378331005,10,10,100,USD,-1,USD'),
    () => degiro('02-01-2024,25:00,02-01-2024,X,,Deposit,,USD,1.00,USD,1.00,'),
    () => t212('Deposit,2024-01-02T10:00,,,,,,,,1.00,USD,,,id'),
    () => json({ ...trade, at: '2024-01-02' }),
    () => json({ ...trade, at: '9998-01-02T00:00:00Z' }),
    () => readText(event('CashDeposited', deposited).replace('2024-01-02T', '2024-13-02T')),
  ],
  bad_field: [
    () => json({ ...trade, quantity: 1 }),
    () => json({ ...trade, colour: 'red' }),
    () => json({ ...trade, kind: 'gift' }),
    () => json({ ...trade, symbol: 'no ticker!' }),
    () => json({ ...trade, reference: 'two words' }),
    () => json({ ...trade, description: 'a\u0000b' }),
    () => json(JSON.stringify({ ...trade, description: 'x' }).replace('"x"', '"\\ud800"')),
    () => json({ kind: 'cash', at: trade.at, reference: 'c', category: 'deposit', amount: '-1' }),
    () => readText(event('CashDeposited', { amount: 1 })),
  ],
  bad_json: [() => json('{"kind":'), () => json('[1]')],
  bad_number: [
    () => schwab('01/02/2024,Wire Sent,,,,,,-$1.0.0'),
    () => schwab('01/02/2024,Buy,AAPL,APPLE,ten,$10.00,,-$100.00'),
    () => degiro('02-01-2024,10:00,02-01-2024,X,,Deposit,,USD,1.234,USD,1.00,'),
    () => json({ ...trade, quantity: '0.0000000001' }),
    () => json({ ...trade, quantity: '10000000001' }),
    () => json({ ...trade, price: '1000000001' }),
    () => t212('Deposit,2024-01-02 10:00:00,,,,,,,,1e3,USD,,,id'),
  ],
  bad_row: [() => degiro('02-01-2024,10:00,02-01-2024,X,,Deposit,,USD,1.00,USD')],
  conversion_incomplete: [
    () => degiro('02-01-2024,10:00,02-01-2024,,,FX Credit,1.1,USD,1.10,USD,1.10,'),
  ],
  currency_not_supported: [
    () => ibkr('BUY,20240102,US0378331005,10,10,100,CHF,-1,USD'),
    () => ibkr('BUY,20240102,US0378331005,10,10,100,USD,-1,CHF'),
    () => ibkrCash('Dividends,20240102,US0378331005,AAPL(US0378331005) CASH,1,EUR'),
    () => degiro('02-01-2024,10:00,02-01-2024,X,,Deposit,,EUR,1.00,EUR,1.00,'),
    () => degiro('02-01-2024,10:00,02-01-2024,,,FX Credit,1.1,EUR,1.10,EUR,1.10,'),
    () => t212('Market buy,2024-01-02 10:00:00,US0378331005,AAPL,Apple,1,10,GBX,1.1,9.09,EUR,,,id'),
    () =>
      t212(
        'Market buy,2024-01-02 10:00:00,US0378331005,AAPL,Apple,1,10,USD,Not available,9.09,EUR,,,id',
      ),
  ],
  price_missing: [
    () => schwab('01/02/2024,Buy,AAPL,APPLE,10,,,-$100.00'),
    () => t212('Market buy,2024-01-02 10:00:00,US0378331005,AAPL,Apple,1,,USD,1.1,9.09,EUR,,,id'),
  ],
  quantity_missing: [
    () => schwab('01/02/2024,Buy,AAPL,APPLE,,$10.00,,-$100.00'),
    () => schwab('01/02/2024,Buy,AAPL,APPLE,0,$10.00,,$0.00'),
    () => schwab('01/02/2024,Stock Split,AAPL,APPLE,,,,'),
    () => t212('Market buy,2024-01-02 10:00:00,US0378331005,AAPL,Apple,,10,USD,1.1,9.09,EUR,,,id'),
    () => json({ ...trade, quantity: '-1' }),
  ],
  several_accounts: [
    () =>
      readText(
        `${event('CashDeposited', deposited)}\n${event('CashDeposited', deposited, 'account-2')}`,
      ),
  ],
  split_ratio_unknown: [
    () => schwab('06/10/2024,Reverse Split,TNXP,TONIX,1,,,'),
    () =>
      t212(
        'Stock split open,2024-01-02 10:00:00,US0378331005,AAPL,Apple,4,10,USD,1.1,9.09,EUR,,,id',
      ),
    () =>
      t212(
        'Stock split close,2024-01-02 10:00:00,US0378331005,AAPL,Apple,4,10,USD,1.1,9.09,EUR,,,id',
      ),
  ],
  symbol_unknown: [
    () => schwab('01/02/2024,Buy,,APPLE,10,$10.00,,-$100.00'),
    () => ibkr('BUY,20240102,US0000000000,10,10,100,USD,-1,USD'),
    () => degiro('02-01-2024,10:00,02-01-2024,X,US0000000000,Dividend,,USD,1.00,USD,1.00,'),
  ],
};

describe('a row that cannot be taken', () => {
  for (const [code, cases] of Object.entries(malformed)) {
    it(`is a problem: ${code}, with its row and words`, () => {
      for (const read of cases) {
        const { problems, lines } = read();
        deepEqual(
          problems.map((one) => one.code),
          [code],
          JSON.stringify(problems),
        );
        const [problem] = problems;
        ok(problem !== undefined && problem.message !== '' && problem.row >= 1);
        ok(lines.every(({ row }) => row !== problem.row));
      }
    });
  }

  it('is read with as much of its description as an event should hold', () => {
    const [line] = schwab(`01/02/2024,Wire Received,,${'é'.repeat(600)},,,,$1.00`).lines;
    equal(line?.description.length, 500);
  });

  it('does not keep the others from being read, and is found by the line it begins on', () => {
    const { problems, lines } = schwab(
      '01/02/2024,Cash Dividend,AAPL,"APPLE\nINC",,,,$1.00',
      '01/03/2024,Cash Dividend,AAPL,APPLE,,,,one',
      '',
      '01/04/2024,Cash Dividend,AAPL,APPLE,,,,$2.00',
    );
    deepEqual(
      problems.map(({ row }) => row),
      [4],
    );
    deepEqual(
      lines.map(({ row }) => row),
      [2, 6],
    );
  });
});

describe('a file', () => {
  const read = (bytes: Uint8Array, layout?: string) =>
    readStatements([{ name: 'f.csv', bytes }], { layout, symbols: new Map() });

  it('that is none of ours is refused as a whole, by its name', () => {
    throws(() => read(bytesOf('a,b,c\n1,2,3')), /f\.csv: Its header is of no layout we know/);
    throws(() => read(bytesOf('')), /f\.csv: It is empty/);
    throws(
      () => read(bytesOf(`${schwabHeader}\n"01/02/2024,x`)),
      /^StatementUnreadable: f\.csv, line 2: It is no CSV/,
    );
    throws(() => read(bytesOf(schwabHeader), 'degiro'), /Its header is not that of degiro/);
  });

  it('is read with a byte order mark, in UTF-16, in Latin-1, with semicolons or tabs', () => {
    const rows = `${schwabHeader}\n01/02/2024,Cash Dividend,AAPL,Société,,,,"$1,000.50"`;
    const utf8 = bytesOf(`\ufeff${rows}`);
    const utf16 = new Uint8Array(Buffer.from(`\ufeff${rows}`, 'utf16le'));
    const latin = new Uint8Array(Buffer.from(rows, 'latin1'));
    const tabs = bytesOf(rows.replace('"$1,000.50"', '$1000.50').replaceAll(',', '\t'));
    for (const bytes of [utf8, utf16, latin, tabs]) {
      const [line] = read(bytes)[0]?.statement.lines ?? [];
      ok(line?.kind === 'dividend');
      equal(formatCash(line.amount), '1000.5');
      match(line.description, /Société/);
    }
    const semicolons = bytesOf(rows.replaceAll(',', ';').replace('"$1;000.50"', '$1000.50'));
    equal(read(semicolons)[0]?.statement.lines.length, 1);
  });

  it('of symbols is lines of two names', () => {
    deepEqual([...readSymbolTable('ISIN,SYMBOL\nUS0378331005,aapl\n')], [['US0378331005', 'AAPL']]);
    deepEqual([...readSymbolTable('BRK/B;BRK.B')], [['BRK/B', 'BRK.B']]);
    deepEqual([...readSymbolTable('')], []);
    throws(() => readSymbolTable('A,B\nC'), /line 2: not NAME,SYMBOL: C/);
    const bytes = bytesOf('A,not a ticker');
    throws(() => symbolsIn({ name: 'isins.csv', bytes }), /isins\.csv, line 1: not NAME,SYMBOL/);
    equal(symbolsIn(null).size, 0);
  });
});

describe('what takes several rows to be told', () => {
  it("a reverse split of Schwab's is the old shares going and the new ones coming", () => {
    const { lines, notes, problems } = schwab(
      '06/10/2024,Reverse Split,TNXP,TONIX PHARMA HLDGS,3,,,',
      '06/10/2024,Reverse Split,890260854,TONIX XXXREVERSE SPLIT EFF: 06/10/24,-96,,,',
    );
    deepEqual(problems, []);
    const [line] = lines;
    ok(line?.kind === 'split' && line.newShares * 32n === line.oldShares);
    equal(line.at, '2024-06-10T13:30:00.000000Z');
    deepEqual(notes, [{ row: 3, message: 'told together with row 2' }]);
  });

  it("a split of Trading 212's closes the old shares and opens the new ones", () => {
    const row = (action: string, time: string, shares: string, id: string) =>
      `${action},2025-03-24 ${time},CA46500E8678,ISOU,IsoEnergy,${shares},2,USD,1.03,59.68,EUR,,,${id}`;
    const { lines, problems } = t212(
      row('Stock split close', '07:24:24.095', '29.8047800000', 'E1'),
      row('Stock split open', '07:24:24.104', '7.4511950000', 'E2'),
    );
    deepEqual(problems, []);
    const [line] = lines;
    ok(line?.kind === 'split' && line.newShares * 4n === line.oldShares && line.reference === 'E2');
  });

  it("a dividend of Trading 212's is what was earned, and the tax that was withheld of it", () => {
    const { lines } = t212(
      'Dividend (Dividend),2024-01-02 10:00:00,US0378331005,AAPL,Apple,10,0.24,USD,,2.04,USD,0.36,USD,d1',
    );
    deepEqual(
      lines.map((line) => ('amount' in line ? formatCash(line.amount ?? (0n as never)) : '')),
      ['2.4', '-0.36'],
    );
  });

  it("the costs of an order of Degiro's in USD are its first trade's commission", () => {
    const { lines, notes, problems } = degiro(
      '02-01-2024,10:00,02-01-2024,X,US0378331005,DEGIRO Transaction and/or third party fees,,USD,-2.00,USD,1.00,o1',
      '02-01-2024,10:00,02-01-2024,X,US0378331005,Buy 3 @ 10 USD,,USD,-30.00,USD,1.00,o1',
      '02-01-2024,10:00,02-01-2024,X,US0378331005,"Buy 1,000 @ 10 USD",,USD,"-10,000.00",USD,1.00,o1',
    );
    deepEqual(problems, []);
    const [first, second] = lines;
    ok(first?.kind === 'trade' && second?.kind === 'trade');
    deepEqual([formatQuantity(first.quantity), formatCash(first.commission)], ['1000', '2']);
    deepEqual([formatQuantity(second.quantity), formatCash(second.commission)], ['3', '0']);
    deepEqual(notes, [{ row: 2, message: "the commission of the order's trade in row 4" }]);
  });

  it('a commission that IBKR pays back is cash beside the trade', () => {
    const { lines, problems } = ibkr('BUY,20240102,US0378331005,10,10,100,USD,0.25,USD');
    deepEqual(problems, []);
    const [rebate, bought] = lines; // Of a day, money that comes in is first.
    ok(bought?.kind === 'trade' && rebate?.kind === 'cash');
    deepEqual([formatCash(bought.commission), formatCash(rebate.amount)], ['0', '0.25']);
    equal(rebate.reference, `${bought.reference}:rebate`);
  });

  it("charges of Trading 212's are the commission of an account in USD", () => {
    const header = `${t212Header},Finra fee,Currency (Finra fee)`;
    const row =
      'Market sell,2024-01-02 10:00:00,US0378331005,AAPL,Apple,10,5,USD,1,49.99,USD,,,id1,0.01,USD';
    const { lines, problems } = readText(`${header}\n${row}`);
    deepEqual(problems, []);
    const [sold] = lines;
    ok(sold?.kind === 'trade' && sold.amount !== undefined && lines.length === 1);
    deepEqual([formatCash(sold.commission), formatCash(sold.amount)], ['0.01', '49.99']);
  });
});
