import type { BrokerStatement, StatementLine } from '#commands/ports/broker-statement.ts';
import {
  absolute,
  type Cash,
  formatCash,
  negate,
  notional,
  type Price,
  parsePrice,
  parseQuantity,
  type Quantity,
} from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import type { CsvTable } from './csv-table.ts';
import { readCash, readingsOf } from './decimals.ts';
import {
  type DegiroMeaning,
  type DegiroTrade,
  degiroMeaning,
  degiroTrade,
  isDegiroCorporateAction,
  plainWords,
} from './degiro-words.ts';
import type { CsvLayout } from './layout.ts';
import { createReferences } from './references.ts';
import { RowTrouble } from './row-trouble.ts';
import { tradeLine } from './stated-trade.ts';
import { createStatementDraft, type StatementDraft } from './statement-draft.ts';
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

type DegiroRow = {
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

/** A quantity and a price that together come to the amount: that is how `1.000` is told from `1`. */
const fitting = (trade: DegiroTrade, amount: Cash): readonly [Quantity, Price] => {
  const fits: (readonly [Quantity, Price])[] = [];
  for (const shares of readingsOf(trade.quantity, 'either')) {
    for (const each of readingsOf(trade.price, 'either')) {
      const [quantity, price] = [parseQuantity(shares), parsePrice(each)];
      if (typeof quantity === 'string' || typeof price === 'string') continue;
      const off = absolute((notional(price, quantity) - absolute(amount)) as Cash);
      if (off <= 10n ** 16n) fits.push([quantity, price]);
    }
  }
  const [only, another] = fits;
  if (only !== undefined && another === undefined) return only;
  throw new RowTrouble(
    only === undefined ? 'amount_mismatch' : 'bad_number',
    `${trade.quantity} at ${trade.price} does not come to ${formatCash(amount)}`,
  );
};

const usdOnly = ({ currency, description }: DegiroRow): void => {
  if (currency === 'USD') return;
  throw new RowTrouble('currency_not_supported', `${description}: in ${currency || 'no currency'}`);
};

/** What a row says, in no language: the same row of an export in another language has the same reference. */
const saidBy = (from: DegiroRow, kind: string) =>
  [kind, from.at, from.isin, from.currency, from.amount, from.order] as const;

type Reading = {
  readonly find: FindSymbol;
  readonly reference: ReturnType<typeof createReferences>;
  readonly draft: StatementDraft;
};

const amountOf = ({ amount }: DegiroRow): Cash => {
  if (amount === null) throw new RowTrouble('amount_missing', 'the row states no amount');
  return amount;
};

/** What an order's costs in USD came to, by order; told with its first trade. */
const feesByOrder = (rows: readonly DegiroRow[]): ReadonlyMap<string, readonly DegiroRow[]> => {
  const traded = new Set(
    rows.filter(({ trade, currency }) => trade && currency === 'USD').map(({ order }) => order),
  );
  const fees = new Map<string, DegiroRow[]>();
  for (const row of rows) {
    const { meaning, order, currency, amount } = row;
    if (meaning !== 'trading_fee' || currency !== 'USD' || (amount ?? 0n) > 0n) continue;
    if (order !== '' && traded.has(order)) fees.set(order, [...(fees.get(order) ?? []), row]);
  }
  return fees;
};

const tradeOf = (
  from: DegiroRow,
  trade: DegiroTrade,
  fees: readonly DegiroRow[],
  { find, reference }: Reading,
): StatementLine => {
  usdOnly(from);
  if (trade.currency !== 'USD') {
    throw new RowTrouble('currency_not_supported', `a price in ${trade.currency}`);
  }
  const amount = amountOf(from);
  const [quantity, price] = fitting(trade, amount);
  const paid = fees.reduce((sum, fee) => sum + (fee.amount ?? 0n), 0n) as Cash;
  return tradeLine({
    row: from.row,
    at: from.at,
    reference: reference(saidBy(from, trade.side)),
    description: from.description,
    symbol: find(from.isin),
    side: trade.side,
    quantity,
    price,
    commission: negate(paid),
    amount: (amount + paid) as Cash,
  });
};

const plainLine = (from: DegiroRow, { find, reference }: Reading): StatementLine => {
  const { row, at, description, meaning } = from;
  if (meaning === undefined || isDegiroCorporateAction(from.words)) {
    throw new RowTrouble('action_not_supported', `"${description}" is not known`);
  }
  usdOnly(from);
  const amount = amountOf(from);
  const about = { row, at, description, amount, reference: reference(saidBy(from, meaning)) };
  switch (meaning) {
    case 'dividend':
      return {
        ...about,
        kind: 'dividend',
        symbol: find(from.isin),
        quantity: null,
        perShare: null,
      };
    case 'trading_fee':
      return { ...about, kind: 'cash', category: 'fee' };
    case 'deposit':
    case 'withdrawal':
      return { ...about, kind: 'cash', category: amount < 0n ? 'withdrawal' : 'deposit' };
    case 'sweep':
    case 'conversion':
      throw new RowTrouble('action_not_supported', `"${description}" stands alone`);
    default:
      return { ...about, kind: 'cash', category: meaning };
  }
};

/** The other side of a conversion: of the same order and minute, the nearest row in another currency and of the other sign. */
const otherSide = (from: DegiroRow, left: ReadonlySet<DegiroRow>): DegiroRow | undefined => {
  let nearest: DegiroRow | undefined;
  for (const row of left) {
    const isOther = row.currency !== 'USD' && row.order === from.order && row.at === from.at;
    const isOpposite = (row.amount ?? 0n) < 0n !== (from.amount ?? 0n) < 0n;
    if (!isOther || !isOpposite) continue;
    const distance = (one: DegiroRow) => Math.abs(one.row - from.row);
    if (nearest === undefined || distance(row) < distance(nearest)) nearest = row;
  }
  return nearest;
};

const readConversions = (rows: readonly DegiroRow[], { reference, draft }: Reading): void => {
  const left = new Set(rows.filter(({ currency }) => currency !== 'USD'));
  for (const from of rows.filter(({ currency }) => currency === 'USD')) {
    draft.reading(from.row, () => {
      const other = otherSide(from, left);
      if (other === undefined) {
        throw new RowTrouble('conversion_incomplete', 'the other currency has no row');
      }
      left.delete(other);
      draft.note(other.row, `the other side of the conversion in row ${from.row}`);
      const amount = amountOf(from);
      const rate = from.rate || other.rate || 'an unstated rate';
      const away = `${other.currency} ${formatCash(amountOf(other))}`;
      return [
        {
          kind: 'cash',
          category: 'conversion',
          row: from.row,
          at: from.at,
          amount,
          description: `Currency conversion of ${away} at ${rate}`,
          reference: reference(saidBy(from, 'conversion')),
        },
      ];
    });
  }
  for (const { row, currency } of left) {
    draft.problem(
      row,
      'currency_not_supported',
      `a conversion of ${currency} that is not into USD`,
    );
  }
};

const readRow = (
  from: DegiroRow,
  fees: ReadonlyMap<string, readonly DegiroRow[]>,
  first: Map<string, DegiroRow>,
  reading: Reading,
): void => {
  const { draft } = reading;
  const { row, trade, order, meaning } = from;
  if (meaning === 'sweep') {
    draft.note(row, 'cash was moved between the two pockets of the account');
    return;
  }
  const withTrade = fees.get(order) ?? [];
  if (withTrade.includes(from)) {
    draft.note(row, `the commission of the order's trade in row ${first.get(order)?.row}`);
    return;
  }
  draft.reading(row, () => {
    if (trade === undefined) return [plainLine(from, reading)];
    const own = first.get(order) === from ? withTrade : [];
    return [tradeOf(from, trade, own, reading)];
  });
};

const rowsOf = ({ rows }: CsvTable, draft: StatementDraft): readonly DegiroRow[] => {
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
const cashAtEnd = ({ rows }: CsvTable): Cash | null => {
  const newest = rows.find(({ cells }) => cellOf(cells, 'balanceCurrency') === 'USD');
  const [plain, another] = readingsOf(cellOf(newest?.cells ?? [], 'balance'), 'either');
  return plain === undefined || another !== undefined ? null : readCash(plain, 'balance');
};

const read = (table: CsvTable, find: FindSymbol): BrokerStatement => {
  const draft = createStatementDraft();
  const reading = { find, reference: createReferences(), draft };
  const rows = rowsOf(table, draft);
  const fees = feesByOrder(rows);
  const first = new Map<string, DegiroRow>();
  for (const row of rows) {
    if (row.trade && row.currency === 'USD' && row.order !== '') first.set(row.order, row);
  }
  for (const row of rows) {
    if (row.meaning !== 'conversion') readRow(row, fees, first, reading);
  }
  readConversions(
    rows.filter(({ meaning }) => meaning === 'conversion'),
    reading,
  );
  return draft.finish('degiro', { newestFirst: true }, cashAtEnd(table));
};

/** Degiro's account statement, in any of its languages. */
export const degiro: CsvLayout = {
  name: 'degiro',
  title: 'Degiro, account statement',
  times:
    'Dates and minutes as the clocks in Amsterdam show them, where Degiro keeps its books. The value date is not used.',
  recognises: (header) =>
    header.length === width && header[places.isin] === 'ISIN' && header[places.amount] === '',
  read,
};
