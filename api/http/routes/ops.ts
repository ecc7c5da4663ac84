import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { form, instant } from '../answers/form.ts';
import { HttpProblem, problemCatalogue } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { text } from '../schemas/field.ts';
import type { Services } from '../services.ts';

const tag = 'Operations';
/** A probe must be answered while a database hangs. */
const probeTimeoutMs = 2000;

const getRoot = route({
  method: 'get',
  path: '/',
  name: 'getRoot',
  tag,
  summary: 'What this is and where to read on',
  kind: 'plain',
  scope: 'any_user',
  reach: 'none',
  answers: {
    200: form(
      'Root',
      'The program.',
      z.strictObject({
        name: z.string(),
        version: z.string(),
        description: z.string(),
        status: z.string(),
        documentation: z.string(),
        openapi: z.string(),
      }),
    ),
  },
  problems: [],
  handle: async ({ services }) => ({
    status: 200,
    body: {
      name: 'order-ledger',
      version: services.version,
      description: 'An event-sourced order ledger for trading.',
      status: 'operational',
      documentation: '/docs',
      openapi: '/openapi.json',
    },
  }),
});

const getHealth = route({
  method: 'get',
  path: '/health',
  name: 'getHealth',
  tag,
  summary: 'Whether the process answers; asks nothing of anything else',
  kind: 'plain',
  scope: null,
  reach: 'none',
  answers: {
    200: form('Health', 'It does.', z.strictObject({ status: z.string(), version: z.string() })),
  },
  problems: [],
  handle: async ({ services }) => ({
    status: 200,
    body: { status: 'healthy', version: services.version },
  }),
});

type Check = { readonly status: 'up' | 'down'; readonly reason: string | null };

const up: Check = { status: 'up', reason: null };
const down = (reason: string): Check => ({ status: 'down', reason });

/** What a probe found, or that it failed or took too long. Nothing of an error's own text gets out. */
const probe = async (ask: () => Promise<Check>): Promise<Check> => {
  const given = new AbortController();
  const late = sleep(probeTimeoutMs, down('no answer in time'), { signal: given.signal });
  late.catch(() => undefined);
  try {
    return await Promise.race([ask(), late]);
  } catch {
    return down('not reachable');
  } finally {
    given.abort();
  }
};

const storeCheck = ({ events }: Services) =>
  probe(async () => {
    await events.head();
    return up;
  });

const projectionsCheck = ({ queries }: Services) =>
  probe(async () => {
    const { state, error } = await queries.status();
    return state === 'stopped' ? down(`stopped at event ${error?.sequence ?? 'unknown'}`) : up;
  });

const checkAnswer = z.strictObject({
  status: z.enum(['up', 'down']),
  reason: z.string().nullable(),
});
const readyAnswer = z.strictObject({
  ready: z.boolean(),
  checks: z.strictObject({ event_store: checkAnswer, projections: checkAnswer }),
});

const getReady = route({
  method: 'get',
  path: '/ready',
  name: 'getReady',
  tag,
  summary: 'Whether it can serve: the event store and the read tables are up',
  kind: 'plain',
  scope: null,
  reach: 'none',
  answers: {
    200: form('Ready', 'It can.', readyAnswer),
    503: form('Ready', 'It cannot; the checks say why.', readyAnswer),
  },
  problems: [],
  handle: async ({ services }) => {
    const [store, projections] = await Promise.all([
      storeCheck(services),
      projectionsCheck(services),
    ]);
    const ready = store.status === 'up' && projections.status === 'up';
    const body = { ready, checks: { event_store: store, projections } };
    return { status: ready ? 200 : 503, body };
  },
});

const getStatus = route({
  method: 'get',
  path: '/api/v1/ledger/status',
  name: 'getLedgerStatus',
  tag,
  summary: 'Where the log ends and how far the read tables are',
  kind: 'plain',
  scope: 'audit:read',
  reach: 'any',
  answers: {
    200: form(
      'LedgerStatus',
      'The status.',
      z.strictObject({
        head: z.int(),
        projections: z.array(
          z.strictObject({
            name: z.string(),
            version: z.int(),
            state: z.enum(['idle', 'running', 'stopped', 'rebuilding']),
            checkpoint: z.int(),
            lag: z.int().describe('Events that are not yet in the read tables.'),
            applied_at: instant.nullable(),
            error: z
              .strictObject({
                sequence: z.int(),
                event_id: z.string().nullable(),
                reason: z.string(),
              })
              .nullable(),
          }),
        ),
      }),
    ),
  },
  problems: [],
  handle: async ({ services: { events, queries } }) => {
    // The checkpoint first: the head read after it is never behind it.
    const { name, version, state, checkpoint, appliedAt, error } = await queries.status();
    const head = await events.head();
    const projection = {
      name,
      version,
      state,
      checkpoint,
      lag: Math.max(0, head - checkpoint),
      applied_at: appliedAt,
      error:
        error === null
          ? null
          : { sequence: error.sequence, event_id: error.eventId, reason: error.reason },
    };
    return { status: 200, body: { head, projections: [projection] } };
  },
});

const getProblem = route({
  method: 'get',
  path: '/problems/{code}',
  name: 'getProblem',
  tag,
  summary: 'What a problem code means and what to do about it',
  kind: 'plain',
  scope: null,
  reach: 'none',
  params: z.strictObject({ code: text(1, 64) }),
  answers: {
    200: form(
      'ProblemKind',
      'The entry of the catalogue.',
      z.strictObject({
        code: z.string(),
        status: z.int(),
        title: z.string(),
        text: z.string(),
      }),
    ),
  },
  problems: ['route_not_found'],
  handle: async ({ params }) => {
    const kind = problemCatalogue.get(params.code);
    if (kind === undefined) throw new HttpProblem('route_not_found');
    return { status: 200, body: kind };
  },
});

export const opsRoutes: readonly Route[] = [getRoot, getHealth, getReady, getStatus, getProblem];
