import type { Symbol as Ticker } from '#domain/ids.ts';
import type { Price } from '#domain/money.ts';
import { larger, smaller } from '#domain/money.ts';
import type { SessionDate } from '#domain/time.ts';
import type { Table } from '../table.ts';
import type { PriceMarkRecord } from './table.ts';

/** The highest and the lowest price that marks have shown. */
export type Extremes = { readonly high: Price; readonly low: Price };

export const widest = (
  left: Extremes | undefined,
  right: Extremes | undefined,
): Extremes | undefined => {
  if (left === undefined || right === undefined) return left ?? right;
  return { high: larger(left.high, right.high), low: smaller(left.low, right.low) };
};

/** Names the marks of a symbol after a sequence. */
export const sinceKey = (symbol: Ticker, after: number): string => `${symbol}@${after}`;

type Marks = {
  readonly priceMarks: Table<PriceMarkRecord>;
  readonly earlierExtremes: ReadonlyMap<string, Extremes>;
};

/**
 * What marks with `after` < sequence < `before` have shown to a position that last changed in `session`. High and low
 * of that session itself may lie before the change, so of it only the close counts.
 */
export const extremesBetween = (
  marks: Marks,
  symbol: Ticker,
  range: { readonly after: number; readonly before: number; readonly session: SessionDate },
): Extremes | undefined => {
  let seen = marks.earlierExtremes.get(sinceKey(symbol, range.after));
  const known = marks.priceMarks.group(symbol);
  // In the order of the log; most of them are older than what is asked for.
  for (let index = known.length - 1; index >= 0; index -= 1) {
    const mark = known[index];
    if (mark === undefined || mark.sequence <= range.after) break;
    if (mark.sequence >= range.before) continue;
    const whole = mark.session > range.session;
    seen = widest(
      seen,
      whole ? { high: mark.high, low: mark.low } : { high: mark.close, low: mark.close },
    );
  }
  return seen;
};
