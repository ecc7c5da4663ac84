import { ok } from 'node:assert/strict';
import type { AccountId } from '#domain/ids.ts';
import type { Identity } from '#identity/identity.ts';
import type { UserId } from '#identity/ids.ts';
import type { Principal } from '#identity/principal.ts';
import type { Role, Scope } from '#identity/scopes.ts';

/** A user who has logged in. */
export type Person = {
  readonly id: UserId;
  readonly email: string;
  readonly password: string;
  readonly accessToken: string;
  readonly refreshToken: string;
};

const address = '127.0.0.1';
const password = 'four unlikely words 7421';

/** Users, keys and memberships, made as the API's routes make them. */
export const createPeople = (identity: Identity) => {
  const logIn = async (email: string, id: UserId): Promise<Person> => {
    const { accessToken, refreshToken } = await identity.login(email, password, address);
    return { id, email, password, accessToken, refreshToken };
  };

  const registration = (name: string) => ({
    email: `${name}@example.com`,
    username: name,
    password,
    fullName: null,
  });

  const principalOf = async ({ accessToken }: Person): Promise<Principal> => {
    const credential = { scheme: 'bearer', text: accessToken } as const;
    const principal = await identity.authenticate(credential, address);
    ok(principal !== undefined);
    return principal;
  };

  return {
    principalOf,
    /** The first administrator. */
    setUp: async (setupToken: string, name: string): Promise<Person> => {
      const { id, email } = await identity.setUp(setupToken, registration(name), address);
      return logIn(email, id);
    },
    /** A user like any other. */
    person: async (name: string): Promise<Person> => {
      const { id, email } = await identity.register(registration(name), address);
      return logIn(email, id);
    },
    /** An API key that has just these scopes. */
    keyOf: async (person: Person, scopes: readonly Scope[]): Promise<string> => {
      const wanted = { name: scopes.join(' ').slice(0, 100), scopes, expiresInDays: null };
      const { secret } = await identity.createKey(await principalOf(person), wanted, address);
      return secret;
    },
    promote: async (by: Person, { id }: Person): Promise<void> => {
      await identity.setAdmin(await principalOf(by), id, true, address);
    },
    member: async (by: Person, account: AccountId, { id }: Person, role: Role): Promise<void> => {
      await identity.setMember(await principalOf(by), account, id, role, address);
    },
  };
};
