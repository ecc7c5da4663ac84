import type { AccountEvent } from '#domain/account/events.ts';
import type { Posting } from '#domain/account/postings.ts';
import { invariant } from '#domain/invariant.ts';
import { add, type Cash, subtract, zeroCash } from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { later } from '#domain/time.ts';
import { accountOf } from '../keys.ts';
import type { Tables } from '../tables.ts';
import type { AccountRecord } from './table.ts';

/** What the other projections found an event to do. */
export type Effects = {
  readonly reserved: Cash;
  readonly realized: Cash;
  readonly cash: Cash;
  readonly postings: readonly Posting[];
};

const opened = (
  event: RecordedEvent<Extract<AccountEvent, { type: 'AccountOpened' }>>,
): AccountRecord => {
  const { data, sequence } = event;
  return {
    accountId: data.accountId,
    accountNumber: data.accountNumber,
    userId: data.userId,
    policy: data.policy,
    status: 'active',
    statusReason: null,
    cash: zeroCash,
    reserved: zeroCash,
    netDeposits: zeroCash,
    realizedPnl: zeroCash,
    commission: zeroCash,
    dividends: zeroCash,
    interest: zeroCash,
    fees: zeroCash,
    openedAt: data.openedAt,
    closedAt: null,
    lastActivityAt: data.openedAt,
    lastSession: null,
    lastSessionEquity: zeroCash,
    lastSessionNetDeposits: zeroCash,
    createdSequence: sequence,
    sequence,
  };
};

export const accountRow = (event: RecordedEvent, tables: Tables): AccountRecord => {
  const id = accountOf(event.stream);
  const row = tables.accounts.get(id);
  invariant(row !== undefined, `account ${id} was opened before anything else befell it`);
  return row;
};

// What went to a book from the account is what the account paid for it.
const paidTo = (postings: readonly Posting[], book: Posting['book']): Cash => {
  let total = 0n;
  for (const posting of postings) {
    if (posting.asset === 'cash' && posting.book === book) total += posting.amount;
  }
  return total as Cash;
};

type Standing = Pick<AccountRecord, 'status' | 'statusReason' | 'closedAt'>;

const standingAfter = (row: AccountRecord, event: AccountEvent): Standing => {
  switch (event.type) {
    case 'AccountSuspended':
      return { status: 'suspended', statusReason: event.reason, closedAt: null };
    case 'AccountReinstated':
      return { status: 'active', statusReason: event.reason, closedAt: null };
    case 'AccountClosed':
      return { status: 'closed', statusReason: event.reason, closedAt: event.at };
    default:
      return row;
  }
};

/** Folds an event and what it did elsewhere into the account's row. */
export const projectAccount = (
  event: RecordedEvent<AccountEvent>,
  tables: Tables,
  effects: Effects,
): void => {
  const { data } = event;
  if (data.type === 'AccountOpened') {
    tables.accounts.put(opened({ ...event, data }));
    return;
  }
  const row = accountRow(event, tables);
  const { postings } = effects;
  const { status, statusReason, closedAt } = standingAfter(row, data);
  const cash = postings.length === 0 ? zeroCash : paidTo(postings, 'account');
  invariant(cash === effects.cash, `transactions of event ${event.sequence} sum to its postings`);
  tables.accounts.put({
    ...row,
    status,
    statusReason,
    closedAt,
    cash: add(row.cash, cash),
    reserved: add(row.reserved, effects.reserved),
    netDeposits: subtract(row.netDeposits, paidTo(postings, 'external')),
    realizedPnl: add(row.realizedPnl, effects.realized),
    commission: add(row.commission, paidTo(postings, 'commission')),
    dividends: subtract(row.dividends, paidTo(postings, 'dividends')),
    interest: subtract(row.interest, paidTo(postings, 'interest')),
    fees: add(row.fees, paidTo(postings, 'fees')),
    lastActivityAt: later(row.lastActivityAt, event.effectiveAt),
    sequence: event.sequence,
  });
};
