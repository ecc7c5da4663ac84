import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Actor } from '#domain/ids.ts';
import { HttpProblem } from './problem.ts';

/** Who sends a request. Throws `not_authenticated`. */
export type Authenticate = (headers: IncomingHttpHeaders) => Actor;

const scheme = 'bearer ';

const bearerOf = (header: string | undefined): string | undefined => {
  if (header === undefined) return undefined;
  // Another scheme is a credential that cannot be right.
  return header.slice(0, scheme.length).toLowerCase() === scheme
    ? header.slice(scheme.length).trim()
    : '';
};

const unauthenticated = (detail?: string): HttpProblem =>
  new HttpProblem('not_authenticated', {
    headers: { 'WWW-Authenticate': 'Bearer realm="order-ledger"' },
    ...(detail === undefined ? {} : { detail }),
  });

/** Knows one key, the operator's. Keys are compared by their digests, in constant time. */
export const operatorKey = (key: string): Authenticate => {
  const expected = hash('sha256', key, 'buffer');
  const matches = (given: string): boolean =>
    timingSafeEqual(hash('sha256', given, 'buffer'), expected);
  return (headers) => {
    const apiKey = headers['x-api-key'];
    const given = [bearerOf(headers.authorization), Array.isArray(apiKey) ? '' : apiKey].filter(
      (credential) => credential !== undefined,
    );
    if (given.length === 0) throw unauthenticated();
    if (!given.every(matches)) throw unauthenticated('The key is not the operator key.');
    return 'operator' as Actor;
  };
};
