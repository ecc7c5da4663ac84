import type { Symbol as Ticker } from '#domain/ids.ts';
import { type Cash, formatCash, formatQuantity, type Quantity } from '#domain/money.ts';
import type { SessionDate } from '#domain/time.ts';
import type { BookName, Entry, Owner } from './entry.ts';
import type { CostMethod } from './holding.ts';

/** What an account of the books comes to in one unit. */
export type Figure =
  | { readonly asset: 'cash'; readonly name: BookName; readonly amount: Cash }
  | {
      readonly asset: 'shares';
      readonly name: BookName;
      readonly symbol: Ticker;
      readonly amount: Quantity;
    };

/** How a program's books are written: pieces of text that end with a line. */
export type BookFormat = {
  readonly method: CostMethod;
  readonly header: string;
  /** Before a symbol's first use. */
  readonly commodity: (symbol: Ticker, date: SessionDate) => string;
  /** Before a name's first use. */
  readonly open: (owner: Owner, name: BookName, date: SessionDate) => string;
  readonly entry: (entry: Entry) => string;
  /** What the figures are when the day has ended: the program refuses books that say something else. */
  readonly balances: (owner: Owner, figures: readonly Figure[], date: SessionDate) => string;
};

/** Both programs call the ledger's currency so; a stock of this name gets another one. */
export const currency = 'USD';

export const figureText = (figure: Figure): string =>
  figure.asset === 'cash' ? formatCash(figure.amount) : formatQuantity(figure.amount);
