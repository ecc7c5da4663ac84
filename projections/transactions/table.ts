import type { AccountId, EventId, ExecutionId, OrderId, Symbol as Ticker } from '#domain/ids.ts';
import {
  cash,
  instant,
  integer,
  nullable,
  price,
  quantity,
  type RowOf,
  tableShape,
  text,
} from '../ports/columns.ts';
import type { TransactionType } from '../ports/queries.ts';

const columns = {
  accountId: text<AccountId>(),
  type: text<TransactionType>(),
  amount: cash,
  balanceAfter: cash,
  orderId: nullable(text<OrderId>()),
  executionId: nullable(text<ExecutionId>()),
  symbol: nullable(text<Ticker>()),
  quantity: nullable(quantity),
  price: nullable(price),
  description: text(),
  externalReference: nullable(text()),
  transactionDate: instant,
  settlesAt: nullable(instant),
  eventId: text<EventId>(),
  line: integer,
  sequence: integer,
};

export type TransactionRecord = RowOf<typeof columns>;
export const transactionsTable = tableShape(
  'transactions',
  columns,
  (row) => `${row.sequence}-${row.line}`,
);
