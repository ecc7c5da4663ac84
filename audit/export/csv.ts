import type { AccountEvent } from '#domain/account/events.ts';
import { type Book, postingsOf } from '#domain/account/postings.ts';
import type { AccountId } from '#domain/ids.ts';
import {
  add,
  type Cash,
  formatCash,
  formatPrice,
  formatQuantity,
  negate,
  perShare,
  zeroCash,
} from '#domain/money.ts';
import { isAccountEvent, type RecordedEvent } from '#domain/recorded-event.ts';
import { accountOf } from '#projections/keys.ts';
import type { LogReader } from '../ports/log-reader.ts';
import { type Books, createBooks } from './books.ts';
import { narrationOf } from './narration.ts';
import { bookedTypes, type ExportRange, eventsUntil, isWithin } from './range.ts';
import { findRestated } from './restated.ts';
import type { Piece } from './write-books.ts';

const transactionColumns = [
  'sequence',
  'line',
  'event_id',
  'account_id',
  'type',
  'amount',
  'balance_after',
  'symbol',
  'description',
  'external_reference',
  'effective_at',
  'recorded_at',
] as const;

const fillColumns = [
  'sequence',
  'event_id',
  'account_id',
  'kind',
  'execution_id',
  'order_id',
  'symbol',
  'side',
  'quantity',
  'price',
  'commission',
  'previous_quantity',
  'previous_price',
  'previous_commission',
  'liquidity',
  'venue',
  'executed_at',
  'settles_at',
  'recorded_at',
] as const;

const positionColumns = [
  'account_id',
  'account_number',
  'symbol',
  'quantity',
  'cost',
  'average_price',
  'realized_pnl',
] as const;

type Row<Columns extends readonly string[]> = {
  readonly [Column in Columns[number]]?: string | number | null;
};

/** A field in RFC 4180: quoted where a comma, a quote or a line end would end it. */
const field = (value: string | number | null | undefined): string => {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const line = <Columns extends readonly string[]>(columns: Columns, row: Row<Columns>): string =>
  `${columns.map((column: Columns[number]) => field(row[column])).join(',')}\r\n`;

/** What cash that goes to or comes from a book is called on a statement. */
const typeOf = (book: Exclude<Book, 'account'>, amount: Cash): string => {
  switch (book) {
    case 'market':
      return 'trade';
    case 'external':
      return amount < 0n ? 'withdrawal' : 'deposit';
    case 'corporate_actions':
      return 'split_cash';
    case 'fees':
      return 'fee';
    case 'dividends':
      return 'dividend';
    case 'adjustments':
      return 'adjustment';
    case 'commission':
    case 'interest':
      return book;
  }
};

type CashLine = { readonly type: string; readonly amount: Cash };

/** An event's cash by where it went. A trade has its line even where a correction changes nothing of its cash. */
const cashLines = (event: AccountEvent): readonly CashLine[] => {
  const totals = new Map<Exclude<Book, 'account'>, Cash>();
  for (const { asset, book, amount } of postingsOf(event)) {
    if (asset !== 'cash' || book === 'account') continue;
    totals.set(book, add(totals.get(book) ?? zeroCash, negate(amount)));
  }
  return [...totals]
    .filter(([book, amount]) => book === 'market' || amount !== 0n)
    .map(([book, amount]) => ({ type: typeOf(book, amount), amount }));
};

type Booked = RecordedEvent<AccountEvent>;

const transactionLines = (
  event: Booked,
  before: Cash,
): { readonly text: string; readonly after: Cash } => {
  const { data } = event;
  let after = before;
  let text = '';
  for (const [index, { type, amount }] of cashLines(data).entries()) {
    after = add(after, amount);
    text += line(transactionColumns, {
      sequence: event.sequence,
      line: index + 1,
      event_id: event.id,
      account_id: accountOf(event.stream),
      type,
      amount: formatCash(amount),
      balance_after: formatCash(after),
      symbol: 'symbol' in data ? data.symbol : null,
      description: 'description' in data ? data.description : narrationOf(data),
      external_reference: 'externalReference' in data ? data.externalReference : null,
      effective_at: event.effectiveAt,
      recorded_at: event.recordedAt,
    });
  }
  return { text, after };
};

const fillKinds = { OrderFilled: 'fill', FillBusted: 'bust', FillCorrected: 'correction' } as const;

const fillLine = ({ data, ...event }: Booked): string => {
  if (data.type !== 'OrderFilled' && data.type !== 'FillBusted' && data.type !== 'FillCorrected') {
    return '';
  }
  const previous =
    data.type === 'FillCorrected'
      ? {
          previous_quantity: formatQuantity(data.previousQuantity),
          previous_price: formatPrice(data.previousPrice),
          previous_commission: formatCash(data.previousCommission),
        }
      : {};
  return line(fillColumns, {
    sequence: event.sequence,
    event_id: event.id,
    account_id: accountOf(event.stream),
    kind: fillKinds[data.type],
    execution_id: data.executionId,
    order_id: data.orderId,
    symbol: data.symbol,
    side: data.side,
    quantity: formatQuantity(data.quantity),
    price: formatPrice(data.price),
    commission: formatCash(data.commission),
    liquidity: data.liquidity,
    venue: data.venue,
    executed_at: data.executedAt,
    settles_at: data.type === 'OrderFilled' ? data.settlesAt : null,
    recorded_at: event.recordedAt,
    ...previous,
  });
};

function* positionLines(books: Books): Generator<string, void, void> {
  for (const { owner, holdings } of books.standings()) {
    for (const [symbol, { position, realized }] of holdings) {
      const { quantity, cost } = position;
      yield line(positionColumns, {
        account_id: owner.accountId,
        account_number: owner.accountNumber,
        symbol,
        quantity: formatQuantity(quantity),
        cost: formatCash(cost),
        average_price: quantity === 0n ? null : formatPrice(perShare(cost, quantity)),
        realized_pnl: formatCash(realized),
      });
    }
  }
}

const heading = (columns: readonly string[]): string => `${columns.join(',')}\r\n`;

/** Cash movements, fills and what is held at the end, a file each; decimals as text, times in UTC. */
export async function* writeCsv(
  log: LogReader,
  range: ExportRange,
): AsyncGenerator<Piece, void, void> {
  const books = createBooks('average', await findRestated(log, range));
  const balances = new Map<AccountId, Cash>();
  let sequence = 0;
  yield { file: 'transactions.csv', text: heading(transactionColumns), sequence };
  yield { file: 'fills.csv', text: heading(fillColumns), sequence };
  yield { file: 'positions.csv', text: heading(positionColumns), sequence };
  for await (const { data, ...event } of eventsUntil(log, range, bookedTypes)) {
    if (!isAccountEvent(data)) continue;
    const booked: Booked = { ...event, data };
    books.book(booked);
    sequence = event.sequence;
    const accountId = accountOf(event.stream);
    const { text, after } = transactionLines(booked, balances.get(accountId) ?? zeroCash);
    balances.set(accountId, after);
    if (!isWithin(range, booked)) continue;
    if (text !== '') yield { file: 'transactions.csv', text, sequence };
    const fill = fillLine(booked);
    if (fill !== '') yield { file: 'fills.csv', text: fill, sequence };
  }
  for (const text of positionLines(books)) yield { file: 'positions.csv', text, sequence };
}
