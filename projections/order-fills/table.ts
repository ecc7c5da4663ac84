import type { AccountId, EventId, ExecutionId, OrderId, Symbol as Ticker } from '#domain/ids.ts';
import type { FillDispute, Liquidity } from '#domain/order/events.ts';
import type { Side } from '#domain/order/terms.ts';
import { holdingKey } from '../keys.ts';
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
import type { FillStatus } from '../ports/queries.ts';

const columns = {
  fillId: text<EventId>(),
  accountId: text<AccountId>(),
  orderId: nullable(text<OrderId>()),
  executionId: text<ExecutionId>(),
  symbol: text<Ticker>(),
  side: text<Side>(),
  status: text<FillStatus>(),
  quantity,
  price,
  value: cash,
  commission: cash,
  liquidity: text<Liquidity>(),
  venue: text(),
  disputedBecause: nullable(text<FillDispute>()),
  previousQuantity: nullable(quantity),
  previousPrice: nullable(price),
  previousCommission: nullable(cash),
  restatedReason: nullable(text()),
  restatedAt: nullable(instant),
  executedAt: instant,
  settlesAt: nullable(instant),
  createdSequence: integer,
  sequence: integer,
};

export type FillRecord = RowOf<typeof columns>;
export const orderFillsTable = tableShape(
  'order_fills',
  columns,
  (row) => `${row.accountId}/${row.executionId}`,
  (row) => holdingKey(row.accountId, row.symbol),
);
