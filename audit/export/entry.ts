import type { AccountId, Symbol as Ticker } from '#domain/ids.ts';
import type { Cash } from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { SessionDate } from '#domain/time.ts';
import type { HeldLot, Moved, Part } from './holding.ts';

export type Section = 'assets' | 'income' | 'expenses' | 'equity';

/** An account of the books below one of ours, such as income, gains, AAPL. */
export type BookName = readonly [Section, ...string[]];

/** Whose books: `name` is safe in both programs, the account's number where that is. */
export type Owner = {
  readonly accountId: AccountId;
  readonly accountNumber: string;
  readonly name: string;
};

/** One line of an entry. Cash and cost sum to zero over an entry. */
export type Leg =
  | { readonly kind: 'cash'; readonly name: BookName; readonly amount: Cash }
  /** Shares that go out with their cost. */
  | { readonly kind: 'take'; readonly symbol: Ticker; readonly part: Part }
  /** Shares that come in as a lot. */
  | { readonly kind: 'put'; readonly symbol: Ticker; readonly lot: HeldLot };

export type Entry = {
  readonly owner: Owner;
  /** Never before the account's entry before it: books are written on, not written anew. */
  readonly date: SessionDate;
  /** Null for what was carried forward. */
  readonly event: RecordedEvent | null;
  readonly narration: string;
  readonly legs: readonly Leg[];
  /** What it did to a holding; null where it did nothing to any. */
  readonly moved: Moved | null;
};

export const cashName: BookName = ['assets', 'cash'];
export const sharesName: BookName = ['assets', 'shares'];
export const openingName: BookName = ['equity', 'opening'];
export const gainsName = (symbol: Ticker): BookName => ['income', 'gains', symbol];

/** What a program can take apart: no line ends, no control characters, single spaces. */
export const oneLine = (text: string): string => text.replace(/[\p{C}\s]+/gu, ' ').trim();
