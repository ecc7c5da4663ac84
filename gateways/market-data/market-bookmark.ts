import type { Checkpoints } from '#commands/ports/checkpoints.ts';
import type { MarketFeed } from '#commands/ports/market-feed.ts';
import { fromMilliseconds, type Instant, toMilliseconds } from '#domain/time.ts';

const name = (source: string): string => `market:${source}`;

/** How far a recorded market had been played; undefined before the first time. */
export const bookmarkedAt = async (
  checkpoints: Checkpoints,
  source: string,
): Promise<Instant | undefined> => {
  const place = await checkpoints.load(name(source));
  return place === 0 ? undefined : fromMilliseconds(place);
};

/**
 * Keeps the place of a recorded market, so that a restart goes on from there: the last instant of which all has
 * been played. An instant is over when a later one comes, so one that a stop interrupts is played again; its marks
 * and its close are known by their ids, and a fill that is on record by its execution id. One process plays a market.
 */
export const keepBookmark = async (
  feed: MarketFeed,
  checkpoints: Checkpoints,
): Promise<() => void> => {
  let saved = await checkpoints.load(name(feed.source));
  let playing = saved;
  return feed.listen(async (update) => {
    const at = toMilliseconds(update.kind === 'quote' ? update.quote.at : update.at);
    if (at <= playing) return;
    const over = playing;
    playing = at;
    if (over <= saved) return;
    const moved = await checkpoints.advance(name(feed.source), saved, over);
    if (!moved) throw new Error('another process plays this recorded market');
    saved = over;
  });
};
