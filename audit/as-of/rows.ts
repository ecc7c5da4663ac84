import type { AccountId } from '#domain/ids.ts';
import { perShare, ratioOf } from '#domain/money.ts';
import type { MarketRecord } from '#projections/marks/table.ts';
import type { FillRecord } from '#projections/order-fills/table.ts';
import type { OrderRecord } from '#projections/orders/table.ts';
import type { SnapshotRecord } from '#projections/portfolio-snapshots/table.ts';
import { instant, integer, rowReader, text } from '#projections/ports/columns.ts';
import type {
  FillRow,
  LotRow,
  MarkRow,
  OrderRow,
  PortfolioPoint,
  PositionHistoryRow,
  PostingRow,
  TransactionRow,
} from '#projections/ports/queries.ts';
import type { LotRecord, PositionHistoryRecord } from '#projections/positions/table.ts';
import type { JournalEntryRecord } from '#projections/postings/table.ts';
import type { TransactionRecord } from '#projections/transactions/table.ts';

/** Records of the projections as the query port gives them: what the public views make of them. */

export const orderRow = (record: OrderRecord): OrderRow => {
  const { triggered: _, bustedQuantity, fillCount: __, reservation: ___, ...rest } = record;
  const { replacement: ____, ...row } = rest;
  const { quantity, filledQuantity } = row;
  return {
    ...row,
    remainingQuantity:
      quantity === null ? null : ((quantity - filledQuantity - bustedQuantity) as typeof quantity),
    averageFillPrice: filledQuantity === 0n ? null : perShare(row.filledValue, filledQuantity),
  };
};

export const fillRow = (record: FillRecord): FillRow => record;

export const lotRow = ({ commission: _, ...row }: LotRecord): LotRow => row;

export const historyRow = (record: PositionHistoryRecord): PositionHistoryRow => {
  const { realizedPnl, commission, entryValue } = record;
  return {
    ...record,
    realizedPnlNet: (realizedPnl - commission) as typeof realizedPnl,
    realizedPnlRatio: ratioOf(realizedPnl, entryValue),
  };
};

export const pointRow = ({ accountId: _, ...row }: SnapshotRecord): PortfolioPoint => row;

export const transactionRow = (record: TransactionRecord): TransactionRow => ({
  ...record,
  transactionId: `${record.sequence}-${record.line}`,
});

/** A posting with its line in the event's entry. */
export type PostingLine = PostingRow & { readonly line: number };

export const postingLines = (entry: JournalEntryRecord): readonly PostingLine[] => {
  const { sequence, accountId, at, legs } = entry;
  return legs.map((leg, index) => ({ sequence, accountId, ...leg, at, line: index + 1 }));
};

export const readPosting = rowReader({
  sequence: integer,
  accountId: text<AccountId>(),
  book: text<string>(),
  commodity: text<string>(),
  amount: text<string>(),
  at: instant,
  line: integer,
});

export const markRow = ({ prevClose: previousClose, ...row }: MarketRecord): MarkRow => ({
  ...row,
  previousClose,
});
