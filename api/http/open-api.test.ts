import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openApiDocument } from './open-api.ts';
import type { Route } from './route.ts';
import { routes } from './routes.ts';

const document = openApiDocument(routes, '1.2.3');
const text = JSON.stringify(document);

describe('the OpenAPI document', () => {
  it('has every route once, under a name of its own', () => {
    const names = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    equal(names.length, routes.length);
    equal(new Set(names).size, routes.length);
  });

  it('refers to nothing that is not in it', () => {
    const references = new Set([...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path));
    ok(references.size > 10);
    const missing = [...references].filter((path) => {
      let found: unknown = document;
      for (const name of (path ?? '').split('/')) {
        found = typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined;
      }
      return found === undefined;
    });
    deepEqual(missing, []);
  });

  it('has no schema that is only a reference to itself', () => {
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      ok(schema['$ref'] === undefined, name);
    }
  });

  it('asks for a credential everywhere but where anybody may look', () => {
    const open = Object.entries(document.paths).filter(([, methods]) =>
      Object.values(methods).some(({ security }) => security.length === 0),
    );
    deepEqual(
      open.map(([path]) => path),
      [
        '/api/v1/auth/login',
        '/api/v1/auth/refresh',
        '/api/v1/auth/register',
        '/api/v1/auth/setup',
        '/health',
        '/ready',
        '/problems/{code}',
      ],
    );
  });

  it('takes an Idempotency-Key wherever the ledger is written to', () => {
    for (const route of routes.filter(({ kind }) => kind === 'command')) {
      const operation = document.paths[route.path]?.[route.method];
      const reference = '#/components/parameters/IdempotencyKey';
      ok(
        operation?.parameters.some(({ $ref }) => $ref === reference),
        route.name,
      );
    }
    const isOfIdentity = ({ path }: Route): boolean => /\/auth\/|\/members/.test(path);
    const writing = routes.filter((route) => route.method !== 'get' && !isOfIdentity(route));
    deepEqual(
      writing.filter(({ kind }) => kind !== 'command').map(({ name }) => name),
      ['checkRisk', 'leaveAccount'],
    );
  });

  it('says of each operation which scope it needs and who is kept out how', () => {
    for (const { path, method, name, scope, reach } of routes) {
      const operation = document.paths[path]?.[method];
      ok(operation !== undefined, name);
      equal(operation['x-scope'], scope ?? undefined, name);
      const codes = Object.values(operation.responses).map((one) => String(one['description']));
      const has = (code: string): boolean => codes.join().includes(`\`${code}\``);
      equal(has('not_authenticated'), scope !== null, name);
      equal(has('insufficient_scope'), scope !== null && scope !== 'any_user', name);
      equal(has('insufficient_role'), reach === 'account', name);
    }
  });
});
