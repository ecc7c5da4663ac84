import { hash } from 'node:crypto';
import type { AccountPolicy } from '#domain/account/policy.ts';
import type { AccountId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import { openedJson } from './answers/account.ts';
import { command, type Done, type Sender } from './handled.ts';

/** A UUID (version 8) that a text always yields, so that a repeated opening meets the first one. */
export const accountIdFrom = (text: string): AccountId => {
  const digits = hash('sha256', text);
  const parts = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ];
  return parts.join('-') as AccountId;
};

const numberOf = (account: AccountId): string =>
  `OL-${account.replaceAll('-', '').slice(-10).toUpperCase()}`;

type Wanted = {
  readonly accountId: AccountId;
  /** Null: one is made of the id. */
  readonly accountNumber: string | null;
  readonly userId: string | null;
  readonly policy: AccountPolicy;
};

const openedOf = ({ events }: Done) => {
  for (const { data, sequence } of events) {
    if (data.type === 'AccountOpened') return openedJson({ ...data, status: 'active', sequence });
  }
  return undefined;
};

/** Opens an account under a number that no other one has. Throws the problem that stands in the way. */
export const open = async (sender: Sender, wanted: Wanted) => {
  const { services } = sender;
  const { accountId } = wanted;
  const accountNumber = wanted.accountNumber ?? numberOf(accountId);
  const done = await services.accountNumbers.take(accountNumber, accountId, () =>
    command(sender, accountId, {
      ...wanted,
      type: 'OpenAccount',
      accountNumber,
      at: services.clock.now(),
    }),
  );
  const opened = openedOf(done);
  invariant(opened !== undefined, 'an opened account is in what its command recorded');
  return { done, opened };
};
