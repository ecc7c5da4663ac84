import type { Symbol as Ticker } from '#domain/ids.ts';
import type { Cash, Price, Quantity } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import type { AccountCommand } from '../commands.ts';
import type { AsOf } from './knowledge.ts';

/** What becomes of a row when an import is booked, and in which words it is told. */
export const outcomes = {
  book: 'It is new and is booked.',
  known: 'It is booked already: the same reference with the same content.',
  no_effect:
    'It has happened and changes nothing here, such as a split of shares that are not held.',
  conflict:
    'The reference is booked already with other content, or the row contradicts what is booked.',
  refused: 'The account cannot take it.',
} as const satisfies Record<string, string>;
export type Outcome = keyof typeof outcomes;

/** Why a row that was understood cannot be booked in this account. Besides these: the codes of docs/errors.md and the disputes of docs/events.md. */
export const planCodes = {
  reference_conflict:
    'Its reference is booked with other content. Compare both; correct the one that is wrong.',
  break_open:
    'A break that is open pairs it with something that is booked under another reference. Approve or dismiss that first: `ledger reconcile --list`.',
  looks_booked:
    'A trade of the same day, symbol, side, quantity and price is booked from elsewhere. Compare the file (`ledger reconcile --against`): what is the same agrees, what is another can be approved.',
  older_than_split:
    'The trade is older than a split that is booked, and its shares after the split are no whole billionths. Import all into a new account.',
  split_ratio_unknown:
    'The shares that came do not make a ratio of what is held: rows before it are missing. Import them too, or give the split as JSON lines.',
  split_too_late:
    'The account has trades of the symbol from before and from after the split: it would restate the wrong shares. Import all into a new account.',
} as const satisfies Record<string, string>;
export type PlanCode = keyof typeof planCodes;

/** What does not stop a row from being booked, but whoever imports should know. */
export const warningCodes = {
  cash_below_zero: 'The cash of a cash account goes below zero: rows before it may be missing.',
  short_in_cash_account:
    'More of a symbol is sold than is held in a cash account: rows before it may be missing.',
  before_opening:
    'Rows are older than the account: they are booked with their times, but a view as of any time before has no account.',
  out_of_order:
    'Trades are older than trades of the same symbol that are booked: average cost and realized P&L follow the order of booking.',
} as const satisfies Record<string, string>;
export type WarningCode = keyof typeof warningCodes;

/** The kinds of rows in the table. `rounding`: what a stated amount differs from price × quantity. */
export type PlannedKind =
  | 'buy'
  | 'sell'
  | 'rounding'
  | 'deposit'
  | 'withdrawal'
  | 'fee'
  | 'interest'
  | 'tax'
  | 'adjustment'
  | 'conversion'
  | 'dividend'
  | 'split'
  | 'bust'
  | 'correction';

/** One command of an import, and what it would do. */
export type PlannedCommand = {
  readonly file: string;
  readonly row: number;
  readonly at: Instant;
  readonly kind: PlannedKind;
  readonly symbol: Ticker | null;
  /** Of a split: the shares that it brings to the position, or takes. */
  readonly quantity: Quantity | null;
  readonly price: Price | null;
  /** What it does to the cash, commission included. */
  readonly amount: Cash;
  readonly commission: Cash | null;
  /** `source:reference` */
  readonly reference: string;
  readonly description: string;
  readonly command: AccountCommand;
  /** The idempotency key; null for a fill, whose execution id is its key. */
  readonly key: string | null;
  readonly outcome: Outcome;
  /** A code of `planCodes`, a refusal or a dispute; null where there is nothing to say. */
  readonly code: string | null;
  readonly why: string | null;
};

export type Holdings = { readonly cash: Cash; readonly positions: ReadonlyMap<Ticker, Quantity> };

export type ImportWarning = {
  readonly code: WarningCode;
  readonly message: string;
};

export type ImportPlan = {
  /** In the order of time, in which they are booked. */
  readonly commands: readonly PlannedCommand[];
  readonly before: Holdings;
  /** With everything booked that can be. */
  readonly after: Holdings;
  readonly warnings: readonly ImportWarning[];
  /** What of the account it was made on. */
  readonly asOf: AsOf;
};
