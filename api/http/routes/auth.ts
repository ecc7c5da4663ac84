import { z } from 'zod';
import type { Registration } from '#identity/identity.ts';
import { form, id } from '../answers/form.ts';
import { tokensAnswer, tokensJson, userAnswer, userJson } from '../answers/identity.ts';
import { type Route, route } from '../route.ts';
import {
  changePasswordBody,
  loginBody,
  refreshBody,
  registerBody,
  setupBody,
} from '../schemas/identity.ts';

const path = '/api/v1/auth';
const tag = 'Identity';

const tokensForm = form('Tokens', 'An access token and what renews it.', tokensAnswer);
const userForm = (description: string) => form('User', description, userAnswer);

const registrationOf = (body: z.infer<typeof registerBody>): Registration => ({
  email: body.email,
  username: body.username,
  password: body.password,
  fullName: body.full_name,
});

const setUp = route({
  method: 'post',
  path: `${path}/setup`,
  name: 'setUp',
  tag,
  summary: 'Make the first administrator',
  description:
    'Takes the setup token that the server printed when it started without an administrator. The token is good once. The administrator owns the accounts that were opened at the first start.',
  kind: 'plain',
  scope: null,
  reach: 'none',
  body: setupBody,
  answers: { 201: userForm('The administrator.') },
  problems: ['invalid_setup_token', 'weak_password', 'identity_busy', 'rate_limited'],
  handle: async ({ services, body, address }) => {
    const user = await services.identity.setUp(body.setup_token, registrationOf(body), address);
    return { status: 201, body: userJson(user) };
  },
});

const register = route({
  method: 'post',
  path: `${path}/register`,
  name: 'register',
  tag,
  summary: 'Become a user',
  description:
    'Opens no account: POST /api/v1/accounts does. An e-mail address belongs to one user; where it is taken the answer is the same and nothing is made, so that nobody learns who is a user here.',
  kind: 'plain',
  scope: null,
  reach: 'none',
  body: registerBody,
  answers: { 201: userForm('The user.') },
  problems: ['weak_password', 'identity_busy', 'rate_limited'],
  handle: async ({ services, body, address }) => {
    const user = await services.identity.register(registrationOf(body), address);
    return { status: 201, body: userJson(user) };
  },
});

const logIn = route({
  method: 'post',
  path: `${path}/login`,
  name: 'logIn',
  tag,
  summary: 'Get an access token and a refresh token',
  description:
    'Begins a session. The answer to a wrong address, a wrong password and a user who is not active is the same. After failures the next attempts have to wait: `login_delayed` says how long.',
  kind: 'plain',
  scope: null,
  reach: 'none',
  body: loginBody,
  answers: { 200: tokensForm },
  problems: ['invalid_credentials', 'login_delayed', 'identity_busy', 'rate_limited'],
  handle: async ({ services, body, address }) => {
    const tokens = await services.identity.login(body.email, body.password, address);
    return { status: 200, body: tokensJson(tokens) };
  },
});

const refresh = route({
  method: 'post',
  path: `${path}/refresh`,
  name: 'refresh',
  tag,
  summary: 'Exchange a refresh token for new tokens',
  description:
    'A refresh token is good once, for 7 days. One that comes a second time may be stolen: it ends its session, and whoever belongs to it logs in again.',
  kind: 'plain',
  scope: null,
  reach: 'none',
  body: refreshBody,
  answers: { 200: tokensForm },
  problems: ['invalid_token', 'rate_limited'],
  handle: async ({ services, body, address }) => {
    const tokens = await services.identity.refresh(body.refresh_token, address);
    return { status: 200, body: tokensJson(tokens) };
  },
});

const getMe = route({
  method: 'get',
  path: `${path}/me`,
  name: 'getMe',
  tag,
  summary: 'Who the sender is',
  kind: 'plain',
  scope: 'any_user',
  reach: 'none',
  answers: { 200: userForm('The user whose credential it is.') },
  problems: [],
  handle: async ({ services, principal }) => ({
    status: 200,
    body: userJson(await services.identity.user(principal.userId)),
  }),
});

const logOut = route({
  method: 'post',
  path: `${path}/logout`,
  name: 'logOut',
  tag,
  summary: 'End the session of the access token',
  description:
    'Asks for an access token, not an API key. Its refresh token is void at once, its access token within a second in every process. API keys have no session: they are revoked.',
  kind: 'plain',
  scope: 'any_user',
  reach: 'none',
  answers: {
    200: form('LoggedOut', 'It has ended.', z.strictObject({ message: z.string(), user_id: id })),
  },
  problems: ['session_required'],
  handle: async ({ services, principal, address }) => {
    await services.identity.logout(principal, address);
    return { status: 200, body: { message: 'Logged out.', user_id: principal.userId } };
  },
});

const changePassword = route({
  method: 'post',
  path: `${path}/change-password`,
  name: 'changePassword',
  tag,
  summary: 'Set another password',
  description:
    'Asks for an access token, not an API key. Ends all sessions of the user, this one too: log in with the new password. API keys stay good.',
  kind: 'plain',
  scope: 'any_user',
  reach: 'none',
  body: changePasswordBody,
  answers: {
    200: form('PasswordChanged', 'It is set.', z.strictObject({ message: z.string() })),
  },
  problems: [
    'session_required',
    'invalid_credentials',
    'weak_password',
    'login_delayed',
    'identity_busy',
  ],
  handle: async ({ services, principal, body, address }) => {
    const { current_password: current, new_password: next } = body;
    await services.identity.changePassword(principal, current, next, address);
    return {
      status: 200,
      body: { message: 'The password is changed. All sessions have ended: log in again.' },
    };
  },
});

export const authRoutes: readonly Route[] = [
  getMe,
  logIn,
  refresh,
  register,
  setUp,
  logOut,
  changePassword,
];
