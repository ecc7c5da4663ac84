import type { AccountPolicy } from '#domain/account/policy.ts';
import { accept, refuse } from '#domain/decision.ts';
import type { AccountId } from '#domain/ids.ts';
import type { Instant } from '#domain/time.ts';
import type { Decide } from '../deciding.ts';

export type OpenAccount = {
  readonly type: 'OpenAccount';
  readonly accountId: AccountId;
  readonly accountNumber: string;
  readonly userId: string | null;
  readonly policy: AccountPolicy;
  readonly at: Instant;
};

export const openAccount: Decide<OpenAccount> = (command, state) => {
  if (state.status !== 'unopened') return refuse({ code: 'account_already_open', details: {} });
  const { accountId, accountNumber, userId, policy, at } = command;
  return accept({ type: 'AccountOpened', accountId, accountNumber, userId, policy, openedAt: at });
};
