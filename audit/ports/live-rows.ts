import type { StoredRow } from '#projections/ports/read-tables.ts';

/** The public views whose rows have figures, and what each row is known by. */
export const liveViews = {
  /** `at`: the market's clock, which decides with the account's last event which sales have settled. */
  accounts: ['account_id', 'at'],
  orders: ['account_id', 'order_id'],
  order_fills: ['account_id', 'execution_id'],
  /** A flat position is in no view: of that, what the table under it keeps. */
  positions: ['account_id', 'symbol'],
  position_history: ['account_id', 'id'],
  lots: ['account_id', 'lot_id'],
  transactions: ['account_id', 'sequence', 'line'],
  /** What all postings of a book in a commodity come to. */
  postings: ['account_id', 'book', 'commodity'],
  portfolio_snapshots: ['account_id', 'session'],
  market_data_cache: ['symbol'],
} as const;

export type LiveView = keyof typeof liveViews;
export type LiveKey = readonly (string | number)[];

/** One row of a public view by its key, as the database's text. */
export type LiveRows = {
  readonly row: (view: LiveView, key: LiveKey) => Promise<StoredRow | undefined>;
};
