import { z } from 'zod';
import type { Identity, User } from '#identity/identity.ts';
import type { UserId } from '#identity/ids.ts';
import type { Principal } from '#identity/principal.ts';
import { form } from '../answers/form.ts';
import { nextPage, userAnswer, userJson } from '../answers/identity.ts';
import { HttpProblem } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { identityPageOf, identityPaging } from '../schemas/identity.ts';
import { isUuid, pathId } from '../schemas/names.ts';

const path = '/api/v1/auth/users';
const tag = 'Users';

const listUsers = route({
  method: 'get',
  path,
  name: 'listUsers',
  tag,
  summary: 'All users, newest first',
  kind: 'plain',
  scope: 'admin',
  reach: 'none',
  query: z.strictObject(identityPaging),
  answers: {
    200: form(
      'Users',
      'A page of users.',
      z.strictObject({ users: z.array(userAnswer), next_cursor: nextPage }),
    ),
  },
  problems: [],
  handle: async ({ services, query }) => {
    const page = await services.identity.users(identityPageOf(query));
    return { status: 200, body: { users: page.rows.map(userJson), next_cursor: page.next } };
  },
});

type Change = (identity: Identity, by: Principal, user: UserId, address: string) => Promise<User>;

const changeUser = (
  word: 'deactivate' | 'activate' | 'promote' | 'demote',
  summary: string,
  description: string,
  problems: Route['problems'],
  change: Change,
): Route =>
  route({
    method: 'post',
    path: `${path}/{user_id}/${word}`,
    name: `${word}User`,
    tag,
    summary,
    description,
    kind: 'plain',
    scope: 'admin',
    reach: 'none',
    params: z.strictObject({ user_id: pathId }),
    answers: { 200: form('User', 'The user as it is now.', userAnswer) },
    problems: ['user_not_found', ...problems],
    handle: async ({ services, principal, params, address }) => {
      const { user_id: user } = params;
      if (!isUuid(user)) throw new HttpProblem('user_not_found');
      const changed = await change(services.identity, principal, user as UserId, address);
      return { status: 200, body: userJson(changed) };
    },
  });

export const userRoutes: readonly Route[] = [
  listUsers,
  changeUser(
    'deactivate',
    'Shut a user out',
    'Ends all sessions; tokens and keys are void within a second in every process. Nothing is deleted. The last active administrator stays.',
    ['last_administrator'],
    (identity, by, user, address) => identity.setActive(by, user, false, address),
  ),
  changeUser(
    'activate',
    'Let a user in again',
    'Keys that were not revoked are good again; sessions begin with a login.',
    [],
    (identity, by, user, address) => identity.setActive(by, user, true, address),
  ),
  changeUser(
    'promote',
    'Make a user an administrator',
    'Gives every scope and reaches every account, within a second in every process.',
    [],
    (identity, by, user, address) => identity.setAdmin(by, user, true, address),
  ),
  changeUser(
    'demote',
    'Make an administrator an ordinary user',
    'Keys keep of their scopes what an ordinary user has. The last active administrator stays one.',
    ['last_administrator'],
    (identity, by, user, address) => identity.setAdmin(by, user, false, address),
  ),
];
