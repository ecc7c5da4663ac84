import type { Symbol as Ticker } from '#domain/ids.ts';
import { larger, type Price, smaller } from '#domain/money.ts';
import type { SessionDate } from '#domain/time.ts';
import type { Table } from '../table.ts';
import type { PriceMarkRecord } from './table.ts';

/** The highest and the lowest price that marks have shown. */
export type Extremes = { readonly high: Price; readonly low: Price };

const seeing = (seen: Extremes | undefined, high: Price, low: Price): Extremes => {
  if (seen === undefined) return { high, low };
  if (high <= seen.high && low >= seen.low) return seen;
  return { high: larger(high, seen.high), low: smaller(low, seen.low) };
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
    seen =
      mark.session > range.session
        ? seeing(seen, mark.high, mark.low)
        : seeing(seen, mark.close, mark.close);
  }
  return seen;
};
