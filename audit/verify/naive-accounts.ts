import type { AccountOpened } from '#domain/account/events.ts';
import type { AccountId } from '#domain/ids.ts';
import type { Instant, SessionDate } from '#domain/time.ts';
import type { NaiveHolding } from './naive-holdings.ts';
import { keptAside, type NaiveOrder } from './naive-orders.ts';

export type NaiveAccount = {
  readonly id: AccountId;
  opened: (AccountOpened & { readonly sequence: number }) | null;
  status: 'active' | 'suspended' | 'closed';
  statusReason: string | null;
  closedAt: Instant | null;
  /** What each book has with the account, cash of 18 decimals and shares too, by `book commodity`. */
  readonly books: Map<string, bigint>;
  /** Orders that may still trade. */
  readonly working: Map<string, NaiveOrder>;
  readonly holdings: Map<string, NaiveHolding>;
  /** The account at the last session's close that it took part in. */
  lastSession: {
    readonly session: SessionDate;
    readonly equity: bigint;
    readonly netDeposits: bigint;
  } | null;
  lastActivityAt: Instant;
  sequence: number;
  /** An event of it could not be read or is not there: its figures are not known. */
  isUnknown: boolean;
};

export const newNaiveAccount = (id: AccountId): NaiveAccount => ({
  id,
  opened: null,
  status: 'active',
  statusReason: null,
  closedAt: null,
  books: new Map(),
  working: new Map(),
  holdings: new Map(),
  lastSession: null,
  lastActivityAt: '' as Instant,
  sequence: 0,
  isUnknown: false,
});

/** The balance of one book with the account; `account USD` is the account's cash. */
export const bookOf = (account: NaiveAccount, book: string): bigint =>
  account.books.get(book) ?? 0n;

/** Cash that all working orders together keep aside. */
export const reservedOf = (account: NaiveAccount): bigint => {
  let total = 0n;
  for (const order of account.working.values()) total += keptAside(order).cash;
  return total;
};

/** Realized over all the account ever held, before commission. */
export const realizedOf = (account: NaiveAccount): bigint => {
  let total = 0n;
  for (const { position } of account.holdings.values()) total += position.realized;
  return total;
};
