import { ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument } from '#api/http/open-api.ts';
import type { Route } from '#api/http/route.ts';
import { routes } from '#api/http/routes.ts';
import type { AccountId } from '#domain/ids.ts';
import { pick, type Sent } from './world.ts';

/** What a request is about: ids that exist, or that do not. */
export type Subject = {
  readonly account: AccountId;
  readonly order: string;
  readonly execution: string;
  readonly symbol: string;
  readonly user: string;
  readonly break?: string;
};

export type Field = { readonly place: 'path' | 'query' | 'body'; readonly name: string };
export type Probe = { readonly method: string; readonly path: string; readonly sent: Sent };
type Values = Readonly<Record<string, unknown>>;

const document = openApiDocument(routes, '0');

/** What a good request has that its schema does not call required. */
const extras: Readonly<Record<string, Values>> = {
  submitOrder: { type: 'limit', quantity: '1', limit_price: '90' },
  checkRisk: { type: 'limit', quantity: '1', limit_price: '90' },
  replaceOrder: { limit_price: '89' },
  splitStock: { new_shares: 2, old_shares: 1 },
  reconcileStatement: { statement: { source: 'a broker', lines: [] } },
};

const known: Readonly<Record<string, (subject: Subject) => unknown>> = {
  account_id: ({ account }) => account,
  order_id: ({ order }) => order,
  execution_id: ({ execution }) => execution,
  symbol: ({ symbol }) => symbol,
  symbols: ({ symbol }) => symbol,
  user_id: ({ user }) => user,
  key_id: ({ user }) => user,
  break_id: (subject) => subject.break ?? 'some text',
  code: () => 'read_timeout',
  figure: () => 'accounts.cash',
  side: () => 'buy',
  email: () => 'nobody-in-particular@example.com',
  username: () => 'a-name',
  password: () => 'five unlikely words 8532',
  scopes: () => ['market_data:read'],
};

const typesOf = (looks: unknown): readonly unknown[] => {
  const type = pick(looks, 'type');
  const choices = pick(looks, 'anyOf');
  if (Array.isArray(choices)) return choices.flatMap(typesOf);
  return Array.isArray(type) ? type : [type];
};

/** A value that a schema takes. */
const sample = (name: string, looks: unknown, subject: Subject): unknown => {
  const one = known[name];
  if (one !== undefined) return one(subject);
  const word = pick(looks, 'enum', 0);
  if (word !== undefined) return word;
  if (pick(looks, 'format') === 'date-time') return '2014-01-03T16:00:00Z';
  return typesOf(looks).some((type) => type === 'number' || type === 'integer') ? 1 : 'some text';
};

/** The fields of a route with what its document says of them. */
const looksOf = (route: Route) => {
  const operation = document.paths[route.path]?.[route.method];
  ok(operation !== undefined);
  const parameters = operation.parameters.filter(({ $ref }) => $ref === undefined);
  const body = pick(operation.requestBody, 'content', 'application/json', 'schema');
  const required = pick(body, 'required');
  const properties = Object.entries(Object(pick(body, 'properties') ?? {}));
  return [
    ...parameters.map((parameter) => ({
      place: parameter['in'] === 'path' ? ('path' as const) : ('query' as const),
      name: String(parameter['name']),
      looks: parameter['schema'],
      isRequired: parameter['required'] === true,
    })),
    ...properties.map(([name, looks]) => ({
      place: 'body' as const,
      name,
      looks,
      isRequired: Array.isArray(required) && required.includes(name),
    })),
  ];
};

/** The fields of a route that take text. */
export const textFieldsOf = (route: Route): readonly Field[] =>
  looksOf(route).filter(
    ({ place, looks }) => place !== 'body' || typesOf(looks).some((type) => type !== 'boolean'),
  );

/** A good request to a route about a subject, with one field set to something else. */
export const probe = (
  route: Route,
  subject: Subject,
  over?: Field & { readonly value: string },
): Probe => {
  const named = looksOf(route).filter(
    ({ isRequired, name }) => isRequired || name === 'account_id',
  );
  const valueOf = (place: Field['place']): Record<string, unknown> => ({
    ...Object.fromEntries(
      named
        .filter((field) => field.place === place)
        .map(({ name, looks }) => [name, sample(name, looks, subject)]),
    ),
    ...(place === 'body' ? extras[route.name] : {}),
    ...(over?.place === place ? { [over.name]: over.value } : {}),
  });
  const params = valueOf('path');
  const query = new URLSearchParams(
    Object.entries(valueOf('query')).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]),
  );
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent(String(params[name]).toWellFormed()),
  );
  return {
    method: route.method.toUpperCase(),
    path: query.size === 0 ? path : `${path}?${query}`,
    sent: route.body === null ? {} : { body: valueOf('body') },
  };
};

export type AccessRow = {
  readonly route: Route;
  readonly scope: string;
  readonly roles: readonly string[];
  readonly reaches: string;
};

/** The table of docs/access.md: what readers are promised, row by row. */
export const accessTable = (): readonly AccessRow[] => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/access.md'), 'utf8');
  const [, table = ''] = text.split('\n## ');
  const bare = (cell = ''): string => cell.replaceAll('`', '').trim();
  return table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, method, path, scope, roles, reaches] = line.split('|').map(bare);
      const route = routes.find((one) => one.path === path && one.method.toUpperCase() === method);
      ok(route !== undefined, `docs/access.md has no such route: ${method} ${path}`);
      return {
        route,
        scope: scope ?? '',
        roles: (roles ?? '').split(', '),
        reaches: reaches ?? '',
      };
    });
};
