import { z } from 'zod';
import type { AccountCommand } from '#commands/commands.ts';
import type { AccountId } from '#domain/ids.ts';
import type { Instant } from '#domain/time.ts';
import { accountAnswer, accountJson, openedAnswer } from '../answers/account.ts';
import { bookingAnswers, bookingOf } from '../answers/booking.ts';
import { form, nextCursor } from '../answers/form.ts';
import { accountNotFound } from '../found.ts';
import { command } from '../handled.ts';
import { accountIdFrom, open } from '../opening.ts';
import { type Route, route } from '../route.ts';
import { openAccountBody, standingBody } from '../schemas/account.ts';
import { isUuid, pathId } from '../schemas/names.ts';
import { oldestFirst, pageOf } from '../schemas/paging.ts';

const path = '/api/v1/ledger/accounts';
const tag = 'Accounts';
const oneAccount = z.strictObject({ account_id: pathId });

const accountIdOf = (text: string): AccountId => {
  if (!isUuid(text)) throw accountNotFound(text as AccountId);
  return text as AccountId;
};

const openAccount = route({
  method: 'post',
  path,
  name: 'openAccount',
  tag,
  summary: 'Open an account',
  description:
    'Without an `account_id` one is made: the same for the same Idempotency-Key, so the request can be repeated.',
  kind: 'command',
  scope: 'ledger:write',
  reach: 'any',
  body: openAccountBody,
  answers: {
    201: form('OpenedAccount', 'The account.', openedAnswer),
    200: form('OpenedAccount', 'The first answer again.', openedAnswer),
  },
  problems: ['account_already_open', 'account_number_taken'],
  handle: async ({ services, body, key, actor, principal }) => {
    const made = services.ids.next() as AccountId;
    const { done, opened } = await open(
      { services, actor, key },
      {
        accountId:
          body.accountId ??
          (key === null
            ? made
            : accountIdFrom(JSON.stringify(['open-account', principal.userId, key]))),
        accountNumber: body.accountNumber,
        userId: body.userId,
        policy: body.policy,
      },
    );
    return {
      status: done.repeated ? 200 : 201,
      body: opened,
      sequence: done.sequence,
      replayed: done.repeated,
    };
  },
});

const listAccounts = route({
  method: 'get',
  path,
  name: 'listAccounts',
  tag,
  summary: 'All accounts, oldest first',
  kind: 'read',
  hasPast: true,
  scope: 'audit:read',
  reach: 'any',
  query: z.strictObject(oldestFirst),
  answers: {
    200: form(
      'Accounts',
      'A page of accounts.',
      z.strictObject({ accounts: z.array(accountAnswer), next_cursor: nextCursor }),
    ),
  },
  problems: [],
  handle: async ({ services, query }) => {
    const page = await services.queries.listAccounts(pageOf(query));
    return { status: 200, body: { accounts: page.rows.map(accountJson), next_cursor: page.next } };
  },
});

const getAccount = route({
  method: 'get',
  path: `${path}/{account_id}`,
  name: 'getAccount',
  tag,
  summary: 'One account with its figures',
  kind: 'read',
  hasPast: true,
  scope: 'audit:read',
  reach: 'any',
  params: oneAccount,
  answers: { 200: form('Account', 'The account.', accountAnswer) },
  problems: ['account_not_found'],
  handle: async ({ services, params }) => {
    const account = accountIdOf(params.account_id);
    const row = await services.queries.getAccount(account);
    if (row === undefined) throw accountNotFound(account);
    return { status: 200, body: accountJson(row) };
  },
});

type StandingCommand = Extract<
  AccountCommand,
  { type: 'SuspendAccount' | 'ReinstateAccount' | 'CloseAccount' }
>;

const standing = (
  word: 'suspend' | 'reinstate' | 'close',
  summary: string,
  problems: Route['problems'],
  asked: (reason: string, at: Instant) => StandingCommand,
): Route =>
  route({
    method: 'post',
    path: `${path}/{account_id}/${word}`,
    name: `${word}Account`,
    tag,
    summary,
    kind: 'command',
    scope: 'ledger:write',
    reach: 'any',
    params: oneAccount,
    body: standingBody,
    answers: bookingAnswers,
    problems: ['account_not_found', 'account_closed', ...problems],
    handle: async ({ services, params, body, key, actor }) => {
      const account = accountIdOf(params.account_id);
      const change = asked(body.reason, services.clock.now());
      return bookingOf(account, await command({ services, actor, key }, account, change));
    },
  });

export const accountRoutes: readonly Route[] = [
  openAccount,
  listAccounts,
  getAccount,
  standing(
    'suspend',
    'Stop new orders; fills, cancels and bookkeeping go on',
    [],
    (reason, at) => ({
      type: 'SuspendAccount',
      reason,
      at,
    }),
  ),
  standing('reinstate', 'End a suspension', ['account_not_suspended'], (reason, at) => ({
    type: 'ReinstateAccount',
    reason,
    at,
  })),
  standing(
    'close',
    'End an account that holds nothing any more',
    ['account_not_empty'],
    (reason, at) => ({
      type: 'CloseAccount',
      reason,
      at,
    }),
  ),
];
