import type { Posting } from '#domain/account/postings.ts';
import type { AccountId, EventId } from '#domain/ids.ts';
import { formatCash, formatQuantity } from '#domain/money.ts';
import {
  type Column,
  instant,
  integer,
  list,
  type RowOf,
  record,
  tableShape,
  text,
} from '../ports/columns.ts';

const leg = record({ book: text<string>(), commodity: text<string>(), amount: text<string>() });

/** One posting as the table keeps it; `amount` is a decimal. */
export type Leg = RowOf<{
  readonly book: Column<string>;
  readonly commodity: Column<string>;
  readonly amount: Column<string>;
}>;

export const legOf = (posting: Posting): Leg => ({
  book: posting.book,
  commodity: posting.unit,
  amount: posting.asset === 'cash' ? formatCash(posting.amount) : formatQuantity(posting.amount),
});

const columns = {
  sequence: integer,
  eventId: text<EventId>(),
  accountId: text<AccountId>(),
  /** All legs of one event in one row instead of four to six a fill; the view `postings` lays them out. */
  legs: list(leg),
  at: instant,
};

export type JournalEntryRecord = RowOf<typeof columns>;
export const journalEntriesTable = tableShape('journal_entries', columns, (row) =>
  String(row.sequence),
);
