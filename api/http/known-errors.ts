import { type IdentityRefusal, IdentityRefused } from '#identity/identity.ts';
import { bearerChallenge, HttpProblem, type ProblemCode } from './problem.ts';

/** Errors of the body reader, by the type it gives them. */
const ofBodies: ReadonlyMap<string, ProblemCode> = new Map([
  ['entity.too.large', 'body_too_large'],
  ['encoding.unsupported', 'unsupported_media_type'],
  ['charset.unsupported', 'unsupported_media_type'],
  ['request.aborted', 'invalid_request'],
  ['request.size.invalid', 'invalid_request'],
]);

/** Errors of the ledger and its store, by their code. */
const ofStores: ReadonlyMap<string, ProblemCode> = new Map([
  ['unavailable', 'store_unavailable'],
  ['closed', 'store_unavailable'],
  ['outcome_unknown', 'outcome_unknown'],
  ['account_contended', 'account_contended'],
]);

/** The database is away or not ready yet, by the codes of Postgres and of sockets. What meets one of these has written nothing. */
const unreachable: ReadonlySet<string> = new Set([
  '08001',
  '08003',
  '08006',
  '3F000', // No schema yet: the read tables are being made.
  '42P01', // No table yet.
  '53300',
  '57P01',
  '57P02',
  '57P03',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
]);
const lostConnection =
  /^Connection terminated|^timeout exceeded when trying to connect|^Query read timeout/;

const textOf = (error: object, field: 'type' | 'code'): string => {
  const value: unknown = Reflect.get(error, field);
  return typeof value === 'string' ? value : '';
};

const isChallenged = (code: IdentityRefusal): boolean =>
  code === 'invalid_credentials' || code === 'invalid_token';

const identityProblem = ({ code, message, retryAfterSeconds }: IdentityRefused): HttpProblem => {
  const headers: Record<string, string> = {
    ...(isChallenged(code) ? { 'WWW-Authenticate': bearerChallenge } : {}),
    ...(retryAfterSeconds === null ? {} : { 'Retry-After': String(retryAfterSeconds) }),
  };
  return new HttpProblem(code, { headers, detail: message });
};

/** The problem that an error stands for; `internal_error` for one that nobody foresaw. */
export const problemOf = (error: unknown): HttpProblem => {
  if (error instanceof HttpProblem) return error;
  if (error instanceof IdentityRefused) return identityProblem(error);
  if (error instanceof URIError) return new HttpProblem('invalid_url');
  if (error instanceof Error) {
    const given = textOf(error, 'code');
    const code = ofBodies.get(textOf(error, 'type')) ?? ofStores.get(given);
    if (code !== undefined) return new HttpProblem(code);
    if (unreachable.has(given) || lostConnection.test(error.message)) {
      return new HttpProblem('store_unavailable');
    }
  }
  return new HttpProblem('internal_error');
};
