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
import type { CsvTable } from './csv-table.ts';
import { readingsOf } from './decimals.ts';
import { readConversions } from './degiro-conversions.ts';
import {
  amountOf,
  cashAtEnd,
  type DegiroRow,
  isDegiroHeader,
  type Reading,
  rowsOf,
  saidBy,
} from './degiro-rows.ts';
import { type DegiroTrade, isDegiroCorporateAction } from './degiro-words.ts';
import type { CsvLayout } from './layout.ts';
import { createReferences } from './references.ts';
import { RowTrouble } from './row-trouble.ts';
import { tradeLine } from './stated-trade.ts';
import { createStatementDraft } from './statement-draft.ts';
import type { FindSymbol } from './symbols.ts';

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
  recognises: isDegiroHeader,
  read,
};
