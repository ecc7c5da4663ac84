import { openApiDocument } from './open-api.ts';
import { accessPage } from './pages/access-page.ts';
import { errorsPage } from './pages/errors-page.ts';
import { routes } from './routes.ts';
import { apiVersion } from './version.ts';

/** The documents generated from the API, by their path in the project. */
export const generatedApiDocs = (): ReadonlyMap<string, string> =>
  new Map([
    ['docs/access.md', accessPage(routes)],
    ['docs/errors.md', errorsPage()],
    ['docs/openapi.json', `${JSON.stringify(openApiDocument(routes, apiVersion), null, 2)}\n`],
  ]);
