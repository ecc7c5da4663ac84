import type { Symbol } from '#domain/ids.ts';
import type { Price, Quantity } from '#domain/money.ts';
import type { Instant, SessionDate } from '#domain/time.ts';
import type { MarketQuote } from './quotes.ts';

/** One symbol's session, as it is marked in the ledger. */
export type SessionMark = {
  readonly symbol: Symbol;
  readonly session: SessionDate;
  readonly open: Price;
  readonly high: Price;
  readonly low: Price;
  readonly close: Price;
  readonly markedAt: Instant;
};

export type MarketUpdate =
  | { readonly kind: 'session_opened'; readonly session: SessionDate; readonly at: Instant }
  | {
      readonly kind: 'quote';
      readonly quote: MarketQuote;
      /** Shares that traded at about this price since the last quote: what a resting order may share in. */
      readonly tradedVolume: Quantity;
      /** The print of the opening or closing auction; null in between. */
      readonly auction: 'open' | 'close' | null;
    }
  | {
      readonly kind: 'session_closed';
      readonly session: SessionDate;
      readonly at: Instant;
      readonly marks: readonly SessionMark[];
    };

/** A source of prices, recorded or live. Listeners are awaited in turn, so a slow one slows a recorded market, never loses a quote. */
export type MarketFeed = {
  readonly source: string;
  readonly symbols: () => readonly Symbol[];
  readonly latest: (symbol: Symbol) => MarketQuote | undefined;
  /** The market's own time: the replay clock of a recorded market, the wall clock of a live one. */
  readonly now: () => Instant;
  /** The session that is open, if any. */
  readonly session: () => SessionDate | null;
  readonly listen: (listener: (update: MarketUpdate) => Promise<void>) => () => void;
  readonly start: () => void;
  readonly stop: () => Promise<void>;
};
