import type { Symbol as Ticker } from '#domain/ids.ts';
import type { Cash, Price, Quantity } from '#domain/money.ts';
import type { Side } from '#domain/order/terms.ts';
import type { Instant } from '#domain/time.ts';

/** `conversion`: from or into another currency, which this ledger does not hold. */
export const cashCategories = [
  'deposit',
  'withdrawal',
  'fee',
  'interest',
  'tax',
  'adjustment',
  'conversion',
] as const;
export type CashCategory = (typeof cashCategories)[number];

/** What one row of a broker's statement says happened in the account. */
export type StatementLine = {
  /** Where in the file it is, from 1; the first of several rows that tell one thing together. */
  readonly row: number;
  readonly at: Instant;
  /**
   * The broker's own id of it, or one made of what it says: the same row has the same reference in every export that
   * holds it, and two rows that say the same on one day have two.
   */
  readonly reference: string;
  readonly description: string;
} & (
  | {
      readonly kind: 'trade';
      readonly symbol: Ticker;
      readonly side: Side;
      readonly quantity: Quantity;
      readonly price: Price;
      /** What the broker charged: 0 or more. */
      readonly commission: Cash;
      /**
       * Signed, commission included: what the statement says the trade did to the cash, where it says so. Differs from
       * price × quantity where the statement rounds one of them.
       */
      readonly amount?: Cash;
    }
  | {
      readonly kind: 'cash';
      readonly category: CashCategory;
      /** Signed: what it did to the account's cash. */
      readonly amount: Cash;
    }
  | {
      readonly kind: 'dividend';
      readonly symbol: Ticker;
      /** Signed: received, or paid on a short. */
      readonly amount: Cash;
      /** Null where the statement does not say. */
      readonly quantity: Quantity | null;
      readonly perShare: Price | null;
    }
  | {
      readonly kind: 'split';
      readonly symbol: Ticker;
      readonly newShares: bigint;
      readonly oldShares: bigint;
      /** Fractions of a share were paid in cash; left out: they stayed. */
      readonly wholeShares?: boolean;
      /** What one old share counted for in what was paid. */
      readonly fractionPrice?: Price;
    }
  /** A split of which the statement says only how many shares came, or went (negative). */
  | {
      readonly kind: 'split_shares';
      readonly symbol: Ticker;
      readonly change: Quantity;
    }
  /** An execution was taken back. */
  | {
      readonly kind: 'bust';
      /** The reference of its trade, of the same source. */
      readonly trade: string;
      readonly reason: string;
    }
  /** An execution was restated. */
  | {
      readonly kind: 'correction';
      readonly trade: string;
      readonly quantity: Quantity;
      readonly price: Price;
      readonly commission: Cash;
      readonly reason: string;
    }
);

/** A row that was understood and needs no line of its own, and why: another row tells it, or it moves nothing. */
export type StatementNote = { readonly row: number; readonly message: string };

/** A row that cannot be taken, and what to do about it. */
export type StatementProblem = {
  /** Which file it is in, where that is not said beside it. */
  readonly file?: string;
  readonly row: number;
  /** Stable, such as `currency_not_supported`. */
  readonly code: string;
  readonly message: string;
};

export type StatedPosition = {
  readonly symbol: Ticker;
  /** Signed: a short is negative. */
  readonly quantity: Quantity;
};

/** What a broker says of one account over a time, in our words, oldest first. */
export type BrokerStatement = {
  /** Whose layout it is, such as `schwab`. */
  readonly source: string;
  readonly lines: readonly StatementLine[];
  /** Held at the end; null where the statement does not say. */
  readonly positions: readonly StatedPosition[] | null;
  /** Cash at the end; null where the statement does not say. */
  readonly cash: Cash | null;
  /** The first and the last moment it speaks of; null where it says nothing. */
  readonly from: Instant | null;
  readonly to: Instant | null;
  readonly problems: readonly StatementProblem[];
  /** Every row is told by a line, a problem or a note. */
  readonly notes?: readonly StatementNote[];
};
