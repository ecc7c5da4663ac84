import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { openPast } from '#audit/as-of/past.ts';
import { createPastQueries } from '#audit/as-of/queries.ts';
import { eventsShown } from '#audit/as-of/shown-events.ts';
import { NoSuchPast, type Point, parsePoint, seenIn, type View } from '#audit/as-of/view.ts';
import type { LookSnapshot } from '#audit/ports/live-figures.ts';
import type { AccountId } from '#domain/ids.ts';
import { fromMilliseconds, type Instant, later } from '#domain/time.ts';
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

/**
 * Refuses what the log has not come to; an instant is judged by lateAsOf. Returns
 * the head of the log. Throws `no_such_past`.
 */
export const mustHaveBeen = async (services: Services, { asOf, known }: View): Promise<number> => {
  const head = await services.events.head();
  for (const [name, point] of [['as_of', asOf] as const, ['known', known] as const]) {
    if (point?.kind === 'sequence' && point.sequence > head) throw beyond(name, `event ${head}`);
  }
  const recording = fromMilliseconds(Date.now());
  if (known?.kind === 'instant' && known.at > recording) throw beyond('known', recording);
  return head;
};

/** Refuses an instant that neither the market nor anything in the log has come to. Throws `no_such_past`. */
export const lateAsOf = async (
  services: Services,
  { live }: LookSnapshot,
  { asOf }: View,
): Promise<void> => {
  if (asOf?.kind !== 'instant') return;
  const now = services.clock.now();
  if (asOf.at <= now) return;
  const latest = later(now, (await live.latestEffectiveAt()) ?? now);
  if (asOf.at > latest) throw beyond('as_of', latest);
};

type Asked = {
  readonly route: Route;
  readonly services: Services;
  readonly call: RawCall;
  readonly view: View;
  /** What the log and the read tables of the look must reflect: a replica may be behind. */
  readonly logAtLeast: number;
  readonly tablesAtLeast: number;
  readonly signal: AbortSignal;
};

/** A look whose log or read tables have not come as far as the question. */
class Behind extends Error {
  override readonly name = 'Behind';
  readonly sequence: number;
  constructor(sequence: number) {
    super(`The look does not reflect event ${sequence} yet.`);
    this.sequence = sequence;
  }
}

/** The places of a view in a look that reflects all that it is about. Throws Behind where it does not. */
const placesIn = async (
  look: LookSnapshot,
  { services, view, logAtLeast, tablesAtLeast }: Asked,
) => {
  const { log, tables } = look;
  const { checkpoint } = await tables.live();
  if (checkpoint < tablesAtLeast) throw new Behind(tablesAtLeast);
  if ((await log.head()) < logAtLeast) throw new Behind(logAtLeast);
  const { at, end, until } = await seenIn(log, view, services.clock.now());
  // What was known then is known whole, or the same question had another answer a moment later.
  if (view.known !== null && checkpoint < until) throw new Behind(until);
  return { at, shown: { until: Math.min(until, checkpoint), end } };
};

/** Answers in one look: every question of the route is about the same view of the same log. */
const answerIn = async (look: LookSnapshot, asked: Asked): Promise<Answer> => {
  const { route, services, call, view, signal } = asked;
  signal.throwIfAborted();
  const { at, shown } = await placesIn(look, asked);
  await lateAsOf(services, look, view);
  const { past: reader } = look;
  const patience = {
    signal,
    onLong: (account: AccountId) => services.segments?.keep(account),
  };
  const open = (account: AccountId) => openPast(reader, account, shown, patience);
  const queries = createPastQueries({ reader, shown, at, live: services.queries, open });
  const past: Services['past'] = {
    shownOf: (account, events) => eventsShown(reader, account, shown, events),
  };
  const clock = { now: (): Instant => at };
  const answer = await route.answer({ ...services, queries, clock, past }, call);
  return { sequence: shown.until, asOf: at, ...answer };
};

/** What is no failure of the look: its connection stays good for the next one. */
const foreseen = (error: unknown): HttpProblem | Behind => {
  if (error instanceof HttpProblem || error instanceof Behind) return error;
  if (error instanceof NoSuchPast) {
    return new HttpProblem('no_such_past', { detail: error.message });
  }
  throw error;
};

const lookAgainMs = 20;

/** Looks again until a replica has caught up. Throws `read_timeout`. */
const answerPatiently = async (asked: Asked): Promise<Answer> => {
  const { withLook, readTimeoutMs } = asked.services;
  const deadline = performance.now() + readTimeoutMs;
  for (;;) {
    const answered = await withLook((look) => answerIn(look, asked).catch(foreseen));
    if (answered instanceof HttpProblem) throw answered;
    if (!(answered instanceof Behind)) return answered;
    if (performance.now() > deadline) {
      const details = { min_sequence: String(answered.sequence) };
      throw new HttpProblem('read_timeout', { details });
    }
    await sleep(lookAgainMs, undefined, { signal: asked.signal });
  }
};

const sequenceOf = (point: Point | null): number =>
  point?.kind === 'sequence' ? point.sequence : 0;

/**
 * Answers a read about the past by the same route, from services that say what they would have said then, and that
 * reflect `atLeast`. Throws `validation_failed` for what is no place in time, `no_such_past` for what the log has not
 * come to, `read_timeout` and `projections_stopped` where the read tables do not come as far in time.
 */
export const answerFromPast = async (
  route: Route,
  services: Services,
  call: RawCall,
  atLeast: number,
): Promise<Answer> => {
  const { as_of: asOf, known, ...query } = call.query as Query;
  const given = parsed(viewFields, { as_of: asOf, known });
  const view: View = { asOf: given.as_of, known: given.known };
  const head = await mustHaveBeen(services, view);
  const named = Math.max(sequenceOf(view.asOf), sequenceOf(view.known));
  if (named > 0) await readSequence(services, String(named));
  const signal = call.untilGone();
  const asked: Asked = {
    route,
    services,
    call: { ...call, query },
    view,
    logAtLeast: view.known?.kind === 'instant' ? head : 0,
    tablesAtLeast: Math.max(named, atLeast),
    signal,
  };
  try {
    return await answerPatiently(asked);
  } catch (error) {
    if (signal.aborted) throw new HttpProblem('invalid_request');
    throw error;
  }
};
