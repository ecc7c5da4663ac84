import type { AccountId } from '#domain/ids.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import type { RowFilter, VerifyTableReader } from '../ports/table-reader.ts';
import {
  type CellKinds,
  compareRow,
  type ExpectedRow,
  missingRow,
  unexpectedRow,
} from './cells.ts';
import { positionCells, quoteCells, withCycle } from './expected-holdings.ts';
import { accountCells } from './expected-rows.ts';
import type { FindingSink } from './finding.ts';
import type { NaiveAccount } from './naive-accounts.ts';
import type { NaiveBooks } from './naive-books.ts';
import { everyAccount, isFirst } from './share.ts';
import { comparedColumns } from './table-columns.ts';

/** Tables that have one row for each account, holding or symbol: compared at the end, row by row. */
type End = {
  readonly table: 'accounts' | 'positions' | 'market_data_cache';
  /** What the events come to, by key. `cells` null: not known. */
  readonly items: Map<
    string,
    { readonly sequence: number; readonly cells: () => ExpectedRow | null }
  >;
  readonly keyOf: (row: StoredRow) => string;
  readonly kinds: CellKinds;
};

const compareEnd = async (
  findings: FindingSink,
  { table, items, keyOf, kinds }: End,
  rows: AsyncIterable<readonly StoredRow[]>,
): Promise<number> => {
  const take = (row: StoredRow): void => {
    const key = keyOf(row);
    const item = items.get(key);
    if (item === undefined) {
      unexpectedRow(findings, { table, key, sequence: Number(row['sequence']) });
      return;
    }
    items.delete(key);
    const cells = item.cells();
    if (cells === null) return;
    const place = { table, key, sequence: item.sequence };
    compareRow(findings, kinds, place, cells, table === 'positions' ? withCycle(row) : row);
  };
  let compared = 0;
  for await (const page of rows) {
    compared += page.length;
    for (const row of page) take(row);
  }
  for (const [key, { sequence, cells }] of items) {
    if (cells() !== null) missingRow(findings, { table, key, sequence });
  }
  return compared;
};

const accountsOf = (accounts: Iterable<NaiveAccount>): End['items'] => {
  const items: End['items'] = new Map();
  for (const account of accounts) {
    const { id, sequence, isUnknown } = account;
    items.set(id, { sequence, cells: () => (isUnknown ? null : accountCells(account)) });
  }
  return items;
};

const positionsOf = (accounts: Iterable<NaiveAccount>): End['items'] => {
  const items: End['items'] = new Map();
  for (const { id, holdings, isUnknown } of accounts) {
    for (const [symbol, { position }] of holdings) {
      const cells = () => (isUnknown ? null : positionCells(position));
      items.set(`${id}/${symbol}`, { sequence: position.sequence, cells });
    }
  }
  return items;
};

/** Rows of accounts that are not known are no one's to judge. */
async function* knownRows(
  books: NaiveBooks,
  rows: AsyncIterable<readonly StoredRow[]>,
): AsyncGenerator<readonly StoredRow[], void, void> {
  const isKnown = (row: StoredRow): boolean =>
    books.accounts.get(row['account_id'] as AccountId)?.isUnknown !== true;
  for await (const page of rows) yield page.filter(isKnown);
}

/** Compares accounts, positions and quotes with what all events together come to. Returns how many rows it looked at. */
export const compareEnds = async (
  findings: FindingSink,
  books: NaiveBooks,
  tables: VerifyTableReader,
  filter: Pick<RowFilter, 'accountId' | 'accounts'>,
): Promise<Readonly<Record<string, number>>> => {
  const { accountId } = filter;
  const own = [...books.accounts.values()].filter(
    ({ id }) => accountId === undefined || id === accountId,
  );
  const rowsOf = (table: string) => knownRows(books, tables.rows(table, filter));
  const accounts: End = {
    table: 'accounts',
    items: accountsOf(own),
    keyOf: (row) => String(row['account_id']),
    kinds: comparedColumns.accounts,
  };
  const positions: End = {
    table: 'positions',
    items: positionsOf(own),
    keyOf: (row) => `${row['account_id']}/${row['symbol']}`,
    kinds: comparedColumns.positions,
  };
  const quotes: End = {
    table: 'market_data_cache',
    items: new Map(
      [...books.quotes].map(([symbol, quote]) => [
        symbol,
        { sequence: quote.sequence, cells: () => quoteCells(quote) },
      ]),
    ),
    keyOf: (row) => String(row['symbol']),
    kinds: comparedColumns.market_data_cache,
  };
  const counts = {
    accounts: await compareEnd(findings, accounts, rowsOf('accounts')),
    positions: await compareEnd(findings, positions, rowsOf('positions')),
  };
  // Quotes belong to no account, and to whoever has the first ones.
  if (accountId !== undefined || !isFirst(filter.accounts ?? everyAccount)) return counts;
  const market = await compareEnd(findings, quotes, rowsOf('market_data_cache'));
  return { ...counts, market_data_cache: market };
};
