import type { AccountId, Symbol } from '../ids.ts';
import type { Cash, Price, Quantity } from '../money.ts';
import type { OrderEvent } from '../order/events.ts';
import type { Instant } from '../time.ts';
import type { AccountPolicy } from './policy.ts';

export type AccountOpened = {
  readonly type: 'AccountOpened';
  readonly accountId: AccountId;
  /** The number people use for it, unique in the ledger. */
  readonly accountNumber: string;
  /** Who owns it; null until there are users. */
  readonly userId: string | null;
  readonly policy: AccountPolicy;
  readonly openedAt: Instant;
};

type CashMovement = {
  readonly amount: Cash;
  readonly description: string;
  /** The other side's name for it: a bank reference, a statement line. */
  readonly externalReference: string | null;
  readonly at: Instant;
};

/** amount > 0 */
export type CashDeposited = CashMovement & { readonly type: 'CashDeposited' };
/** amount > 0, taken out of the account */
export type CashWithdrawn = CashMovement & { readonly type: 'CashWithdrawn' };
/** amount > 0, taken out of the account */
export type FeeCharged = CashMovement & { readonly type: 'FeeCharged' };
/** amount > 0 is credited to the account, amount < 0 is interest the account owes */
export type InterestPaid = CashMovement & { readonly type: 'InterestPaid' };
/** A correction by a person; amount may have either sign. */
export type CashAdjusted = CashMovement & {
  readonly type: 'CashAdjusted';
  readonly reason: string;
};

/**
 * A long position receives, a short one pays: amount = perShare × quantity held. One that was reported from outside
 * (it has an external reference) carries the amount as reported, which may have been rounded.
 */
export type DividendPaid = CashMovement & {
  readonly type: 'DividendPaid';
  readonly symbol: Symbol;
  readonly perShare: Price;
  readonly quantity: Quantity;
};

/** `newShares` for every `oldShares`. Total cost stays; a fraction too small to hold is paid in cash. */
export type StockSplit = {
  readonly type: 'StockSplit';
  readonly symbol: Symbol;
  /** Whole numbers, e.g. 7 and 1, or 1 and 20 for a reverse split. */
  readonly newShares: bigint;
  readonly oldShares: bigint;
  /** Signed position before and after. */
  readonly quantityBefore: Quantity;
  readonly quantityAfter: Quantity;
  /** What of `quantityBefore` is paid out instead of kept, in old shares; signed as the position. */
  readonly fraction: Quantity;
  /** Paid for `fraction` at `referencePrice`; negative for a short position. */
  readonly cashInLieu: Cash;
  /** Price of one old share; null where no fraction had to be priced. */
  readonly referencePrice: Price | null;
  readonly at: Instant;
};

export type AccountSuspended = {
  readonly type: 'AccountSuspended';
  readonly reason: string;
  readonly at: Instant;
};
export type AccountReinstated = {
  readonly type: 'AccountReinstated';
  readonly reason: string;
  readonly at: Instant;
};
export type AccountClosed = {
  readonly type: 'AccountClosed';
  readonly reason: string;
  readonly at: Instant;
};

/** All that can happen in one account's stream. */
export type AccountEvent =
  | AccountOpened
  | CashDeposited
  | CashWithdrawn
  | FeeCharged
  | InterestPaid
  | CashAdjusted
  | DividendPaid
  | StockSplit
  | AccountSuspended
  | AccountReinstated
  | AccountClosed
  | OrderEvent;
