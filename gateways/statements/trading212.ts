import type { BrokerStatement, StatementLine } from '#commands/ports/broker-statement.ts';
import { absolute, type Cash, formatCash, negate, notional, zeroCash } from '#domain/money.ts';
import type { CsvTable } from './csv-table.ts';
import { readCash, readPrice } from './decimals.ts';
import { type CsvLayout, columnsOf, hasColumns, meaningOf } from './layout.ts';
import { createReferences, referenceOf } from './references.ts';
import { RowTrouble } from './row-trouble.ts';
import { tradeLine } from './stated-trade.ts';
import { createStatementDraft } from './statement-draft.ts';
import type { FindSymbol } from './symbols.ts';
import { atWallClock, yearFirst } from './times.ts';
import { aboutOf, type Cell, currencyOf, type Row, sharesOf } from './trading212-row.ts';
import { readSplits } from './trading212-splits.ts';

/** What Trading 212's actions, in lower case, are read as; dividends begin with `Dividend (`. */
export const trading212Actions: Readonly<
  Record<string, 'buy' | 'sell' | 'split' | Extract<StatementLine, { kind: 'cash' }>['category']>
> = {
  'market buy': 'buy',
  'limit buy': 'buy',
  'stop buy': 'buy',
  'stop limit buy': 'buy',
  'market sell': 'sell',
  'limit sell': 'sell',
  'stop sell': 'sell',
  'stop limit sell': 'sell',
  deposit: 'deposit',
  withdrawal: 'withdrawal',
  'interest on cash': 'interest',
  'lending interest': 'interest',
  'result adjustment': 'adjustment',
  'stock split open': 'split',
  'stock split close': 'split',
};

/**
 * The price is in USD and the account in another currency: the broker changed money for this trade alone, so the USD
 * that it needed came in, or that it brought went out, with it.
 */
const conversionOf = (from: Row, value: Cash): StatementLine => {
  const { cell } = from;
  const total = `${currencyOf(from, 'Total')} ${cell('Total')}`;
  const fee = cell('Currency conversion fee');
  const feeIn = currencyOf(from, 'Currency conversion fee');
  const charged = fee === '' ? '' : `, conversion fee ${feeIn} ${fee} in it`;
  return {
    ...aboutOf(from),
    kind: 'cash',
    category: 'conversion',
    reference: `${from.reference}:conversion`,
    amount: negate(value),
    description: `Currency conversion of ${total} at ${cell('Exchange rate')}${charged}`,
  };
};

/** Far more than what rounding to cents and a conversion fee make: the columns are others than they are taken for. */
const mustBeNear = ({ cell }: Row, value: Cash): void => {
  const total = absolute(readCash(cell('Total'), 'Total'));
  const rate = readCash(cell('Exchange rate'), 'Exchange rate');
  const inUsd = (total * rate) / 10n ** 18n;
  const off = absolute((inUsd - value) as Cash);
  if (off > value / 50n + 2n * 10n ** 16n) {
    throw new RowTrouble(
      'amount_mismatch',
      `the total of ${formatCash(total)} at ${formatCash(rate)} is not the ${formatCash(value)} USD of the trade`,
    );
  }
};

/** Charges that are part of the total. In an account of another currency they are on the side that is not in USD. */
const feeColumns = [
  'Currency conversion fee',
  'Finra fee',
  'French transaction tax',
  'Stamp duty reserve tax',
  'Transaction fee',
];

const feesOf = (from: Row): Cash =>
  feeColumns.reduce((sum, column) => {
    const text = from.cell(column);
    if (text === '') return sum;
    const currency = currencyOf(from, column);
    if (currency !== 'USD')
      throw new RowTrouble('currency_not_supported', `a ${column} in ${currency}`);
    return (sum + absolute(readCash(text, column))) as Cash;
  }, zeroCash);

const isRate = (text: string): boolean => /^\d+(\.\d+)?$/.test(text) && /[1-9]/.test(text);

const tradeOf = (from: Row, side: 'buy' | 'sell', find: FindSymbol): readonly StatementLine[] => {
  const { cell } = from;
  const quantity = sharesOf(from);
  const priceText = cell('Price / share');
  if (priceText === '')
    throw new RowTrouble('price_missing', 'the column "Price / share" is empty');
  const price = readPrice(priceText, 'Price / share');
  const priced = currencyOf(from, 'Price / share');
  if (priced !== 'USD') throw new RowTrouble('currency_not_supported', `a price in ${priced}`);
  const isInUsd = currencyOf(from, 'Total') === 'USD';
  const value = notional(price, quantity);
  const gross = side === 'buy' ? negate(value) : value;
  const total = isInUsd ? absolute(readCash(cell('Total'), 'Total')) : undefined;
  const commission = isInUsd ? feesOf(from) : zeroCash;
  const trade = tradeLine({
    ...aboutOf(from),
    symbol: find(cell('ISIN'), cell('Ticker')),
    side,
    quantity,
    price,
    commission,
    amount: total === undefined || side === 'sell' ? total : negate(total),
  });
  if (isInUsd) return [trade];
  if (!isRate(cell('Exchange rate'))) {
    throw new RowTrouble(
      'currency_not_supported',
      `a total in ${currencyOf(from, 'Total')} without a rate`,
    );
  }
  mustBeNear(from, value);
  // The money comes before it is spent, and goes after it was earned.
  const conversion = conversionOf(from, gross);
  return side === 'buy' ? [conversion, trade] : [trade, conversion];
};

const totalOf = (from: Row): Cash => {
  const currency = currencyOf(from, 'Total');
  if (currency !== 'USD') {
    throw new RowTrouble(
      'currency_not_supported',
      `${from.action} in ${currency || 'no currency'}`,
    );
  }
  return readCash(from.cell('Total'), 'Total');
};

const dividendOf = (from: Row, find: FindSymbol): readonly StatementLine[] => {
  const { cell } = from;
  const paid = totalOf(from);
  const quantity = sharesOf(from);
  const symbol = find(cell('ISIN'), cell('Ticker'));
  const about = aboutOf(from);
  const withheld = cell('Withholding tax');
  if (withheld === '' || !/[1-9]/.test(withheld)) {
    return [{ ...about, kind: 'dividend', symbol, amount: paid, quantity, perShare: null }];
  }
  const taxIn = currencyOf(from, 'Withholding tax');
  if (taxIn !== 'USD') throw new RowTrouble('currency_not_supported', `a tax in ${taxIn}`);
  const tax = readCash(withheld, 'Withholding tax');
  const gross = (paid + tax) as Cash;
  return [
    { ...about, kind: 'dividend', symbol, amount: gross, quantity, perShare: null },
    {
      ...about,
      kind: 'cash',
      category: 'tax',
      amount: negate(tax),
      reference: `${from.reference}:tax`,
      description: `Withholding tax, ${about.description}`,
    },
  ];
};

const lineOf = (from: Row, find: FindSymbol): readonly StatementLine[] => {
  const action = from.action.toLowerCase();
  if (action.startsWith('dividend (')) return dividendOf(from, find);
  const meaning = meaningOf(trading212Actions, action);
  if (meaning === undefined || meaning === 'split') {
    throw new RowTrouble(
      'action_not_supported',
      `"${from.action}"; book it as JSON lines, or skip it`,
    );
  }
  if (meaning === 'buy' || meaning === 'sell') return tradeOf(from, meaning, find);
  const total = totalOf(from);
  const isOut = meaning === 'withdrawal' && total > 0n;
  const amount = isOut ? negate(total) : total;
  return [{ ...aboutOf(from), kind: 'cash', category: meaning, amount }];
};

const read = ({ header, rows }: CsvTable, find: FindSymbol): BrokerStatement => {
  const draft = createStatementDraft();
  const reference = createReferences();
  const column = columnsOf(header);
  const splits: Row[] = [];
  for (const { number, cells } of rows) {
    const cell: Cell = (name) => column(cells, name);
    draft.reading(number, () => {
      const [date = '', time = ''] = cell('Time').split(' ');
      const at = atWallClock(yearFirst(date), time, 'UTC');
      const [action, id] = [cell('Action'), cell('ID')];
      const said = [action, at, cell('ISIN'), cell('No. of shares'), cell('Total')];
      const known = id === '' ? reference(said) : referenceOf(id);
      const from: Row = { row: number, cell, action, at, reference: known };
      if (meaningOf(trading212Actions, action.toLowerCase()) !== 'split') return lineOf(from, find);
      splits.push(from);
      return [];
    });
  }
  readSplits(splits, find, draft);
  return draft.finish('trading212', { newestFirst: false });
};

/** Trading 212's history. */
export const trading212: CsvLayout = {
  name: 'trading212',
  title: 'Trading 212, history',
  times: 'UTC, as the export gives it: trades at the open in New York are at 14:30 in winter.',
  recognises: (header) =>
    hasColumns(
      header,
      'Action',
      'Time',
      'ISIN',
      'Ticker',
      'No. of shares',
      'Price / share',
      'Total',
    ),
  read,
};
