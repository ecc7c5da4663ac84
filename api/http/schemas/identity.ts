import { z } from 'zod';
import type { UserId } from '#identity/ids.ts';
import { normalEmail, normalName, usernamePattern } from '#identity/names.ts';
import { roles, type Scope, scopes } from '#identity/scopes.ts';
import { field, maybe, oneOf, otherwise, Trouble, text, wholeNumber, wrongType } from './field.ts';
import { isUuid } from './names.ts';

/** RFC 5321 allows no longer path. */
const emailMax = 254;

const email: z.ZodType<string> = field(
  {
    type: 'string',
    format: 'email',
    maxLength: emailMax,
    description: 'In any case; kept in lower case.',
  },
  (json) => {
    if (typeof json !== 'string') return wrongType('text');
    const address = normalEmail(json);
    return address.length <= emailMax && z.regexes.email.test(address)
      ? address
      : new Trouble('invalid_format', 'must be an e-mail address such as ada@example.com');
  },
);

/** Any text that UTF-8 can write down. How long and how good it has to be is identity's business. */
const secretText = (description: string): z.ZodType<string> =>
  field({ type: 'string', format: 'password', description }, (json) => {
    if (typeof json !== 'string') return wrongType('text');
    return json.isWellFormed() ? json : new Trouble('invalid_text', 'must be Unicode text');
  });

const newPassword = secretText(
  '12 to 256 characters, any of them; not a common one, and not the address or the user name.',
);
const givenPassword = secretText('As it was set.');

const username: z.ZodType<string> = field(
  {
    type: 'string',
    minLength: 3,
    maxLength: 50,
    description: 'Letters, digits, _ and -. For people to read; two users may have the same one.',
  },
  (json) => {
    if (typeof json !== 'string') return wrongType('text');
    const name = normalName(json);
    return usernamePattern.test(name)
      ? name
      : new Trouble('invalid_format', 'must be 3 to 50 letters, digits, _ or -');
  },
);

const registration = {
  email,
  username,
  password: newPassword,
  full_name: maybe(text(1, 100)),
};

const tokenMax = 512;
const token = text(1, tokenMax);

export const registerBody = z.strictObject(registration);
export const setupBody = z.strictObject({ setup_token: token, ...registration });
/** Says nothing of what an address or a password has to look like: only whether both belong together counts. */
export const loginBody = z.strictObject({ email: text(1, tokenMax), password: givenPassword });
export const refreshBody = z.strictObject({ refresh_token: token });
export const changePasswordBody = z.strictObject({
  current_password: givenPassword,
  new_password: newPassword,
});

const scope = oneOf(scopes);
const scopeList: z.ZodType<readonly Scope[]> = field(
  {
    type: 'array',
    items: { type: 'string', enum: scopes },
    minItems: 1,
    description: 'What the key may be used for; nothing that the sender may not do.',
  },
  (json) => {
    if (!Array.isArray(json)) return wrongType('a list of scopes');
    if (json.length === 0) return new Trouble('required', 'must name at least one scope');
    const found = new Set<Scope>();
    for (const item of json) {
      const parsed = scope.safeParse(item);
      if (!parsed.success) {
        return new Trouble('invalid_item', `each ${parsed.error.issues[0]?.message}`);
      }
      found.add(parsed.data);
    }
    return [...found];
  },
);

const yearsOfDays = 3_650;

export const createKeyBody = z.strictObject({
  name: text(1, 100),
  scopes: scopeList,
  expires_in_days: maybe(wholeNumber(1, yearsOfDays)).describe('Left out: it never expires.'),
});

export const memberBody = z.strictObject({ role: oneOf(roles) });

const pageMax = 200;

/** Pages by an opaque cursor. */
export const identityPaging = {
  limit: otherwise(wholeNumber(1, pageMax), 50),
  cursor: maybe(text(1, tokenMax)),
};

const userId: z.ZodType<UserId> = field({ type: 'string', format: 'uuid' }, (json) => {
  if (typeof json !== 'string') return wrongType('a UUID');
  const id = json.toLowerCase();
  return isUuid(id) ? (id as UserId) : new Trouble('invalid_format', 'must be a UUID');
});

export const securityLogQuery = z.strictObject({ ...identityPaging, user_id: maybe(userId) });

/** The paging of identity, where what is absent is not there. */
export const identityPageOf = (query: {
  readonly limit: number;
  readonly cursor: string | null;
}): { limit: number; cursor?: string } => ({
  limit: query.limit,
  ...(query.cursor === null ? {} : { cursor: query.cursor }),
});
