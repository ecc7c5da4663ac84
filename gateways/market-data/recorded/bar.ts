import type { Symbol } from '#domain/ids.ts';
import type { Price, Quantity } from '#domain/money.ts';
import type { Instant, SessionDate } from '#domain/time.ts';

/** What one symbol did in a span of one session: a minute of it, or all of it. */
export type Bar = {
  readonly symbol: Symbol;
  readonly session: SessionDate;
  /** The end of the minute; null where the bar is the whole session. */
  readonly endsAt: Instant | null;
  readonly open: Price;
  readonly high: Price;
  readonly low: Price;
  readonly close: Price;
  /** Shares. */
  readonly volume: Quantity;
};
