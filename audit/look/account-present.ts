import { type AccountId, accountStream } from '#domain/ids.ts';
import { type Instant, later } from '#domain/time.ts';
import type { LookSnapshot } from '../ports/live-figures.ts';

/**
 * An account's present in a look (presentOf in projections/accounts/present.ts); right also where the read tables lack
 * its last event. `market`: the market's clock.
 */
export const accountPresent = async (
  { live, log }: LookSnapshot,
  account: AccountId,
  market: Instant,
): Promise<Instant> => {
  const row = await live.account(account, market);
  const [last] = await live.lastEvents(accountStream(account), 1);
  const latest = last === undefined ? market : log.decode(last).effectiveAt;
  return later(row?.presentAt ?? market, latest);
};
