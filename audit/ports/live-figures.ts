import type { AccountId, OrderId, StreamName } from '#domain/ids.ts';
import type { Instant } from '#domain/time.ts';
import type {
  AccountRow,
  FillRow,
  OrderRow,
  Page,
  PositionRow,
  ProjectionStatus,
} from '#projections/ports/queries.ts';
import type { LedgerSnapshot } from './ledger-snapshot.ts';
import type { LiveRows } from './live-rows.ts';
import type { StoredEvent } from './log-reader.ts';
import type { PastReader } from './past.ts';
import type { TargetStanding } from './seal-outbox.ts';

/** What the log's own counters say. */
export type LogStanding = {
  readonly events: number;
  /** First and last sequence; 0 for an empty log. */
  readonly first: number;
  readonly last: number;
  /** What the counter says that sequences are taken from. */
  readonly counter: number;
  readonly streams: number;
  readonly firstRecordedAt: Instant | null;
  readonly lastRecordedAt: Instant | null;
};

/** Where one schema of read tables is. */
export type ReadSchemaStanding = ProjectionStatus & {
  readonly schema: string;
  readonly live: boolean;
  /** When the first event that it lacks was written down; null where it lacks none. */
  readonly waitingSince: Instant | null;
};

/** Cached folds of streams: they only save time. */
export type SnapshotStanding = {
  readonly count: number;
  readonly oldestAt: Instant | null;
  readonly newestAt: Instant | null;
};

/** Single questions to the read tables and the log's counters, answered by an index. */
export type LiveFigures = {
  /** `at`: the market's clock, which decides with its last event which sales have settled. */
  readonly account: (id: AccountId, at: Instant) => Promise<AccountRow | undefined>;
  readonly accountIdOf: (accountNumber: string) => Promise<AccountId | undefined>;
  readonly order: (id: OrderId) => Promise<OrderRow | undefined>;
  readonly orderFills: (id: OrderId) => Promise<readonly FillRow[]>;
  /** Oldest first. */
  readonly openOrders: (id: AccountId, limit: number) => Promise<Page<OrderRow>>;
  readonly positions: (id: AccountId) => Promise<readonly PositionRow[]>;

  /** The newest events of a stream, oldest first. */
  readonly lastEvents: (stream: StreamName, limit: number) => Promise<readonly StoredEvent[]>;
  /** The market's clock by the newest mark; null where nothing was ever marked. */
  readonly marketAt: () => Promise<Instant | null>;
  /** The latest time at which anything of the log was so in the world; null where there are no read tables. Looks at every account. */
  readonly latestEffectiveAt: () => Promise<Instant | null>;
  /** Counts every event: takes longer the longer the log is. */
  readonly log: () => Promise<LogStanding>;
  readonly readSchemas: () => Promise<readonly ReadSchemaStanding[]>;
  readonly snapshots: () => Promise<SnapshotStanding>;
  /** The text of the newest seal; null where nothing was ever sealed. */
  readonly lastSeal: () => Promise<string | null>;
  /** The places that seals go to, by name. */
  readonly sealTargets: () => Promise<readonly TargetStanding[]>;
};

/** A snapshot of the ledger that answers single questions too, also about the past. */
export type LookSnapshot = LedgerSnapshot & {
  readonly live: LiveFigures;
  readonly past: PastReader;
  readonly rows: LiveRows;
};
