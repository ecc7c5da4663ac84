import { type Row, tableOf } from './columns.ts';

const events = tableOf('events', {
  sequence: 'integer',
  stream: 'text',
  revision: 'integer',
  event_id: 'text',
  type: 'text',
  recorded_at: 'instant',
  effective_at: 'instant',
  hash: 'text',
  body: 'text',
});

const transactions = tableOf('transactions', {
  sequence: 'integer',
  line: 'integer',
  event_id: 'text',
  account_id: 'text',
  type: 'text',
  amount: 'cash',
  balance_after: 'cash',
  symbol: 'text?',
  description: 'text',
  external_reference: 'text?',
  effective_at: 'instant',
  recorded_at: 'instant',
});

const fills = tableOf('fills', {
  sequence: 'integer',
  event_id: 'text',
  account_id: 'text',
  kind: 'text',
  execution_id: 'text',
  order_id: 'text?',
  symbol: 'text',
  side: 'text',
  quantity: 'quantity',
  price: 'price',
  commission: 'cash',
  previous_quantity: 'quantity?',
  previous_price: 'price?',
  previous_commission: 'cash?',
  liquidity: 'text?',
  venue: 'text?',
  executed_at: 'instant',
  settles_at: 'instant?',
  recorded_at: 'instant',
});

const gains = tableOf('gains', {
  sequence: 'integer',
  event_id: 'text',
  account_id: 'text',
  kind: 'text',
  symbol: 'text',
  quantity: 'quantity?',
  cost: 'cash?',
  realized_pnl: 'cash',
  realized_pnl_fifo: 'cash',
  effective_at: 'instant',
  recorded_at: 'instant',
});

const positions = tableOf('positions', {
  account_id: 'text',
  account_number: 'text',
  symbol: 'text',
  quantity: 'quantity',
  cost: 'cash',
  average_price: 'price?',
  realized_pnl: 'cash',
  realized_pnl_fifo: 'cash',
});

const lots = tableOf('lots', {
  account_id: 'text',
  account_number: 'text',
  symbol: 'text',
  lot_id: 'text',
  sequence: 'integer',
  opened_at: 'instant',
  quantity: 'quantity',
  cost: 'cash',
});

/** Every table that there is to export. */
export const tables = { events, transactions, fills, gains, positions, lots } as const;
export type TableName = keyof typeof tables;

/** A row of one of them, and how far the log is read with it. */
export type TableRow = {
  readonly table: TableName;
  readonly row: Row;
  readonly sequence: number;
};
