import { z } from 'zod';
import { formatCash, formatPrice, formatQuantity } from '#domain/money.ts';
import { fillDisputes } from '#domain/order/events.ts';
import { sides } from '#domain/order/terms.ts';
import type { FillRow } from '#projections/ports/queries.ts';
import { decimal, id, ifAny, instant, sequence } from './form.ts';

export const fillAnswer = z
  .strictObject({
    fill_id: id,
    account_id: id,
    order_id: id.nullable(),
    execution_id: z.string(),
    symbol: z.string(),
    side: z.enum(sides),
    status: z.enum(['booked', 'corrected', 'busted', 'disputed']),
    quantity: decimal,
    price: decimal,
    value: decimal,
    commission: decimal,
    liquidity: z.enum(['added', 'removed', 'unknown']),
    venue: z.string(),
    disputed_because: z.enum(fillDisputes).nullable(),
    previous_quantity: decimal.nullable(),
    previous_price: decimal.nullable(),
    previous_commission: decimal.nullable(),
    restated_reason: z.string().nullable(),
    restated_at: instant.nullable(),
    executed_at: instant,
    settles_at: instant.nullable(),
    sequence,
  })
  .meta({ id: 'Fill' });

/** A fill as it is told. */
export const fillJson = (row: FillRow): z.infer<typeof fillAnswer> => ({
  fill_id: row.fillId,
  account_id: row.accountId,
  order_id: row.orderId,
  execution_id: row.executionId,
  symbol: row.symbol,
  side: row.side,
  status: row.status,
  quantity: formatQuantity(row.quantity),
  price: formatPrice(row.price),
  value: formatCash(row.value),
  commission: formatCash(row.commission),
  liquidity: row.liquidity,
  venue: row.venue,
  disputed_because: row.disputedBecause,
  previous_quantity: ifAny(row.previousQuantity, formatQuantity),
  previous_price: ifAny(row.previousPrice, formatPrice),
  previous_commission: ifAny(row.previousCommission, formatCash),
  restated_reason: row.restatedReason,
  restated_at: row.restatedAt,
  executed_at: row.executedAt,
  settles_at: row.settlesAt,
  sequence: row.sequence,
});
