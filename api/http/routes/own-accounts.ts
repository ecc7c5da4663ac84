import { hash } from 'node:crypto';
import { z } from 'zod';
import type { AccountId } from '#domain/ids.ts';
import { type Cash, formatCash } from '#domain/money.ts';
import type { Principal } from '#identity/principal.ts';
import type { Role } from '#identity/scopes.ts';
import { accountJson, ownAccountAnswer, ownOpenedAnswer } from '../answers/account.ts';
import { form, id } from '../answers/form.ts';
import { command } from '../handled.ts';
import { accountIdFrom, open } from '../opening.ts';
import { HttpProblem } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { ownAccountBody } from '../schemas/account.ts';
import { maybe, otherwise, wholeNumber } from '../schemas/field.ts';
import { accountId } from '../schemas/names.ts';
import type { Services } from '../services.ts';

const path = '/api/v1/accounts';
const tag = 'Own accounts';

type Opening = { readonly accountId: AccountId; readonly key: string | null };

/**
 * The id and the key under which a user's opening is repeated. Both are the user's own: the same Idempotency-Key of
 * another user is another account. The deposit is part of the key, as the opening itself says nothing of it.
 */
const openingOf = (
  { ids }: Services,
  { userId }: Principal,
  key: string | null,
  deposit: Cash,
): Opening => {
  if (key === null) return { accountId: ids.next() as AccountId, key: null };
  const mine = JSON.stringify(['own-account', userId, key]);
  return { accountId: accountIdFrom(mine), key: hash('sha256', `${mine}:${formatCash(deposit)}`) };
};

/** An id that only this opening can have is taken where the first one was with another deposit. */
const otherDeposit = (error: unknown): never => {
  const isTaken = error instanceof HttpProblem && error.kind.code === 'account_already_open';
  throw isTaken ? new HttpProblem('idempotency_conflict') : error;
};

/**
 * Makes the opener the owner, unless the account was owned before: an account never loses its last owner, so whoever
 * repeats an opening cannot come back into an account that others have taken them out of.
 */
const own = async (
  { identity }: Services,
  { userId }: Principal,
  account: AccountId,
  isNew: boolean,
): Promise<'owned_before' | 'owned_now'> => {
  if (!isNew && (await identity.members(account)).length > 0) return 'owned_before';
  await identity.ownAccount(account, userId);
  return 'owned_now';
};

const accountsMost = 100;

const openOwnAccount = route({
  method: 'post',
  path,
  name: 'openOwnAccount',
  tag,
  summary: 'Open a paper account of your own',
  description:
    'You become its owner. `initial_deposit` (0 to 10,000,000, default 100,000 USD) is booked as an ordinary deposit. `kind` is margin (default) or cash. Send an Idempotency-Key: then a repetition finishes what an interruption left undone, and never opens a second account.',
  kind: 'command',
  scope: 'account:write',
  reach: 'none',
  body: ownAccountBody,
  answers: {
    201: form('OpenedOwnAccount', 'The account.', ownOpenedAnswer),
    200: form('OpenedOwnAccount', 'The first answer again.', ownOpenedAnswer),
  },
  problems: ['account_number_taken', 'limit_reached'],
  handle: async ({ services, body, key, actor, principal }) => {
    const { policy, initialDeposit, accountNumber } = body;
    const opening = openingOf(services, principal, key, initialDeposit);
    const account = opening.accountId;
    if (principal.opened.size >= accountsMost && !principal.opened.has(account)) {
      throw new HttpProblem('limit_reached');
    }
    const { done, opened } = await open(
      { services, actor, key: opening.key },
      { accountId: account, accountNumber, userId: principal.userId, policy },
    ).catch(otherDeposit);
    const deposited =
      initialDeposit === 0n
        ? done
        : await command(
            { services, actor, key: opening.key === null ? null : `deposit:${opening.key}` },
            account,
            {
              type: 'DepositCash',
              amount: initialDeposit,
              description: 'Paper money to begin with',
              externalReference: null,
              at: services.clock.now(),
            },
          );
    const owned = await own(services, principal, account, !done.repeated);
    const replayed = done.repeated && deposited.repeated && owned === 'owned_before';
    const answer: z.infer<typeof ownOpenedAnswer> = {
      ...opened,
      role: 'owner',
      initial_deposit: formatCash(initialDeposit),
    };
    return {
      status: replayed ? 200 : 201,
      body: answer,
      sequence: deposited.sequence,
      replayed,
    };
  },
});

/** The memberships after a cursor, by account id. */
const pageOf = (
  { memberships }: Principal,
  { cursor, limit }: { readonly cursor: AccountId | null; readonly limit: number },
) => {
  const after = [...memberships]
    .filter(([account]) => cursor === null || account > cursor)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  const page = after.slice(0, limit);
  return { page, next: after.length > limit ? (page.at(-1)?.[0] ?? null) : null };
};

const ownAccount = async (
  { queries }: Services,
  account: AccountId,
  role: Role,
): Promise<readonly z.infer<typeof ownAccountAnswer>[]> => {
  const row = await queries.getAccount(account);
  return row === undefined ? [] : [{ ...accountJson(row), role }];
};

const listOwnAccounts = route({
  method: 'get',
  path,
  name: 'listOwnAccounts',
  tag,
  summary: 'The accounts that you are a member of, with your role',
  description:
    'By account id. One that was opened a moment ago is there with `min_sequence`: the Ledger-Sequence of its opening.',
  kind: 'read',
  hasPast: true,
  scope: 'account:read',
  reach: 'none',
  query: z.strictObject({
    limit: otherwise(wholeNumber(1, 100), 50),
    cursor: maybe(accountId),
  }),
  answers: {
    200: form(
      'OwnAccounts',
      'A page of your accounts.',
      z.strictObject({
        accounts: z.array(ownAccountAnswer),
        next_cursor: id
          .nullable()
          .describe('Send it as `cursor` for the following page; null at the end.'),
      }),
    ),
  },
  problems: [],
  handle: async ({ services, principal, query }) => {
    const { page, next } = pageOf(principal, query);
    const found = await Promise.all(
      page.map(([account, role]) => ownAccount(services, account, role)),
    );
    return { status: 200, body: { accounts: found.flat(), next_cursor: next } };
  },
});

export const ownAccountRoutes: readonly Route[] = [openOwnAccount, listOwnAccounts];
