import { z } from 'zod';
import { NoSuchPast, seenIn, type View } from '#audit/as-of/view.ts';
import { explain } from '#audit/explain/explain.ts';
import { type Explained, NoSuchFigure, Unexplained } from '#audit/explain/explanation.ts';
import { type Figure, figureNamed, figures, whyNoFigure } from '#audit/explain/figures.ts';
import type { AccountId, Symbol as Ticker } from '#domain/ids.ts';
import {
  explanationAnswer,
  explanationJson,
  figureAnswer,
  figureJson,
  parametersOf,
} from '../answers/explanation.ts';
import { form } from '../answers/form.ts';
import { accountNotFound } from '../found.ts';
import { lateAsOf, mustHaveBeen, placeInTime } from '../past.ts';
import { HttpProblem } from '../problem.ts';
import { accountRoute, type Route, route } from '../route.ts';
import { maybe, otherwise, text, wholeNumber } from '../schemas/field.ts';
import { accountId, date, orderId, symbol } from '../schemas/names.ts';
import type { Services } from '../services.ts';

const tag = 'Audit';

/** Lines of one list, at most; more than a screen shows are one line. */
const linesMax = 1_000;

const query = z.strictObject({
  account_id: maybe(accountId),
  symbol: maybe(symbol),
  order_id: maybe(orderId),
  id: maybe(text(1, 128)),
  session: maybe(date),
  book: maybe(text(1, 64)),
  as_of: maybe(placeInTime),
  known: maybe(placeInTime),
  lines: otherwise(wholeNumber(1, linesMax), 100),
});
type Query = z.infer<typeof query>;

const unknownFigure = (name: string): HttpProblem => {
  const why = whyNoFigure(name);
  const names = figures.map((figure) => figure.name).join(', ');
  const detail =
    why === undefined ? `There is no figure ${name}; there are ${names}.` : `${name} ${why}.`;
  return new HttpProblem('unknown_figure', { detail, details: { figure: name } });
};

/** Throws validation_failed with every parameter that a figure needs and was not sent. */
const mustName = ({ needs, withoutId, name }: Figure, sent: Query): void => {
  if (withoutId !== undefined) return;
  const values = new Map<string, unknown>(Object.entries(sent));
  const missing = parametersOf[needs].filter((parameter) => values.get(parameter) === null);
  if (missing.length === 0) return;
  throw new HttpProblem('validation_failed', {
    detail: `${name} needs ${missing.join(' and ')}.`,
    errors: missing.map((parameter) => ({
      field: parameter,
      code: 'required',
      message: `is required for ${name}`,
    })),
  });
};

const explained = async (
  services: Services,
  figure: Figure,
  account: AccountId,
  sent: Query,
  signal: AbortSignal,
): Promise<Explained> => {
  const { withLook, clock } = services;
  const view: View = { asOf: sent.as_of, known: sent.known };
  await mustHaveBeen(services, view);
  return withLook(async (snapshot) => {
    signal.throwIfAborted();
    await lateAsOf(services, snapshot, view);
    const isLive = view.asOf === null && view.known === null;
    const { at, end } = await seenIn(snapshot.log, view, clock.now());
    const subject = {
      accountId: account,
      symbol: sent.symbol as Ticker | null,
      orderId: sent.order_id,
      id: sent.id,
      session: sent.session,
      book: sent.book,
      at,
      end,
    };
    return explain(snapshot, figure, subject, isLive ? null : view, sent.lines, signal);
  });
};

/** What an explanation could not say, as a problem; undefined for what is none of its own. */
const problemOf = (error: unknown, { name }: Figure): HttpProblem | undefined => {
  const details = { figure: name };
  if (error instanceof Unexplained) {
    return new HttpProblem('figure_unexplained', { detail: error.message, details });
  }
  if (error instanceof NoSuchFigure || error instanceof NoSuchPast) {
    return new HttpProblem('figure_not_found', { detail: error.message, details });
  }
  return undefined;
};

const explainFigure = accountRoute({
  method: 'get',
  path: '/api/v1/audit/explain/{figure}',
  name: 'explainFigure',
  tag,
  summary: 'The events and the arithmetic that made a figure',
  description:
    'Lines that sum exactly to the figure, checked against the events and, without a time, against the read tables. What a figure needs beside the account says /api/v1/audit/figures. `as_of`: what was true then; `known`: what the ledger knew then. Of each list the last `lines` are shown; the earlier ones are summed up in one.',
  kind: 'read',
  hasPast: 'by itself',
  scope: 'account:read',
  params: z.strictObject({ figure: text(1, 100) }),
  query,
  answers: { 200: form('Explanation', 'The figure and what made it.', explanationAnswer) },
  problems: [
    'account_not_found',
    'unknown_figure',
    'figure_not_found',
    'figure_unexplained',
    'no_such_past',
  ],
  accountId: ({ query: sent }) => sent.account_id,
  handle: async ({ services, account, params, query: sent, untilGone }) => {
    const figure = figureNamed(params.figure);
    if (figure === undefined) throw unknownFigure(params.figure);
    mustName(figure, sent);
    const signal = untilGone();
    try {
      const found = await explained(services, figure, account, sent, signal);
      return { status: 200, body: explanationJson(account, found) };
    } catch (error) {
      if (signal.aborted) throw new HttpProblem('invalid_request');
      const problem = problemOf(error, figure);
      if (problem === undefined) throw error;
      if ((await services.queries.getAccount(account)) === undefined)
        throw accountNotFound(account);
      throw problem;
    }
  },
});

const listFigures = route({
  method: 'get',
  path: '/api/v1/audit/figures',
  name: 'listFigures',
  tag,
  summary: 'Every figure that can be explained, and what it needs',
  kind: 'plain',
  scope: 'any_user',
  reach: 'none',
  answers: {
    200: form('Figures', 'The catalogue.', z.strictObject({ figures: z.array(figureAnswer) })),
  },
  problems: [],
  handle: async () => ({ status: 200, body: { figures: figures.map(figureJson) } }),
});

export const explainRoutes: readonly Route[] = [explainFigure, listFigures];
