import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createPostgresIdentityStore } from '#database/postgres/identity-store.ts';
import type { AccountId } from '#domain/ids.ts';
import { createAccessTokens } from '#identity/access-tokens.ts';
import {
  type Identity,
  type IdentityRefusal,
  IdentityRefused,
  type Tokens,
} from '#identity/identity.ts';
import { createLoginDelays } from '#identity/login-delays.ts';
import { createPasswords, type PasswordsOptions } from '#identity/passwords.ts';
import type { SecurityEvent } from '#identity/ports/identity-store.ts';
import type { Principal } from '#identity/principal.ts';
import { makeSigningKey, parseSigningKeys } from '#identity/secrets.ts';
import { createIdentity } from '#identity/service.ts';
import { migratedTestDatabase } from '#tests/support/postgres.ts';
import { systemClock } from '#tests/support/recorded-events.ts';

export const home = '192.0.2.1';
export const password = 'tulip anchor wheat 9';
export const otherPassword = 'lantern oboe gravel 4';
export const firstAccount = randomUUID() as AccountId;

/** Whether an error is identity's refusal for a reason. */
export const refuses =
  (code: IdentityRefusal) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof IdentityRefused, String(error));
    assert.equal(error.code, code);
    return true;
  };

export type Logged = { readonly facts: object; readonly message: string };

/** Identity over a database of its own; `open` adds further processes over the same one. */
export const identityWorld = async () => {
  const database = await migratedTestDatabase();
  const signingKeys = makeSigningKey();
  const logged: Logged[] = [];
  const note = (facts: object, message: string) => void logged.push({ facts, message });
  const opened: { identity: Identity; pool: pg.Pool }[] = [];

  const open = (options: PasswordsOptions = {}) => {
    const pool = new pg.Pool({ connectionString: database.connectionString, max: 8 });
    pool.on('error', () => undefined); // Dropping the database cuts what is just ending.
    const store = createPostgresIdentityStore({ pool });
    const identity = createIdentity({
      store,
      clock: systemClock,
      passwords: createPasswords(options),
      tokens: createAccessTokens({ keys: parseSigningKeys(signingKeys), clock: systemClock }),
      delays: createLoginDelays(),
      ids: { next: randomUUID },
      ownedByFirstAdmin: [firstAccount],
      log: { warn: note, error: note },
    });
    opened.push({ identity, pool });
    return { identity, store, pool };
  };
  const first = open();

  return {
    ...first,
    open,
    logged,
    close: async () => {
      for (const { identity, pool } of opened) {
        await identity.close();
        await pool.end();
      }
      await database.drop();
    },
  };
};

export type World = Awaited<ReturnType<typeof identityWorld>>;

export const newEmail = (): string => `user-${randomUUID()}@example.com`;

/** A registered user, with who they are. */
export const newUser = async ({ identity, store }: Pick<World, 'identity' | 'store'>) => {
  const email = newEmail();
  const registration = { email, username: 'Ada', password, fullName: null };
  const { id } = await identity.register(registration, home);
  assert.ok(await store.userById(id));
  return { id, email };
};

export const bearer = (identity: Identity, text: string): Promise<Principal | undefined> =>
  Promise.resolve(identity.authenticate({ scheme: 'bearer', text }, home));

export const byKey = (identity: Identity, text: string): Promise<Principal | undefined> =>
  Promise.resolve(identity.authenticate({ scheme: 'api_key', text }, home));

export const principalOf = async (identity: Identity, { accessToken }: Tokens) => {
  const principal = await bearer(identity, accessToken);
  assert.ok(principal, 'the token is good');
  return principal;
};

/** A user who has just logged in. */
export const loggedIn = async (world: Pick<World, 'identity' | 'store'>) => {
  const { identity } = world;
  const user = await newUser(world);
  const tokens = await identity.login(user.email, password, home);
  return { ...user, tokens, principal: await principalOf(identity, tokens) };
};

/** Makes a user an administrator without asking anybody. */
export const newAdmin = async (world: Pick<World, 'identity' | 'store'>) => {
  const user = await newUser(world);
  await world.store.setAdmin(user.id, true);
  const tokens = await world.identity.login(user.email, password, home);
  return { ...user, tokens, principal: await principalOf(world.identity, tokens) };
};

/** The kinds of the latest lines of the security log about a user, newest first. */
export const kindsOf = async (
  { identity }: Pick<World, 'identity'>,
  userId: SecurityEvent['userId'],
): Promise<readonly string[]> => {
  const page = userId === null ? { limit: 100 } : { limit: 100, userId };
  return (await identity.securityLog(page)).rows.map(({ kind }) => kind);
};

/** Milliseconds until something holds; at most three seconds. */
export const msUntil = async (holds: () => Promise<boolean>): Promise<number> => {
  const began = performance.now();
  while (!(await holds())) {
    assert.ok(performance.now() - began < 3_000, 'it holds within three seconds');
    await sleep(10);
  }
  return performance.now() - began;
};
