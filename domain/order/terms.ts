import type { Symbol } from '../ids.ts';
import type { Cash, Price, Quantity, Ratio } from '../money.ts';

export const sides = ['buy', 'sell'] as const;
export type Side = (typeof sides)[number];

export const orderTypes = ['market', 'limit', 'stop', 'stop_limit', 'trailing_stop'] as const;
export type OrderType = (typeof orderTypes)[number];

export const timesInForce = ['day', 'gtc', 'ioc', 'fok', 'opg', 'cls'] as const;
export type TimeInForce = (typeof timesInForce)[number];

/** What the caller wants bought or sold. Absent terms are null, so that every order has the same shape. */
export type OrderTerms = {
  readonly symbol: Symbol;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  /** Shares. Null for an order by notional. */
  readonly quantity: Quantity | null;
  /** An amount of money instead of a quantity; market orders only. */
  readonly notional: Cash | null;
  readonly limitPrice: Price | null;
  readonly stopPrice: Price | null;
  /** Trailing stop: distance from the high-water mark in currency … */
  readonly trailAmount: Price | null;
  /** … or in percent of it (1.5 = 1.5 %). */
  readonly trailPercent: Ratio | null;
};

/**
 * What an order keeps aside until it fills or ends. A fill uses the closing part first, because it
 * moves the position toward zero before it opens anything.
 */
export type Reservation = {
  /** Shares of an existing position that this order may close (sells of a long, buys to cover). */
  readonly closing: Quantity;
  /** Shares that would open or add to a position. */
  readonly opening: Quantity;
  /** Currency per opening share that is kept aside for it; the commission is inside. */
  readonly cashPerShare: Price;
  /** Currency kept aside whatever the quantity: an order by notional, a fixed commission. */
  readonly fixedCash: Cash;
};
