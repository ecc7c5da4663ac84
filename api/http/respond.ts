import type { Response } from 'express';
import { type HttpProblem, problemDocument } from './problem.ts';
import type { Answer } from './route.ts';

type Headers = Record<string, string | number>;

/** What the server knows of a request beside what the client sent. */
export type Exchange = {
  readonly requestId: string;
  readonly startedAt: number;
  /** Whether the server is closing by now: the client shall not use the connection again. */
  readonly isLast: () => boolean;
};

const headersOf = (
  exchange: Exchange,
  type: string,
  facts: Pick<Answer, 'sequence' | 'replayed' | 'asOf'>,
): Headers => {
  const headers: Headers = {
    'Content-Type': type,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': exchange.requestId,
  };
  if (typeof facts.sequence === 'number') headers['Ledger-Sequence'] = facts.sequence;
  if (facts.asOf !== undefined) headers['Ledger-As-Of'] = facts.asOf;
  if (facts.replayed === true) headers['Idempotency-Replayed'] = 'true';
  if (exchange.isLast()) headers['Connection'] = 'close';
  return headers;
};

const write = (response: Response, status: number, headers: Headers, text: string): void => {
  headers['Content-Length'] = Buffer.byteLength(text);
  response.writeHead(status, headers).end(text);
};

/** Sends a successful answer. */
export const sendAnswer = (response: Response, exchange: Exchange, answer: Answer): void => {
  const headers = headersOf(exchange, 'application/json; charset=utf-8', answer);
  write(response, answer.status, headers, JSON.stringify(answer.body));
};

/** Sends a problem document. */
export const sendProblem = (response: Response, exchange: Exchange, problem: HttpProblem): void => {
  const headers = headersOf(exchange, 'application/problem+json; charset=utf-8', problem.extras);
  Object.assign(headers, problem.extras.headers);
  const document = problemDocument(problem, exchange.requestId);
  write(response, problem.kind.status, headers, JSON.stringify(document));
};
