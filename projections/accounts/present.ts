import { type Instant, later } from '#domain/time.ts';
import type { AccountRecord } from './table.ts';

/**
 * The instant of an account's present, which decides what has settled and how old something is: the market's clock, or
 * the latest effective time of the account's events where that is later. Books that were imported may be of years that
 * a recorded market has not come to. The read tables' own questions say the same in SQL (`presentAt` in statements.ts).
 */
export const presentOf = (
  { lastActivityAt }: Pick<AccountRecord, 'lastActivityAt'>,
  market: Instant,
): Instant => later(market, lastActivityAt);
