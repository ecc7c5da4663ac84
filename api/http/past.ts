import type { Response } from 'express';
import { z } from 'zod';
import { keepSegments } from '#audit/as-of/keep-segments.ts';
import { FarBehind } from '#audit/as-of/past.ts';
import { createPastQueries } from '#audit/as-of/queries.ts';
import { eventsShown } from '#audit/as-of/shown-events.ts';
import { NoSuchPast, type Point, parsePoint, seenIn, type View } from '#audit/as-of/view.ts';
import type { LookSnapshot } from '#audit/ports/live-figures.ts';
import type { AccountId } from '#domain/ids.ts';
import { fromMilliseconds, type Instant } from '#domain/time.ts';
import { HttpProblem } from './problem.ts';
import { readSequence } from './read-sequence.ts';
import type { Answer, RawCall, Route } from './route.ts';
import { field, maybe, Trouble, wrongType } from './schemas/field.ts';
import { parsed } from './schemas/parse.ts';
import type { Services } from './services.ts';

const pointLooks = {
  type: 'string',
  description: 'A sequence of the log such as 1200, or an instant such as 2014-01-03T21:00:00Z.',
};

/** A place in time: a sequence from 1 up, or an instant. */
export const placeInTime: z.ZodType<Point> = field(pointLooks, (json) => {
  if (typeof json !== 'string') return wrongType('a sequence or an instant, as text');
  const point = parsePoint(json);
  if (point === undefined) {
    return new Trouble(
      'invalid_format',
      'must be a sequence such as 1200 or an RFC 3339 instant such as 2014-01-03T21:00:00Z',
    );
  }
  const isNone = point.kind === 'sequence' && point.sequence === 0;
  return isNone ? new Trouble('out_of_range', 'must be 1 or more: sequences begin there') : point;
});

const viewFields = z.object({ as_of: maybe(placeInTime), known: maybe(placeInTime) });

type Query = Readonly<Record<string, unknown>>;

/** Whether a query asks about the past. */
export const isAboutPast = ({ as_of: asOf, known }: Query): boolean =>
  asOf !== undefined || known !== undefined;

const beyond = (name: string, latest: string): HttpProblem =>
  new HttpProblem('no_such_past', {
    detail: `${name} is beyond the log, which has come to ${latest}.`,
    details: { parameter: name },
  });

/** Refuses what the log has not come to; an instant may be as late as its clock, which need not have an event. */
const mustHaveBeen = async (services: Services, { asOf, known }: View): Promise<void> => {
  const head = await services.events.head();
  for (const [name, point] of [['as_of', asOf] as const, ['known', known] as const]) {
    if (point?.kind === 'sequence' && point.sequence > head) throw beyond(name, `event ${head}`);
  }
  const recording = fromMilliseconds(Date.now());
  if (known?.kind === 'instant' && known.at > recording) throw beyond('known', recording);
};

const lateAsOf = async (
  services: Services,
  { live }: LookSnapshot,
  { asOf }: View,
): Promise<void> => {
  if (asOf?.kind !== 'instant') return;
  const now = services.clock.now();
  const last = await live.lastEffectiveAt();
  const latest = last !== null && last > now ? last : now;
  if (asOf.at > latest) throw beyond('as_of', latest);
};

type Asked = {
  readonly route: Route;
  readonly services: Services;
  readonly call: RawCall;
  readonly view: View;
  readonly signal: AbortSignal;
};

/** Answers in one look: every question of the route is about the same view of the same log. */
const answerIn = async (
  look: LookSnapshot,
  { route, services, call, view, signal }: Asked,
  keptFor: ReadonlySet<AccountId>,
): Promise<Answer> => {
  signal.throwIfAborted();
  await lateAsOf(services, look, view);
  const { log, past: reader, tables } = look;
  const { at, end, until: asked } = await seenIn(log, view, services.clock.now());
  const until = Math.min(asked, (await tables.live()).checkpoint);
  const shown = { until, end };
  const canKeep = services.segments !== undefined;
  const isHurried = (account: AccountId) => canKeep && !keptFor.has(account);
  const queries = createPastQueries({
    reader,
    shown,
    at,
    live: services.queries,
    patience: { signal, isHurried },
  });
  const past: Services['past'] = {
    shownOf: (account, events) => eventsShown(reader, account, shown, events),
  };
  const clock = { now: (): Instant => at };
  const answer = await route.answer({ ...services, queries, clock, past }, call);
  return { sequence: until, asOf: at, ...answer };
};

// Segments are made one after the other: a cache is in nobody's way.
let keeping: Promise<void> = Promise.resolve();

const keepFor = async (
  { segments, withLook }: Services,
  account: AccountId,
  signal: AbortSignal,
): Promise<void> => {
  if (segments === undefined) return;
  const turn = keeping.then(() => keepSegments(withLook, segments, account, signal));
  keeping = turn.catch(() => {});
  await turn;
};

/** What is no failure of the look: its connection stays good for the next one. */
const foreseen = (error: unknown): HttpProblem | FarBehind => {
  if (error instanceof HttpProblem || error instanceof FarBehind) return error;
  if (error instanceof NoSuchPast) {
    return new HttpProblem('no_such_past', { detail: error.message });
  }
  throw error;
};

const answerPatiently = async (asked: Asked): Promise<Answer> => {
  const { services, signal } = asked;
  const keptFor = new Set<AccountId>();
  for (;;) {
    const answered = await services.withLook((look) =>
      answerIn(look, asked, keptFor).catch(foreseen),
    );
    if (answered instanceof HttpProblem) throw answered;
    if (!(answered instanceof FarBehind)) return answered;
    // Outside the look: what is kept now, the next one sees.
    await keepFor(services, answered.accountId, signal);
    keptFor.add(answered.accountId);
  }
};

/** Stops the work for a client that has gone. */
const untilGone = (response: Response): AbortController => {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone;
};

/**
 * Answers a read about the past by the same route, from services that say what they would have said then. Throws
 * `validation_failed` for what is no place in time, `no_such_past` for what the log has not come to.
 */
export const answerFromPast = async (
  route: Route,
  services: Services,
  call: RawCall,
  response: Response,
): Promise<Answer> => {
  const { as_of: asOf, known, ...query } = call.query as Query;
  const given = parsed(viewFields, { as_of: asOf, known });
  const view: View = { asOf: given.as_of, known: given.known };
  await mustHaveBeen(services, view);
  if (view.known?.kind === 'sequence') await readSequence(services, String(view.known.sequence));
  const { signal } = untilGone(response);
  try {
    return await answerPatiently({ route, services, call: { ...call, query }, view, signal });
  } catch (error) {
    if (signal.aborted) throw new HttpProblem('invalid_request');
    throw error;
  }
};
