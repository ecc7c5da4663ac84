import type { AccountId } from '#domain/ids.ts';
import type { AccountRange } from '../ports/log-reader.ts';
import type { Finding, PlacedFindings } from './finding.ts';
import type { Claim, LostRow, Returned } from './lost-rows.ts';
import type { RunRecord } from './saved-run.ts';

/** What a part of the work is about. */
export type PartOrder = {
  /** Only this account's stream and rows; null for all of the accounts of the range. */
  readonly accountId: AccountId | null;
  readonly accounts: AccountRange;
  /** The first event to read, and the last one of the log. */
  readonly from: number;
  readonly head: number;
  /** Events up to here were read by an earlier run, and are only booked. */
  readonly readBefore: number;
  /** Whether streams may have events before the first one. */
  readonly mayBegin: boolean;
  /** Whether seals want to know what each event comes to. */
  readonly withLeaves: boolean;
  /** The events to book: after the first of these and up to the second; null for none. */
  readonly toBook: { readonly after: number; readonly checkpoint: number } | null;
};

/** What was found with an event, in the log or when it was booked. */
export type FoundAt = {
  readonly sequence: number;
  readonly whenBooked: boolean;
  readonly finding: Finding;
};

/** What a part has to say of a stretch of the log. */
export type Taken = {
  /** The events that were read here and by nobody before, in their order. */
  readonly sequences: readonly number[];
  /** What each of them comes to in a seal, 32 bytes; empty where nobody asked. */
  readonly leaves: Uint8Array;
  /** The hash of the last of them; null where there is none. */
  readonly hash: string | null;
  /** The last event that was booked; 0 for none. */
  readonly booked: number;
  /** Findings that are not about tables, in the order of the events. */
  readonly found: readonly FoundAt[];
};

/** What a part has come to. */
export type PartEnd = {
  readonly rows: Readonly<Record<string, number>>;
  readonly held: Readonly<Record<string, number>>;
  readonly accounts: number;
  readonly unknown: number;
  readonly states: {
    readonly checked: number;
    readonly skipped: number;
    readonly notReached: number;
  };
};

/** How the streams of a part are. */
export type PartStreams = {
  readonly streams: number;
  readonly onTrust: number;
  readonly found: PlacedFindings;
};

/**
 * A part of verify's work: the streams of some accounts, the books that they come to, and the rows of the read tables
 * that those have to be. The first part has all that belongs to no account, too. Each method takes one argument at most and
 * promises its answer, so that the part may be in another thread; it does one thing after the other.
 */
export type VerifyPart = {
  /** Goes on from what an earlier run knew. Some records at a time, before `begin`. */
  readonly restore: (records: readonly RunRecord[]) => Promise<void>;
  readonly begin: () => Promise<void>;
  /** Takes the part's events that come next, up to this sequence. */
  readonly take: (to: number) => Promise<Taken>;
  /** What it knows, some at a time: from the beginning where asked, then the next until there are none. */
  readonly records: (anew: boolean) => Promise<readonly RunRecord[]>;
  readonly foundInTables: () => Promise<PlacedFindings>;
  /** Looks at the streams' ends; with `heads` also at those that are kept beside the log. */
  readonly endStreams: (heads: boolean) => Promise<PartStreams>;
  /** Takes the rows behind the last event: which no event here has made, and the last event of the log that has any. */
  readonly drain: () => Promise<{ readonly lost: readonly LostRow[]; readonly last: number }>;
  readonly claims: (lost: readonly LostRow[]) => Promise<readonly Claim[]>;
  readonly end: (returned: Returned) => Promise<PartEnd>;
};

/** A part that goes on beside this thread. */
export type StartedPart = VerifyPart & {
  /** Lets it end by itself. */
  readonly close: () => Promise<void>;
  /** Ends it at once, whatever it does. */
  readonly stop: () => Promise<void>;
};

/** Threads for parts of the work. */
export type VerifyThreads = {
  /** How many at most. */
  readonly most: number;
  /** Of a log with fewer events, this thread is done before others have begun. */
  readonly fromEvents: number;
  /** Starts a part; it looks at the moment of that name. */
  readonly start: (order: PartOrder, momentName: string) => StartedPart;
};
