import { type Cash, formatCash, parseCash } from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import { type CellKinds, compareRow, missingRow, unexpectedRow } from './cells.ts';
import { transactionCells } from './expected-rows.ts';
import type { Findings } from './finding.ts';
import { knownBookKey, type Line, type Moves } from './naive-moves.ts';
import { comparedColumns } from './table-columns.ts';

const numberIn = (row: StoredRow, column: string): number => Number(row[column]);

const { balance_after: _, ...lineColumns } = comparedColumns.transactions;
const { legs: __, ...entryColumns } = comparedColumns.journal_entries;

const amountOf = (text: unknown): bigint | null => {
  const parsed = parseCash(String(text));
  return typeof parsed === 'string' ? null : parsed;
};

/**
 * The statement's lines against the events. A wrong balance is told once: the lines behind it may go on from it, or be
 * right again. `drifts`: by account how far its balances are off, as far as that was told.
 */
export const createLineComparison = (findings: Findings, drifts: Map<string, bigint>) => {
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

  /** `before`: the account's cash before the event. */
  return (
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
      if (row === undefined) {
        missingRow(findings, place);
        continue;
      }
      const expected = transactionCells(accountId, event, line, index + 1);
      compareRow(findings, lineColumns, place, expected, row);
      compareBalance(accountId, row, place.key, balance);
    }
    for (const row of rows) {
      const number = numberIn(row, 'line');
      if (number >= 1 && number <= lines.length) continue;
      unexpectedRow(findings, { table: 'transactions', key: `${sequence}/${number}`, sequence });
    }
  };
};

/** Sums by `book commodity`, without those that come to nothing; null where the legs cannot be read. */
const legsIn = (stored: unknown): ReadonlyMap<string, bigint> | null => {
  const sums = new Map<string, bigint>();
  try {
    const legs: unknown = typeof stored === 'string' ? JSON.parse(stored) : stored;
    if (!Array.isArray(legs)) return null;
    for (const { book, commodity, amount } of legs) {
      const key = knownBookKey(String(book), String(commodity));
      const value = amountOf(amount);
      if (value === null) return null;
      sums.set(key, (sums.get(key) ?? 0n) + value);
    }
  } catch {
    return null;
  }
  for (const [key, sum] of sums) if (sum === 0n) sums.delete(key);
  return sums;
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

/** An event's double entry: its legs have to sum to zero per commodity and to be what the event moves, book by book. */
export const compareEntry = (
  findings: Findings,
  event: RecordedEvent,
  accountId: string,
  moves: Moves | null,
  rows: readonly StoredRow[],
): void => {
  const { sequence } = event;
  const place = { table: 'journal_entries', key: String(sequence), sequence };
  const [row] = rows;
  if (moves === null) {
    if (row !== undefined) unexpectedRow(findings, place);
    return;
  }
  if (row === undefined) {
    missingRow(findings, place);
    return;
  }
  const kinds: CellKinds = entryColumns;
  const { id, effectiveAt } = event;
  const cells = { event_id: id, account_id: accountId, at: effectiveAt, sequence: place.key };
  compareRow(findings, kinds, place, cells, row);
  const legs = legsIn(row['legs']);
  // What an event moves sums to zero.
  if (legs !== null && isSameLegs(legs, moves.legs)) return;
  const expected = written(moves.legs);
  const actual = legs === null ? String(row['legs']) : written(legs);
  const off = legs === null ? null : unbalanced(legs);
  if (off !== null) {
    const message = `The legs of journal entry ${sequence} sum to ${off}, not to zero.`;
    const kind = 'entry_unbalanced';
    findings.add({ kind, ...place, column: 'legs', expected: '0', actual: off, message });
  }
  const message = `journal_entries.legs of ${sequence} are not what the event moves.`;
  findings.add({ kind: 'cell_differs', ...place, column: 'legs', expected, actual, message });
};
