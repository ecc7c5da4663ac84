import type { Symbol as Ticker } from '#domain/ids.ts';
import { type PriceMarkRecord, priceMarksTable } from '../marks/table.ts';
import type { TableWrite } from '../ports/read-tables.ts';
import { appended } from './appended.ts';
import type { BulkTable } from './bulk-table.ts';

export type BulkMarks = BulkTable<PriceMarkRecord> & {
  /** Whether every mark of the symbol with a sequence > `after` is in memory. */
  readonly hasAfter: (symbol: Ticker, after: number) => boolean;
};

type Window = {
  readonly marks: PriceMarkRecord[];
  /** The sequence of the newest mark that memory has lost; 0 for none. */
  lostUpTo: number;
};

/**
 * The marks of a fold: each is written once, and the newest of every symbol stay in memory, for what they have shown to
 * positions is asked again and again.
 */
export const createBulkMarks = (marksKept: number): BulkMarks => {
  const windows = new Map<string, Window>();
  let unwritten: PriceMarkRecord[] = [];
  let kept = 0;
  const windowOf = (symbol: string): Window => {
    const known = windows.get(symbol);
    if (known !== undefined) return known;
    const fresh = { marks: [], lostUpTo: 0 };
    windows.set(symbol, fresh);
    return fresh;
  };
  const cut = (window: Window, most: number): void => {
    const lost = window.marks.splice(0, Math.max(0, window.marks.length - most));
    kept -= lost.length;
    window.lostUpTo = Math.max(window.lostUpTo, lost.at(-1)?.sequence ?? 0);
  };
  /** Loses the oldest marks, but none that is not in the database. */
  const trim = (): void => {
    if (kept <= marksKept) return;
    const needed = new Map<string, number>();
    for (const { symbol } of unwritten) needed.set(symbol, (needed.get(symbol) ?? 0) + 1);
    // Half as many as there is room for: trimming goes through all of them, and shall be seldom.
    const most = Math.floor(marksKept / 2 / windows.size);
    for (const [symbol, window] of windows) cut(window, Math.max(most, needed.get(symbol) ?? 0));
  };
  const take = (): TableWrite | null => {
    if (unwritten.length === 0) return null;
    const fresh = unwritten;
    unwritten = [];
    return appended(priceMarksTable, fresh);
  };
  const never = (): never => {
    throw new Error('marks are asked for by symbol, and never taken back');
  };

  return {
    shape: priceMarksTable,
    get: never,
    remove: never,
    load: never,
    values: never,
    changes: never,
    settle: () => {},
    knows: () => true,
    knowsGroup: () => true,
    put: (mark) => {
      windowOf(mark.symbol).marks.push(mark);
      unwritten.push(mark);
      kept += 1;
    },
    group: (symbol) => windowOf(symbol).marks,
    loadGroup: (symbol, marks) => {
      const window = windowOf(symbol);
      kept += marks.length - window.marks.length;
      window.marks.splice(0, window.marks.length, ...marks);
      window.lostUpTo = 0;
    },
    hasAfter: (symbol, after) => windowOf(symbol).lostUpTo <= after,
    hasForgotten: () => false,
    takeFinished: () => {
      trim();
      return take();
    },
    takeAll: take,
  };
};
