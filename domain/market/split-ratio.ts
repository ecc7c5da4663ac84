import { type Cash, divide, notional, type Price, type Quantity } from '../money.ts';
import type { Side } from '../order/terms.ts';

/** `newShares` for every `oldShares`. */
export type Ratio = { readonly newShares: bigint; readonly oldShares: bigint };

const largest = 1_000n;

/** The ratio of two numbers in lowest terms; null where it is none that a company would choose. */
export const ratioOf = (after: bigint, before: bigint): Ratio | null => {
  if (after <= 0n || before <= 0n || after === before) return null;
  let [left, right] = [after, before];
  while (right !== 0n) [left, right] = [right, left % right];
  const [newShares, oldShares] = [after / left, before / left];
  return newShares > largest || oldShares > largest ? null : { newShares, oldShares };
};

/** The ratio by which a holding, long or short, changed by so many shares; null where it is none. */
export const ratioOfChange = (held: bigint, change: bigint): Ratio | null =>
  held < 0n ? ratioOf(-(held + change), -held) : ratioOf(held + change, held);

/** All of these, one after another. */
export const product = (ratios: Iterable<Ratio>): Ratio => {
  let [newShares, oldShares] = [1n, 1n];
  for (const one of ratios) {
    newShares *= one.newShares;
    oldShares *= one.oldShares;
  }
  return { newShares, oldShares };
};

/** Shares in the unit after splits; null where they do not come out even. */
export const restatedQuantity = (quantity: Quantity, { newShares, oldShares }: Ratio) =>
  (quantity * newShares) % oldShares === 0n
    ? (((quantity * newShares) / oldShares) as Quantity)
    : null;

/** What a trade says of shares and cash. `amount`: signed, commission included, where it is stated. */
export type Traded = {
  readonly side: Side;
  readonly quantity: Quantity;
  readonly price: Price;
  readonly commission: Cash;
  readonly amount?: Cash;
};

/** What a trade did to the cash by its own figures: signed, commission included. */
export const computedAmount = ({ side, quantity, price, commission }: Traded): Cash => {
  const value = notional(price, quantity);
  return ((side === 'buy' ? -value : value) - commission) as Cash;
};

/** A trade in the shares after splits, its cash as it was; null where its shares do not come out even. */
export const restatedTrade = <Trade extends Traded>(trade: Trade, ratio: Ratio): Trade | null => {
  if (ratio.newShares === ratio.oldShares) return trade;
  const quantity = restatedQuantity(trade.quantity, ratio);
  if (quantity === null) return null;
  const price = divide(trade.price * ratio.oldShares, ratio.newShares) as Price;
  return { ...trade, quantity, price, amount: trade.amount ?? computedAmount(trade) };
};

/** Which of the splits since a trade it may be told in the shares after: none, the older ones, the newer ones, or all. */
export const waysToTell = <Split extends Ratio>(
  since: readonly Split[],
): readonly (readonly Split[])[] => [
  [],
  ...since.flatMap((_, place) => [since.slice(0, place), since.slice(place)]),
];
