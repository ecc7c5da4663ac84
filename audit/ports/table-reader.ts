import type { StoredRow } from '#projections/ports/read-tables.ts';
import type { AccountRange } from './log-reader.ts';

/** The live read tables: which they are and how far they are. */
export type LiveTables = {
  readonly schema: string;
  readonly version: number;
  readonly checkpoint: number;
  readonly state: string;
};

/** Which rows; what is left out does not restrict. */
export type RowFilter = {
  /** Only rows that an event after this sequence made. */
  readonly after?: number;
  readonly accountId?: string;
  /** Only rows of these accounts. */
  readonly accounts?: AccountRange;
};

/** Two events that have one id. */
export type SharedId = {
  readonly id: string;
  readonly sequence: number;
  readonly stream: string;
  readonly revision: number;
  /** The first event that has the id. */
  readonly first: number;
};

/** A cached fold of a stream (see commands/ports/snapshot-store), as it rests. */
export type StoredState = {
  readonly stream: string;
  readonly revision: number;
  readonly version: number;
  readonly state: string;
};

/** The read tables as an auditor reads them: rows as the database's text, in pages, ordered by their key. */
export type TableReader = {
  readonly live: () => Promise<LiveTables>;
  /** `table` is one of the projections' names, such as `positions`. */
  readonly rows: (table: string, filter?: RowFilter) => AsyncIterable<readonly StoredRow[]>;
};

/** What the log keeps beside its events: where each stream and the log as a whole are. */
export type StreamHead = {
  readonly stream: string;
  readonly revision: number;
  readonly hash: string;
};

/** What of the tables only `verify` asks for. */
export type VerifyTableReader = TableReader & {
  /** The rows in the order of the events that made them; the database sorts, on its disk where it has to. */
  readonly inOrderOfLog: (table: string, filter?: RowFilter) => AsyncIterable<readonly StoredRow[]>;
  /** The rows with these keys, each the texts of the primary key's columns, in no order. */
  readonly byKeys: (
    table: string,
    keys: readonly (readonly string[])[],
  ) => Promise<readonly StoredRow[]>;
  /** Events after `after` (of one account) whose id another event has too, at most `limit`, by sequence. */
  readonly sharedIds: (filter: RowFilter, limit: number) => Promise<readonly SharedId[]>;
  /** How far the cached folds go, by stream. */
  readonly stateRevisions: () => Promise<ReadonlyMap<string, number>>;
  readonly storedState: (stream: string) => Promise<StoredState | undefined>;
  /** Pages of the streams' heads, by name. */
  readonly streamHeads: () => AsyncIterable<readonly StreamHead[]>;
  /**
   * Ids, ascending, at which accounts fall apart into `parts` ranges with about as many events each. Fewer where there
   * are fewer accounts.
   */
  readonly accountBounds: (parts: number) => Promise<readonly string[]>;
  /** The counter that sequences are taken from. */
  readonly counter: () => Promise<number>;
};
