import type { Instant } from '#domain/time.ts';
import { presentOf } from '#projections/accounts/present.ts';
import type { AccountRecord } from '#projections/accounts/table.ts';
import type { TruthEnd } from './truth.ts';

/**
 * The instant that decides in a view of an account what has settled: its present, where the view shows all that was
 * recorded of it by the view's place in the log; the view's own instant, where it shows what had happened by then.
 * `at`: the instant of the view.
 */
export const presentIn = (
  account: Pick<AccountRecord, 'lastActivityAt' | 'sequence'>,
  at: Instant,
  end: TruthEnd | null,
): Instant => (end === null || account.sequence <= end.sequence ? presentOf(account, at) : at);
