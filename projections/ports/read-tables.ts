import type { AccountId, BreakId, EventId, OrderId, Symbol as Ticker } from '#domain/ids.ts';
import type { SessionDate } from '#domain/time.ts';
import type { Stored } from './columns.ts';
import type { RuleSet } from './rules.ts';

/** What one account holds of one symbol. */
export type HoldingRef = { readonly accountId: AccountId; readonly symbol: Ticker };

/** One difference that was found in an account. */
export type BreakRef = { readonly accountId: AccountId; readonly breakId: BreakId };

/** A row as the database's text, by column name. */
export type StoredRow = { readonly [column: string]: Stored };

/** Marks of a symbol with sequence > `after`; of `session` and before only closes count. */
export type MarksSince = {
  readonly symbol: Ticker;
  readonly after: number;
  readonly session: SessionDate;
};

/** What changed, as it will be written: taken out of the tables so that they may go on changing. */
export type Batch = {
  readonly floor: number;
  readonly ceiling: number;
  /** JSON text: rows by table, and keys of removed rows by table under `removed`. */
  readonly changes: string;
};

export type CommitOutcome =
  | { readonly kind: 'committed' }
  /** Somebody else moved the checkpoint, or these read tables are no longer the live ones. */
  | { readonly kind: 'superseded' }
  /** The database cannot hold a row, e.g. because a number is too large. */
  | { readonly kind: 'refused'; readonly reason: string };

export type StopReason = {
  readonly sequence: number;
  /** Null where the event cannot even be read. */
  readonly eventId: EventId | null;
  readonly reason: string;
};

/**
 * Where the read tables rest, as their one writer sees them. Calls are carried out in the order they are made, so a
 * read sees what an earlier commit wrote even if nobody waited for that.
 */
export type ReadTables = {
  readonly checkpoint: () => Promise<number>;
  readonly accounts: (ids: readonly AccountId[]) => Promise<readonly StoredRow[]>;
  readonly orders: (ids: readonly OrderId[]) => Promise<readonly StoredRow[]>;
  readonly positions: (of: readonly HoldingRef[]) => Promise<readonly StoredRow[]>;
  readonly openLots: (of: readonly HoldingRef[]) => Promise<readonly StoredRow[]>;
  readonly market: (symbols: readonly Ticker[]) => Promise<readonly StoredRow[]>;
  readonly breaks: (of: readonly BreakRef[]) => Promise<readonly StoredRow[]>;
  /** Columns symbol, after, high, low; no row where there is no such mark. */
  readonly extremes: (since: readonly MarksSince[]) => Promise<readonly StoredRow[]>;
  /** Everything a holding is made of. */
  readonly journal: (of: HoldingRef) => Promise<{
    readonly fills: readonly StoredRow[];
    readonly splits: readonly StoredRow[];
    readonly marks: readonly StoredRow[];
  }>;
  /** Accounts that are not closed, positions that are not flat. */
  readonly openBooks: () => Promise<{
    readonly accounts: readonly StoredRow[];
    readonly positions: readonly StoredRow[];
    readonly market: readonly StoredRow[];
  }>;
  /** Rows and checkpoint in one transaction: all of it, or nothing. */
  readonly commit: (batch: Batch) => Promise<CommitOutcome>;
  /** Makes the stop visible. */
  readonly stop: (reason: StopReason) => Promise<void>;
};

/** The rows that a fold asks for. */
export type RowReads = Omit<ReadTables, 'checkpoint' | 'commit' | 'stop'>;

/** Rows of one table on their way into it; each is encoded when it is asked for. */
export type TableWrite = {
  readonly table: string;
  readonly columns: readonly string[];
  readonly count: number;
  /** Each in the order of `columns`. */
  readonly rows: () => Iterable<readonly Stored[]>;
  /** Those of `rows` under whose key the table may have an older row, which has to make way. */
  readonly replaced: () => Iterable<readonly Stored[]>;
  /** Keys of rows that are no more; of tables whose key is one column. */
  readonly removed: readonly string[];
};

/**
 * Empty read tables that are filled with what a whole log makes. What is asked for is found as the writes left it that
 * have ended; those under way are not waited for.
 */
export type BulkReadTables = RowReads & {
  /** All of the rows in one transaction. Throws where the database cannot hold one. */
  readonly write: (rows: readonly TableWrite[]) => Promise<void>;
  /** Makes the tables what they are otherwise, as of `sequence`: until now they stood at no event. */
  readonly complete: (sequence: number) => Promise<void>;
};

/** Read tables that are open for writing. */
export type OpenReadTables = {
  readonly readTables: ReadTables;
  readonly close: () => Promise<void>;
};

export type ProjectionSet = { readonly name: string; readonly version: number };

/** What a build of read tables takes in, and by which rules. */
export type BuildTerms = {
  readonly rules: RuleSet;
  /** Nothing after this event; null for tables that go on with the log. */
  readonly to: number | null;
  /** Only this account, its markets and the sessions; null for all. */
  readonly accountId: AccountId | null;
};

/** A replay that cannot be made or dropped as asked; nothing was changed. */
export class ReplayRefused extends Error {
  override readonly name = 'ReplayRefused';
}

/** Read tables of the user's own beside the live ones; no server ever writes to them. */
export type ReplayHost = {
  /**
   * Empty ones in a schema of this name, or of a name that is free (`null`: they are for the moment). Throws
   * ReplayRefused for a name that may not be, or that is taken unless it is a replay's to be replaced.
   */
  readonly open: (
    schema: string | null,
    terms: BuildTerms,
    options: { readonly replace: boolean },
  ) => Promise<{
    readonly schema: string;
    readonly bulk: BulkReadTables;
    /** They are whole: nobody writes to them from now on. */
    readonly finish: () => Promise<void>;
    readonly discard: () => Promise<void>;
    readonly close: () => Promise<void>;
  }>;
  /** Tables of the moment that are made within `work` stay until they are dropped; what a killed one left goes first. */
  readonly keepMomentary: <T>(work: () => Promise<T>) => Promise<T>;
  /** Throws ReplayRefused where there is no such replay, or somebody is building it. */
  readonly drop: (schema: string) => Promise<void>;
};

/** Who has read tables and lets one writer at a time have them. */
export type ReadTableHost = {
  /** The version of the live ones; undefined where there are none yet. */
  readonly liveVersion: (set: ProjectionSet) => Promise<number | undefined>;
  /** The live ones, made where there are none yet. Waits until no other process writes them; undefined once `signal` aborts. */
  readonly openLive: (
    set: ProjectionSet,
    signal: AbortSignal,
  ) => Promise<OpenReadTables | undefined>;
  /** Empty ones beside the live ones. Throws where another rebuild is under way. */
  readonly openBeside: (set: ProjectionSet) => Promise<
    OpenReadTables & {
      /** The same while they are empty, for the log as far as it goes now. */
      readonly bulk: BulkReadTables;
      /**
       * Shows them under the public names and drops the old ones. False where they have not caught up, or where
       * somebody still reads the old ones as they were before: try again.
       */
      readonly promote: () => Promise<boolean>;
      readonly discard: () => Promise<void>;
    }
  >;
};
