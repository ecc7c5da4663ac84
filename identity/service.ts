import { createAccessCache } from './access-cache.ts';
import { createMemberships, createUserAdministration, createUserReader } from './administration.ts';
import { createApiKeys } from './api-keys.ts';
import { createAuthenticate } from './authenticate.ts';
import { createCrowd } from './crowd.ts';
import type { Identity } from './identity.ts';
import { createNotes } from './notes.ts';
import { type IdentityParts, millisecondsOf, type Services } from './parts.ts';
import { changePassword, register, setUp } from './registering.ts';
import { recordIn } from './security-log.ts';
import { login, logout, refresh } from './sign-in.ts';

/** Passwords of one network that are checked or made at the same time. */
const crowdMost = 4;
const pruneEveryMs = 60 * 60 * 1_000;

/** Identity over a store. It watches the store for changes that other processes make, until it is closed. */
export const createIdentity = (parts: IdentityParts): Identity => {
  const { store, log } = parts;
  const now = millisecondsOf(parts.clock);
  const cache = createAccessCache({ store, log, wallClock: now });
  const notes = createNotes({ store, now, log });
  const services: Services = { ...parts, cache, notes, now, record: recordIn(store, now, log) };
  const crowd = createCrowd(crowdMost);
  const prune = () =>
    store
      .prune(new Date(now()))
      .catch((error: unknown) => log.warn({ err: error }, 'old sessions are not cleared away'));
  const pruning = setInterval(prune, pruneEveryMs).unref();
  return {
    authenticate: createAuthenticate(services),
    register: (registration, address) =>
      crowd(address, () => register(services, registration, address)),
    setUp: (token, registration, address) =>
      crowd(address, () => setUp(services, token, registration, address)),
    login: (email, password, address) =>
      crowd(address, () => login(services, email, password, address)),
    refresh: (token, address) => refresh(services, token, address),
    logout: (principal, address) => logout(services, principal, address),
    changePassword: (principal, current, next, address) =>
      crowd(address, () => changePassword(services, principal, { current, next }, address)),
    user: createUserReader(services),
    ...createApiKeys(services),
    ...createUserAdministration(services),
    ...createMemberships(services),
    securityLog: store.readLog,
    close: async () => {
      clearInterval(pruning);
      await Promise.all([cache.close(), notes.close()]);
    },
  };
};
