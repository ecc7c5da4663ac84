import { z } from 'zod';
import type { KeyId } from '#identity/ids.ts';
import { form, id } from '../answers/form.ts';
import { createdKeyAnswer, createdKeyJson, keyAnswer, keyJson } from '../answers/identity.ts';
import { HttpProblem } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { createKeyBody } from '../schemas/identity.ts';
import { isUuid, pathId } from '../schemas/names.ts';

const path = '/api/v1/auth/api-keys';
const tag = 'API keys';

const createKey = route({
  method: 'post',
  path,
  name: 'createApiKey',
  tag,
  summary: 'Make an API key',
  description:
    'For programs: send it as `X-API-Key: <key>` or `Authorization: Bearer <key>`. It is shown once. It may do what its scopes say, in the accounts its user is a member of, as long as the user may. A key makes keys only within its own scopes.',
  kind: 'plain',
  // A key that may only look or trade must not outlive its revocation in a copy that it made of itself.
  scope: 'account:write',
  reach: 'none',
  body: createKeyBody,
  answers: { 201: form('CreatedApiKey', 'The key, this once.', createdKeyAnswer) },
  problems: ['scope_not_granted'],
  handle: async ({ services, principal, body, address }) => {
    const wanted = {
      name: body.name,
      scopes: body.scopes,
      expiresInDays: body.expires_in_days,
    };
    const { secret, key } = await services.identity.createKey(principal, wanted, address);
    return { status: 201, body: createdKeyJson(secret, key) };
  },
});

const listKeys = route({
  method: 'get',
  path,
  name: 'listApiKeys',
  tag,
  summary: "The sender's API keys, newest first, without their secrets",
  kind: 'plain',
  scope: 'account:read',
  reach: 'none',
  answers: {
    200: form(
      'ApiKeys',
      'All of them, revoked ones too.',
      z.strictObject({ api_keys: z.array(keyAnswer) }),
    ),
  },
  problems: [],
  handle: async ({ services, principal }) => {
    const keys = await services.identity.keys(principal);
    const now = new Date();
    return { status: 200, body: { api_keys: keys.map((key) => keyJson(key, now)) } };
  },
});

const revokeKey = route({
  method: 'delete',
  path: `${path}/{key_id}`,
  name: 'revokeApiKey',
  tag,
  summary: 'Revoke an API key',
  description:
    'It is void within a second in every process, and stays in the list. An administrator may revoke the keys of others.',
  kind: 'plain',
  scope: 'account:write',
  reach: 'none',
  params: z.strictObject({ key_id: pathId }),
  answers: {
    200: form(
      'RevokedApiKey',
      'It is revoked.',
      z.strictObject({ message: z.string(), key_id: id }),
    ),
  },
  problems: ['key_not_found'],
  handle: async ({ services, principal, params, address }) => {
    const { key_id: keyId } = params;
    if (!isUuid(keyId)) throw new HttpProblem('key_not_found');
    await services.identity.revokeKey(principal, keyId as KeyId, address);
    return { status: 200, body: { message: 'The key is revoked.', key_id: keyId } };
  },
});

export const apiKeyRoutes: readonly Route[] = [createKey, listKeys, revokeKey];
