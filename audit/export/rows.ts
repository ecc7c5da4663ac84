import type { AccountEvent } from '#domain/account/events.ts';
import { type Book, postingsOf } from '#domain/account/postings.ts';
import type { AccountId } from '#domain/ids.ts';
import { add, type Cash, negate, perShare, zeroCash } from '#domain/money.ts';
import { isAccountEvent, type RecordedEvent } from '#domain/recorded-event.ts';
import { accountOf } from '#projections/keys.ts';
import type { LogReader, StoredEvent } from '../ports/log-reader.ts';
import { type Books, createBooks } from './books.ts';
import type { Row } from './columns.ts';
import type { Entry } from './entry.ts';
import { narrationOf } from './narration.ts';
import { bookedTypes, type ExportRange, isWithin, storedUntil } from './range.ts';
import { findRestated, type Restated } from './restated.ts';
import type { TableName, TableRow } from './tables.ts';

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

const eventRow = (event: StoredEvent): Row => ({
  sequence: event.sequence,
  stream: event.stream,
  revision: event.revision,
  event_id: event.id,
  type: event.type,
  recorded_at: event.recordedAt,
  effective_at: event.effectiveAt,
  hash: event.hash,
  body: event.body,
});

type Statement = { readonly rows: readonly Row[]; readonly after: Cash };

const statementOf = (event: Booked, before: Cash): Statement => {
  const { data } = event;
  let after = before;
  const rows: Row[] = [];
  for (const [index, { type, amount }] of cashLines(data).entries()) {
    after = add(after, amount);
    rows.push({
      sequence: event.sequence,
      line: index + 1,
      event_id: event.id,
      account_id: accountOf(event.stream),
      type,
      amount,
      balance_after: after,
      symbol: 'symbol' in data ? data.symbol : null,
      description: 'description' in data ? data.description : narrationOf(data),
      external_reference: 'externalReference' in data ? data.externalReference : null,
      effective_at: event.effectiveAt,
      recorded_at: event.recordedAt,
    });
  }
  return { rows, after };
};

const fillKinds = { OrderFilled: 'fill', FillBusted: 'bust', FillCorrected: 'correction' } as const;
const kinds = { ...fillKinds, StockSplit: 'split' } as const;

const fillRow = ({ data, ...event }: Booked): Row | null => {
  if (data.type !== 'OrderFilled' && data.type !== 'FillBusted' && data.type !== 'FillCorrected') {
    return null;
  }
  const isCorrected = data.type === 'FillCorrected';
  return {
    sequence: event.sequence,
    event_id: event.id,
    account_id: accountOf(event.stream),
    kind: fillKinds[data.type],
    execution_id: data.executionId,
    order_id: data.orderId,
    symbol: data.symbol,
    side: data.side,
    quantity: data.quantity,
    price: data.price,
    commission: data.commission,
    previous_quantity: isCorrected ? data.previousQuantity : null,
    previous_price: isCorrected ? data.previousPrice : null,
    previous_commission: isCorrected ? data.previousCommission : null,
    liquidity: data.liquidity,
    venue: data.venue,
    executed_at: data.executedAt,
    settles_at: data.type === 'OrderFilled' ? data.settlesAt : null,
    recorded_at: event.recordedAt,
  };
};

/** What an event gained or changed of what was gained; of a bust, a correction or a split there is no one part that was closed. */
const gainRow = ({ data, ...event }: Booked, moved: Entry['moved']): Row | null => {
  if (moved === null || !(data.type in kinds) || !('symbol' in data)) return null;
  if (moved.realized === 0n && moved.realizedAtAverage === 0n && moved.taken === null) return null;
  const isFill = data.type === 'OrderFilled';
  if (!isFill && moved.realized === 0n && moved.realizedAtAverage === 0n) return null;
  return {
    sequence: event.sequence,
    event_id: event.id,
    account_id: accountOf(event.stream),
    kind: kinds[data.type as keyof typeof kinds],
    symbol: data.symbol,
    quantity: isFill ? (moved.taken?.quantity ?? null) : null,
    cost: isFill ? (moved.taken?.cost ?? null) : null,
    realized_pnl: moved.realizedAtAverage,
    realized_pnl_fifo: moved.realized,
    effective_at: event.effectiveAt,
    recorded_at: event.recordedAt,
  };
};

function* heldRows(books: Books): Generator<readonly [TableName, Row], void, void> {
  for (const { owner, holdings } of books.standings()) {
    const account = { account_id: owner.accountId, account_number: owner.accountNumber };
    for (const [symbol, { position, realized, realizedAtAverage, lots }] of holdings) {
      const { quantity, cost } = position;
      yield [
        'positions',
        {
          ...account,
          symbol,
          quantity,
          cost,
          average_price: quantity === 0n ? null : perShare(cost, quantity),
          realized_pnl: realizedAtAverage,
          realized_pnl_fifo: realized,
        },
      ];
      for (const lot of lots) {
        const { lotId: lot_id, openedAt: opened_at, sequence } = lot;
        const held = { lot_id, sequence, opened_at, quantity: lot.quantity, cost: lot.cost };
        yield ['lots', { ...account, symbol, ...held }];
      }
    }
  }
}

const booked: ReadonlySet<string> = new Set(bookedTypes);

/** Books events one after the other, and makes the rows of each. */
const createBooking = (log: LogReader, restated: Restated) => {
  const books = createBooks('fifo', restated);
  const balances = new Map<AccountId, Cash>();

  const book = (stored: StoredEvent): readonly (readonly [TableName, Row])[] => {
    const { data, ...event } = log.decode(stored);
    if (!isAccountEvent(data)) return [];
    const account: Booked = { ...event, data };
    const moved = books.book(account)?.moved ?? null;
    const accountId = accountOf(event.stream);
    const { rows, after } = statementOf(account, balances.get(accountId) ?? zeroCash);
    balances.set(accountId, after);
    const [fill, gain] = [fillRow(account), gainRow(account, moved)];
    return [
      ...rows.map((row) => ['transactions', row] as const),
      ...(fill === null ? [] : [['fills', fill] as const]),
      ...(gain === null ? [] : [['gains', gain] as const]),
    ];
  };
  return { book, held: () => heldRows(books) };
};

/**
 * Rows of every table in the order of the log, and at the end what is held then. `withEvents`: the events themselves
 * too, of every type. Holds in memory what accounts hold, never the log.
 */
export async function* exportRows(
  log: LogReader,
  range: ExportRange,
  withEvents: boolean,
): AsyncGenerator<TableRow, void, void> {
  const { book, held } = createBooking(log, await findRestated(log, range));
  let sequence = 0;
  for await (const stored of storedUntil(log, range, withEvents ? undefined : bookedTypes)) {
    sequence = stored.sequence;
    const isWanted = isWithin(range, stored);
    if (withEvents && isWanted) yield { table: 'events', row: eventRow(stored), sequence };
    const rows = booked.has(stored.type) ? book(stored) : [];
    if (!isWanted) continue;
    for (const [table, row] of rows) yield { table, row, sequence };
  }
  for (const [table, row] of held()) yield { table, row, sequence };
}
