import type { AccountEvent } from '#domain/account/events.ts';
import type { AccountPolicy } from '#domain/account/policy.ts';
import type { AccountState } from '#domain/account/state.ts';
import { type Decision, refuse } from '#domain/decision.ts';
import type { Cash } from '#domain/money.ts';
import type { Refusal } from '#domain/refusals.ts';
import { tradingRefusal } from '#domain/risk/rules.ts';
import type { Quotes } from './ports/quotes.ts';

export type AccountDecision = Decision<AccountEvent>;

/** Turns a command into events over an account's state, or refuses. Pure: time and ids are in the command. */
export type Decide<Command> = (
  command: Command,
  state: AccountState,
  quotes: Quotes,
) => AccountDecision;

/** For what happens to money outside trading: the account must exist and not be closed. Suspension stops trading, not bookkeeping. */
export const bookkeepingRefusal = (state: AccountState): Refusal | null => {
  if (state.status === 'unopened') return { code: 'account_not_found', details: {} };
  return state.status === 'closed' ? { code: 'account_closed', details: {} } : null;
};

export const amountRefusal = (amount: Cash): Refusal | null =>
  amount > 0n ? null : { code: 'invalid_amount', details: {} };

/** Decides with `book` unless the account takes no bookings or the amount is not above zero. */
export const bookPositive = (
  state: AccountState,
  amount: Cash,
  book: () => AccountDecision,
): AccountDecision => {
  const refusal = bookkeepingRefusal(state) ?? amountRefusal(amount);
  return refusal === null ? book() : refuse(refusal);
};

/** The policy of an account that may trade, or why it may not. */
export const tradingPolicy = (
  state: AccountState,
): { readonly policy: AccountPolicy } | { readonly refusal: Refusal } => {
  const refusal = tradingRefusal(state);
  if (refusal !== null) return { refusal };
  return state.policy === null
    ? { refusal: { code: 'account_not_found', details: {} } }
    : { policy: state.policy };
};
