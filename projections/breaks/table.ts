import type { AccountId, Actor, BreakId, EventId, Symbol as Ticker } from '#domain/ids.ts';
import type { BreakStatus, BreakType } from '#domain/reconciliation/break-types.ts';
import {
  cash,
  details,
  instant,
  integer,
  nullable,
  quantity,
  type RowOf,
  tableShape,
  text,
} from '../ports/columns.ts';

const columns = {
  accountId: text<AccountId>(),
  breakId: text<BreakId>(),
  kind: text<BreakType>(),
  source: text(),
  symbol: nullable(text<Ticker>()),
  at: instant,
  ours: nullable(details),
  theirs: nullable(details),
  cash,
  shares: quantity,
  /** The proposed command as its event is stored; null where a person has to decide. */
  correction: nullable(details),
  why: text(),
  status: text<BreakStatus>(),
  firstSeenAt: instant,
  lastSeenAt: instant,
  /** When and by whom it ended, and why where a person said so; null while it is open. */
  endedAt: nullable(instant),
  endedBy: nullable(text<Actor>()),
  reason: nullable(text()),
  /** The event that corrected the books. */
  correctedBy: nullable(text<EventId>()),
  createdSequence: integer,
  sequence: integer,
};

export type BreakRecord = RowOf<typeof columns>;
export const breakKey = (accountId: AccountId, breakId: BreakId): string =>
  `${accountId}/${breakId}`;
export const breaksTable = tableShape('breaks', columns, (row) =>
  breakKey(row.accountId, row.breakId),
);

const reconciliationColumns = {
  accountId: text<AccountId>(),
  source: text(),
  statementDigest: text(),
  statementFrom: nullable(instant),
  statementTo: nullable(instant),
  lines: integer,
  matched: integer,
  breaks: integer,
  reconciledAt: instant,
  reconciledBy: text<Actor>(),
  eventId: text<EventId>(),
  sequence: integer,
};

export type ReconciliationRecord = RowOf<typeof reconciliationColumns>;
export const reconciliationsTable = tableShape('reconciliations', reconciliationColumns, (row) =>
  String(row.sequence),
);
