import type { AccountId } from '#domain/ids.ts';
import type { Finding, Findings } from './finding.ts';

export type VerifyReport = {
  readonly version: 2;
  readonly scope: {
    readonly account: AccountId | null;
    /** First and last event that was read; those before the first were read by an earlier run, or not at all. */
    readonly fromSequence: number;
    readonly toSequence: number;
    /** The last event that an earlier run had verified; null where nothing was built on one. */
    readonly since: number | null;
    /** What the earlier run saw and this one did not look at again. */
    readonly notLookedAtAgain: readonly string[];
  };
  readonly head: number;
  /** The hash of the last event; null for an empty log. */
  readonly headHash: string | null;
  readonly log: {
    readonly events: number;
    readonly streams: number;
    /** Streams whose first hash in the range was believed. */
    readonly onTrust: number;
  };
  /** Null where seals were not asked for. */
  readonly seals: {
    readonly count: number;
    /** Numbers of the kept ones that they were held against. */
    readonly kept: readonly number[];
    readonly sealedTo: number;
    /** Text of the ledger's last one. */
    readonly last: string | null;
  } | null;
  /** Null where only the log was read. */
  readonly books: {
    /** How far the read tables are; events after it are left out of the comparison. */
    readonly checkpoint: number;
    readonly accounts: number;
    readonly accountsNotCompared: number;
    readonly rowsCompared: Readonly<Record<string, number>>;
    /** What was still in memory at the end, by table: open orders and lots, holdings, and rows that differ. */
    readonly held: Readonly<Record<string, number>>;
    readonly columnsCompared: Readonly<Record<string, readonly string[]>>;
    readonly columnsNotCompared: Readonly<Record<string, readonly string[]>>;
    /** States that commands are decided with. */
    readonly states: {
      readonly checked: number;
      /** Of a version that is not known here. */
      readonly skipped: number;
      /** They lie behind the read tables, or before the event that this run began with. */
      readonly notReached: number;
    };
  } | null;
  readonly findings: {
    readonly count: number;
    readonly byKind: ReturnType<Findings['byKind']>;
    readonly first: readonly Finding[];
  };
};

/** What a run that goes on from a finished one leaves to that one. */
export const leftToEarlierRun: readonly string[] = [
  'events up to it, but for the last one',
  'rows of closed orders, their fills, closed lots and position history, if no event touched them since',
  'transactions, journal entries, splits, marks and portfolio snapshots that were made before it',
  'rows that were added since and say that they were made before it',
  'states of accounts without an event since',
];
