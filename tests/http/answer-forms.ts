import { deepEqual, ok } from 'node:assert/strict';
import { problemSchema } from '#api/http/answers/problem.ts';
import type { Route } from '#api/http/route.ts';
import { routes } from '#api/http/routes.ts';

const patternOf = ({ path }: Route): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
const located = routes.map((route) => ({ route, pattern: patternOf(route) }));

/** The route that answers a request, as far as the table of routes says. */
export const routeOf = (method: string, path: string): Route | undefined => {
  const [bare = ''] = path.split('?');
  const found = located.find(
    ({ route, pattern }) => route.method === method.toLowerCase() && pattern.test(bare),
  );
  return found?.route;
};

/** Fails unless an answer is what the OpenAPI document says it is. */
export const checkForm = (
  route: Route | undefined,
  status: number,
  contentType: string,
  body: unknown,
): void => {
  if (contentType.startsWith('application/problem+json')) {
    const problem = problemSchema.parse(body);
    deepEqual(problem.status, status);
    return;
  }
  if (route === undefined) return;
  const form = route.answers[status];
  ok(form !== undefined, `${route.name} says nothing of an answer with ${status}`);
  const { error } = form.schema.safeParse(body);
  ok(error === undefined, `${route.name} ${status}: ${error?.message}`);
};
