import { IdentityRefused, type Tokens } from './identity.ts';
import type { RefreshTokenId, SessionId, UserId } from './ids.ts';
import { isEmail, normalEmail } from './names.ts';
import { makeRefreshToken, parseRefreshToken } from './opaque-tokens.ts';
import type { Services } from './parts.ts';
import { isTooLong } from './password-rules.ts';
import type { StoredUser } from './ports/identity-store.ts';
import type { Principal } from './principal.ts';

const refreshLifetimeMs = 7 * 24 * 60 * 60 * 1_000;

const wrongLogin = () =>
  new IdentityRefused('invalid_credentials', 'The e-mail address or the password is wrong.');
const badRefresh = () =>
  new IdentityRefused('invalid_token', 'The refresh token is not good any more: log in again.');

const newRefreshToken = ({ ids, now }: Services) => {
  const made = makeRefreshToken(ids.next() as RefreshTokenId);
  const issuedAt = now();
  return {
    text: made.text,
    stored: {
      id: made.id,
      secretHash: made.secretHash,
      issuedAt: new Date(issuedAt),
      expiresAt: new Date(issuedAt + refreshLifetimeMs),
    },
  };
};

const tokensFor = (
  { tokens, ids }: Services,
  userId: UserId,
  sessionId: SessionId,
  refreshToken: string,
): Tokens => ({
  accessToken: tokens.sign({ userId, sessionId, tokenId: ids.next() }),
  refreshToken,
  expiresIn: tokens.lifetime,
});

/** Throws `login_delayed` where the turn of a user and network has not come. `subject`: an address, or what is guessed at. */
export const awaitTurn = async (
  { delays, notes }: Services,
  subject: string,
  address: string,
  userId: UserId | null = null,
): Promise<void> => {
  const seconds = await delays.before(subject, address);
  if (seconds === 0) return;
  notes.add({ kind: 'login_delayed', address, userId });
  throw new IdentityRefused(
    'login_delayed',
    `Too many failed attempts: try again in ${seconds} seconds.`,
    seconds,
  );
};

/** Whether a password is the user's, in the same time where there is no such user. */
const isRight = async (
  { passwords }: Services,
  user: StoredUser | undefined,
  password: string,
): Promise<boolean> => {
  if (user === undefined) return passwords.verifyNobody(password);
  // Whether the user is active comes last, so that it does not show in the time.
  return (await passwords.verify(password, user.passwordHash)) && user.active;
};

/** Hashes again with the parameters in force. A login does not fail for it. */
const upgrade = async (
  { passwords, store, log }: Services,
  { id, passwordHash }: StoredUser,
  password: string,
): Promise<void> => {
  if (!passwords.needsUpgrade(passwordHash)) return;
  try {
    await store.upgradeHash(id, passwordHash, await passwords.hash(password));
  } catch (error) {
    log.warn({ err: error }, 'a password is still hashed with old parameters');
  }
};

/** Undefined where the user has been deactivated or has another password since the hash was read. */
const open = async (services: Services, user: StoredUser): Promise<Tokens | undefined> => {
  const { store, cache, ids, now } = services;
  const refreshToken = newRefreshToken(services);
  const session = {
    id: ids.next() as SessionId,
    userId: user.id,
    startedAt: new Date(now()),
    passwordHash: user.passwordHash,
  };
  const opened = await store.openSession(session, refreshToken.stored);
  cache.forget(user.id);
  return opened ? tokensFor(services, user.id, session.id, refreshToken.text) : undefined;
};

/** As `open`, once more where the hash has changed and is still one of this password: another login upgraded it. */
const openWith = async (
  services: Services,
  user: StoredUser,
  password: string,
): Promise<Tokens | undefined> => {
  const tokens = await open(services, user);
  if (tokens !== undefined) return tokens;
  const again = await services.store.userById(user.id);
  if (again === undefined || again.passwordHash === user.passwordHash) return undefined;
  return (await isRight(services, again, password)) ? open(services, again) : undefined;
};

/** Opens a session. The same answer in the same time for an unknown address, a wrong password and an inactive user. */
export const login = async (
  services: Services,
  writtenEmail: string,
  password: string,
  address: string,
): Promise<Tokens> => {
  const { store, delays, record } = services;
  const email = normalEmail(writtenEmail);
  // No user has such: nothing is told by refusing at once.
  if (isTooLong(password) || !isEmail(email)) throw wrongLogin();
  await awaitTurn(services, email, address);
  const user = await store.userByEmail(email);
  const refuse = async () => {
    await delays.failed(email, address);
    await record({ kind: 'login_failed', userId: user?.id ?? null, address });
    return wrongLogin();
  };
  if (!(await isRight(services, user, password)) || user === undefined) throw await refuse();
  // First the log: a session that is nowhere written must not come to be.
  await record({ kind: 'login_succeeded', userId: user.id, address });
  const tokens = await openWith(services, user, password);
  if (tokens === undefined) throw await refuse();
  await delays.succeeded(email, address);
  await upgrade(services, user, password);
  return tokens;
};

/** Exchanges a refresh token, once; one that comes again ends its session. */
export const refresh = async (
  services: Services,
  text: string,
  address: string,
): Promise<Tokens> => {
  const { store, cache, notes, record } = services;
  const token = parseRefreshToken(text);
  if (token === undefined) {
    notes.add({ kind: 'refresh_token_refused', address });
    throw badRefresh();
  }
  const next = newRefreshToken(services);
  const rotation = await store.rotate(token, next.stored);
  switch (rotation.kind) {
    case 'rotated': {
      const { userId, sessionId } = rotation;
      await record({ kind: 'token_refreshed', userId, address });
      return tokensFor(services, userId, sessionId, next.text);
    }
    case 'reused':
      cache.forget(rotation.userId);
      await record({ kind: 'refresh_token_reused', userId: rotation.userId, address });
      throw badRefresh();
    case 'void':
      notes.add({ kind: 'refresh_token_refused', address });
      throw badRefresh();
  }
};

/** Ends the session. A key has none to end. */
export const logout = async (
  { store, cache, record }: Services,
  { userId, sessionId }: Principal,
  address: string,
): Promise<void> => {
  if (sessionId === null) {
    throw new IdentityRefused(
      'session_required',
      'An API key has no session to end: revoke the key instead.',
    );
  }
  await store.endSession(sessionId);
  cache.forget(userId);
  await record({ kind: 'logged_out', userId, address });
};
