import type {
  AccountId,
  BrokerOrderId,
  ClientOrderId,
  OrderId,
  Symbol as Ticker,
} from '#domain/ids.ts';
import type { OrderStatus } from '#domain/order/lifecycle.ts';
import type { OrderType, Side, TimeInForce } from '#domain/order/terms.ts';
import {
  cash,
  details,
  flag,
  instant,
  integer,
  nullable,
  price,
  quantity,
  type RowOf,
  ratio,
  record,
  tableShape,
  text,
} from '../ports/columns.ts';

const terms = {
  symbol: text<Ticker>(),
  side: text<Side>(),
  type: text<OrderType>(),
  timeInForce: text<TimeInForce>(),
  quantity: nullable(quantity),
  notional: nullable(cash),
  limitPrice: nullable(price),
  stopPrice: nullable(price),
  trailAmount: nullable(price),
  trailPercent: nullable(ratio),
};
const reservation = record({
  closing: quantity,
  opening: quantity,
  cashPerShare: price,
  fixedCash: cash,
});

const columns = {
  orderId: text<OrderId>(),
  accountId: text<AccountId>(),
  clientOrderId: text<ClientOrderId>(),
  brokerOrderId: nullable(text<BrokerOrderId>()),
  ...terms,
  triggered: flag,
  highWaterMark: nullable(price),
  trailedStopPrice: nullable(price),
  /** `refused` is ours alone: the order never lived. */
  status: text<OrderStatus | 'refused'>(),
  filledQuantity: quantity,
  filledValue: cash,
  bustedQuantity: quantity,
  fillCount: integer,
  commission: cash,
  referencePrice: nullable(price),
  reservation,
  replacement: nullable(
    record({
      orderId: text<OrderId>(),
      clientOrderId: text<ClientOrderId>(),
      terms: record(terms),
      reservation,
    }),
  ),
  reservedCash: cash,
  reservedQuantity: quantity,
  replaces: nullable(text<OrderId>()),
  replacedBy: nullable(text<OrderId>()),
  reason: nullable(text()),
  refusal: nullable(details),
  submittedAt: instant,
  acceptedAt: nullable(instant),
  triggeredAt: nullable(instant),
  replaceRequestedAt: nullable(instant),
  replacedAt: nullable(instant),
  cancelRequestedAt: nullable(instant),
  canceledAt: nullable(instant),
  filledAt: nullable(instant),
  expiredAt: nullable(instant),
  rejectedAt: nullable(instant),
  updatedAt: instant,
  createdSequence: integer,
  sequence: integer,
};

export type OrderRecord = RowOf<typeof columns>;
export const ordersTable = tableShape('orders', columns, (row) => row.orderId);
