import { z } from 'zod';
import type { AccountId, Actor } from '#domain/ids.ts';
import type { Instant } from '#domain/time.ts';
import type { Principal } from '#identity/principal.ts';
import type { AccountScope, Scope } from '#identity/scopes.ts';
import { accountOf } from './account-of.ts';
import type { HttpProblem, ProblemCode } from './problem.ts';
import { parsed } from './schemas/parse.ts';
import type { Services } from './services.ts';

export type Answer = {
  readonly status: number;
  readonly body: unknown;
  /** What a command wrote last; goes into the Ledger-Sequence header. */
  readonly sequence?: number | null;
  /** The first result again. */
  readonly replayed?: boolean;
  /** The instant that an answer about the past is as of; goes into the Ledger-As-Of header. */
  readonly asOf?: Instant;
};

/** Who sends a request and from where. */
type Sender = {
  readonly key: string | null;
  /** Whom the ledger's events name: `principal.actor`. */
  readonly actor: Actor;
  /** `nobody` where the route asks for no credential. */
  readonly principal: Principal;
  /** The sender's network address. */
  readonly address: string;
  /** Aborts when the sender has gone, for long work that nobody waits for any more. */
  readonly untilGone: () => AbortSignal;
};

/** A request as the server took it in: parts still as they came. */
export type RawCall = Sender & {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
};

type Sent<Params, Query, Body> = {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
};

/** A request as a route sees it. */
export type Call<Params, Query, Body> = Sender &
  Sent<Params, Query, Body> & { readonly services: Services };

/** A request about an account that its sender may use in this way. */
export type AccountCall<Params, Query, Body> = Call<Params, Query, Body> & {
  readonly account: AccountId;
};

/** What a successful answer looks like; `name` is its name in the OpenAPI document. */
export type AnswerForm = {
  readonly name: string;
  readonly description: string;
  readonly schema: z.ZodType;
};

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/**
 * read: from the read tables; takes `min_sequence`. command: writes; takes an Idempotency-Key.
 * plain: neither.
 */
export type RouteKind = 'read' | 'command' | 'plain';

/** What a credential must be good for; null where none is asked for. */
export type RouteScope = Scope | 'any_user' | null;

/**
 * account: one account, which its sender must be a member of in a role that has the scope; an administrator reaches
 * all. any: whatever account it names, for the scopes of the back office and the auditor. none: no account, or
 * none but the sender's own.
 */
export type Reach = 'account' | 'any' | 'none';

type Facts = {
  readonly method: Method;
  /** As OpenAPI writes it: `/api/v1/trading/orders/{order_id}`. */
  readonly path: string;
  /** Its operationId. */
  readonly name: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly kind: RouteKind;
  /** Successful answers by status. */
  readonly answers: Readonly<Record<number, AnswerForm>>;
  /** Of a read: it takes `as_of` and `known` too, and then answers from `services` as they were. */
  readonly hasPast?: true | 'by itself';
  /** Problems of its own, beside those that every route of its kind can have. */
  readonly problems: readonly ProblemCode[];
};

export type Route = Facts & {
  readonly scope: RouteScope;
  readonly reach: Reach;
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  /** Null where the method takes no body. */
  readonly body: z.ZodType | null;
  readonly answer: (services: Services, raw: RawCall) => Promise<Answer>;
};

type Schemas<Params, Query, Body> = {
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
};

type Definition<Params, Query, Body> = Facts &
  Schemas<Params, Query, Body> &
  (
    | { readonly scope: 'ledger:write' | 'audit:read'; readonly reach: 'any' }
    | { readonly scope: RouteScope; readonly reach: 'none' }
  ) & { readonly handle: (call: Call<Params, Query, Body>) => Promise<Answer> };

type AccountDefinition<Params, Query, Body> = Facts &
  Schemas<Params, Query, Body> & {
    readonly scope: AccountScope;
    /** The account that a request names; null where it names none and the sender's only one is meant. */
    readonly accountId: (sent: Sent<Params, Query, Body>) => AccountId | null;
    /** What the route says of an account that does not exist; account_not_found where it has no word of its own. */
    readonly unknown?: (sent: Sent<Params, Query, Body>, account: AccountId) => HttpProblem;
    readonly handle: (call: AccountCall<Params, Query, Body>) => Promise<Answer>;
  };

const nothing: z.ZodType = z.strictObject({});

/** The parts that a route takes, and how a request is read into them. */
const reading = <Params, Query, Body>(schemas: Schemas<Params, Query, Body>) => {
  // A part without a schema has no names to read, so its type says nothing either.
  const params = schemas.params ?? (nothing as z.ZodType<Params>);
  const query = schemas.query ?? (nothing as z.ZodType<Query>);
  const { body } = schemas;
  const read = (services: Services, raw: RawCall): Call<Params, Query, Body> => ({
    params: parsed(params, raw.params),
    query: parsed(query, raw.query),
    body: body === undefined ? (undefined as Body) : parsed(body, raw.body),
    key: raw.key,
    actor: raw.actor,
    principal: raw.principal,
    address: raw.address,
    untilGone: raw.untilGone,
    services,
  });
  return { parts: { params, query, body: body ?? null }, read };
};

/** A route that is about no one account, or about any, from its facts, the schemas of what it takes, and what it does. */
export const route = <Params, Query, Body>(definition: Definition<Params, Query, Body>): Route => {
  const { handle, params: _params, query: _query, body: _body, ...facts } = definition;
  const { parts, read } = reading(definition);
  return {
    ...facts,
    ...parts,
    answer: (services, raw) => handle(read(services, raw)),
  };
};

/** A route about one account. What it does is not asked before the sender is known to reach the account. */
export const accountRoute = <Params, Query, Body>(
  definition: AccountDefinition<Params, Query, Body>,
): Route => {
  const { handle, accountId, unknown, params: _p, query: _q, body: _b, ...facts } = definition;
  const { parts, read } = reading(definition);
  return {
    ...facts,
    ...parts,
    reach: 'account',
    answer: (services, raw) => {
      const call = read(services, raw);
      const account = accountOf(call.principal, facts.scope, accountId(call), (id) =>
        unknown?.(call, id),
      );
      return handle({ ...call, account });
    },
  };
};
