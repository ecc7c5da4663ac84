import type { AccountEvent } from '#domain/account/events.ts';
import type { AccountId, StreamName } from '#domain/ids.ts';
import { isAccountEvent, type RecordedEvent } from '#domain/recorded-event.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import type { StoredEvent } from '../ports/log-reader.ts';
import type { TableReader } from '../ports/table-reader.ts';
import { unexpectedRow } from './cells.ts';
import { compareEntry, createLineComparison, createRowsAlong } from './compare-lines.ts';
import { compareTables } from './compare-tables.ts';
import type { Findings } from './finding.ts';
import { bookNaively, bookOf, type NaiveAccount, newNaiveAccount } from './naive-books.ts';

const prefix = 'account-';

/** The account whose stream this is; null for the market's. */
const accountOf = (stream: StreamName): AccountId | null =>
  stream.startsWith(prefix) ? (stream.slice(prefix.length) as AccountId) : null;

const accountEventOf = ({ data }: RecordedEvent): AccountEvent | null =>
  isAccountEvent(data) ? data : null;

export type BooksVerifier = {
  /** An event of the log; undefined where it could not be read. */
  readonly take: (stored: StoredEvent, event: RecordedEvent | undefined) => Promise<void>;
  readonly end: () => Promise<Readonly<Record<string, number>>>;
  readonly accounts: () => number;
  /** Accounts that could not be compared. */
  readonly unknown: () => number;
};

/**
 * Books the log a second time and compares what comes out with the read tables: lines and entries as the log goes by,
 * the rest at its end. `accountId`: only that one.
 */
export const createBooksVerifier = (
  findings: Findings,
  tables: TableReader,
  accountId: AccountId | null,
): BooksVerifier => {
  const books = new Map<AccountId, NaiveAccount>();
  const isWanted = (row: StoredRow): boolean =>
    accountId === null || row['account_id'] === accountId;
  const transactions = createRowsAlong(tables.rows('transactions'), isWanted);
  const entries = createRowsAlong(tables.rows('journal_entries'), isWanted);
  const compareLines = createLineComparison(findings);

  const contradicts = (
    { sequence, stream, revision }: StoredEvent,
    expected: string,
    actual: string,
    message: string,
  ) => {
    const kind = 'event_contradicts';
    findings.add({ kind, sequence, stream, revision, expected, actual, message });
  };

  const stray = (table: string, row: StoredRow): void => {
    if (books.get(row['account_id'] as AccountId)?.isUnknown) return;
    const line = row['line'] === undefined ? '' : `/${row['line']}`;
    const sequence = Number(row['sequence']);
    unexpectedRow(findings, { table, key: `${row['sequence']}${line}`, sequence });
  };

  const ofSequence = async (
    table: string,
    along: typeof entries,
    sequence: number,
  ): Promise<readonly StoredRow[]> => {
    const rows = await along.upTo(sequence);
    if (rows.length === 0) return rows;
    const own = rows.filter((row) => Number(row['sequence']) === sequence);
    if (own.length < rows.length) {
      for (const row of rows) if (!own.includes(row)) stray(table, row);
    }
    return own;
  };

  /** The account an event belongs to. One whose stream does not begin with its opening is not known. */
  const bookedAccount = (stored: StoredEvent, id: AccountId, event: AccountEvent): NaiveAccount => {
    const known = books.get(id);
    if (known !== undefined) return known;
    const account = newNaiveAccount(id);
    books.set(id, account);
    if (event.type !== 'AccountOpened') {
      account.isUnknown = true;
      contradicts(stored, 'AccountOpened', event.type, `Account ${id} begins with ${event.type}.`);
    } else if (event.accountId !== id) {
      const message = `The stream of account ${id} opens account ${event.accountId}.`;
      contradicts(stored, id, event.accountId, message);
    }
    return account;
  };

  const unread = (id: AccountId | null): void => {
    if (id === null) return;
    const account = books.get(id) ?? newNaiveAccount(id);
    account.isUnknown = true;
    books.set(id, account);
  };

  type Rows = { readonly lines: readonly StoredRow[]; readonly entries: readonly StoredRow[] };

  const bookAndCompare = (
    stored: StoredEvent,
    recorded: RecordedEvent,
    event: AccountEvent,
    id: AccountId,
    rows: Rows,
  ): void => {
    const account = bookedAccount(stored, id, event);
    const before = bookOf(account, 'account USD');
    const { moves, contradiction } = bookNaively(account, recorded, event);
    if (account.isUnknown) return;
    if (contradiction !== null) {
      const { expected, actual, message } = contradiction;
      contradicts(stored, expected, actual, message);
    }
    compareLines(recorded, id, moves?.lines ?? [], before, rows.lines);
    compareEntry(findings, recorded, id, moves, rows.entries);
  };

  /** An event of the market, or one that is not where it belongs: it has no lines and no entry. */
  const withoutRows = (stored: StoredEvent, isMarkets: boolean, rows: Rows): void => {
    const ofMarketStream = accountOf(stored.stream) === null;
    if (ofMarketStream !== isMarkets) {
      const expected = ofMarketStream ? 'a market event' : 'an account event';
      const message = `${stored.type} does not belong in ${stored.stream}.`;
      contradicts(stored, expected, stored.type, message);
    }
    for (const row of rows.lines) stray('transactions', row);
    for (const row of rows.entries) stray('journal_entries', row);
  };

  const take: BooksVerifier['take'] = async (stored, recorded) => {
    const { sequence, stream } = stored;
    const id = accountOf(stream);
    if (recorded === undefined) unread(id);
    const rows: Rows = {
      lines: await ofSequence('transactions', transactions, sequence),
      entries: await ofSequence('journal_entries', entries, sequence),
    };
    if (recorded === undefined) return;
    const event = accountEventOf(recorded);
    if (id === null || event === null) withoutRows(stored, event === null, rows);
    else bookAndCompare(stored, recorded, event, id, rows);
  };

  return {
    take,
    end: async () => {
      for (const row of await transactions.upTo(Number.POSITIVE_INFINITY)) {
        stray('transactions', row);
      }
      for (const row of await entries.upTo(Number.POSITIVE_INFINITY)) stray('journal_entries', row);
      const compared = await compareTables(findings, books, tables, isWanted);
      return {
        ...compared,
        transactions: transactions.rows(),
        journal_entries: entries.rows(),
      };
    },
    accounts: () => books.size,
    unknown: () => [...books.values()].filter(({ isUnknown }) => isUnknown).length,
  };
};
