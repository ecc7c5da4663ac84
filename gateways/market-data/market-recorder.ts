import type { MarketFeed, SessionMark } from '#commands/ports/market-feed.ts';
import type { Instant, SessionDate } from '#domain/time.ts';

/** Where sessions are written down: the market's side of the ledger. */
type SessionBook = {
  readonly markPrices: (marks: readonly SessionMark[], source: string) => Promise<void>;
  readonly closeSession: (session: SessionDate, at: Instant) => Promise<void>;
};

/**
 * Writes a feed's closing marks into the ledger, then the session's end. Let it listen after the broker:
 * the feed awaits its listeners in turn, so a session's fills are recorded before its close.
 */
export const recordMarket = (feed: MarketFeed, book: SessionBook): (() => void) =>
  feed.listen(async (update) => {
    if (update.kind !== 'session_closed') return;
    await book.markPrices(update.marks, feed.source);
    await book.closeSession(update.session, update.at);
  });
