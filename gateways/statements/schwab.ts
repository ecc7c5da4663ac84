import type { BrokerStatement, StatementLine } from '#commands/ports/broker-statement.ts';
import { absolute, type Cash, formatCash, type Quantity, zeroCash } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import type { CsvTable } from './csv-table.ts';
import { readCash, readPrice, readQuantity } from './decimals.ts';
import { type CsvLayout, columnsOf, hasColumns, meaningOf } from './layout.ts';
import { createReferences } from './references.ts';
import { RowTrouble } from './row-trouble.ts';
import { type SchwabMeaning, schwabActions, schwabRefusals } from './schwab-actions.ts';
import { tradeLine } from './stated-trade.ts';
import { createStatementDraft, rankByDay, type StatementDraft } from './statement-draft.ts';
import { type FindSymbol, tickerOf } from './symbols.ts';
import { atClose, atOpen, monthFirst } from './times.ts';

type SchwabRow = {
  readonly row: number;
  readonly action: string;
  readonly symbol: string;
  readonly description: string;
  readonly quantity: Quantity | null;
  readonly price: ReturnType<typeof readPrice> | null;
  readonly fees: Cash;
  readonly amount: Cash | null;
  readonly date: ReturnType<typeof monthFirst>;
  /** It took effect on an earlier day than it was posted. */
  readonly isAsOf: boolean;
  readonly reference: string;
};

type Reference = ReturnType<typeof createReferences>;

/** `07/15/2024 as of 07/12/2024` took effect on the second day. */
const daysOf = (text: string) => {
  const [posted = '', effective] = text.split(/\s+as of\s+/i);
  return { date: monthFirst(effective ?? posted), isAsOf: effective !== undefined };
};

const given = <T>(text: string, read: (text: string) => T): T | null =>
  text === '' ? null : read(text);

const rowOf = (cell: (name: string) => string, row: number, reference: Reference): SchwabRow => {
  const { date, isAsOf } = daysOf(cell('Date'));
  const [action, symbol, description] = [cell('Action'), cell('Symbol'), cell('Description')];
  const quantity = given(cell('Quantity'), (text) => readQuantity(text, 'Quantity'));
  const price = given(cell('Price'), (text) => readPrice(text, 'Price'));
  const fees = given(cell('Fees & Comm'), (text) => readCash(text, 'Fees & Comm'));
  const amount = given(cell('Amount'), (text) => readCash(text, 'Amount'));
  const said = [date, action, symbol, description, quantity, price, fees, amount];
  return {
    row,
    action,
    symbol,
    description,
    quantity,
    price,
    fees: fees ?? zeroCash,
    amount,
    date,
    isAsOf,
    reference: reference(said),
  };
};

const about = ({ row, action, symbol, description, reference }: SchwabRow, at: Instant) => ({
  row,
  at,
  reference,
  description: [action, symbol, description].filter((part) => part !== '').join(' '),
});

const tradeOf = (from: SchwabRow, side: 'buy' | 'sell', find: FindSymbol): StatementLine => {
  const { quantity, price, fees, amount, symbol } = from;
  if (quantity === null) throw new RowTrouble('quantity_missing', 'a trade without a quantity');
  if (price === null) throw new RowTrouble('price_missing', 'a trade without a price');
  return tradeLine({
    ...about(from, atClose(from.date)),
    symbol: find('', symbol),
    side,
    quantity: absolute(quantity),
    price,
    commission: fees,
    amount: amount ?? undefined,
  });
};

const cashOf = (
  from: SchwabRow,
  category: Exclude<SchwabMeaning, 'buy' | 'sell' | 'dividend' | 'split' | 'reverse_split'>,
): StatementLine => {
  const { amount, quantity } = from;
  if (amount === null && quantity !== null) {
    throw new RowTrouble(
      'action_not_supported',
      'shares were moved between accounts without a cost',
    );
  }
  if (amount === null) throw new RowTrouble('amount_missing', `"${from.action}" without an amount`);
  const moved = amount < 0n ? 'withdrawal' : 'deposit';
  return {
    ...about(from, atClose(from.date)),
    kind: 'cash',
    category: category === 'transfer' ? moved : category,
    amount,
  };
};

const dividendOf = (from: SchwabRow, find: FindSymbol): StatementLine => {
  const { amount, symbol } = from;
  // What a money fund pays has no symbol here: no position is known that it was paid on.
  if (symbol === '') return cashOf(from, 'interest');
  if (amount === null) throw new RowTrouble('amount_missing', 'a dividend without an amount');
  return {
    ...about(from, atClose(from.date)),
    kind: 'dividend',
    symbol: find('', symbol),
    amount,
    quantity: null,
    perShare: null,
  };
};

/** A split counts from the morning of its day on, or from the close of the day that it is dated back to. */
const splitOf = (from: SchwabRow, find: FindSymbol): StatementLine => {
  const { quantity, symbol, date, isAsOf } = from;
  if (quantity === null || quantity === 0n) {
    throw new RowTrouble('quantity_missing', 'a split without the shares that it brought');
  }
  return {
    ...about(from, isAsOf ? atClose(date) : atOpen(date)),
    kind: 'split_shares',
    symbol: find('', symbol),
    change: quantity,
  };
};

const lineOf = (from: SchwabRow, find: FindSymbol): StatementLine => {
  const action = from.action.toLowerCase();
  const meaning = meaningOf(schwabActions, action);
  switch (meaning) {
    case 'buy':
    case 'sell':
      return tradeOf(from, meaning, find);
    case 'dividend':
      return dividendOf(from, find);
    case 'split':
      return splitOf(from, find);
    case 'reverse_split':
    case undefined:
      throw new RowTrouble(
        'action_not_supported',
        `"${from.action}": ${meaningOf(schwabRefusals, action) ?? 'not known'}; book it as JSON lines, or skip it`,
      );
    default:
      return cashOf(from, meaning);
  }
};

const cusip = /^[0-9A-Z]{9}$/;
const isOldHalf = ({ symbol, quantity }: SchwabRow): boolean =>
  cusip.test(symbol) && /\d/.test(symbol) && quantity !== null && quantity < 0n;

/** A reverse split is two rows: the old shares go under their CUSIP, the new ones come under the symbol. */
const readReverseSplits = (
  rows: readonly SchwabRow[],
  find: FindSymbol,
  draft: StatementDraft,
): void => {
  const left = new Set(rows);
  for (const fresh of rows.filter((row) => !isOldHalf(row))) {
    draft.reading(fresh.row, () => {
      const [old, another] = [...left].filter((row) => isOldHalf(row) && row.date === fresh.date);
      const isPair = old !== undefined && another === undefined && fresh.quantity !== null;
      if (!isPair || old.quantity === null || tickerOf(fresh.symbol) === undefined) {
        throw new RowTrouble(
          'split_ratio_unknown',
          'which shares it took the place of is not said',
        );
      }
      const [newShares, oldShares] = [fresh.quantity, absolute(old.quantity)];
      if (newShares <= 0n || newShares === oldShares) {
        throw new RowTrouble(
          'split_ratio_unknown',
          'as many shares came as went: that is no split',
        );
      }
      left.delete(old);
      draft.note(old.row, `told together with row ${fresh.row}`);
      const symbol = find('', fresh.symbol);
      const at = fresh.isAsOf ? atClose(fresh.date) : atOpen(fresh.date);
      return [{ ...about(fresh, at), kind: 'split', symbol, newShares, oldShares }];
    });
    left.delete(fresh);
  }
  for (const { row } of left) {
    draft.problem(row, 'split_ratio_unknown', 'the row of the new shares does not say a split');
  }
};

const isTotal = (cells: readonly string[]): boolean => /^transactions total/i.test(cells[0] ?? '');

const read = ({ header, rows }: CsvTable, find: FindSymbol): BrokerStatement => {
  const draft = createStatementDraft();
  const reference = createReferences();
  const column = columnsOf(header);
  const reverse: SchwabRow[] = [];
  for (const { number, cells } of rows) {
    if (isTotal(cells)) {
      const total = given(column(cells, 'Amount'), (text) => readCash(text, 'Amount'));
      draft.note(number, `the sum of the file: ${total === null ? 'none' : formatCash(total)}`);
      continue;
    }
    draft.reading(number, () => {
      const from = rowOf((name) => column(cells, name), number, reference);
      if (meaningOf(schwabActions, from.action.toLowerCase()) !== 'reverse_split')
        return [lineOf(from, find)];
      reverse.push(from);
      return [];
    });
  }
  readReverseSplits(reverse, find, draft);
  return draft.finish('schwab', { rank: rankByDay, newestFirst: true });
};

/** Charles Schwab's export of an account's history. */
export const schwab: CsvLayout = {
  name: 'schwab',
  title: 'Charles Schwab, export of the history',
  times:
    'Dates, taken as the close in New York (16:00); of `A as of B`, B. A split counts from the open (9:30) of its date on, or from the close of the day it is dated back to.',
  recognises: (header) =>
    hasColumns(header, 'Date', 'Action', 'Symbol', 'Description', 'Quantity', 'Price', 'Amount'),
  read,
};
