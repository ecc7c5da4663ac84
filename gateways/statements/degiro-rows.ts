import type { Cash } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import type { CsvTable } from './csv-table.ts';
import { readCash, readingsOf } from './decimals.ts';
import {
  type DegiroMeaning,
  type DegiroTrade,
  degiroMeaning,
  degiroTrade,
  plainWords,
} from './degiro-words.ts';
import type { createReferences } from './references.ts';
import { RowTrouble } from './row-trouble.ts';
import type { StatementDraft } from './statement-draft.ts';
import type { FindSymbol } from './symbols.ts';
import { atWallClock, dayFirst } from './times.ts';

const zone = 'Europe/Amsterdam';
/** Columns have names in the user's language, and two have none: they are known by their place. */
const places = {
  date: 0,
  time: 1,
  product: 3,
  isin: 4,
  description: 5,
  rate: 6,
  currency: 7,
  amount: 8,
  balanceCurrency: 9,
  balance: 10,
  order: 11,
} as const;
const width = 12;

export type DegiroRow = {
  readonly row: number;
  readonly at: Instant;
  readonly isin: string;
  readonly words: string;
  readonly description: string;
  readonly rate: string;
  readonly currency: string;
  readonly amount: Cash | null;
  readonly order: string;
  readonly trade: DegiroTrade | undefined;
  readonly meaning: DegiroMeaning | undefined;
};

type Cells = readonly string[];
const cellOf = (cells: Cells, name: keyof typeof places): string => cells[places[name]] ?? '';

/** The rest of an order's id that did not fit into the row before. */
const isRestOfOrder = (cells: Cells): boolean =>
  cellOf(cells, 'order') !== '' && cells.slice(0, places.order).every((cell) => cell === '');

const rowOf = (cells: Cells, row: number, order: string): DegiroRow => {
  if (cells.length !== width) {
    throw new RowTrouble('bad_row', `${cells.length} columns instead of ${width}`);
  }
  const cell = (name: keyof typeof places): string => cellOf(cells, name);
  const amount = cell('amount');
  const words = plainWords(cell('description'));
  return {
    row,
    at: atWallClock(dayFirst(cell('date')), cell('time'), zone),
    isin: cell('isin'),
    words,
    description: [cell('description'), cell('product')].filter((part) => part !== '').join(', '),
    rate: cell('rate').replace(',', '.'),
    currency: cell('currency'),
    amount: amount === '' ? null : readCash(amount, 'amount', 'either'),
    order,
    trade: degiroTrade(words),
    meaning: degiroMeaning(words),
  };
};

/** What a row did to the cash; throws RowTrouble where it does not say. */
export const amountOf = ({ amount }: DegiroRow): Cash => {
  if (amount === null) throw new RowTrouble('amount_missing', 'the row states no amount');
  return amount;
};

/** What a row says, in no language: the same row of an export in another language has the same reference. */
export const saidBy = (from: DegiroRow, kind: string) =>
  [kind, from.at, from.isin, from.currency, from.amount, from.order] as const;

/** What reading a file's rows needs. */
export type Reading = {
  readonly find: FindSymbol;
  readonly reference: ReturnType<typeof createReferences>;
  readonly draft: StatementDraft;
};

/** The rows of a table, with order ids that were broken in two joined. What is no row becomes a problem of the draft. */
export const rowsOf = ({ rows }: CsvTable, draft: StatementDraft): readonly DegiroRow[] => {
  const found: DegiroRow[] = [];
  for (const [place, { number, cells }] of rows.entries()) {
    if (isRestOfOrder(cells)) {
      draft.note(number, "the rest of the order's id of the row before");
      continue;
    }
    const next = rows[place + 1]?.cells ?? [];
    const order = cellOf(cells, 'order') + (isRestOfOrder(next) ? cellOf(next, 'order') : '');
    draft.reading(number, () => {
      found.push(rowOf(cells, number, order));
      return [];
    });
  }
  return found;
};

/** The newest row is the first: its balance is what was there at the end. */
export const cashAtEnd = ({ rows }: CsvTable): Cash | null => {
  const newest = rows.find(({ cells }) => cellOf(cells, 'balanceCurrency') === 'USD');
  const [plain, another] = readingsOf(cellOf(newest?.cells ?? [], 'balance'), 'either');
  return plain === undefined || another !== undefined ? null : readCash(plain, 'balance');
};

/** Whether a header is Degiro's, whose columns have names in the user's language. */
export const isDegiroHeader = (header: readonly string[]): boolean =>
  header.length === width && header[places.isin] === 'ISIN' && header[places.amount] === '';
