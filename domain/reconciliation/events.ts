import type { AccountId, BreakId, EventId, Symbol } from '../ids.ts';
import type { Cash, Quantity } from '../money.ts';
import type { Instant } from '../time.ts';
import type { BreakType } from './break-types.ts';
import type { Correction, Facts } from './correction.ts';

/** A difference between a broker's record and ours. The same difference found again has the same id. */
export type Break = {
  readonly breakId: BreakId;
  readonly kind: BreakType;
  /** Null where it is about cash alone. */
  readonly symbol: Symbol | null;
  /** When what differs happened; for holdings and balances, the end of the statement. */
  readonly at: Instant;
  /** What each side says; null where it says nothing. */
  readonly ours: Facts | null;
  readonly theirs: Facts | null;
  /** What it makes the end of the statement differ by: theirs less ours. */
  readonly cash: Cash;
  readonly shares: Quantity;
  /** Null where a person has to decide. */
  readonly correction: Correction | null;
  /** What the correction does, or why there is none. */
  readonly why: string;
};

/** A statement was compared with the account's books. */
export type StatementReconciled = {
  readonly type: 'StatementReconciled';
  readonly accountId: AccountId;
  /** Whose statement: `schwab`, `paper`. */
  readonly source: string;
  /** SHA-256, hex, of what it says. */
  readonly statementDigest: string;
  /** The time it speaks of; null where it says nothing. */
  readonly from: Instant | null;
  readonly to: Instant | null;
  /** Its rows, those that agree with our books, and the breaks. */
  readonly lines: number;
  readonly matched: number;
  readonly breaks: number;
  /** Breaks that were open before and are there again. */
  readonly seenAgain: readonly BreakId[];
  readonly reconciledAt: Instant;
};

/** A break came up, for the first time or again after it had ended. */
export type BreakFound = Break & {
  readonly type: 'BreakFound';
  readonly accountId: AccountId;
  readonly source: string;
  readonly foundAt: Instant;
};

/** A later statement of the same source agrees with our side of the break, or would show it and does not. */
export type BreakResolved = {
  readonly type: 'BreakResolved';
  readonly accountId: AccountId;
  readonly breakId: BreakId;
  readonly statementDigest: string;
  readonly resolvedAt: Instant;
};

/** A person approved the proposed command and it was booked. Who it was is the event's actor. */
export type BreakApproved = {
  readonly type: 'BreakApproved';
  readonly accountId: AccountId;
  readonly breakId: BreakId;
  /** The event that corrected the books; null where they had it already. */
  readonly correctedBy: EventId | null;
  readonly approvedAt: Instant;
};

/** A person decided that nothing is to be booked. */
export type BreakDismissed = {
  readonly type: 'BreakDismissed';
  readonly accountId: AccountId;
  readonly breakId: BreakId;
  readonly reason: string;
  readonly dismissedAt: Instant;
};

/** All that can happen in the stream of one account's reconciliations. */
export type ReconciliationEvent =
  | StatementReconciled
  | BreakFound
  | BreakResolved
  | BreakApproved
  | BreakDismissed;
