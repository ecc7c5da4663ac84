import type { AccountId, ExecutionId, OrderId, StreamName, Symbol as Ticker } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';

/** Read tables whose rows change, so that what they were has to be kept. */
export type KeptTable =
  | 'accounts'
  | 'orders'
  | 'order_fills'
  | 'positions'
  | 'position_history'
  | 'lots'
  | 'portfolio_snapshots';

/** A row as it was at the end of a segment; `row` is JSON text, null where the row was gone. */
export type KeptRow = {
  readonly table: KeptTable;
  readonly key: string;
  /** Its created sequence: what lists are ordered by. */
  readonly place: number;
  readonly symbol: string | null;
  readonly side: string | null;
  readonly status: string | null;
  /** What `after` and `until` of a list compare. */
  readonly at: Instant | null;
  /** An order at work, a lot of which something is left, any position. */
  readonly open: boolean;
  /** An order's client id, a fill's order. */
  readonly reference: string | null;
  /** Of a sale whose cash comes later. */
  readonly settlesAt: Instant | null;
  /** When it happened (audit/as-of/truth.ts), as text; of orders and fills. */
  readonly times: string | null;
  readonly row: string | null;
};

/** A stretch of the log, `floor` < sequence <= `through`, as it bears on one account, with what came of it. */
export type Segment = {
  readonly accountId: AccountId;
  readonly floor: number;
  readonly through: number;
  /** Of the account's stream and of the sessions' at `through`. */
  readonly revision: number;
  readonly sessions: number;
  /** When the earliest of it happened, and the first event that any of it tells of. */
  readonly earliest: Instant | null;
  readonly earliestOrigin: number;
  /** The latest that happened in all of the log up to `through`. */
  readonly latest: Instant;
  /** Of the account's last event up to `through`. */
  readonly hash: string;
  /** What else a fold goes on from, JSON text: audit/as-of/segment.ts. */
  readonly facts: string;
  /** SHA-256, hex, of the digest before it, the facts and the rows. */
  readonly digest: string;
};

/** A segment with the revisions at its floor. */
export type SegmentRange = Segment & {
  readonly revisionBefore: number;
  readonly sessionsBefore: number;
};

/** What of the log a view shows; see Seen in audit/as-of/view.ts. */
export type Shown = {
  readonly until: number;
  readonly end: { readonly at: Instant; readonly sequence: number } | null;
};

export type Direction = 'asc' | 'desc';

/** Rows of a list; what is left out does not restrict. */
export type RowsAsked = {
  readonly symbols?: readonly string[] | undefined;
  readonly statuses?: readonly string[] | undefined;
  readonly side?: string | undefined;
  readonly after?: Instant | undefined;
  readonly until?: Instant | undefined;
  /** After the row with this place, in the direction of the list. */
  readonly cursor?: number | undefined;
  readonly direction?: Direction | undefined;
  /** Null for all. */
  readonly limit: number | null;
  readonly openOnly?: boolean;
  /** Keys of rows that the asker knows better. */
  readonly without?: readonly string[];
};

/** Lines of transactions or postings; a cursor is a sequence and a line. */
export type LinesAsked = {
  readonly types?: readonly string[] | undefined;
  readonly symbols?: readonly string[] | undefined;
  readonly after?: Instant | undefined;
  readonly until?: Instant | undefined;
  readonly cursor?: readonly [sequence: number, line: number] | undefined;
  readonly direction?: Direction | undefined;
  readonly limit: number;
};

/** An account as of the end of a segment. */
export type AtSegment = { readonly accountId: AccountId; readonly through: number };

export type ExtremesAsked = {
  readonly symbol: Ticker;
  readonly after: number;
  readonly until: number;
  readonly session: string;
};

/** Where rows of one account come from that a fold did not touch: those at the end of a segment. */
export type KeptRows = {
  readonly rows: (
    at: AtSegment,
    table: KeptTable,
    keys: readonly string[],
  ) => Promise<readonly StoredRow[]>;
  readonly all: (at: AtSegment, table: KeptTable) => Promise<readonly StoredRow[]>;
  /** Rows that refer to an order or are known by a client's order id, oldest first. */
  readonly referring: (
    at: AtSegment,
    table: KeptTable,
    reference: string,
  ) => Promise<readonly StoredRow[]>;
  readonly list: (
    at: AtSegment,
    table: KeptTable,
    asked: RowsAsked,
  ) => Promise<readonly StoredRow[]>;
  /** Fills with settles at > `after`; `until` is the latest there is. */
  readonly unsettled: (
    at: AtSegment,
    after: Instant,
    until: Instant,
  ) => Promise<readonly StoredRow[]>;
  /** Those of the keys that have a row. */
  readonly keysStanding: (
    at: AtSegment,
    table: KeptTable,
    keys: readonly string[],
  ) => Promise<readonly string[]>;
  /** By `table/key`. */
  readonly times: (
    at: AtSegment,
    orders: readonly OrderId[],
    fills: readonly ExecutionId[],
  ) => Promise<ReadonlyMap<string, string>>;

  /** Rows that never change, up to the segment's end, out of the live read tables. */
  readonly transactions: (at: AtSegment, asked: LinesAsked) => Promise<readonly StoredRow[]>;
  readonly transaction: (
    at: AtSegment,
    sequence: number,
    line: number,
  ) => Promise<StoredRow | undefined>;
  /** Columns type, count, inflow, outflow. */
  readonly transactionSums: (
    at: AtSegment,
    asked: Omit<LinesAsked, 'cursor' | 'direction' | 'limit'>,
  ) => Promise<readonly StoredRow[]>;
  readonly postings: (at: AtSegment, asked: LinesAsked) => Promise<readonly StoredRow[]>;
  readonly splits: (at: AtSegment, symbol: Ticker) => Promise<readonly StoredRow[]>;
};

/** Marks as a view shows them: out of the live read tables, which never change a mark. */
export type PastMarket = {
  /** Marks with from < sequence <= to, oldest first. */
  readonly marks: (
    symbols: readonly Ticker[],
    from: number,
    to: number,
    shown: Shown,
  ) => Promise<readonly StoredRow[]>;
  /** What market_data_cache had to say; of every symbol where null is asked. */
  readonly market: (
    symbols: readonly Ticker[] | null,
    shown: Shown,
  ) => Promise<readonly StoredRow[]>;
  /** Columns symbol, after, high, low. */
  readonly extremes: (
    asked: readonly ExtremesAsked[],
    shown: Shown,
  ) => Promise<readonly StoredRow[]>;
  /** When the latest mark of these symbols was made. */
  readonly latestMark: (symbols: readonly Ticker[], until: number) => Promise<Instant | null>;
};

/** Whose an order, a number or a line is: that never changes, so the live read tables say it. */
export type Directory = {
  readonly accountOfNumber: (accountNumber: string) => Promise<AccountId | undefined>;
  readonly accountOfOrder: (id: OrderId) => Promise<AccountId | undefined>;
  readonly accountOfTransaction: (sequence: number, line: number) => Promise<AccountId | undefined>;
  /** With its created sequence, in the order of that. */
  readonly accounts: (asked: {
    readonly userId?: string | undefined;
    readonly cursor?: number | undefined;
    readonly direction: Direction;
    readonly limit: number;
  }) => Promise<readonly { readonly accountId: AccountId; readonly place: number }[]>;
};

/** The past in the transaction of one look. */
export type PastReader = KeptRows &
  PastMarket &
  Directory & {
    /**
     * The last segment from which a view can be folded on: all of the log up to it belongs to the view. One that
     * another program's fold made, or that is not of this log, is none.
     */
    readonly base: (accountId: AccountId, shown: Shown) => Promise<Segment | undefined>;
    /** Segments after a sequence in which something belongs to the view, in order. */
    readonly segmentsAfter: (
      accountId: AccountId,
      after: number,
      shown: Shown,
    ) => Promise<readonly SegmentRange[]>;
    /** Accounts of which this program's fold has kept segments. */
    readonly keptAccounts: () => Promise<readonly AccountId[]>;
    /** The rows of one segment, by table and key. */
    readonly rowsOf: (at: AtSegment) => Promise<readonly KeptRow[]>;
    /** Of the account's stream at a sequence; 0 before it begins. */
    readonly revisionBy: (accountId: AccountId, until: number) => Promise<number>;
    /** Events of a stream after a revision up to a sequence, the first `limit` of them. */
    readonly streamAfter: (
      stream: StreamName,
      revision: number,
      until: number,
      limit: number,
    ) => Promise<readonly RecordedEvent[]>;
  };

/** Where segments are kept: a cache. */
export type SegmentStore = {
  /**
   * Adds a segment where the account's last one ends at its floor, in one transaction. Kept ones of a program that folds otherwise
   * or of another log are forgotten first, so that a floor of 0 fits. False where another one was added meanwhile.
   */
  readonly add: (segment: Segment, rows: readonly KeptRow[]) => Promise<boolean>;
};
