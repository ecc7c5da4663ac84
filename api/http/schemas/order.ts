import { z } from 'zod';
import type { ChangedTerms } from '#commands/orders/replace-order.ts';
import { orderStatuses } from '#domain/order/lifecycle.ts';
import { type OrderTerms, orderTypes, sides, timesInForce } from '#domain/order/terms.ts';
import { maybe, oneOf, otherwise, Trouble } from './field.ts';
import { cash, price, quantity, ratio } from './money.ts';
import { accountId, clientOrderId, moment, symbol, symbols } from './names.ts';
import { paging } from './paging.ts';

type Issues = {
  addIssue(issue: {
    readonly code: 'custom';
    readonly path: string[];
    readonly message: string;
    readonly input: unknown;
    readonly params: { readonly code: string };
  }): void;
};

/** The one value of a field that goes by two names. Sent under both it is a mistake. */
const either = <Value>(
  context: Issues,
  [name, value]: readonly [string, Value | null],
  [alias, other]: readonly [string, Value | null],
): Value | null => {
  if (value !== null && other !== null) {
    const { code, message } = new Trouble('given_twice', `is the same field as ${name}: send one`);
    context.addIssue({ code: 'custom', path: [alias], message, input: other, params: { code } });
  }
  return value ?? other;
};

const needed = <Value>(context: Issues, name: string, value: Value | null): Value => {
  if (value !== null) return value;
  const params = { code: 'required' };
  context.addIssue({ code: 'custom', path: [name], message: 'is required', input: value, params });
  return z.NEVER;
};

/** An order as it is sent: `order_type`, `qty` and `price` are other names of `type`, `quantity` and `limit_price`. */
export const orderBody = z
  .strictObject({
    account_id: maybe(accountId),
    symbol,
    side: oneOf(sides),
    type: maybe(oneOf(orderTypes)),
    order_type: maybe(oneOf(orderTypes)),
    quantity: maybe(quantity()),
    qty: maybe(quantity()),
    notional: maybe(cash()),
    limit_price: maybe(price()),
    price: maybe(price()),
    stop_price: maybe(price()),
    trail_price: maybe(price()),
    trail_percent: maybe(ratio()),
    time_in_force: otherwise(oneOf(timesInForce), 'day'),
    client_order_id: maybe(clientOrderId),
  })
  .transform((body, context) => {
    const type = either(context, ['type', body.type], ['order_type', body.order_type]);
    const terms: OrderTerms = {
      symbol: body.symbol,
      side: body.side,
      type: needed(context, 'type', type),
      timeInForce: body.time_in_force,
      quantity: either(context, ['quantity', body.quantity], ['qty', body.qty]),
      notional: body.notional,
      limitPrice: either(context, ['limit_price', body.limit_price], ['price', body.price]),
      stopPrice: body.stop_price,
      trailAmount: body.trail_price,
      trailPercent: body.trail_percent,
    };
    return { accountId: body.account_id, clientOrderId: body.client_order_id, terms };
  });

/** What shall be different about an order. The quantity counts what has filled already. */
export const changesBody = z
  .strictObject({
    account_id: maybe(accountId),
    quantity: maybe(quantity()),
    qty: maybe(quantity()),
    limit_price: maybe(price()),
    price: maybe(price()),
    stop_price: maybe(price()),
    trail_price: maybe(price()),
    trail_percent: maybe(ratio()),
    time_in_force: maybe(oneOf(timesInForce)),
    client_order_id: maybe(clientOrderId),
  })
  .transform((body, context) => {
    const changes: ChangedTerms = {
      quantity: either(context, ['quantity', body.quantity], ['qty', body.qty]),
      limitPrice: either(context, ['limit_price', body.limit_price], ['price', body.price]),
      stopPrice: body.stop_price,
      trailAmount: body.trail_price,
      trailPercent: body.trail_percent,
      timeInForce: body.time_in_force,
    };
    return { accountId: body.account_id, clientOrderId: body.client_order_id, changes };
  });

export const cancelAllBody = z.strictObject({
  account_id: maybe(accountId),
  symbol: maybe(symbol),
});

export const ordersQuery = z
  .strictObject({
    account_id: maybe(accountId),
    status: otherwise(oneOf(['all', 'open', 'closed', 'refused', ...orderStatuses]), 'all'),
    symbols: maybe(symbols),
    symbol: maybe(symbol),
    side: maybe(oneOf(sides)),
    after: maybe(moment),
    until: maybe(moment),
    ...paging,
  })
  .transform((query, context) => {
    const one = query.symbol === null ? null : [query.symbol];
    return {
      ...query,
      symbols: either(context, ['symbols', query.symbols], ['symbol', one]) ?? undefined,
    };
  });
