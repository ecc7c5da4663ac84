import { z } from 'zod';
import type { AccountId } from '#domain/ids.ts';
import type { UserId } from '#identity/ids.ts';
import { form, id } from '../answers/form.ts';
import { memberAnswer, memberJson } from '../answers/identity.ts';
import { accountNotFound } from '../found.ts';
import { HttpProblem } from '../problem.ts';
import { type AccountCall, accountRoute, type Route } from '../route.ts';
import { memberBody } from '../schemas/identity.ts';
import { isUuid, pathId } from '../schemas/names.ts';

const path = '/api/v1/accounts/{account_id}/members';
const tag = 'Members';
const oneAccount = z.strictObject({ account_id: pathId });
const oneMember = z.strictObject({ account_id: pathId, user_id: pathId });

const removedAnswer = z.strictObject({ message: z.string(), account_id: id, user_id: id });
const removed = (account: string, user: string): z.infer<typeof removedAnswer> => ({
  message: 'The user is no member any more.',
  account_id: account,
  user_id: user,
});

type OfAccount = { readonly params: { readonly account_id: string } };

const accountId = ({ params }: OfAccount): AccountId => {
  const text = params.account_id as AccountId;
  if (!isUuid(text)) throw accountNotFound(text);
  return text;
};

/** Where the sender is no member, an administrator may have named an account that nobody ever opened. */
const mustExist = async <Params, Query, Body>({
  account,
  principal,
  services,
}: AccountCall<Params, Query, Body>): Promise<void> => {
  if (principal.memberships.has(account)) return;
  if ((await services.queries.getAccount(account)) === undefined) throw accountNotFound(account);
};

const listMembers = accountRoute({
  method: 'get',
  path,
  name: 'listMembers',
  tag,
  summary: 'Who may use an account, and in what role',
  kind: 'plain',
  scope: 'account:read',
  params: oneAccount,
  accountId,
  answers: {
    200: form('Members', 'All of them.', z.strictObject({ members: z.array(memberAnswer) })),
  },
  problems: ['account_not_found'],
  handle: async (call) => {
    await mustExist(call);
    const members = await call.services.identity.members(call.account);
    return { status: 200, body: { members: members.map(memberJson) } };
  },
});

const setMember = accountRoute({
  method: 'put',
  path: `${path}/{user_id}`,
  name: 'setMember',
  tag,
  summary: 'Make a user a member, or give a member another role',
  description:
    'viewer: looks. trader: trades too. owner: also decides on members. The user is named by the id, which /api/v1/auth/me tells whoever is to become a member. An account always has an owner.',
  kind: 'plain',
  scope: 'account:write',
  params: oneMember,
  body: memberBody,
  accountId,
  answers: { 200: form('Member', 'The member as it is now.', memberAnswer) },
  problems: ['account_not_found', 'user_not_found', 'last_owner'],
  handle: async (call) => {
    await mustExist(call);
    const { services, principal, account, params, body, address } = call;
    const { user_id: user } = params;
    if (!isUuid(user)) throw new HttpProblem('user_not_found');
    const { role } = body;
    const { identity } = services;
    const member = await identity.setMember(principal, account, user as UserId, role, address);
    return { status: 200, body: memberJson(member) };
  },
});

const removeMember = accountRoute({
  method: 'delete',
  path: `${path}/{user_id}`,
  name: 'removeMember',
  tag,
  summary: 'Take an account away from a member',
  description: 'Holds within a second in every process. The last owner stays.',
  kind: 'plain',
  scope: 'account:write',
  params: oneMember,
  accountId,
  answers: {
    200: form('RemovedMember', 'No member any more.', removedAnswer),
  },
  problems: ['account_not_found', 'member_not_found', 'last_owner'],
  handle: async (call) => {
    await mustExist(call);
    const { services, principal, account, params, address } = call;
    const { user_id: user } = params;
    if (!isUuid(user)) throw new HttpProblem('member_not_found');
    await services.identity.removeMember(principal, account, user as UserId, address);
    return { status: 200, body: removed(account, user) };
  },
});

const leaveAccount = accountRoute({
  method: 'post',
  path: '/api/v1/accounts/{account_id}/leave',
  name: 'leaveAccount',
  tag,
  summary: 'Be a member no more',
  description: 'For whoever was let into an account, whether asked or not. The last owner stays.',
  kind: 'plain',
  scope: 'account:read',
  params: oneAccount,
  accountId,
  answers: { 200: form('RemovedMember', 'No member any more.', removedAnswer) },
  problems: ['account_not_found', 'member_not_found', 'last_owner'],
  handle: async (call) => {
    await mustExist(call);
    const { services, principal, account, address } = call;
    const { userId } = principal;
    await services.identity.removeMember(principal, account, userId, address);
    return { status: 200, body: removed(account, userId) };
  },
});

export const memberRoutes: readonly Route[] = [listMembers, setMember, removeMember, leaveAccount];
