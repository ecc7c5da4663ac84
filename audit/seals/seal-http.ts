import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { getCACertificates } from 'node:tls';
import type { SealTarget } from './targets.ts';

export type UrlTarget = Extract<SealTarget, { readonly kind: 'url' }>;

/** For a whole exchange: a seal is half a kilobyte. */
const postTimeoutMs = 10_000;
/** Without a byte. */
const idleTimeoutMs = 30_000;
/** More than ten thousand seals a day for a year are not read at once. */
const readMaxBytes = 2 ** 30;

let authorities: readonly string[] | undefined;
/** Whom the machine trusts, besides whom Node does. */
const trusted = (): string[] => {
  authorities ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
  return [...authorities];
};

type Wish = {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};

const open = ({ url, authorization }: UrlTarget, { method, headers, signal }: Wish) => {
  const options = {
    method,
    signal,
    timeout: idleTimeoutMs,
    headers: { ...headers, ...(authorization === null ? {} : { authorization }) },
  };
  return url.protocol === 'https:'
    ? httpsRequest(url, { ...options, ca: trusted() })
    : httpRequest(url, options);
};

/** The answer to a request; nothing is followed anywhere. Its body has to be read or thrown away. */
const answerTo = (sent: ClientRequest, body: string | undefined): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    sent.once('response', resolve);
    sent.once('timeout', () => sent.destroy(new Error('it does not answer')));
    // Stays for what breaks later: the body's reader is told of it too.
    sent.on('error', reject);
    sent.end(body);
  });

const whyOf = (status: number): string =>
  status >= 300 && status < 400
    ? `it answers ${status}; redirects are not followed`
    : `it answers ${status}`;

export type Posted =
  | { readonly kind: 'delivered' }
  /** 409: it holds another seal of this number. */
  | { readonly kind: 'differs' }
  | { readonly kind: 'failed'; readonly why: string };

const wordsOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'it cannot be reached';
  if (error.name === 'TimeoutError') return 'it does not answer in time';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
};

/** Posts a kept seal's line. The receiver knows by `key` what it has had before. Never throws but for `signal`. */
export const postSeal = async (
  target: UrlTarget,
  line: string,
  key: string,
  signal: AbortSignal,
): Promise<Posted> => {
  try {
    const headers = {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(line)),
      'idempotency-key': key,
    };
    const within = AbortSignal.any([signal, AbortSignal.timeout(postTimeoutMs)]);
    const answer = await answerTo(open(target, { method: 'POST', headers, signal: within }), line);
    const status = answer.statusCode ?? 0;
    answer.on('error', () => {}); // The status is all that counts.
    answer.resume();
    if (status >= 200 && status < 300) return { kind: 'delivered' };
    return status === 409 ? { kind: 'differs' } : { kind: 'failed', why: whyOf(status) };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'failed', why: wordsOf(error) };
  }
};

/** What a URL holds, as text; throws where it cannot be read whole. */
export const readUrl = async (target: UrlTarget, signal: AbortSignal): Promise<string> => {
  try {
    const wish = { method: 'GET', headers: { accept: '*/*' }, signal } as const;
    const answer = await answerTo(open(target, wish), undefined);
    if (answer.statusCode !== 200) {
      answer.destroy();
      throw new Error(whyOf(answer.statusCode ?? 0));
    }
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of answer) {
      const bytes = part as Buffer;
      size += bytes.length;
      if (size > readMaxBytes) throw new Error('it sends more than 1 GiB');
      parts.push(bytes);
    }
    return Buffer.concat(parts).toString('utf8');
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`Kept seals cannot be read from ${target.name}: ${wordsOf(error)}.`);
  }
};
