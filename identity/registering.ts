import { IdentityRefused, type Registration, type User } from './identity.ts';
import type { UserId } from './ids.ts';
import { isEmail, normalEmail, normalName, usernamePattern } from './names.ts';
import { setupTokenHash } from './opaque-tokens.ts';
import { type Services, withoutHash } from './parts.ts';
import { checkPassword, isTooLong } from './password-rules.ts';
import type { NewUser, StoredUser } from './ports/identity-store.ts';
import type { Principal } from './principal.ts';
import { awaitTurn } from './sign-in.ts';

/** What guessing at the setup token is counted under; no e-mail address has a blank. */
const setupSubject = 'setup token';

/** Checks what a person wrote and hashes the password. The callers' schemas have checked the form already. */
const newUser = async (
  { passwords, ids, now }: Services,
  { email: writtenEmail, username: writtenName, password, fullName }: Registration,
): Promise<NewUser> => {
  const email = normalEmail(writtenEmail);
  const username = normalName(writtenName);
  if (!isEmail(email)) throw new TypeError('not an e-mail address');
  if (!usernamePattern.test(username)) throw new TypeError('not a user name');
  checkPassword(password, { email, username });
  return {
    id: ids.next() as UserId,
    email,
    username,
    fullName: fullName === null ? null : normalName(fullName),
    passwordHash: await passwords.hash(password),
    createdAt: new Date(now()),
  };
};

/** Made of what was sent alone, so that it is the same whether or not the user was made. */
const asRegistered = (user: NewUser): StoredUser => ({
  ...user,
  active: true,
  admin: false,
  lastLoginAt: null,
});

/** Makes a user; where the address is taken it makes nothing and answers the same. */
export const register = async (
  services: Services,
  registration: Registration,
  address: string,
): Promise<User> => {
  const { store, record } = services;
  const user = await newUser(services, registration);
  const added = await store.addUser(user);
  if (added !== undefined) {
    await record({ kind: 'user_registered', userId: user.id, address });
  } else {
    const holder = await store.userByEmail(user.email);
    await record({ kind: 'registration_repeated', userId: holder?.id ?? null, address });
  }
  return withoutHash(asRegistered(user));
};

/** Makes the first administrator of who has the setup token. */
export const setUp = async (
  services: Services,
  setupToken: string,
  registration: Registration,
  address: string,
): Promise<User> => {
  const { store, cache, delays, record, ownedByFirstAdmin } = services;
  await awaitTurn(services, setupSubject, address);
  const user = await newUser(services, registration);
  const added = await store.addFirstAdmin(setupTokenHash(setupToken), user, ownedByFirstAdmin);
  if (added === undefined) {
    await delays.failed(setupSubject, address);
    await record({ kind: 'setup_token_refused', address });
    throw new IdentityRefused(
      'invalid_setup_token',
      'The setup token is not the last one that was made, or there is an administrator already, or the e-mail address belongs to a user. Each start makes a new token while there is no administrator.',
    );
  }
  cache.forget(user.id);
  await record({ kind: 'administrator_set_up', userId: user.id, address });
  return withoutHash(added);
};

const wrongPassword = () =>
  new IdentityRefused('invalid_credentials', 'The current password is wrong.');

/** Sets another password and ends all sessions, this one too. A key may not do it. */
export const changePassword = async (
  services: Services,
  { userId, sessionId }: Principal,
  { current, next }: { readonly current: string; readonly next: string },
  address: string,
): Promise<void> => {
  const { store, cache, passwords, delays, record } = services;
  if (sessionId === null) {
    throw new IdentityRefused(
      'session_required',
      'An API key cannot change the password: log in first.',
    );
  }
  const user = await store.userById(userId);
  if (user === undefined || isTooLong(current)) throw wrongPassword();
  checkPassword(next, user);
  await awaitTurn(services, user.email, address, userId);
  if (!(await passwords.verify(current, user.passwordHash))) {
    await delays.failed(user.email, address);
    await record({ kind: 'password_change_refused', userId, address });
    throw wrongPassword();
  }
  const changed = await store.setPassword(userId, await passwords.hash(next), user.passwordHash);
  if (!changed) throw wrongPassword();
  await delays.succeeded(user.email, address);
  cache.forget(userId);
  await record({ kind: 'password_changed', userId, address });
};
