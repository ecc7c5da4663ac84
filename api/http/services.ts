import type { SegmentKeeper } from '#audit/as-of/keep-segments.ts';
import type { LookSnapshot } from '#audit/ports/live-figures.ts';
import type { Ledger } from '#commands/ledger.ts';
import type { Clock } from '#commands/ports/clock.ts';
import type { EventStore } from '#commands/ports/event-store.ts';
import type { Ids } from '#commands/ports/ids.ts';
import type { MarketFeed } from '#commands/ports/market-feed.ts';
import type { Quotes } from '#commands/ports/quotes.ts';
import type { Reconciliations } from '#commands/reconciliation/reconciliations.ts';
import type { AccountId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Identity } from '#identity/identity.ts';
import type { Queries } from '#projections/ports/queries.ts';
import type { AccountNumbers } from './account-numbers.ts';

/** What a request about the past asks besides what `queries` says. */
export type Past = {
  /** Of an account's events those that the view shows. */
  readonly shownOf: (
    account: AccountId,
    events: readonly RecordedEvent[],
  ) => Promise<readonly RecordedEvent[]>;
};

/** What the routes answer from. */
export type Services = {
  readonly ledger: Ledger;
  readonly reconciliations: Reconciliations;
  readonly queries: Queries;
  readonly quotes: Quotes;
  /** Where there is none, market data is what `quotes` alone can say. */
  readonly feed?: MarketFeed | undefined;
  /** The log itself: for an order's timeline and to see whether the store is up. */
  readonly events: Pick<EventStore, 'head' | 'readStream' | 'readStreamBackward'>;
  /** Business time: the market's own clock, which a replay may set back. */
  readonly clock: Clock;
  readonly ids: Ids;
  /** Shows the log and the read tables as of one moment: for questions about the past and about where a number comes from. */
  readonly withLook: <T>(act: (snapshot: LookSnapshot) => Promise<T>) => Promise<T>;
  /** Keeps what the past is folded on from; where there is none, long accounts take longer. */
  readonly segments?: SegmentKeeper | undefined;
  /** Of a request about the past: what else of it is asked for. Null for the present. */
  readonly past: Past | null;
  readonly accountNumbers: AccountNumbers;
  readonly identity: Identity;
  /** Of this program. */
  readonly version: string;
  /** How long a read waits for its `min_sequence`, milliseconds. */
  readonly readTimeoutMs: number;
};
