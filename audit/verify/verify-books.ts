import type { AccountEvent } from '#domain/account/events.ts';
import type { AccountId, StreamName } from '#domain/ids.ts';
import type { ReconciliationEvent } from '#domain/reconciliation/events.ts';
import {
  isAccountEvent,
  isMarketEvent,
  isReconciliationEvent,
  type RecordedEvent,
} from '#domain/recorded-event.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import type { LogReader, StoredEvent } from '../ports/log-reader.ts';
import type { RowFilter, VerifyTableReader } from '../ports/table-reader.ts';
import { compareEnds } from './compare-ends.ts';
import { createStatementComparison, type StatementComparison } from './compare-lines.ts';
import type { FindingSink } from './finding.ts';
import { journalBefore, marksBefore, orderBefore } from './look-back.ts';
import type { Claim, LostRow, Returned } from './lost-rows.ts';
import { bookOf, type NaiveAccount, newNaiveAccount } from './naive-accounts.ts';
import { bookNaively, type NaiveBooks, orderOf } from './naive-books.ts';
import type { Mark } from './naive-positions.ts';
import { bookReconciliation } from './naive-reconciliations.ts';
import { bookMarket } from './naive-sessions.ts';
import { createRowsAlong, type RowsAlong } from './rows-along.ts';
import { accountOf, reconciledIn } from './share.ts';
import { createShelvedTables, type ShelvedTables } from './shelved-tables.ts';

type Rows = { readonly lines: readonly StoredRow[]; readonly entries: readonly StoredRow[] };

export type BooksVerifier = {
  readonly books: NaiveBooks;
  readonly shelves: ShelvedTables;
  readonly statement: StatementComparison;
  /** Whether the event can be taken at once, or something has to be read before. */
  readonly isReady: (stored: StoredEvent, event: RecordedEvent | undefined) => boolean;
  readonly prepare: (stored: StoredEvent, event: RecordedEvent | undefined) => Promise<void>;
  /** An event of the log; undefined where it could not be read. */
  readonly take: (stored: StoredEvent, event: RecordedEvent | undefined) => void;
  /** Reads again what an event touched after it was let go: after every page. */
  readonly catchUp: () => Promise<void>;
  /** Takes the rows behind the last event. Returns the last event up to `head` that lines and entries among them are of; 0 for none. */
  readonly drain: (head: number) => Promise<number>;
  /** Rows that no event of those taken here has made. */
  readonly lost: () => readonly LostRow[];
  /** What of rows that were lost anywhere is missed here. */
  readonly claims: (lost: readonly LostRow[]) => readonly Claim[];
  /** Compares what is left. Returns how many rows of each table it looked at. */
  readonly end: (returned: Returned) => Promise<Readonly<Record<string, number>>>;
  readonly accounts: () => number;
  readonly held: () => Readonly<Record<string, number>>;
  /** Accounts that could not be compared, or of which the breaks could not be. */
  readonly unknown: () => number;
};

/** The order that an event speaks of and that must be known; null for none. */
const orderIn = (event: AccountEvent): string | null => {
  switch (event.type) {
    case 'OrderSubmitted':
    case 'OrderRefused':
    case 'FillDisputed':
    case 'ReportDisputed':
      return null;
    default:
      return 'orderId' in event ? event.orderId : null;
  }
};

const restates = (event: AccountEvent) =>
  event.type === 'FillBusted' || event.type === 'FillCorrected' ? event : null;

/** Ids that were looked for in vain, so that a ruined log is not read again for each of its events. */
const unfoundMax = 10_000;

/**
 * Books the log a second time and compares what comes out with the read tables as the log goes by; what has one row for
 * an account, a holding or a symbol, at its end. `filter`: which rows; the books hold what came up to `after`.
 */
export const createBooksVerifier = (
  findings: FindingSink,
  log: LogReader,
  tables: VerifyTableReader,
  filter: RowFilter,
): BooksVerifier => {
  const accounts: NaiveBooks['accounts'] = new Map();
  const unreadReconciliations: NaiveBooks['unreadReconciliations'] = new Set();
  const isLeftOut = (id: string): boolean => accounts.get(id as AccountId)?.isUnknown === true;
  const shelves = createShelvedTables(tables, findings, filter, {
    ofAccounts: isLeftOut,
    ofReconciliations: (id) => unreadReconciliations.has(id as AccountId),
  });
  const books: NaiveBooks = {
    accounts,
    quotes: new Map(),
    open: new Map(),
    waitingMarks: new Map(),
    unreadReconciliations,
    shelves,
  };
  const lines = createRowsAlong(tables.inOrderOfLog('transactions', filter), 'sequence');
  const entries = createRowsAlong(tables.inOrderOfLog('journal_entries', filter), 'sequence');
  const along: readonly RowsAlong[] = [lines, entries, ...shelves.every.map((one) => one.along)];
  const statement = createStatementComparison(findings);
  const unfound = new Set<string>();
  /** Marks for the bust or correction that comes next. */
  let marks: readonly Mark[] = [];

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
    if (!isLeftOut(String(row['account_id']))) statement.stray(table, row);
  };

  const ofSequence = (
    table: string,
    rows: readonly StoredRow[],
    sequence: number,
  ): readonly StoredRow[] => {
    if (rows.length === 0) return rows;
    const isOwn = (row: StoredRow): boolean => Number(row['sequence']) === sequence;
    if (rows.every(isOwn)) return rows;
    for (const row of rows) if (!isOwn(row)) stray(table, row);
    return rows.filter(isOwn);
  };

  /** The account an event belongs to. One whose stream does not begin with its opening is not known. */
  const bookedAccount = (stored: StoredEvent, id: AccountId, event: AccountEvent): NaiveAccount => {
    const known = accounts.get(id);
    if (known !== undefined) return known;
    const account = newNaiveAccount(id);
    accounts.set(id, account);
    if (event.type !== 'AccountOpened') {
      account.isUnknown = true;
      contradicts(stored, 'AccountOpened', event.type, `Account ${id} begins with ${event.type}.`);
    } else if (event.accountId !== id) {
      const message = `The stream of account ${id} opens account ${event.accountId}.`;
      contradicts(stored, id, event.accountId, message);
    }
    return account;
  };

  const unread = (stream: StreamName): void => {
    const reconciled = reconciledIn(stream);
    if (reconciled !== null) unreadReconciliations.add(reconciled);
    const id = accountOf(stream);
    if (id === null) return;
    const account = accounts.get(id) ?? newNaiveAccount(id);
    account.isUnknown = true;
    accounts.set(id, account);
  };

  const bookAndCompare = (
    stored: StoredEvent,
    recorded: RecordedEvent,
    event: AccountEvent,
    id: AccountId,
    rows: Rows,
  ): void => {
    const account = bookedAccount(stored, id, event);
    if (account.isUnknown) return;
    const before = bookOf(account, 'account USD');
    try {
      const { moves, contradiction } = bookNaively(books, account, recorded, event, marks);
      if (contradiction !== null) {
        const { expected, actual, message } = contradiction;
        contradicts(stored, expected, actual, message);
      }
      statement.compareLines(recorded, id, moves?.lines ?? [], before, rows.lines);
      statement.compareEntries(recorded, id, moves, rows.entries);
    } catch (error) {
      // After what nothing allows not even arithmetic has to hold.
      account.isUnknown = true;
      const why = error instanceof Error ? error.message : String(error);
      const message = `Event ${stored.sequence} cannot be booked: ${why}.`;
      contradicts(stored, 'an event that can be booked', stored.type, message);
    }
  };

  const needsOrder = (id: AccountId, event: AccountEvent): string | null => {
    const orderId = orderIn(event);
    if (orderId === null || orderOf(shelves, id, orderId) !== undefined) return null;
    return unfound.has(`${id}/${orderId}`) ? null : orderId;
  };

  /** The account's event where something it touches may have been let go. */
  const lookingBack = (stored: StoredEvent, recorded: RecordedEvent | undefined) => {
    const id = accountOf(stored.stream);
    if (id === null || recorded === undefined || !isAccountEvent(recorded.data)) return null;
    const { data } = recorded;
    if (restates(data) === null && needsOrder(id, data) === null) return null;
    return isLeftOut(id) || !accounts.has(id) ? null : { id, data };
  };

  const recallOrder = async (id: AccountId, orderId: string, sequence: number): Promise<void> => {
    const order = await orderBefore(log, id, orderId, sequence);
    if (order !== undefined) shelves.orders.recall(order);
    else if (unfound.size < unfoundMax) unfound.add(`${id}/${orderId}`);
  };

  const recallHolding = async (
    id: AccountId,
    event: NonNullable<ReturnType<typeof restates>>,
    sequence: number,
  ): Promise<void> => {
    const { symbol, executionId } = event;
    const holding = accounts.get(id)?.holdings.get(symbol);
    const isKnown = shelves.order_fills.get(`${id}/${executionId}`) !== undefined;
    if (holding?.entries == null || !isKnown) {
      const journal = await journalBefore(log, id, symbol, sequence);
      if (holding !== undefined) holding.entries ??= journal.entries;
      const execution = journal.executions.get(executionId);
      if (!isKnown && execution !== undefined) shelves.order_fills.recall(execution);
    }
    marks = await marksBefore(log, symbol, sequence);
  };

  /** All rows of all tables before this sequence are at hand. */
  let knownBefore = 0;

  const isReady: BooksVerifier['isReady'] = (stored, recorded) =>
    stored.sequence < knownBefore && lookingBack(stored, recorded) === null;

  const prepare: BooksVerifier['prepare'] = async (stored, recorded) => {
    const { sequence } = stored;
    for (const one of along) await one.read(sequence);
    knownBefore = Math.min(...along.map((one) => one.knownBefore()));
    const back = lookingBack(stored, recorded);
    if (back === null) return;
    const { id, data } = back;
    const orderId = needsOrder(id, data);
    if (orderId !== null) await recallOrder(id, orderId, sequence);
    const event = restates(data);
    if (event !== null) await recallHolding(id, event, sequence);
  };

  const bookBreaks = (
    stored: StoredEvent,
    recorded: RecordedEvent,
    event: ReconciliationEvent,
    id: AccountId,
  ): void => {
    if (unreadReconciliations.has(id)) return;
    if (!accounts.has(id)) {
      const message = `There was no account ${id} to reconcile before this event.`;
      contradicts(stored, 'an account that was opened before', id, message);
    }
    if (event.accountId !== id) {
      const message = `${stored.stream} tells of account ${event.accountId}.`;
      contradicts(stored, id, event.accountId, message);
      return;
    }
    const wrong = bookReconciliation(shelves, recorded, event);
    if (wrong !== null) contradicts(stored, wrong.expected, wrong.actual, wrong.message);
  };

  const belongingIn = (stream: StreamName): string => {
    if (accountOf(stream) !== null) return 'an account event';
    return reconciledIn(stream) === null ? 'a market event' : 'an event of a reconciliation';
  };

  /** An event that moves nothing, or one that is not where it belongs: it has no lines and no entry. */
  const withoutRows = (stored: StoredEvent, recorded: RecordedEvent, rows: Rows): void => {
    const { stream, sequence } = stored;
    const { data } = recorded;
    const reconciled = reconciledIn(stream);
    const isOfMarket = accountOf(stream) === null && reconciled === null;
    if (isOfMarket && isMarketEvent(data)) bookMarket(books, sequence, data);
    else if (reconciled !== null && isReconciliationEvent(data)) {
      bookBreaks(stored, recorded, data, reconciled);
    } else {
      const message = `${stored.type} does not belong in ${stream}.`;
      contradicts(stored, belongingIn(stream), stored.type, message);
    }
    for (const row of rows.lines) stray('transactions', row);
    for (const row of rows.entries) stray('journal_entries', row);
  };

  const take: BooksVerifier['take'] = (stored, recorded) => {
    const { sequence, stream } = stored;
    const id = accountOf(stream);
    for (const shelf of shelves.every) shelf.begin(sequence);
    if (recorded === undefined) unread(stream);
    const rows = {
      lines: ofSequence('transactions', lines.take(sequence), sequence),
      entries: ofSequence('journal_entries', entries.take(sequence), sequence),
    };
    if (recorded !== undefined) {
      const { data } = recorded;
      if (id !== null && isAccountEvent(data)) bookAndCompare(stored, recorded, data, id, rows);
      else withoutRows(stored, recorded, rows);
    }
    for (const shelf of shelves.every) shelf.compare();
    marks = [];
  };

  const catchUp = async (): Promise<void> => {
    for (const shelf of shelves.every) if (shelf.isBehind()) await shelf.catchUp();
  };

  /** Takes the rows of lines or entries behind the last event. Returns the last event up to `head` that any is of. */
  const drainStatement = async (table: string, along: RowsAlong, head: number): Promise<number> => {
    let last = 0;
    for await (const page of along.rest()) {
      for (const row of page) {
        const sequence = Number(row['sequence']);
        if (sequence <= head) last = Math.max(last, sequence);
        stray(table, row);
      }
    }
    return last;
  };

  const drain: BooksVerifier['drain'] = async (head) => {
    await catchUp();
    const ofLines = await drainStatement('transactions', lines, head);
    const ofEntries = await drainStatement('journal_entries', entries, head);
    for (const shelf of shelves.every) await shelf.drain();
    return Math.max(ofLines, ofEntries);
  };

  const shelfOf = (table: string) => shelves.every.find((shelf) => shelf.table === table);

  const claims: BooksVerifier['claims'] = (lost) => {
    const claimed = new Map<LostRow, Claim>();
    const note = (some: readonly LostRow[], answers: readonly Claim[]): void => {
      for (const [n, row] of some.entries()) claimed.set(row, answers[n] ?? 0);
    };
    note(lost, statement.claims(lost));
    for (const shelf of shelves.every) {
      const own = lost.filter(({ table }) => table === shelf.table);
      if (own.length > 0) note(own, shelf.claims(own));
    }
    return lost.map((row) => claimed.get(row) ?? 0);
  };

  const takeBack = ({ adopted, missed }: Returned): void => {
    for (const row of adopted) (shelfOf(row.table) ?? statement).adopt(row);
    for (const [table, keys] of missed) {
      const shelf = shelfOf(table);
      for (const key of keys) {
        if (shelf === undefined) statement.forget(table, key);
        else shelf.forget(key);
      }
    }
  };

  return {
    books,
    shelves,
    statement,
    isReady,
    prepare,
    take,
    catchUp,
    drain,
    lost: () => [...statement.lost(), ...shelves.every.flatMap((shelf) => shelf.lost())],
    claims,
    end: async (returned) => {
      takeBack(returned);
      statement.end();
      for (const shelf of shelves.every) await shelf.end();
      // Of these, those from before count too.
      const { after: _, ...whose } = filter;
      const ends = await compareEnds(findings, books, tables, whose);
      return {
        ...ends,
        ...Object.fromEntries(shelves.every.map((shelf) => [shelf.table, shelf.rows()])),
        transactions: lines.rows(),
        journal_entries: entries.rows(),
      };
    },
    accounts: () => accounts.size,
    held: () => ({
      ...Object.fromEntries(shelves.every.map((shelf) => [shelf.table, shelf.held()])),
      positions: [...accounts.values()].reduce((sum, { holdings }) => sum + holdings.size, 0),
    }),
    unknown: () => {
      const unknown = [...accounts.values()].filter(({ isUnknown }) => isUnknown);
      return new Set([...unknown.map(({ id }) => id), ...unreadReconciliations]).size;
    },
  };
};
