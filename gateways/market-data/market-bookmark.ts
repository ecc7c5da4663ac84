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

/** Keeps the place of a recorded market, so that a restart goes on from there. One process plays a market. */
export const keepBookmark = async (
  feed: MarketFeed,
  checkpoints: Checkpoints,
): Promise<() => void> => {
  let place = await checkpoints.load(name(feed.source));
  return feed.listen(async () => {
    const now = toMilliseconds(feed.now());
    if (now <= place) return;
    const moved = await checkpoints.advance(name(feed.source), place, now);
    if (!moved) throw new Error('another process plays this recorded market');
    place = now;
  });
};
