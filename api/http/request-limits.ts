import { hash } from 'node:crypto';
import type { Request, Response } from 'express';
import { setBounded } from '#identity/bounded-map.ts';
import { networkOf } from '#identity/network-of.ts';
import type { Guard } from './admit.ts';
import { HttpProblem } from './problem.ts';
import type { Count, Counter } from './rate-limits.ts';

/** One counter for each kind of subject. */
export type Counters = {
  readonly key: Counter;
  readonly user: Counter;
  /** By address: requests that come without a credential or need none. */
  readonly anonymous: Counter;
  /** By address: credentials that are not good. */
  readonly guesses: Counter;
};

/** Credentials and addresses that are remembered, at most of each kind. */
const memoryMax = 10_000;

/** Header fields as in draft-ietf-httpapi-ratelimit-headers-06, the last with one field per number. */
const tell = (response: Response, { allowance, remaining, resetSeconds }: Count): void => {
  response.setHeader('RateLimit-Limit', allowance.requests);
  response.setHeader('RateLimit-Remaining', remaining);
  response.setHeader('RateLimit-Reset', resetSeconds);
};

const rateLimited = (of: string, { allowance, resetSeconds }: Count): HttpProblem => {
  const { requests, seconds } = allowance;
  return new HttpProblem('rate_limited', {
    headers: { 'Retry-After': String(resetSeconds) },
    detail: `More than ${requests} requests in ${seconds} seconds ${of}. Wait as long as Retry-After says.`,
  });
};

const mustNotExceed = (of: string, count: Count, response: Response): void => {
  tell(response, count);
  if (count.exceeded) throw rateLimited(of, count);
};

const credentialsOf = ({ headers }: Request): string | null => {
  const { authorization } = headers;
  const apiKey = headers['x-api-key'];
  if (authorization === undefined && apiKey === undefined) return null;
  return hash('sha256', `${authorization ?? ''}\n${apiKey ?? ''}`, 'base64');
};

const withoutCredential = 'without a credential from this network address';
const withBadOnes = 'with bad credentials from this network address';

/** A probe that is refused gets a healthy process killed; it asks for nothing either. */
const isProbe = ({ path }: Request): boolean => path === '/health';

/**
 * Refuses with 429 who asks too often. Before authentication only the address counts, and only for requests that
 * have no credential or need none, so that nobody can use up what belongs to a user at the same address. An address
 * that sends too many bad credentials is not asked for another one, except for those that were good a moment ago:
 * whoever shares it with a guesser goes on trading. After authentication the key counts, then its user.
 */
export const limitRequests = (counters: Counters): Guard => {
  /** Digests of credentials that were good when last seen. */
  const good = new Map<string, true>();
  /** Addresses that guessed too often, and the count with which they did. */
  const guessing = new Map<string, { readonly count: Count; readonly until: number }>();

  const takeAnonymous = async (address: string, response: Response): Promise<void> =>
    mustNotExceed(withoutCredential, await counters.anonymous(networkOf(address)), response);

  const mustNotGuess = (address: string, credentials: string, response: Response): void => {
    const network = networkOf(address);
    const guesser = guessing.get(network);
    if (guesser === undefined) return;
    const leftMs = guesser.until - Date.now();
    if (leftMs <= 0) guessing.delete(network);
    else if (!good.has(credentials)) {
      const resetSeconds = Math.max(1, Math.ceil(leftMs / 1_000));
      mustNotExceed(withBadOnes, { ...guesser.count, resetSeconds }, response);
    }
  };

  return {
    beforeAuthentication: (address, request, response, door) => {
      if (isProbe(request)) return undefined;
      const credentials = door === 'anybody' ? null : credentialsOf(request);
      if (credentials === null) return takeAnonymous(address, response);
      return guessing.size === 0 ? undefined : mustNotGuess(address, credentials, response);
    },

    onNotAuthenticated: async (address, request, response) => {
      const credentials = credentialsOf(request);
      if (credentials === null) return;
      good.delete(credentials);
      const network = networkOf(address);
      const count = await counters.guesses(network);
      tell(response, count);
      if (count.remaining > 0) return;
      const until = Date.now() + count.resetSeconds * 1_000;
      setBounded(guessing, network, { count: { ...count, exceeded: true }, until }, memoryMax);
      if (count.exceeded) throw rateLimited(withBadOnes, count);
    },

    afterAuthentication: async (principal, request, response) => {
      const credentials = credentialsOf(request);
      if (credentials !== null) setBounded(good, credentials, true, memoryMax);
      const { keyId, userId } = principal;
      const ofKey = keyId === null ? null : await counters.key(keyId);
      if (ofKey !== null) mustNotExceed('with this API key', ofKey, response);
      const ofUser = await counters.user(userId);
      if (ofKey === null || ofUser.exceeded || ofUser.remaining < ofKey.remaining) {
        mustNotExceed('of this user', ofUser, response);
      }
    },
  };
};
