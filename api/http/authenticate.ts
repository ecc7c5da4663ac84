import type { Request } from 'express';
import type { Actor } from '#domain/ids.ts';
import type { Credential, Identity } from '#identity/identity.ts';
import type { UserId } from '#identity/ids.ts';
import type { Principal } from '#identity/principal.ts';
import { bearerChallenge, HttpProblem } from './problem.ts';

/**
 * Who sends a request from a network address. Throws `not_authenticated`. A `page` may be opened by a browser, which
 * sends an API key as the password of HTTP Basic; nothing that changes the ledger takes that, because browsers send
 * it unasked. Answers at once where identity does.
 */
export type Authenticate = (
  headers: Request['headers'],
  address: string,
  to?: 'page',
) => Principal | Promise<Principal>;

/** Who sends a request to a route that asks for no credential. */
export const nobody: Principal = {
  actor: 'anonymous' as Actor,
  userId: '' as UserId,
  sessionId: null,
  keyId: null,
  scopes: new Set(),
  memberships: new Map(),
  opened: new Set(),
};

type Known = Principal | undefined;

const after = (scheme: string, header: string): string | undefined =>
  header.slice(0, scheme.length).toLowerCase() === scheme
    ? header.slice(scheme.length).trim()
    : undefined;

const passwordOf = (basic: string): string => {
  const text = Buffer.from(basic, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
};

const ofAuthorization = (header: string, to?: 'page'): Credential => {
  const basic = to === 'page' ? after('basic ', header) : undefined;
  if (basic !== undefined) return { scheme: 'api_key', text: passwordOf(basic) };
  // Another scheme is a credential that cannot be right.
  return { scheme: 'bearer', text: after('bearer ', header) ?? '' };
};

const ofApiKey = (header: string | readonly string[]): Credential => ({
  scheme: 'api_key',
  text: typeof header === 'string' ? header : '',
});

const unauthenticated = (to?: 'page', detail?: string): HttpProblem =>
  new HttpProblem('not_authenticated', {
    headers: { 'WWW-Authenticate': to === 'page' ? 'Basic realm="order-ledger"' : bearerChallenge },
    ...(detail === undefined ? {} : { detail }),
  });

/** Whom two credentials stand for together: one user, who may do what both are good for. */
const both = (first: Known, second: Known): Known => {
  if (first === undefined || second === undefined || first.userId !== second.userId) {
    return undefined;
  }
  const shared = [...first.scopes].filter((scope) => second.scopes.has(scope));
  return { ...first, scopes: new Set(shared) };
};

/** Asks identity about the credentials of a request. Two of them must both be good and be of the same user. */
export const createAuthenticate = ({
  authenticate: ask,
}: Pick<Identity, 'authenticate'>): Authenticate => {
  const known = (credential: Credential, address: string): Known | Promise<Known> =>
    credential.text === '' ? undefined : ask(credential, address);

  return (headers, address, to) => {
    const { authorization } = headers;
    const apiKey = headers['x-api-key'];
    const must = (principal: Known): Principal => {
      if (principal !== undefined) return principal;
      throw unauthenticated(to, 'The credential is not good, or not any more.');
    };
    const first = authorization === undefined ? null : ofAuthorization(authorization, to);
    const second = apiKey === undefined ? null : ofApiKey(apiKey);
    if (first !== null && second !== null) {
      return Promise.all([known(first, address), known(second, address)]).then((found) =>
        must(both(...found)),
      );
    }
    const only = first ?? second;
    if (only === null) throw unauthenticated(to);
    const found = known(only, address);
    return found instanceof Promise ? found.then(must) : must(found);
  };
};
