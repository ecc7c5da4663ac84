import type { AccountId, StreamName } from '#domain/ids.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import type { AccountRange } from '../ports/log-reader.ts';
import type { MissedRow } from './compare-lines.ts';
import type { SavedFindings } from './finding.ts';
import type { KeptItem, Made } from './living-rows.ts';
import type { Head } from './log-checks.ts';
import type { NaiveAccount } from './naive-accounts.ts';
import { type NaiveBooks, noteOpen } from './naive-books.ts';
import type { NaiveLot } from './naive-lots.ts';
import type { NaiveQuote } from './naive-market.ts';
import { isWorking, type NaiveOrder } from './naive-orders.ts';
import type { Entry, NaivePosition } from './naive-positions.ts';
import type { SavedSeals } from './seal-checks.ts';
import { isIn, ownerOf } from './share.ts';
import type { BooksVerifier } from './verify-books.ts';
import { showAll } from './waiting-marks.ts';

/** Raised with every change of what the records say: a run of another version cannot be gone on with. */
export const runVersion = 3;

/** How far a run got. */
export type RunHead = {
  readonly kind: 'run';
  readonly version: number;
  readonly accountId: AccountId | null;
  /** The last event that was read, and its hash; 0 and empty before the first. */
  readonly at: number;
  readonly hash: string;
  /** The last event in the books: they go no further than the read tables. */
  readonly booksAt: number;
  readonly isFinished: boolean;
  readonly events: number;
  readonly rows: Readonly<Record<string, number>>;
  readonly findings: SavedFindings;
  readonly seals: SavedSeals | null;
};

type PlainAccount = Omit<NaiveAccount, 'working' | 'holdings'>;

/** What a run knows, in pieces that can be written one by one. */
export type RunRecord =
  | RunHead
  | { readonly kind: 'head'; readonly stream: StreamName; readonly head: Head }
  | { readonly kind: 'account'; readonly account: PlainAccount }
  | {
      readonly kind: 'holding';
      readonly position: NaivePosition;
      readonly entries: Entry[] | null;
    }
  | { readonly kind: 'quote'; readonly quote: NaiveQuote }
  | { readonly kind: 'unread_reconciliations'; readonly accountId: AccountId }
  | { readonly kind: 'drift'; readonly accountId: string; readonly amount: bigint }
  | { readonly kind: 'item'; readonly table: string; readonly item: Made; readonly isNew: boolean }
  | { readonly kind: 'missed'; readonly missed: MissedRow }
  | { readonly kind: 'stray'; readonly table: string; readonly row: StoredRow };

function* accountsOf(books: NaiveBooks): Generator<RunRecord, void, void> {
  for (const { working: _, holdings, ...account } of books.accounts.values()) {
    yield { kind: 'account', account };
    for (const { position, entries } of holdings.values()) {
      yield { kind: 'holding', position, entries };
    }
  }
  for (const accountId of books.unreadReconciliations) {
    yield { kind: 'unread_reconciliations', accountId };
  }
}

/** What a part of the work knows: its streams' heads, its books, and what of the read tables may still change. */
export function* recordsOf(
  heads: ReadonlyMap<StreamName, Head>,
  { books, shelves, statement }: Pick<BooksVerifier, 'books' | 'shelves' | 'statement'>,
  withQuotes: boolean,
): Generator<RunRecord, void, void> {
  showAll(books);
  for (const [stream, one] of heads) yield { kind: 'head', stream, head: one };
  yield* accountsOf(books);
  // Every part has all of them.
  if (withQuotes) for (const quote of books.quotes.values()) yield { kind: 'quote', quote };
  for (const [accountId, amount] of statement.drifts) yield { kind: 'drift', accountId, amount };
  for (const missed of statement.missed()) yield { kind: 'missed', missed };
  for (const { table, row } of statement.lost()) yield { kind: 'stray', table, row };
  for (const shelf of shelves.every) {
    const { table } = shelf;
    for (const { item, isNew } of shelf.items()) yield { kind: 'item', table, item, isNew };
    for (const row of shelf.strayRows()) yield { kind: 'stray', table, row };
  }
}

const idIn = (thing: object, member: 'accountId' | 'account_id'): string | null =>
  member in thing ? String((thing as Record<string, unknown>)[member]) : null;

/** The account that a record is about; null for none. */
const accountIn = (record: Exclude<RunRecord, RunHead>): string | null => {
  switch (record.kind) {
    case 'head':
      return ownerOf(record.stream);
    case 'account':
      return record.account.id;
    case 'holding':
      return record.position.accountId;
    case 'drift':
    case 'unread_reconciliations':
      return record.accountId;
    case 'missed':
      return record.missed.accountId;
    case 'item':
      return idIn(record.item, 'accountId');
    case 'stray':
      return idIn(record.row, 'account_id');
    case 'quote':
      return null;
  }
};

/** Of a run's records, those that the part with these accounts goes on from. */
export const recordsFor = (records: readonly RunRecord[], accounts: AccountRange) =>
  records.filter(
    (record) =>
      record.kind !== 'run' && (record.kind === 'quote' || isIn(accounts, accountIn(record))),
  );

/** A run that was read back. */
export type SavedRun = {
  readonly head: RunHead;
  readonly records: readonly RunRecord[];
};

export const runOf = (records: readonly RunRecord[]): SavedRun => {
  const [head, ...rest] = records;
  if (head?.kind !== 'run') throw new Error('The file holds no run of verify.');
  return { head, records: rest };
};

const restoreItems = (
  { books, shelves }: BooksVerifier,
  items: ReadonlyMap<string, readonly KeptItem<Made>[]>,
  stray: ReadonlyMap<string, readonly StoredRow[]>,
): void => {
  for (const shelf of shelves.every) {
    shelf.restore(items.get(shelf.table) ?? [], stray.get(shelf.table) ?? []);
  }
  for (const { item } of shelves.orders.items()) {
    const order: NaiveOrder = item;
    if (!isWorking(order)) continue;
    books.accounts.get(order.accountId)?.working.set(order.orderId, order);
  }
  const lots: NaiveLot[] = [...shelves.lots.items()].map(({ item }) => item);
  lots.sort((one, other) => one.createdSequence - other.createdSequence);
  for (const lot of lots) {
    if (lot.closedAt !== null) continue;
    books.accounts.get(lot.accountId)?.holdings.get(lot.symbol)?.lots.push(lot);
  }
};

/** Puts a part of the work where the run left it. The rows that were held are to be read again: `catchUp`. */
export const restorePart = (
  heads: Map<StreamName, Head>,
  verifier: BooksVerifier,
  records: readonly RunRecord[],
): void => {
  const { books, statement } = verifier;
  const items = new Map<string, KeptItem<Made>[]>();
  const stray = new Map<string, StoredRow[]>();
  for (const record of records) {
    switch (record.kind) {
      case 'head':
        heads.set(record.stream, record.head);
        break;
      case 'account': {
        const { account } = record;
        books.accounts.set(account.id, { ...account, working: new Map(), holdings: new Map() });
        break;
      }
      case 'holding': {
        const { position, entries } = record;
        const holding = { position, entries, lots: [] };
        books.accounts.get(position.accountId)?.holdings.set(position.symbol, holding);
        noteOpen(books, holding);
        break;
      }
      case 'quote':
        books.quotes.set(record.quote.symbol, record.quote);
        break;
      case 'unread_reconciliations':
        books.unreadReconciliations.add(record.accountId);
        break;
      case 'drift':
        statement.drifts.set(record.accountId, record.amount);
        break;
      case 'missed':
        statement.restoreMissed(record.missed);
        break;
      case 'item': {
        const { table, item, isNew } = record;
        items.set(table, items.get(table) ?? []);
        items.get(table)?.push({ item, isNew });
        break;
      }
      case 'stray':
        stray.set(record.table, stray.get(record.table) ?? []);
        stray.get(record.table)?.push(record.row);
        break;
      case 'run':
    }
  }
  for (const table of ['transactions', 'journal_entries']) {
    for (const row of stray.get(table) ?? []) statement.stray(table, row);
  }
  restoreItems(verifier, items, stray);
};
