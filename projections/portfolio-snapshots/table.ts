import type { AccountId } from '#domain/ids.ts';
import type { SessionDate } from '#domain/time.ts';
import { cash, instant, integer, type RowOf, tableShape, text } from '../ports/columns.ts';

const columns = {
  accountId: text<AccountId>(),
  session: text<SessionDate>(),
  at: instant,
  cash,
  positionsValue: cash,
  equity: cash,
  netDeposits: cash,
  realizedPnl: cash,
  unrealizedPnl: cash,
  commission: cash,
  dayChange: cash,
  sequence: integer,
};

export type SnapshotRecord = RowOf<typeof columns>;
export const portfolioSnapshotsTable = tableShape(
  'portfolio_snapshots',
  columns,
  (row) => `${row.accountId}/${row.session}`,
);
