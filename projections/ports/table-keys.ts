export type KeyColumn = readonly [
  name: string,
  type: 'uuid' | 'text' | 'bigint' | 'integer' | 'date',
];

const accountId: KeyColumn = ['account_id', 'uuid'];
const symbol: KeyColumn = ['symbol', 'text'];
const sequence: KeyColumn = ['sequence', 'bigint'];

/** The primary key of every read table. */
export const primaryKeys: { readonly [table: string]: readonly KeyColumn[] } = {
  accounts: [accountId],
  orders: [['order_id', 'uuid']],
  order_fills: [accountId, ['execution_id', 'text']],
  positions: [accountId, symbol],
  position_history: [['id', 'uuid']],
  lots: [['lot_id', 'uuid']],
  stock_splits: [['event_id', 'uuid']],
  transactions: [sequence, ['line', 'integer']],
  journal_entries: [sequence],
  market_data_cache: [symbol],
  price_marks: [symbol, sequence],
  breaks: [accountId, ['break_id', 'text']],
  reconciliations: [sequence],
  portfolio_snapshots: [accountId, ['session', 'date']],
};
