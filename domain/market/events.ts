import type { Symbol } from '../ids.ts';
import type { Price } from '../money.ts';
import type { Instant, SessionDate } from '../time.ts';

/** What one session, or a part of it, did to a symbol: the close values positions, high and low measure excursions. */
export type PriceMarked = {
  readonly type: 'PriceMarked';
  readonly symbol: Symbol;
  readonly session: SessionDate;
  readonly open: Price;
  readonly high: Price;
  readonly low: Price;
  readonly close: Price;
  readonly source: string;
  readonly markedAt: Instant;
};

/** All marks of a session are in: the equity history takes its closing point. */
export type SessionClosed = {
  readonly type: 'SessionClosed';
  readonly session: SessionDate;
  readonly closedAt: Instant;
};

export type MarketEvent = PriceMarked | SessionClosed;
