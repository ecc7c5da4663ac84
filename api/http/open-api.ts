import { z } from 'zod';
import { accessInWords } from './access-words.ts';
import { problemSchema } from './answers/problem.ts';
import { placeInTime } from './past.ts';
import { type ProblemCode, problemKind } from './problem.ts';
import { minSequence } from './read-sequence.ts';
import type { Route, RouteKind } from './route.ts';

type Json = { readonly [name: string]: unknown };
type Named = Readonly<Record<string, Json>>;

export type Operation = {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Json[];
  readonly requestBody?: Json;
  readonly responses: Named;
  readonly security: readonly Json[];
  /** The scope that a credential must have; any_user where none in particular. */
  readonly 'x-scope'?: string;
  /** See docs/access.md. */
  readonly 'x-reach'?: string;
};

export type OpenApiDocument = {
  readonly openapi: string;
  readonly info: Json;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<
    Record<'securitySchemes' | 'parameters' | 'headers' | 'responses' | 'schemas', Named>
  >;
};

const places: readonly (readonly [from: string, to: string])[] = [
  ['"#/$defs/', '"#/components/schemas/'],
];

/** A schema as JSON Schema; schemas that have a name of their own are put into `shared` and referred to. */
const jsonSchema = (
  schema: z.ZodType,
  io: 'input' | 'output',
  shared: Record<string, Json>,
): Json => {
  let text = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: 'any' }));
  for (const [from, to] of places) text = text.replaceAll(from, to);
  const { $schema: _, $defs = {}, id: _name, ...rest } = JSON.parse(text);
  for (const [name, { id: _id, ...definition }] of Object.entries<Json>($defs)) {
    shared[name] ??= definition;
  }
  return rest;
};

type Part = { readonly properties?: Named; readonly required?: readonly string[] };

/** A parameter that may be left out is never null. */
const withoutNull = (looks: Json): Json => {
  const choices: unknown = looks['anyOf'];
  const [first, second] = Array.isArray(choices) ? choices : [];
  return second?.type === 'null' ? first : looks;
};

/** Path or query parameters out of the schema of all of them. */
const parametersOf = (
  schema: z.ZodType,
  place: 'path' | 'query',
  shared: Record<string, Json>,
): readonly Json[] => {
  const { properties = {}, required = [] } = jsonSchema(schema, 'input', shared) as Part;
  return Object.entries(properties).map(([name, looks]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: withoutNull(looks),
  }));
};

const idempotencyKey: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'The same key with the same content gives the first answer again, for ever; with other content it is a conflict.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

const minimalSequence: Json = {
  name: 'min_sequence',
  in: 'query',
  required: false,
  description:
    'Wait, for a bounded time, until the answer reflects this sequence: the Ledger-Sequence of what you wrote.',
  schema: jsonSchema(minSequence, 'input', {}),
};

const pastParameter = (name: string, meaning: string): Json => ({
  name,
  in: 'query',
  required: false,
  description: `An instant, or a sequence of the log from 1 up. ${meaning}`,
  schema: jsonSchema(placeInTime, 'input', {}),
});
const asOfParameter = pastParameter(
  'as_of',
  'Answers what was true then, as far as it is known: a fill reported late counts from its execution on, a busted one never, a corrected one with its corrected figures. A sequence stands for when that event took effect.',
);
const knownParameter = pastParameter(
  'known',
  'Answers from what the ledger knew then: nothing that was recorded later. Alone, it is what this answered then; with `as_of`, what was known then of that time.',
);

const pastParameters: readonly Json[] = [
  { $ref: '#/components/parameters/AsOf' },
  { $ref: '#/components/parameters/Known' },
];

const parameterOfKind: Readonly<Record<RouteKind, readonly Json[]>> = {
  command: [{ $ref: '#/components/parameters/IdempotencyKey' }],
  read: [{ $ref: '#/components/parameters/MinSequence' }],
  plain: [],
};

const sequenceHeader: Json = {
  description: 'command: the last sequence it wrote. read: what the answer reflects at least.',
  schema: { type: 'integer' },
};

const asOfHeader: Json = {
  description: 'Of an answer about the past: the instant that it is as of.',
  schema: { type: 'string', format: 'date-time' },
};

/** The codes that stand for a missing right. */
const accessProblems = ({ scope, reach }: Route): readonly ProblemCode[] => {
  if (scope === null) return [];
  const codes: ProblemCode[] = ['not_authenticated'];
  if (scope !== 'any_user') codes.push('insufficient_scope');
  if (reach === 'account') codes.push('insufficient_role');
  return codes;
};

/** Whether an account may be left unnamed: a path always names one. */
const mayNameNone = ({ reach, path }: Route): boolean =>
  reach === 'account' && !path.includes('{account_id}');

/** The codes that a route can answer with beside its own. */
const commonProblems = (route: Route): readonly ProblemCode[] => {
  const codes: ProblemCode[] = ['internal_error', 'rate_limited', ...accessProblems(route)];
  if (route.scope !== null || route.body !== null) codes.push('validation_failed');
  if (mayNameNone(route)) codes.push('account_required');
  if (route.body !== null) codes.push('invalid_json', 'body_too_large', 'unsupported_media_type');
  if (route.kind === 'command') codes.push('invalid_idempotency_key', 'idempotency_conflict');
  if (route.kind === 'read') codes.push('read_timeout', 'projections_stopped');
  if (route.hasPast === true) codes.push('no_such_past');
  if (route.kind === 'read' && route.hasPast === undefined) codes.push('no_past');
  if (route.scope !== null || route.body !== null) codes.push('store_unavailable');
  if (route.kind === 'command') codes.push('outcome_unknown', 'account_contended');
  return codes;
};

const problemResponses = (route: Route): Named => {
  const byStatus = new Map<number, string[]>();
  for (const code of new Set([...route.problems, ...commonProblems(route)])) {
    const { status } = problemKind(code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${code}\``]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      { $ref: '#/components/responses/Problem', description: codes.join(', ') },
    ]),
  );
};

const headersOf = ({ hasPast }: Route): Named => ({
  'Ledger-Sequence': { $ref: '#/components/headers/LedgerSequence' },
  ...(hasPast === true ? { 'Ledger-As-Of': { $ref: '#/components/headers/LedgerAsOf' } } : {}),
});

const answerResponses = (route: Route): Named =>
  Object.fromEntries(
    Object.entries(route.answers).map(([status, { name, description }]) => [
      status,
      {
        description,
        ...(route.kind === 'plain' ? {} : { headers: headersOf(route) }),
        content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
      },
    ]),
  );

const operationOf = (route: Route, shared: Record<string, Json>): Operation => ({
  operationId: route.name,
  tags: [route.tag],
  summary: route.summary,
  description: [route.description, accessInWords(route)].filter(Boolean).join(' '),
  parameters: [
    ...parametersOf(route.params, 'path', shared),
    ...parametersOf(route.query, 'query', shared),
    ...parameterOfKind[route.kind],
    ...(route.hasPast === true ? pastParameters : []),
  ],
  ...(route.body === null
    ? {}
    : {
        requestBody: {
          required: true,
          content: { 'application/json': { schema: jsonSchema(route.body, 'input', shared) } },
        },
      }),
  // A status that is an answer of its own (a probe that says no) is not a problem.
  responses: { ...problemResponses(route), ...answerResponses(route) },
  security: route.scope === null ? [] : [{ bearer: [] }, { apiKey: [] }],
  ...(route.scope === null ? {} : { 'x-scope': route.scope, 'x-reach': route.reach }),
});

const info = (version: string): Json => ({
  title: 'order-ledger',
  version,
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  description:
    'An event-sourced order ledger for trading. Decimals are text in answers; in requests they are text or JSON numbers, read as they are written.',
});

/** The OpenAPI 3.1 document of a table of routes. */
export const openApiDocument = (routes: readonly Route[], version: string): OpenApiDocument => {
  const paths: Record<string, Record<string, Operation>> = {};
  const schemas: Record<string, Json> = {};
  schemas['Problem'] = jsonSchema(problemSchema, 'output', schemas);
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    paths[route.path] = path;
    path[route.method] = operationOf(route, schemas);
    for (const { name, schema } of Object.values(route.answers)) {
      // First: a schema with this very name puts itself there.
      const looks = jsonSchema(schema, 'output', schemas);
      schemas[name] ??= looks;
    }
  }
  const problem = { schema: { $ref: '#/components/schemas/Problem' } };
  return {
    openapi: '3.1.0',
    info: info(version),
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An access token of POST /api/v1/auth/login, or an API key.',
        },
        apiKey: {
          type: 'apiKey',
          in: 'header',
          name: 'X-API-Key',
          description:
            'An API key of POST /api/v1/auth/api-keys. Sent beside a token, both must be good and of one user, who may then do what both are good for.',
        },
      },
      parameters: {
        IdempotencyKey: idempotencyKey,
        MinSequence: minimalSequence,
        AsOf: asOfParameter,
        Known: knownParameter,
      },
      headers: { LedgerSequence: sequenceHeader, LedgerAsOf: asOfHeader },
      responses: {
        Problem: { description: 'A problem.', content: { 'application/problem+json': problem } },
      },
      schemas,
    },
  };
};
