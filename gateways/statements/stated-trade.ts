import type { StatementLine } from '#commands/ports/broker-statement.ts';
import type { Symbol as Ticker } from '#domain/ids.ts';
import {
  absolute,
  type Cash,
  formatCash,
  formatPrice,
  formatQuantity,
  notional,
  type Price,
  type Quantity,
} from '#domain/money.ts';
import type { Side } from '#domain/order/terms.ts';
import type { Instant } from '#domain/time.ts';
import { RowTrouble } from './row-trouble.ts';

export type StatedTrade = {
  readonly row: number;
  readonly at: Instant;
  readonly reference: string;
  readonly description: string;
  readonly symbol: Ticker;
  readonly side: Side;
  /** > 0 */
  readonly quantity: Quantity;
  readonly price: Price;
  readonly commission: Cash;
  /** Signed, commission included; undefined where the row does not say. */
  readonly amount: Cash | undefined;
};

/** Half of the last decimal that a value shows, in units of nine decimals: how far rounding may have moved it. */
const halfStep = (decimals: number): bigint => (5n * 10n ** 9n) / 10n ** BigInt(decimals + 1);
const decimalsOf = (text: string): number => /\.(\d+)$/.exec(text)?.[1]?.length ?? 0;

/** How far price × quantity may be from a stated amount where each was rounded to what it shows, and the amount to a cent. */
const roundingOf = ({ quantity, price }: StatedTrade): bigint => {
  const ofPrice = halfStep(Math.max(2, decimalsOf(formatPrice(price))));
  const ofQuantity = halfStep(Math.max(3, decimalsOf(formatQuantity(quantity))));
  const cent = 10n ** 16n;
  return quantity * ofPrice + price * ofQuantity + cent;
};

/** A trade as a statement tells it, looked at twice. Throws RowTrouble. */
export const tradeLine = (trade: StatedTrade): StatementLine => {
  const { quantity, price, commission, amount, side, ...rest } = trade;
  if (quantity <= 0n) throw new RowTrouble('quantity_missing', 'a trade of no shares');
  if (price < 0n) throw new RowTrouble('price_missing', `a price of ${formatPrice(price)}`);
  if (commission < 0n) {
    throw new RowTrouble('amount_mismatch', `a commission of ${formatCash(commission)}`);
  }
  const line = { ...rest, kind: 'trade', side, quantity, price, commission } as const;
  if (amount === undefined) return line;
  const value = notional(price, quantity);
  const computed = (side === 'buy' ? -value : value) - commission;
  if (absolute((amount - computed) as Cash) > roundingOf(trade)) {
    throw new RowTrouble(
      'amount_mismatch',
      `${formatQuantity(quantity)} × ${formatPrice(price)} comes to ${formatCash(computed as Cash)}, the row says ${formatCash(amount)}`,
    );
  }
  return { ...line, amount };
};
