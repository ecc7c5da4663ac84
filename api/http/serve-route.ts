import express, { type Request, type Response } from 'express';
import type { Principal } from '#identity/principal.ts';
import type { Admit } from './admit.ts';
import { idempotencyKeyOf } from './idempotency.ts';
import { readJsonObject } from './json-body.ts';
import { answerFromPast, isAboutPast } from './past.ts';
import { HttpProblem } from './problem.ts';
import { readSequence } from './read-sequence.ts';
import type { Answer, Route, RouteScope } from './route.ts';
import type { Services } from './services.ts';

/** Bytes of a body, at most. */
const bodyMax = 65_536;

const json = 'application/json';

const isJson = (contentType: string): boolean => {
  if (contentType.slice(0, json.length).toLowerCase() !== json) return false;
  const next = contentType.charAt(json.length);
  return next === '' || next === ';' || next === ' ';
};

const readText = express.text({ type: () => true, limit: bodyMax, inflate: false });

/** The body of a request as JSON; one that was not sent is empty. */
const bodyOf = async (request: Request, response: Response): Promise<unknown> => {
  await new Promise<void>((resolve, reject) => {
    readText(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(error);
    });
  });
  const text: unknown = request.body;
  if (typeof text !== 'string' || text === '') return {};
  if (!isJson(request.headers['content-type'] ?? '')) {
    throw new HttpProblem('unsupported_media_type');
  }
  return readJsonObject(text);
};

/** Aborts when the connection of a request ends, or at once where it has: waiting for something may have taken longer. */
const untilGone = (response: Response): AbortSignal => {
  const gone = new AbortController();
  if (response.destroyed) gone.abort();
  else response.once('close', () => gone.abort());
  return gone.signal;
};

const mustHave = (scope: RouteScope, { scopes }: Principal): void => {
  if (scope === null || scope === 'any_user' || scopes.has(scope)) return;
  throw new HttpProblem('insufficient_scope', {
    detail: `The credential lacks the scope ${scope}.`,
    details: { scope },
  });
};

/**
 * Answers a request by a route: what it sends is read once, after we know who sends it and that they may ask for
 * this at all, and only what the route takes.
 */
export const answerBy = async (
  route: Route,
  request: Request,
  response: Response,
  services: Services,
  admit: Admit,
): Promise<Answer> => {
  const { headersDistinct, params, query } = request;
  const admitted = admit(request, response, route.scope === null ? 'anybody' : 'user');
  const { principal, address } = admitted instanceof Promise ? await admitted : admitted;
  mustHave(route.scope, principal);
  const key =
    route.kind === 'command' ? idempotencyKeyOf(headersDistinct['idempotency-key']) : null;
  const body = route.body === null ? undefined : await bodyOf(request, response);
  const { actor } = principal;
  const gone = () => untilGone(response);
  const call = { params, query, body, key, actor, principal, address, untilGone: gone };
  if (route.kind !== 'read') return route.answer(services, call);
  const { min_sequence: asked, ...rest } = query;
  const sequence = await readSequence(services, asked);
  if (route.hasPast === undefined && isAboutPast(query)) throw new HttpProblem('no_past');
  if (route.hasPast === true && isAboutPast(query)) {
    const atLeast = asked === undefined ? 0 : sequence;
    return answerFromPast(route, services, { ...call, query: rest }, atLeast);
  }
  const answer = await route.answer(services, { ...call, query: rest });
  return { sequence, ...answer };
};
