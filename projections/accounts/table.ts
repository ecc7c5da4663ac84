import type { AccountId } from '#domain/ids.ts';
import type { SessionDate } from '#domain/time.ts';
import {
  cash,
  instant,
  integer,
  nullable,
  type RowOf,
  tableShape,
  text,
} from '../ports/columns.ts';
import { policy } from '../ports/policy-column.ts';
import type { AccountStatus } from '../ports/queries.ts';

const columns = {
  accountId: text<AccountId>(),
  accountNumber: text(),
  userId: nullable(text()),
  policy,
  status: text<AccountStatus>(),
  statusReason: nullable(text()),
  cash,
  reserved: cash,
  netDeposits: cash,
  realizedPnl: cash,
  commission: cash,
  dividends: cash,
  interest: cash,
  fees: cash,
  openedAt: instant,
  closedAt: nullable(instant),
  /** The latest effective time of its events: a late one does not set it back. */
  lastActivityAt: instant,
  /** The last session whose close is in portfolio_snapshots, and the account then. */
  lastSession: nullable(text<SessionDate>()),
  lastSessionEquity: cash,
  lastSessionNetDeposits: cash,
  createdSequence: integer,
  sequence: integer,
};

export type AccountRecord = RowOf<typeof columns>;
export const accountsTable = tableShape('accounts', columns, (row) => row.accountId);
