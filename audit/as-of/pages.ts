import { add, subtract, zeroCash } from '#domain/money.ts';
import { liveStatuses, orderStatuses } from '#domain/order/lifecycle.ts';
import type { OrderRecord } from '#projections/orders/table.ts';
import { cash, integer, rowReader, text } from '#projections/ports/columns.ts';
import type {
  OrderFilter,
  Page,
  TransactionSummary,
  TransactionType,
} from '#projections/ports/queries.ts';
import type { Table } from '#projections/table.ts';
import type { TransactionRecord } from '#projections/transactions/table.ts';
import type { KeptTable, LinesAsked, RowsAsked } from '../ports/past.ts';
import type { Fold } from './fold-state.ts';
import { type PostingLine, postingLines, readPosting } from './rows.ts';
import { plainKey } from './segment.ts';

/** Lists of a view: rows where the segment left them, with those that the fold has touched in their place. */

/** The statuses that a filter's word stands for; null for all. */
const statusesOf = (status: OrderFilter['status']): readonly string[] | undefined => {
  if (status === undefined || status === 'all') return undefined;
  if (status === 'open') return [...liveStatuses];
  if (status === 'closed') {
    return [...orderStatuses.filter((one) => !liveStatuses.has(one)), 'refused'];
  }
  return [status];
};

export type Listed = {
  readonly symbols?: readonly string[] | undefined;
  readonly status?: OrderFilter['status'];
  readonly side?: string | undefined;
  readonly after?: string | undefined;
  readonly until?: string | undefined;
  readonly cursor?: number | undefined;
  readonly limit: number;
  readonly direction?: 'asc' | 'desc' | undefined;
};

type Facets = {
  readonly symbol: string;
  readonly side: string;
  readonly status: string;
  readonly at: string;
  readonly place: number;
};

const isAfter = (place: number, cursor: number | undefined, direction: 'asc' | 'desc'): boolean =>
  cursor === undefined || (direction === 'asc' ? place > cursor : place < cursor);

const isListed = (facets: Facets, asked: RowsAsked): boolean => {
  const { symbols, statuses, side, after, until, cursor, direction = 'desc' } = asked;
  return (
    (symbols?.includes(facets.symbol) ?? true) &&
    (statuses?.includes(facets.status) ?? true) &&
    (side === undefined || facets.side === side) &&
    (after === undefined || facets.at > after) &&
    (until === undefined || facets.at < until) &&
    isAfter(facets.place, cursor, direction)
  );
};

const askedOf = (listed: Listed, limit: number | null): RowsAsked => {
  const { status, ...rest } = listed;
  const statuses = statusesOf(status);
  const openOnly = statuses?.every((one) => liveStatuses.has(one as never)) ?? false;
  return { ...rest, statuses, openOnly, limit } as RowsAsked;
};

/** Rows of a list in its order, the first `limit` of them. */
const rowsOf = async <Row>(
  fold: Fold,
  table: Table<Row>,
  asked: RowsAsked,
  facetsOf: (row: Row) => Facets,
): Promise<readonly Row[]> => {
  const { accountId, reader, at } = fold;
  const changes = table.changes();
  const without = [...changes.keys()].map((key) => plainKey(accountId, key));
  const name = table.shape.name as KeptTable;
  const kept = (await reader.list(at, name, { ...asked, without })).map(table.shape.decode);
  const made = [...changes.values()]
    .filter((row) => row !== null)
    .filter((row) => isListed(facetsOf(row), asked));
  const sign = asked.direction === 'asc' ? 1 : -1;
  const all = [...kept, ...made].toSorted(
    (left, right) => sign * (facetsOf(left).place - facetsOf(right).place),
  );
  return asked.limit === null ? all : all.slice(0, asked.limit);
};

const cut = <Row, Shown>(
  rows: readonly Row[],
  limit: number,
  show: (row: Row) => Shown,
  cursorOf: (row: Row) => number,
): Page<Shown> => {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? cursorOf(last) : null;
  return { rows: shown.map(show), next };
};

/** A page of rows that are ordered by their created sequence. */
export const pageOf = async <Row extends { readonly createdSequence: number }, Shown>(
  fold: Fold,
  table: Table<Row>,
  listed: Listed,
  facetsOf: (row: Row) => Omit<Facets, 'place'>,
  show: (row: Row) => Shown,
): Promise<Page<Shown>> => {
  const placed = (row: Row): Facets => ({ ...facetsOf(row), place: row.createdSequence });
  const rows = await rowsOf(fold, table, askedOf(listed, listed.limit + 1), placed);
  return cut(rows, listed.limit, show, (row) => row.createdSequence);
};

export const orderFacets = (order: OrderRecord) => ({
  symbol: order.symbol,
  side: order.side,
  status: order.status,
  at: order.submittedAt,
});

/** Every order at work, oldest first. */
export const openOrders = (fold: Fold): Promise<readonly OrderRecord[]> => {
  const asked = { ...askedOf({ status: 'open', limit: 0, direction: 'asc' }, null) };
  return rowsOf(fold, fold.tables.orders, asked, (order) => ({
    ...orderFacets(order),
    place: order.createdSequence,
  }));
};

/** Open lots of a symbol, oldest first. */
export const openLots = async (fold: Fold, symbol: string) => {
  const { lots } = fold.tables;
  const asked = { symbols: [symbol], openOnly: true, direction: 'asc', limit: null } as const;
  const rows = await rowsOf(fold, lots, asked, (lot) => ({
    symbol: lot.symbol,
    side: '',
    status: '',
    at: lot.openedAt,
    place: lot.createdSequence,
  }));
  return rows.filter((lot) => lot.closedAt === null);
};

/** The row under a key. */
export const rowAt = async <Row>(
  fold: Fold,
  table: Table<Row>,
  key: string,
): Promise<Row | undefined> => {
  const { accountId, reader, at } = fold;
  const changed = table.changes().get(key);
  if (changed !== undefined) return changed ?? undefined;
  const name = table.shape.name as KeptTable;
  const [stored] = await reader.rows(at, name, [plainKey(accountId, key)]);
  return stored === undefined ? undefined : table.shape.decode(stored);
};

/** Rows that refer to something, oldest first. */
export const referring = async <Row extends { readonly createdSequence: number }>(
  fold: Fold,
  table: Table<Row>,
  reference: string,
  refers: (row: Row) => boolean,
): Promise<readonly Row[]> => {
  const changes = table.changes();
  const name = table.shape.name as KeptTable;
  const stored = (await fold.reader.referring(fold.at, name, reference)).map(table.shape.decode);
  const kept = stored.filter((row) => !changes.has(table.shape.keyOf(row)));
  const made = [...changes.values()].filter((row) => row !== null).filter(refers);
  return [...kept, ...made].toSorted((left, right) => left.createdSequence - right.createdSequence);
};

// An event has fewer lines than this, so that one number names a line.
const LINES_MAX = 16;
type Line = { readonly sequence: number; readonly line: number };
export const lineCursor = ({ sequence, line }: Line): number => sequence * LINES_MAX + line;
export const lineAfter = (cursor: number | undefined): LinesAsked['cursor'] =>
  cursor === undefined ? undefined : [Math.floor(cursor / LINES_MAX), cursor % LINES_MAX];

const merged = <Row extends Line>(
  kept: readonly Row[],
  made: readonly Row[],
  { cursor, direction = 'desc', limit }: LinesAsked,
): readonly Row[] => {
  const sign = direction === 'asc' ? 1 : -1;
  const after = cursor === undefined ? undefined : cursor[0] * LINES_MAX + cursor[1];
  return [...kept, ...made.filter((row) => isAfter(lineCursor(row), after, direction))]
    .toSorted((left, right) => sign * (lineCursor(left) - lineCursor(right)))
    .slice(0, limit);
};

type LineFilter = Omit<LinesAsked, 'cursor' | 'direction' | 'limit'>;

const transactionsMade = (fold: Fold, filter: LineFilter): readonly TransactionRecord[] => {
  const { types, symbols, after, until } = filter;
  return [...fold.tables.transactions.changes().values()]
    .filter((row) => row !== null)
    .filter(
      (row) =>
        (types?.includes(row.type) ?? true) &&
        (symbols === undefined || (row.symbol !== null && symbols.includes(row.symbol))) &&
        (after === undefined || row.transactionDate > after) &&
        (until === undefined || row.transactionDate < until),
    );
};

/** Lines of the statement in the order asked for, one more than fits on the page. */
export const transactionLines = async (
  fold: Fold,
  asked: LinesAsked,
): Promise<readonly TransactionRecord[]> => {
  const stored = await fold.reader.transactions(fold.at, asked);
  const kept = stored.map(fold.tables.transactions.shape.decode);
  return merged(kept, transactionsMade(fold, asked), asked);
};

export const postingsOf = async (
  fold: Fold,
  asked: LinesAsked,
): Promise<readonly PostingLine[]> => {
  const kept = (await fold.reader.postings(fold.at, asked)).map(readPosting);
  const made = [...fold.tables.journalEntries.changes().values()].flatMap((entry) =>
    entry === null ? [] : postingLines(entry),
  );
  return merged(kept, made, asked);
};

export const linePage = <Row extends Line, Shown>(
  rows: readonly Row[],
  limit: number,
  show: (row: Row) => Shown,
): Page<Shown> => cut(rows, limit, show, lineCursor);

const readSums = rowReader({
  type: text<TransactionType>(),
  count: integer,
  inflow: cash,
  outflow: cash,
});

/** Sums by type, in the order of the types. */
export const transactionSums = async (
  fold: Fold,
  filter: LineFilter,
): Promise<readonly TransactionSummary[]> => {
  const stored = await fold.reader.transactionSums(fold.at, filter);
  const sums = new Map(stored.map(readSums).map((sum) => [sum.type, sum]));
  for (const { type, amount } of transactionsMade(fold, filter)) {
    const { count, inflow, outflow } = sums.get(type) ?? {
      count: 0,
      inflow: zeroCash,
      outflow: zeroCash,
    };
    sums.set(type, {
      type,
      count: count + 1,
      inflow: amount > 0n ? add(inflow, amount) : inflow,
      outflow: amount < 0n ? subtract(outflow, amount) : outflow,
    });
  }
  return [...sums.values()]
    .map((sum) => ({ ...sum, net: subtract(sum.inflow, sum.outflow) }))
    .toSorted((left, right) => (left.type < right.type ? -1 : 1));
};
