import { type Cash, formatCash, parseCash } from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import { cash } from './cell-texts.ts';
import {
  type CellKinds,
  compareRow,
  type ExpectedRow,
  missingRow,
  type Place,
  unexpectedRow,
} from './cells.ts';
import { transactionCells } from './expected-rows.ts';
import type { FindingSink } from './finding.ts';
import type { Claim, LostRow } from './lost-rows.ts';
import { knownBookKey, type Leg, type Line, type Moves } from './naive-moves.ts';
import { comparedColumns } from './table-columns.ts';

const numberIn = (row: StoredRow, column: string): number => Number(row[column]);

const { balance_after: _, ...lineColumns } = comparedColumns.transactions;
const { legs: __, ...entryColumns } = comparedColumns.journal_entries;

const amountOf = (text: unknown): bigint | null => {
  const parsed = parseCash(String(text));
  return typeof parsed === 'string' ? null : parsed;
};

/** A row of an event that was not there; it may have gone to another part of the work. */
export type MissedRow = {
  readonly accountId: string;
  readonly place: Place;
  readonly cells: ExpectedRow;
  /** Of a line: the balance after it. */
  readonly balance: bigint | null;
  /** Of an entry. */
  readonly legs: readonly Leg[] | null;
};

/**
 * The statement's lines against the events. A wrong balance is told once: the lines behind it may go on from it, or be
 * right again. `drifts`: by account how far its balances are off, as far as that was told. `miss`: takes what has no row.
 */
const createLineComparison = (
  findings: FindingSink,
  drifts: Map<string, bigint>,
  miss: (missed: MissedRow) => void,
) => {
  const compareBalance = (accountId: string, row: StoredRow, key: string, balance: bigint) => {
    const stored = amountOf(row['balance_after']);
    const drift = stored === null ? null : stored - balance;
    if (drift === 0n) {
      drifts.delete(accountId);
      return;
    }
    if (drift !== null && drift === drifts.get(accountId)) return;
    if (drift !== null) drifts.set(accountId, drift);
    const expected = formatCash(balance as Cash);
    const actual = String(row['balance_after']);
    findings.add({
      kind: 'cell_differs',
      sequence: numberIn(row, 'sequence'),
      table: 'transactions',
      key,
      column: 'balance_after',
      expected,
      actual,
      message: `transactions.balance_after of ${key} is ${actual}, the events make it ${expected}.`,
    });
  };

  const compareLine = ({ accountId, place, cells, balance }: MissedRow, row: StoredRow): void => {
    compareRow(findings, lineColumns, place, cells, row);
    compareBalance(accountId, row, place.key, balance ?? 0n);
  };

  /** `before`: the account's cash before the event. */
  const compareLines = (
    event: RecordedEvent,
    accountId: string,
    lines: readonly Line[],
    before: bigint,
    rows: readonly StoredRow[],
  ): void => {
    const { sequence } = event;
    let balance = before;
    for (const [index, line] of lines.entries()) {
      balance += line.amount;
      const number = String(index + 1);
      const isIt = (candidate: StoredRow | undefined): boolean => candidate?.['line'] === number;
      const row = isIt(rows[index]) ? rows[index] : rows.find(isIt);
      const place = { table: 'transactions', key: `${sequence}/${index + 1}`, sequence };
      const cells = transactionCells(accountId, event, line, index + 1);
      const expected = { accountId, place, cells, balance, legs: null };
      if (row === undefined) miss(expected);
      else compareLine(expected, row);
    }
    for (const row of rows) {
      const number = numberIn(row, 'line');
      if (number >= 1 && number <= lines.length) continue;
      unexpectedRow(findings, { table: 'transactions', key: `${sequence}/${number}`, sequence });
    }
  };
  return { compareLine, compareLines };
};

/** Sums by `book commodity`, without those that come to nothing. */
const summed = (legs: readonly Leg[]): ReadonlyMap<string, bigint> => {
  const sums = new Map<string, bigint>();
  for (const { book, commodity, amount } of legs) {
    const key = knownBookKey(book, commodity);
    sums.set(key, (sums.get(key) ?? 0n) + amount);
  }
  for (const [key, sum] of sums) if (sum === 0n) sums.delete(key);
  return sums;
};

/** The legs that a cell tells of; null where they cannot be read. */
const legsIn = (stored: unknown): readonly Leg[] | null => {
  const read: Leg[] = [];
  try {
    const legs: unknown = typeof stored === 'string' ? JSON.parse(stored) : stored;
    if (!Array.isArray(legs)) return null;
    for (const { book, commodity, amount } of legs) {
      const value = amountOf(amount);
      if (value === null) return null;
      read.push({ book: String(book), commodity: String(commodity), amount: value });
    }
  } catch {
    return null;
  }
  return read;
};

const quotedWords = new Map<string, string>();

const quoted = (word: string): string => {
  const known = quotedWords.get(word);
  if (known !== undefined) return known;
  const text = JSON.stringify(word);
  quotedWords.set(word, text);
  return text;
};

/** Legs as Postgres writes them: mostly the cell is this text, and nothing has to be read. */
const legsText = (legs: readonly Leg[]): string => {
  let text = '[';
  for (const { book, commodity, amount } of legs) {
    const mark = text === '[' ? '' : ', ';
    text += `${mark}{"book": ${quoted(book)}, "amount": "${cash(amount)}", "commodity": ${quoted(commodity)}}`;
  }
  return `${text}]`;
};

const written = (legs: ReadonlyMap<string, bigint>): string =>
  [...legs]
    .map(([key, amount]) => `${key} ${formatCash(amount as Cash)}`)
    .sort()
    .join(', ');

const isSameLegs = (
  one: ReadonlyMap<string, bigint>,
  other: ReadonlyMap<string, bigint>,
): boolean => {
  if (one.size !== other.size) return false;
  for (const [key, amount] of one) if (other.get(key) !== amount) return false;
  return true;
};

const unbalanced = (legs: ReadonlyMap<string, bigint>): string | null => {
  const totals = new Map<string, bigint>();
  for (const [key, amount] of legs) {
    const commodity = key.slice(key.indexOf(' ') + 1);
    totals.set(commodity, (totals.get(commodity) ?? 0n) + amount);
  }
  for (const [commodity, total] of totals) {
    if (total !== 0n) return `${formatCash(total as Cash)} ${commodity}`;
  }
  return null;
};

const entryKinds: CellKinds = entryColumns;

/** An event's double entry: its legs have to sum to zero per commodity and to be what the event moves, book by book. */
const createEntryComparison = (findings: FindingSink, miss: (missed: MissedRow) => void) => {
  const compareLegs = (place: Place, moved: readonly Leg[], stored: unknown): void => {
    if (stored === legsText(moved)) return;
    const wanted = summed(moved);
    const read = legsIn(stored);
    const legs = read === null ? null : summed(read);
    // What an event moves sums to zero.
    if (legs !== null && isSameLegs(legs, wanted)) return;
    const expected = written(wanted);
    const actual = legs === null ? String(stored) : written(legs);
    const off = legs === null ? null : unbalanced(legs);
    if (off !== null) {
      const message = `The legs of journal entry ${place.key} sum to ${off}, not to zero.`;
      const kind = 'entry_unbalanced';
      findings.add({ kind, ...place, column: 'legs', expected: '0', actual: off, message });
    }
    const message = `journal_entries.legs of ${place.key} are not what the event moves.`;
    findings.add({ kind: 'cell_differs', ...place, column: 'legs', expected, actual, message });
  };

  const compareEntry = ({ place, cells, legs }: MissedRow, row: StoredRow): void => {
    compareRow(findings, entryKinds, place, cells, row);
    compareLegs(place, legs ?? [], row['legs']);
  };

  return {
    compareEntry,
    compareEntries: (
      event: RecordedEvent,
      accountId: string,
      moves: Moves | null,
      [row]: readonly StoredRow[],
    ): void => {
      const { sequence, id, effectiveAt } = event;
      const place = { table: 'journal_entries', key: String(sequence), sequence };
      if (moves === null) {
        if (row !== undefined) unexpectedRow(findings, place);
        return;
      }
      const cells = { event_id: id, account_id: accountId, at: effectiveAt, sequence: place.key };
      const expected = { accountId, place, cells, balance: null, legs: moves.legs };
      if (row === undefined) miss(expected);
      else compareEntry(expected, row);
    },
  };
};

/** Rows that are missed, or that nobody made, are held this many at most: another part of the work may have them. */
const heldMax = 10_000;

/** Compares the lines and entries of events, whose rows never change. */
export const createStatementComparison = (findings: FindingSink) => {
  const drifts = new Map<string, bigint>();
  const missed = new Map<string, MissedRow>();
  const strays = new Map<string, LostRow>();
  const nameOf = (table: string, key: string): string => `${table} ${key}`;

  const miss = (row: MissedRow): void => {
    const { place } = row;
    if (missed.size >= heldMax) missingRow(findings, place);
    else missed.set(nameOf(place.table, place.key), row);
  };
  const { compareLine, compareLines } = createLineComparison(findings, drifts, miss);
  const { compareEntry, compareEntries } = createEntryComparison(findings, miss);
  const tell = ({ table, key, madeBy: sequence }: LostRow): void =>
    unexpectedRow(findings, { table, key, sequence });

  return {
    /** By account: how far its wrong balance is off, for which it has been named already. */
    drifts,
    compareLines,
    compareEntries,
    /** A row of no event that was seen here. */
    stray: (table: string, row: StoredRow): void => {
      const line = row['line'] === undefined ? '' : `/${row['line']}`;
      const madeBy = numberIn(row, 'sequence');
      const lost = { table, key: `${row['sequence']}${line}`, madeBy, row };
      if (strays.size >= heldMax) tell(lost);
      else strays.set(nameOf(table, lost.key), lost);
    },
    missed: (): Iterable<MissedRow> => missed.values(),
    restoreMissed: miss,
    lost: (): readonly LostRow[] => [...strays.values()],
    claims: (lost: readonly LostRow[]): readonly Claim[] =>
      lost.map(({ table, key }) => (missed.has(nameOf(table, key)) ? 'key' : 0)),
    adopt: ({ table, key, row }: LostRow): void => {
      const name = nameOf(table, key);
      const expected = missed.get(name);
      if (expected === undefined) return;
      missed.delete(name);
      if (table === 'transactions') compareLine(expected, row);
      else compareEntry(expected, row);
    },
    forget: (table: string, key: string): void => void strays.delete(nameOf(table, key)),
    end: (): void => {
      for (const { place } of missed.values()) missingRow(findings, place);
      for (const lost of strays.values()) tell(lost);
    },
  };
};
export type StatementComparison = ReturnType<typeof createStatementComparison>;
