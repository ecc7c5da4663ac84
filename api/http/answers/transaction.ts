import { z } from 'zod';
import { formatCash, formatPrice, formatQuantity } from '#domain/money.ts';
import { unreachable } from '#domain/unreachable.ts';
import {
  type Activity,
  type TransactionRow,
  transactionTypes,
} from '#projections/ports/queries.ts';
import { fillAnswer, fillJson } from './fill.ts';
import { decimal, id, ifAny, instant, sequence } from './form.ts';
import { orderAnswer, orderJson } from './order.ts';

export const transactionAnswer = z
  .strictObject({
    transaction_id: z.string(),
    account_id: id,
    transaction_type: z.enum(transactionTypes),
    amount: decimal.describe("Signed: what it did to the account's cash."),
    balance_after: decimal,
    order_id: id.nullable(),
    execution_id: z.string().nullable(),
    symbol: z.string().nullable(),
    quantity: decimal.nullable(),
    price: decimal.nullable(),
    description: z.string(),
    external_reference: z.string().nullable(),
    transaction_date: instant,
    settles_at: instant.nullable(),
    event_id: id,
    sequence,
  })
  .meta({ id: 'Transaction' });

/** A line of the cash account as it is told. */
export const transactionJson = (row: TransactionRow): z.infer<typeof transactionAnswer> => ({
  transaction_id: row.transactionId,
  account_id: row.accountId,
  transaction_type: row.type,
  amount: formatCash(row.amount),
  balance_after: formatCash(row.balanceAfter),
  order_id: row.orderId,
  execution_id: row.executionId,
  symbol: row.symbol,
  quantity: ifAny(row.quantity, formatQuantity),
  price: ifAny(row.price, formatPrice),
  description: row.description,
  external_reference: row.externalReference,
  transaction_date: row.transactionDate,
  settles_at: row.settlesAt,
  event_id: row.eventId,
  sequence: row.sequence,
});

const happened = { sequence, at: instant };

export const activityAnswer = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('order'), ...happened, order: orderAnswer }),
    z.strictObject({ kind: z.literal('fill'), ...happened, fill: fillAnswer }),
    z.strictObject({ kind: z.literal('transfer'), ...happened, transaction: transactionAnswer }),
  ])
  .meta({ id: 'Activity' });

/** One thing that happened in an account as it is told. */
export const activityJson = (activity: Activity): z.infer<typeof activityAnswer> => {
  const { at, sequence: place } = activity;
  switch (activity.kind) {
    case 'order':
      return { kind: 'order', sequence: place, at, order: orderJson(activity.order) };
    case 'fill':
      return { kind: 'fill', sequence: place, at, fill: fillJson(activity.fill) };
    case 'transfer': {
      const transaction = transactionJson(activity.transaction);
      return { kind: 'transfer', sequence: place, at, transaction };
    }
    default:
      return unreachable(activity);
  }
};
