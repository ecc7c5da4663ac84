import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Actor } from '#domain/ids.ts';
import { HttpProblem } from './problem.ts';

/**
 * Who sends a request. Throws `not_authenticated`. A `page` may be opened by a browser, which sends the
 * key as the password of HTTP Basic; nothing that changes the ledger takes that, because browsers send it unasked.
 */
export type Authenticate = (headers: IncomingHttpHeaders, to?: 'page') => Actor;

const after = (scheme: string, header: string): string | undefined =>
  header.slice(0, scheme.length).toLowerCase() === scheme
    ? header.slice(scheme.length).trim()
    : undefined;

const passwordOf = (basic: string): string => {
  const text = Buffer.from(basic, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
};

const credentialOf = (header: string | undefined, to?: 'page'): string | undefined => {
  if (header === undefined) return undefined;
  const basic = to === 'page' ? after('basic ', header) : undefined;
  if (basic !== undefined) return passwordOf(basic);
  return after('bearer ', header) ?? ''; // Another scheme is a credential that cannot be right.
};

const unauthenticated = (to?: 'page', detail?: string): HttpProblem =>
  new HttpProblem('not_authenticated', {
    headers: { 'WWW-Authenticate': `${to === 'page' ? 'Basic' : 'Bearer'} realm="order-ledger"` },
    ...(detail === undefined ? {} : { detail }),
  });

/** Knows one key, the operator's. Keys are compared by their digests, in constant time. */
export const operatorKey = (key: string): Authenticate => {
  const expected = hash('sha256', key, 'buffer');
  const matches = (given: string): boolean =>
    timingSafeEqual(hash('sha256', given, 'buffer'), expected);
  return (headers, to) => {
    const apiKey = headers['x-api-key'];
    const given = [
      credentialOf(headers.authorization, to),
      Array.isArray(apiKey) ? '' : apiKey,
    ].filter((credential) => credential !== undefined);
    if (given.length === 0) throw unauthenticated(to);
    if (!given.every(matches)) throw unauthenticated(to, 'The key is not the operator key.');
    return 'operator' as Actor;
  };
};
