import type { PriceMarked } from '#domain/market/events.ts';
import { divide, larger, smaller } from '#domain/money.ts';
import type { NaivePosition } from './naive-positions.ts';

/** The last session that a symbol was marked in, as of its last mark. */
export type NaiveQuote = Omit<PriceMarked, 'type'> & {
  /** The close of the session before; null in the first. */
  readonly prevClose: bigint | null;
  readonly sequence: number;
};

/** The quote after a mark. One of an older session comes too late to change it. */
export const quoteAfter = (
  before: NaiveQuote | undefined,
  { type: _, ...mark }: PriceMarked,
  sequence: number,
): NaiveQuote => {
  const fresh = { ...mark, prevClose: null, sequence };
  if (before === undefined) return fresh;
  if (mark.session < before.session) return before;
  if (mark.session > before.session) return { ...fresh, prevClose: before.close };
  return {
    ...fresh,
    open: before.open,
    high: larger(before.high, mark.high),
    low: smaller(before.low, mark.low),
    prevClose: before.prevClose,
  };
};

/** What a position is worth, signed: at the quote, in old shares where it is older than a split; else at its own last fill. */
export const worthOf = (position: NaivePosition, quote: NaiveQuote | undefined): bigint => {
  const { quantity, lastPrice, splitAt, splitOld, splitNew } = position;
  if (quote === undefined) return lastPrice * quantity;
  if (splitAt === null || quote.markedAt > splitAt) return quote.close * quantity;
  return divide(quote.close * splitOld, splitNew, 'down') * quantity;
};
