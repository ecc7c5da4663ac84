import type { HoldingRef, RowReads, StoredRow } from '#projections/ports/read-tables.ts';
import type { Table } from '#projections/table.ts';
import type { Fold } from './fold-state.ts';

/** Rows of the base, and what the fold has made of them or added since. */
const merged = async <Row>(
  table: Table<Row>,
  ofBase: readonly StoredRow[],
  isWanted: (row: Row) => boolean,
): Promise<readonly StoredRow[]> => {
  const { shape } = table;
  const changes = table.changes();
  const kept = ofBase.filter((stored) => !changes.has(shape.keyOf(shape.decode(stored))));
  const made = [...changes.values()].filter((row) => row !== null).filter(isWanted);
  return [...kept, ...made.map(shape.encode)];
};

/** What a fold asks for while it goes on: the rows of its base, with its own changes where those are asked for as a whole. */
export const rowsReaderOf = ({
  reader,
  at,
  shown,
  tables,
  marksFrom,
  accountId,
}: Fold): RowReads => {
  const isOf =
    ({ symbol }: HoldingRef) =>
    (row: { readonly symbol: string }): boolean =>
      row.symbol === symbol;
  const bySequence = (rows: readonly StoredRow[], column: string): readonly StoredRow[] =>
    rows.toSorted((left, right) => Number(left[column]) - Number(right[column]));

  return {
    // The account, its positions and their markets are there from the start.
    accounts: async () => [],
    positions: async () => [],
    market: async () => [],
    // Reconciliations are in a stream of their own, and no part of the fold: breaks.ts.
    breaks: async () => [],
    orders: (ids) => reader.rows(at, 'orders', ids),
    openLots: async (holdings) => {
      const symbols = holdings.map(({ symbol }) => symbol);
      return reader.list(at, 'lots', { symbols, openOnly: true, direction: 'asc', limit: null });
    },
    extremes: async (since) => {
      const asked = since.flatMap(({ symbol, after, session }) => {
        const until = marksFrom.get(symbol) ?? 0;
        return after < until ? [{ symbol, after, until, session }] : [];
      });
      return reader.extremes(asked, shown);
    },
    journal: async (ref) => {
      const { symbol } = ref;
      const symbols = [symbol];
      const until = marksFrom.get(symbol) ?? 0;
      const before = await reader.marks(symbols, 0, until, shown);
      const fills = await reader.list(at, 'order_fills', {
        symbols,
        direction: 'asc',
        limit: null,
      });
      return {
        fills: bySequence(await merged(tables.orderFills, fills, isOf(ref)), 'created_sequence'),
        splits: await merged(tables.stockSplits, await reader.splits(at, symbol), isOf(ref)),
        marks: await merged(tables.priceMarks, before, isOf(ref)),
      };
    },
    openBooks: async () => {
      const account = tables.accounts.get(accountId);
      const held = tables.positions.group(accountId);
      return {
        accounts:
          account === undefined || account.status === 'closed'
            ? []
            : [tables.accounts.shape.encode(account)],
        positions: held.map(tables.positions.shape.encode),
        market: held.flatMap(({ symbol }) => {
          const market = tables.marketDataCache.get(symbol);
          return market === undefined ? [] : [tables.marketDataCache.shape.encode(market)];
        }),
      };
    },
  };
};
