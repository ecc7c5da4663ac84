import { z } from 'zod';
import { sides } from '#domain/order/terms.ts';
import { maybe, oneOf, otherwise, text, truth, wholeNumber } from './field.ts';
import { cash, price, quantity } from './money.ts';
import { accountId, executionId, moment, orderId, symbol, tradeTime } from './names.ts';

const movement = {
  account_id: accountId,
  description: otherwise(text(0, 500), ''),
  external_reference: maybe(text(1, 200)),
  effective_at: maybe(moment),
};

/** A deposit, a withdrawal or a fee. */
export const amountBody = z.strictObject({ ...movement, amount: cash() });
/** Interest: credited where it is positive, owed where it is negative. */
export const interestBody = z.strictObject({ ...movement, amount: cash('not_zero') });
export const adjustmentBody = z.strictObject({
  ...movement,
  amount: cash('not_zero'),
  reason: text(1, 500),
});
export const dividendBody = z.strictObject({ ...movement, symbol, per_share: price() });

const shares = wholeNumber(1, 1_000_000);

export const splitBody = z.strictObject({
  account_id: accountId,
  symbol,
  new_shares: shares,
  old_shares: shares,
  whole_shares: otherwise(truth(), false),
  reference_price: maybe(price()),
  effective_at: maybe(moment),
});

export const fillBody = z.strictObject({
  account_id: accountId,
  execution_id: executionId,
  order_id: maybe(orderId),
  symbol,
  side: oneOf(sides),
  quantity: quantity(),
  price: price(),
  commission: maybe(cash('not_negative')),
  executed_at: tradeTime,
  liquidity: otherwise(oneOf(['added', 'removed', 'unknown']), 'unknown'),
  venue: otherwise(text(0, 64), ''),
});

export const bustBody = z.strictObject({
  account_id: accountId,
  reason: text(1, 500),
  busted_at: maybe(moment),
});

export const correctBody = z.strictObject({
  account_id: accountId,
  quantity: quantity(),
  price: price(),
  commission: maybe(cash('not_negative')),
  reason: text(1, 500),
  corrected_at: maybe(moment),
});
