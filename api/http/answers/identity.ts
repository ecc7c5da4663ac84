import { z } from 'zod';
import type { Key, Tokens, User } from '#identity/identity.ts';
import type { Member, SecurityEvent } from '#identity/ports/identity-store.ts';
import { roles, scopes } from '#identity/scopes.ts';
import { id, instant } from './form.ts';

const timeOf = (date: Date | null): string | null => date?.toISOString() ?? null;

export const nextPage = z
  .string()
  .nullable()
  .describe('Send it as `cursor` for the following page; null at the end.');

export const userAnswer = z
  .strictObject({
    id,
    email: z.string(),
    username: z.string(),
    full_name: z.string().nullable(),
    is_active: z.boolean(),
    is_superuser: z.boolean().describe('An administrator.'),
    created_at: instant,
    last_login: instant.nullable(),
  })
  .meta({ id: 'User' });

/** A user as told to the user and to administrators. */
export const userJson = (user: User): z.infer<typeof userAnswer> => ({
  id: user.id,
  email: user.email,
  username: user.username,
  full_name: user.fullName,
  is_active: user.active,
  is_superuser: user.admin,
  created_at: user.createdAt.toISOString(),
  last_login: timeOf(user.lastLoginAt),
});

export const tokensAnswer = z.strictObject({
  access_token: z.string().describe('Send it as `Authorization: Bearer <access_token>`.'),
  refresh_token: z.string().describe('Good once, for the next pair of tokens.'),
  token_type: z.literal('bearer'),
  expires_in: z.int().describe('Seconds until the access token expires.'),
});

/** What a login or a refresh gives. */
export const tokensJson = (tokens: Tokens): z.infer<typeof tokensAnswer> => ({
  access_token: tokens.accessToken,
  refresh_token: tokens.refreshToken,
  token_type: 'bearer',
  expires_in: tokens.expiresIn,
});

const scopeList = z.array(z.enum(scopes));

export const createdKeyAnswer = z.strictObject({
  api_key: z.string().describe('The key itself. It is shown this once and cannot be had again.'),
  key_id: id,
  name: z.string(),
  scopes: scopeList,
  expires_at: instant.nullable(),
  message: z.string(),
});

/** A key that has just been made, with its secret. */
export const createdKeyJson = (secret: string, key: Key): z.infer<typeof createdKeyAnswer> => ({
  api_key: secret,
  key_id: key.id,
  name: key.name,
  scopes: [...key.scopes],
  expires_at: timeOf(key.expiresAt),
  message: 'Keep the key where nobody else can read it; it is not shown again.',
});

export const keyAnswer = z
  .strictObject({
    id,
    name: z.string(),
    scopes: scopeList,
    is_active: z.boolean().describe('Neither revoked nor expired.'),
    expires_at: instant.nullable(),
    created_at: instant,
    last_used_at: instant.nullable().describe('Some seconds behind.'),
    revoked_at: instant.nullable(),
  })
  .meta({ id: 'ApiKey' });

/** A key as told to its owner, at an instant. */
export const keyJson = (key: Key, now: Date): z.infer<typeof keyAnswer> => ({
  id: key.id,
  name: key.name,
  scopes: [...key.scopes],
  is_active: key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now),
  expires_at: timeOf(key.expiresAt),
  created_at: key.createdAt.toISOString(),
  last_used_at: timeOf(key.lastUsedAt),
  revoked_at: timeOf(key.revokedAt),
});

export const memberAnswer = z
  .strictObject({
    user_id: id,
    username: z.string(),
    role: z.enum(roles),
    since: instant,
  })
  .meta({ id: 'Member' });

/** A member of an account. */
export const memberJson = (member: Member): z.infer<typeof memberAnswer> => ({
  user_id: member.userId,
  username: member.username,
  role: member.role,
  since: member.since.toISOString(),
});

export const securityEventAnswer = z
  .strictObject({
    id: z.string(),
    at: instant,
    kind: z.string().describe('Such as `login_failed` or `key_created`.'),
    user_id: id.nullable().describe('Whom it concerns; null where the address belongs to nobody.'),
    actor_id: id.nullable().describe('Who did it, where that is another.'),
    key_id: id.nullable(),
    address: z.string().nullable().describe('The network address it came from.'),
    facts: z.record(z.string(), z.string()),
  })
  .meta({ id: 'SecurityEvent' });

/** An entry of the security log. */
export const securityEventJson = (
  event: SecurityEvent & { readonly id: string },
): z.infer<typeof securityEventAnswer> => ({
  id: event.id,
  at: event.at.toISOString(),
  kind: event.kind,
  user_id: event.userId,
  actor_id: event.actorId,
  key_id: event.keyId,
  address: event.address,
  facts: { ...event.facts },
});
