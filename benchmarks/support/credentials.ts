import type { Logger } from 'pino';
import { createProtection } from '#api/http/protection.ts';
import { offerSetupToken } from '#api/process/setup-token.ts';
import { systemClock } from '#gateways/system/clock.ts';
import { createUuids } from '#gateways/system/ids.ts';
import { createAccessTokens } from '#identity/access-tokens.ts';
import { createLoginDelays } from '#identity/login-delays.ts';
import { createPasswords } from '#identity/passwords.ts';
import type { IdentityStore } from '#identity/ports/identity-store.ts';
import { scopes } from '#identity/scopes.ts';
import { makeSigningKey, parseSigningKeys } from '#identity/secrets.ts';
import { createIdentity } from '#identity/service.ts';

const here = '127.0.0.1';
/** Counted like any other, and never reached: one key sends what many would. */
const unreached = { requests: 1_000_000_000, seconds: 10 };

/** Identity and limits as `main.ts` builds them, with an administrator, their access token and a key of all scopes. */
export const createBenchmarkIdentity = async (parts: {
  readonly store: IdentityStore;
  readonly log: Logger;
}) => {
  const { store, log } = parts;
  const identity = createIdentity({
    store,
    clock: systemClock,
    passwords: createPasswords(),
    tokens: createAccessTokens({ keys: parseSigningKeys(makeSigningKey()), clock: systemClock }),
    delays: createLoginDelays(),
    ids: createUuids(),
    ownedByFirstAdmin: [],
    log,
  });
  const protection = createProtection({
    log,
    limits: { key: unreached, user: unreached, address: unreached },
  });
  const email = 'benchmark@example.org';
  const password = makeSigningKey();
  const registration = { email, username: 'administrator', password, fullName: null };
  await identity.setUp((await offerSetupToken(store)) ?? '', registration, here);
  const { accessToken } = await identity.login(email, password, here);
  const principal = await identity.authenticate({ scheme: 'bearer', text: accessToken }, here);
  if (principal === undefined) throw new Error('the administrator is not known');
  const wanted = { name: 'benchmark', scopes, expiresInDays: null };
  const { secret: key } = await identity.createKey(principal, wanted, here);
  return { identity, protection, principal, accessToken, key };
};
