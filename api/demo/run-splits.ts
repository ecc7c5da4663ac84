import type { Symbol as Ticker } from '#domain/ids.ts';
import { roundedQuantity } from './decimal-text.ts';
import type { RunDay } from './zipline-run.ts';

export type RunSplit = {
  readonly symbol: Ticker;
  readonly newShares: bigint;
  readonly oldShares: bigint;
};

const commonDivisor = (left: bigint, right: bigint): bigint =>
  right === 0n ? left : commonDivisor(right, left % right);

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

/** Larger terms than any split has: shares changed for a reason that this reader does not know. */
const termMax = 1000n;

const ratioOf = (day: RunDay, symbol: Ticker, before: bigint, after: bigint): RunSplit => {
  // With the sign of what was held, so that a short that stays short has positive terms too.
  const divisor = magnitude(commonDivisor(before, after)) * (before < 0n ? -1n : 1n);
  const split = { symbol, newShares: after / divisor, oldShares: before / divisor };
  const plain = [split.newShares, split.oldShares].every((term) => term > 0n && term <= termMax);
  if (!plain) throw new RangeError(`${day.date}: ${symbol} went from ${before} to ${after} shares`);
  return split;
};

/**
 * Splits of a session. A run does not name them: they are where yesterday's shares and today's fills do not
 * add up to today's shares. They come before the session's fills.
 */
export const splitsOf = (yesterday: RunDay | undefined, day: RunDay): readonly RunSplit[] => {
  const today = new Map(day.positions.map(({ symbol, qty }) => [symbol, roundedQuantity(qty)]));
  const splits: RunSplit[] = [];
  for (const { symbol, qty } of yesterday?.positions ?? []) {
    const before = roundedQuantity(qty);
    let after: bigint = today.get(symbol) ?? 0n;
    for (const fill of day.transactions) {
      if (fill.symbol === symbol) after -= roundedQuantity(fill.qty);
    }
    if (after !== before && before !== 0n) splits.push(ratioOf(day, symbol, before, after));
  }
  return splits;
};
