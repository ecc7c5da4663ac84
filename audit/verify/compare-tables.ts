import type { AccountId } from '#domain/ids.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import type { TableReader } from '../ports/table-reader.ts';
import { asObject, type CellKinds, compareRow, missingRow, unexpectedRow } from './cells.ts';
import { accountCells, fillCells, orderCells, positionCells } from './expected-rows.ts';
import type { Findings } from './finding.ts';
import { type NaiveAccount, type NaiveExecution, positionsOf } from './naive-books.ts';
import type { NaiveOrder } from './naive-orders.ts';
import type { NaivePosition } from './naive-positions.ts';
import { comparedColumns } from './table-columns.ts';

export type Books = ReadonlyMap<AccountId, NaiveAccount>;

/** One table's rows by their key within an account. */
type Side<Item> = {
  readonly table: 'orders' | 'order_fills' | 'positions';
  readonly keyColumn: string;
  readonly itemsOf: (account: NaiveAccount) => ReadonlyMap<string, Item>;
  readonly compare: (account: NaiveAccount, key: string, item: Item, row: StoredRow) => void;
  readonly sequenceOf: (account: NaiveAccount, key: string, item: Item) => number;
};

const sequenceIn = (row: StoredRow): number => Number(row['sequence']);

/** Where the row's own account has nothing of that name, whose it is: its account may be what was changed. */
const ownerOf = <Item>(
  books: Books,
  side: Side<Item>,
  row: StoredRow,
  key: string,
): NaiveAccount | undefined => {
  const named = books.get(row['account_id'] as AccountId);
  if (named !== undefined && (named.isUnknown || side.itemsOf(named).has(key))) return named;
  // Only an order's id names it without its account.
  if (side.table !== 'orders') return undefined;
  return [...books.values()].find((account) => side.itemsOf(account).has(key));
};

/** A table's pages with the rows that are wanted. */
async function* wantedRows(
  rows: AsyncIterable<readonly StoredRow[]>,
  isWanted: (row: StoredRow) => boolean,
): AsyncGenerator<readonly StoredRow[], void, void> {
  for await (const page of rows) yield page.filter(isWanted);
}

const compareSide = async <Item>(
  findings: Findings,
  books: Books,
  rows: AsyncIterable<readonly StoredRow[]>,
  side: Side<Item>,
): Promise<number> => {
  const { table, keyColumn } = side;
  const seen = new Set<Item>();
  const nameOf = (accountId: string, key: string): string =>
    table === 'orders' ? key : `${accountId}/${key}`;
  const take = (row: StoredRow): void => {
    const key = String(row[keyColumn]);
    const account = ownerOf(books, side, row, key);
    if (account?.isUnknown) return;
    const item = account === undefined ? undefined : side.itemsOf(account).get(key);
    if (account === undefined || item === undefined) {
      const name = nameOf(String(row['account_id']), key);
      unexpectedRow(findings, { table, key: name, sequence: sequenceIn(row) });
      return;
    }
    seen.add(item);
    side.compare(account, key, item, row);
  };
  const miss = (account: NaiveAccount): void => {
    for (const [key, item] of side.itemsOf(account)) {
      if (seen.has(item)) continue;
      const sequence = side.sequenceOf(account, key, item);
      missingRow(findings, { table, key: nameOf(account.id, key), sequence });
    }
  };
  let compared = 0;
  for await (const page of rows) {
    compared += page.length;
    for (const row of page) take(row);
  }
  for (const account of books.values()) if (!account.isUnknown) miss(account);
  return compared;
};

const {
  last_price: _,
  updated_at: __,
  changed_sequence: ___,
  ...untraded
} = comparedColumns.positions;

/** The members of a position's cycle as columns of their own; those that prices decide are left alone. */
const withCycle = (row: StoredRow): StoredRow => {
  const cycle = asObject(row['cycle']);
  const members = Object.keys(comparedColumns.positions)
    .filter((name) => name.startsWith('cycle.'))
    .map((name) => [name, cycle[name.slice('cycle.'.length)] ?? null]);
  return { ...row, ...Object.fromEntries(members) };
};

const compareAccounts = async (
  findings: Findings,
  books: Books,
  rows: AsyncIterable<readonly StoredRow[]>,
  realized: ReadonlyMap<AccountId, bigint>,
): Promise<number> => {
  const table = 'accounts';
  const seen = new Set<AccountId>();
  const take = (row: StoredRow): void => {
    const id = row['account_id'] as AccountId;
    const account = books.get(id);
    const place = { table, key: id, sequence: account?.sequence ?? sequenceIn(row) };
    if (account === undefined) {
      unexpectedRow(findings, place);
      return;
    }
    seen.add(id);
    if (account.isUnknown) return;
    const cells = accountCells(account, realized.get(id) ?? 0n);
    compareRow(findings, comparedColumns.accounts, place, cells, row);
  };
  let compared = 0;
  for await (const page of rows) {
    compared += page.length;
    for (const row of page) take(row);
  }
  for (const { id, sequence, isUnknown } of books.values()) {
    if (!seen.has(id) && !isUnknown) missingRow(findings, { table, key: id, sequence });
  }
  return compared;
};

const realizedOf = (positions: ReadonlyMap<string, NaivePosition>): bigint => {
  let total = 0n;
  for (const { realized } of positions.values()) total += realized;
  return total;
};

/**
 * Compares what each account and order, each execution and holding has come to with its row, cell by cell. Returns how
 * many rows of each table it looked at.
 */
export const compareTables = async (
  findings: Findings,
  books: Books,
  tables: TableReader,
  isWanted: (row: StoredRow) => boolean,
): Promise<Readonly<Record<string, number>>> => {
  const positions = new Map(
    [...books.values()].map((account) => [account.id, positionsOf(account)] as const),
  );
  const noPositions: ReadonlyMap<string, NaivePosition> = new Map();
  const realized = new Map([...positions].map(([id, held]) => [id, realizedOf(held)]));

  const ofOrders: Side<NaiveOrder> = {
    table: 'orders',
    keyColumn: 'order_id',
    itemsOf: ({ orders }) => orders,
    sequenceOf: (_account, _key, { sequence }) => sequence,
    compare: (_account, key, order, row) => {
      const place = { table: 'orders', key, sequence: order.sequence };
      compareRow(findings, comparedColumns.orders, place, orderCells(order), row);
    },
  };
  const ofFills: Side<NaiveExecution> = {
    table: 'order_fills',
    keyColumn: 'execution_id',
    itemsOf: ({ executions }) => executions,
    sequenceOf: (_account, _key, { sequence }) => sequence,
    compare: (account, key, fill, row) => {
      const { sequence } = fill;
      const place = { table: 'order_fills', key: `${account.id}/${key}`, sequence };
      compareRow(findings, comparedColumns.order_fills, place, fillCells(account, fill), row);
    },
  };
  const ofPositions: Side<NaivePosition> = {
    table: 'positions',
    keyColumn: 'symbol',
    itemsOf: ({ id }) => positions.get(id) ?? noPositions,
    sequenceOf: (account, symbol) => account.touched.get(symbol) ?? 0,
    compare: (account, symbol, position, row) => {
      const sequence = account.touched.get(symbol) ?? 0;
      const place = { table: 'positions', key: `${account.id}/${symbol}`, sequence };
      // Where every execution was undone, nothing says what the last price and time are.
      const kinds: CellKinds = position.trades === 0 ? untraded : comparedColumns.positions;
      compareRow(findings, kinds, place, positionCells(account, symbol, position), withCycle(row));
    },
  };
  const rowsOf = (table: string) => wantedRows(tables.rows(table), isWanted);
  return {
    accounts: await compareAccounts(findings, books, rowsOf('accounts'), realized),
    orders: await compareSide(findings, books, rowsOf('orders'), ofOrders),
    order_fills: await compareSide(findings, books, rowsOf('order_fills'), ofFills),
    positions: await compareSide(findings, books, rowsOf('positions'), ofPositions),
  };
};
