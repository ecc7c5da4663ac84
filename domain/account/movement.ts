import type { Symbol as Ticker } from '../ids.ts';
import { type Cash, negate } from '../money.ts';
import type { Instant } from '../time.ts';
import type { AccountEvent } from './events.ts';

type CashEvent = Extract<AccountEvent, { readonly externalReference: string | null }>;

export type MovementCategory =
  | 'deposit'
  | 'withdrawal'
  | 'fee'
  | 'interest'
  | 'adjustment'
  | 'dividend';

const categories: Readonly<Record<CashEvent['type'], MovementCategory>> = {
  CashDeposited: 'deposit',
  CashWithdrawn: 'withdrawal',
  FeeCharged: 'fee',
  InterestPaid: 'interest',
  CashAdjusted: 'adjustment',
  DividendPaid: 'dividend',
};

/** Cash that moved outside trades. */
export type Movement = {
  readonly category: MovementCategory;
  readonly symbol: Ticker | null;
  /** Signed: what it did to the account's cash. */
  readonly amount: Cash;
  readonly at: Instant;
  /** The other side's name for it. */
  readonly reference: string | null;
  readonly description: string;
};

const isCashEvent = (event: AccountEvent): event is CashEvent =>
  Object.hasOwn(categories, event.type);

/** What an event moves in cash outside trades and splits; undefined where it moves none. */
export const movementIn = (event: AccountEvent): Movement | undefined =>
  isCashEvent(event)
    ? {
        category: categories[event.type],
        symbol: event.type === 'DividendPaid' ? event.symbol : null,
        amount:
          event.type === 'CashWithdrawn' || event.type === 'FeeCharged'
            ? negate(event.amount)
            : event.amount,
        at: event.at,
        reference: event.externalReference,
        description: event.description,
      }
    : undefined;
