import type { Definition, FigureTable } from './explanation.ts';
import { accounts } from './figures/accounts.ts';
import { lots } from './figures/lots.ts';
import { marketDataCache } from './figures/market-data-cache.ts';
import { orderFills } from './figures/order-fills.ts';
import { orders } from './figures/orders.ts';
import { portfolioSnapshots } from './figures/portfolio-snapshots.ts';
import { positionHistory } from './figures/position-history.ts';
import { positions } from './figures/positions.ts';
import { postings } from './figures/postings.ts';
import { transactions } from './figures/transactions.ts';

/** A figure of a read table, and the table that shows it. */
export type Figure = Definition &
  Pick<FigureTable, 'needs' | 'idIs' | 'withoutId'> & {
    /** The view's column. */
    readonly column: string;
    readonly table: FigureTable;
  };

const tables: readonly FigureTable[] = [
  accounts,
  positions,
  orders,
  orderFills,
  positionHistory,
  lots,
  transactions,
  postings,
  portfolioSnapshots,
  marketDataCache,
];

/** Every figure that can be explained, by the names of the views and their columns. */
export const figures: readonly Figure[] = tables.flatMap((table) =>
  table.figures.map((definition) => {
    const { needs, idIs, withoutId } = table;
    return {
      ...definition,
      needs,
      ...(idIs === undefined ? {} : { idIs }),
      ...(withoutId === undefined ? {} : { withoutId }),
      column: definition.name.slice(table.view.length + 1),
      table,
    };
  }),
);

/** Other names that people try. */
const aliases: Readonly<Record<string, string>> = {
  'accounts.reserved_cash': 'accounts.reserved',
  'transactions.balance': 'transactions.balance_after',
};

/** A figure by its name; undefined where there is none. */
export const figureNamed = (name: string): Figure | undefined => {
  const wanted = aliases[name] ?? name;
  return figures.find((figure) => figure.name === wanted);
};

const place = 'is a place in the log or in a list, not an amount';
const ofComparison =
  'is what a comparison with a broker’s statement found, as its event says; `ledger reconcile` shows both sides';
const asItCame = 'is copied from its event as it is; `ledger events` shows that';

/** Columns of numbers that are no figures, by view, and why. */
export const noFigures: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  accounts: { created_sequence: place, sequence: place },
  positions: { sequence: place },
  orders: { created_sequence: place, sequence: place },
  order_fills: { created_sequence: place, sequence: place },
  position_history: { created_sequence: place, sequence: place },
  lots: { created_sequence: place, sequence: place },
  transactions: {
    line: place,
    sequence: place,
    quantity: 'repeats the execution’s; order_fills.quantity is explained',
    price: 'repeats the execution’s; order_fills.price is explained',
  },
  postings: { sequence: place, line: place },
  portfolio_snapshots: { sequence: place },
  market_data_cache: { sequence: place },
  price_marks: {
    open: asItCame,
    high: asItCame,
    low: asItCame,
    close: asItCame,
    sequence: place,
  },
  stock_splits: {
    new_shares: asItCame,
    old_shares: asItCame,
    quantity_before: asItCame,
    quantity_after: asItCame,
    fraction: asItCame,
    cash_in_lieu: asItCame,
    sequence: place,
  },
  breaks: { cash: ofComparison, shares: ofComparison, created_sequence: place, sequence: place },
  reconciliations: {
    breaks: ofComparison,
    lines: ofComparison,
    matched: ofComparison,
    sequence: place,
  },
};

/** Why a column of numbers is no figure; undefined where that is not known of it. */
export const whyNoFigure = (name: string): string | undefined => {
  const [view = '', column = ''] = name.split('.');
  const columns = Object.hasOwn(noFigures, view) ? noFigures[view] : undefined;
  return columns !== undefined && Object.hasOwn(columns, column) ? columns[column] : undefined;
};
