import { equal } from 'node:assert/strict';
import { type HttpWorld, pickText, type Sent } from './world.ts';

const auth = '/api/v1/auth';
const accounts = '/api/v1/accounts';

/** Sends one good request to every route of identity and of own accounts, but the setup, which a world has behind it. */
export const tourIdentity = async (world: HttpWorld): Promise<void> => {
  const send = async (method: string, path: string, sent: Sent = {}, token = world.key) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await world.send(method, path, { ...sent, headers });
    equal(answer.status < 300, true, `${method} ${path} ${answer.text}`);
    return answer.body;
  };
  const password = 'six unlikely words 9643';
  const email = 'tourist@example.com';
  const registration = { email, username: 'tourist', password };
  const user = pickText(await send('POST', `${auth}/register`, { body: registration }), 'id');
  const tokens = await send('POST', `${auth}/login`, { body: { email, password } });
  const refresh = { refresh_token: pickText(tokens, 'refresh_token') };
  const refreshed = await send('POST', `${auth}/refresh`, { body: refresh });
  const token = pickText(refreshed, 'access_token');
  await send('GET', `${auth}/me`, {}, token);

  const account = pickText(await send('POST', accounts, {}, token), 'account_id');
  await send('GET', `${accounts}?min_sequence=${await world.store.head()}`, {}, token);
  const members = `${accounts}/${account}/members`;
  await send('PUT', `${members}/${world.admin.id}`, { body: { role: 'viewer' } }, token);
  await send('GET', members, {}, token);
  await send('DELETE', `${members}/${world.admin.id}`, {}, token);
  await send('PUT', `${members}/${world.admin.id}`, { body: { role: 'viewer' } }, token);
  await send('POST', `${accounts}/${account}/leave`);

  const wanted = { name: 'for the tour', scopes: ['trading:read'] };
  const key = await send('POST', `${auth}/api-keys`, { body: wanted }, token);
  await send('GET', `${auth}/api-keys`, {}, token);
  await send('DELETE', `${auth}/api-keys/${pickText(key, 'key_id')}`, {}, token);
  for (const word of ['promote', 'demote', 'deactivate', 'activate']) {
    await send('POST', `${auth}/users/${user}/${word}`);
  }
  await send('GET', `${auth}/users`);
  await send('GET', `${auth}/security-log`);

  const logIn = async () =>
    pickText(await send('POST', `${auth}/login`, { body: { email, password } }), 'access_token');
  await send('POST', `${auth}/logout`, {}, await logIn());
  const change = { current_password: password, new_password: `${password} and more` };
  await send('POST', `${auth}/change-password`, { body: change }, await logIn());
};
