import { z } from 'zod';
import { formatCash, formatPrice, formatQuantity, formatRatio } from '#domain/money.ts';
import { orderStatuses } from '#domain/order/lifecycle.ts';
import { orderTypes, sides, timesInForce } from '#domain/order/terms.ts';
import type { OrderRow } from '#projections/ports/queries.ts';
import { decimal, id, ifAny, instant, sequence } from './form.ts';

const at = instant.nullable();
const amount = decimal.nullable();

export const orderAnswer = z
  .strictObject({
    order_id: id,
    account_id: id,
    client_order_id: z.string(),
    broker_order_id: z.string().nullable(),
    symbol: z.string(),
    side: z.enum(sides),
    order_type: z.enum(orderTypes),
    time_in_force: z.enum(timesInForce),
    quantity: amount.describe('Null for an order by notional.'),
    notional: amount,
    limit_price: amount,
    stop_price: amount,
    trail_price: amount,
    trail_percent: amount,
    high_water_mark: amount,
    status: z.enum([...orderStatuses, 'refused']),
    filled_quantity: decimal,
    remaining_quantity: amount,
    avg_fill_price: amount,
    total_value: decimal.describe('Sum of quantity times price of its fills.'),
    commission: decimal,
    reference_price: amount,
    reserved_cash: decimal,
    reserved_quantity: decimal,
    replaces: id.nullable(),
    replaced_by: id.nullable(),
    reason: z.string().nullable(),
    refusal: z.record(z.string(), z.string().nullable()).nullable(),
    submitted_at: instant,
    accepted_at: at,
    triggered_at: at,
    replace_requested_at: at,
    replaced_at: at,
    cancel_requested_at: at,
    canceled_at: at,
    filled_at: at,
    expired_at: at,
    rejected_at: at,
    updated_at: instant,
    sequence,
  })
  .meta({ id: 'Order' });
export type OrderAnswer = z.infer<typeof orderAnswer>;

/** An order as it is told. */
export const orderJson = (row: OrderRow): OrderAnswer => ({
  order_id: row.orderId,
  account_id: row.accountId,
  client_order_id: row.clientOrderId,
  broker_order_id: row.brokerOrderId,
  symbol: row.symbol,
  side: row.side,
  order_type: row.type,
  time_in_force: row.timeInForce,
  quantity: ifAny(row.quantity, formatQuantity),
  notional: ifAny(row.notional, formatCash),
  limit_price: ifAny(row.limitPrice, formatPrice),
  stop_price: ifAny(row.stopPrice, formatPrice),
  trail_price: ifAny(row.trailAmount, formatPrice),
  trail_percent: ifAny(row.trailPercent, formatRatio),
  high_water_mark: ifAny(row.highWaterMark, formatPrice),
  status: row.status,
  filled_quantity: formatQuantity(row.filledQuantity),
  remaining_quantity: ifAny(row.remainingQuantity, formatQuantity),
  avg_fill_price: ifAny(row.averageFillPrice, formatPrice),
  total_value: formatCash(row.filledValue),
  commission: formatCash(row.commission),
  reference_price: ifAny(row.referencePrice, formatPrice),
  reserved_cash: formatCash(row.reservedCash),
  reserved_quantity: formatQuantity(row.reservedQuantity),
  replaces: row.replaces,
  replaced_by: row.replacedBy,
  reason: row.reason,
  refusal: row.refusal,
  submitted_at: row.submittedAt,
  accepted_at: row.acceptedAt,
  triggered_at: row.triggeredAt,
  replace_requested_at: row.replaceRequestedAt,
  replaced_at: row.replacedAt,
  cancel_requested_at: row.cancelRequestedAt,
  canceled_at: row.canceledAt,
  filled_at: row.filledAt,
  expired_at: row.expiredAt,
  rejected_at: row.rejectedAt,
  updated_at: row.updatedAt,
  sequence: row.sequence,
});
