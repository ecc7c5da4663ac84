import { z } from 'zod';
import type { Actor } from '#domain/ids.ts';
import type { ProblemCode } from './problem.ts';
import { parsed } from './schemas/parse.ts';
import type { Services } from './services.ts';

export type Answer = {
  readonly status: number;
  readonly body: unknown;
  /** What a command wrote last; goes into the Ledger-Sequence header. */
  readonly sequence?: number | null;
  /** The first result again. */
  readonly replayed?: boolean;
};

/** A request as the server took it in: parts still as they came. */
export type RawCall = {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly key: string | null;
  readonly actor: Actor;
};

/** A request as a route sees it. */
export type Call<Params, Query, Body> = {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly key: string | null;
  readonly actor: Actor;
  readonly services: Services;
};

/** What a successful answer looks like; `name` is its name in the OpenAPI document. */
export type AnswerForm = {
  readonly name: string;
  readonly description: string;
  readonly schema: z.ZodType;
};

export type Method = 'get' | 'post' | 'patch' | 'delete';

/**
 * read: from the read tables; takes `min_sequence`. command: writes; takes an Idempotency-Key.
 * plain: neither.
 */
export type RouteKind = 'read' | 'command' | 'plain';

type RouteFacts = {
  readonly method: Method;
  /** As OpenAPI writes it: `/api/v1/trading/orders/{order_id}`. */
  readonly path: string;
  /** Its operationId. */
  readonly name: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly kind: RouteKind;
  /** What a caller must be allowed to do; nothing for what anybody may see. */
  readonly scope: 'trade' | 'read' | 'books' | null;
  /** Successful answers by status. */
  readonly answers: Readonly<Record<number, AnswerForm>>;
  /** Problems of its own, beside those that every route of its kind can have. */
  readonly problems: readonly ProblemCode[];
};

export type Route = RouteFacts & {
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  /** Null where the method takes no body. */
  readonly body: z.ZodType | null;
  readonly answer: (services: Services, raw: RawCall) => Promise<Answer>;
};

type Definition<Params, Query, Body> = RouteFacts & {
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  readonly handle: (call: Call<Params, Query, Body>) => Promise<Answer>;
};

const nothing: z.ZodType = z.strictObject({});

/** A route from its facts, the schemas of what it takes, and what it does. */
export const route = <Params, Query, Body>(definition: Definition<Params, Query, Body>): Route => {
  const { handle, body, ...facts } = definition;
  // A part without a schema has no names to read, so its type says nothing either.
  const params = definition.params ?? (nothing as z.ZodType<Params>);
  const query = definition.query ?? (nothing as z.ZodType<Query>);
  return {
    ...facts,
    params,
    query,
    body: body ?? null,
    answer: (services, raw) =>
      handle({
        params: parsed(params, raw.params),
        query: parsed(query, raw.query),
        body: body === undefined ? (undefined as Body) : parsed(body, raw.body),
        key: raw.key,
        actor: raw.actor,
        services,
      }),
  };
};
