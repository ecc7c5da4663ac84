import { isIP } from 'node:net';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type Response,
} from 'express';
import type { Logger } from 'pino';
import { createAccountNumbers } from './account-numbers.ts';
import { type Admit, createAdmit, type Guard } from './admit.ts';
import { type Authenticate, createAuthenticate } from './authenticate.ts';
import { problemOf } from './known-errors.ts';
import { type Listening, type ListenOptions, listen } from './listen.ts';
import { openApiDocument } from './open-api.ts';
import { docsPage } from './pages/docs-page.ts';
import { HttpProblem } from './problem.ts';
import { type Exchange, sendAnswer, sendProblem } from './respond.ts';
import type { Method, Route } from './route.ts';
import { routes } from './routes.ts';
import { answerBy } from './serve-route.ts';
import type { Services } from './services.ts';
import { apiVersion } from './version.ts';

export type HttpApiOptions = Omit<
  Services,
  'version' | 'readTimeoutMs' | 'accountNumbers' | 'past'
> & {
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
  readonly version?: string;
  /** How long a read waits for its `min_sequence`, milliseconds. */
  readonly readTimeoutMs?: number;
  /** Adds what runs before every route, such as headers. */
  readonly protect?: (app: Express) => void;
  /** Limits, asked before and after a sender is known. */
  readonly guard?: Guard;
  /** Which proxies may say whom they speak for, as Express takes it. Default: none, the address is the connection's. */
  readonly trustProxy?: string | number | readonly string[];
  /** Who sends a request; default: whom `identity` knows. A measurement without authentication gives another one. */
  readonly authenticate?: Authenticate;
  /** Adds what else shall be served, before everything unknown is answered with 404. */
  readonly mount?: (app: Express) => void;
};

export type HttpApi = {
  readonly app: Express;
  /** Starts serving; on 127.0.0.1 unless told otherwise. */
  readonly listen: (options?: ListenOptions) => Promise<Listening>;
};

const expressPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');
const requestIdPattern = /^[\w.:-]{1,64}$/;

/** Methods by path, for the Allow header. */
const methodsByPath = (all: readonly Route[]): ReadonlyMap<string, readonly Method[]> => {
  const methods = new Map<string, Method[]>();
  for (const { path, method } of all) {
    const known = methods.get(path);
    if (known === undefined) methods.set(path, [method]);
    else known.push(method);
  }
  return methods;
};

type Serving = {
  readonly services: Services;
  readonly log: HttpApiOptions['log'];
  closing: boolean;
};

const exchangeOf = (serving: Serving, response: Response): Exchange => {
  const given = response.req.headers['x-request-id'];
  const usable = typeof given === 'string' && requestIdPattern.test(given);
  return {
    requestId: usable ? given : serving.services.ids.next(),
    startedAt: performance.now(),
    isLast: () => serving.closing,
  };
};

/** What whoever tries addresses gets by the thousand: nobody shall be able to fill a disk with it. */
const ofProbing: ReadonlySet<string> = new Set([
  'route_not_found',
  'method_not_allowed',
  'rate_limited',
]);

/** One line per request: never headers, bodies or queries, which may hold secrets. */
const lineOf = (response: Response, exchange: Exchange, route: string) => ({
  requestId: exchange.requestId,
  method: response.req.method,
  route,
  status: response.statusCode,
  durationMs: Math.round((performance.now() - exchange.startedAt) * 100) / 100,
});

const fail = (
  { log }: Serving,
  response: Response,
  exchange: Exchange,
  route: string,
  error: unknown,
): void => {
  const problem = problemOf(error);
  if (response.headersSent) response.destroy();
  else sendProblem(response, exchange, problem);
  const line = { ...lineOf(response, exchange, route), code: problem.kind.code };
  if (problem.kind.status >= 500) log.error({ ...line, err: error }, 'request failed');
  else if (ofProbing.has(problem.kind.code)) log.debug(line, 'request refused');
  else log.info(line, 'request refused');
};

const addRoute = (app: Express, route: Route, serving: Serving, admit: Admit): void => {
  app[route.method](expressPath(route.path), async (request, response) => {
    const exchange = exchangeOf(serving, response);
    try {
      const answer = await answerBy(route, request, response, serving.services, admit);
      sendAnswer(response, exchange, answer);
      serving.log.debug(lineOf(response, exchange, route.path), 'request answered');
    } catch (error) {
      fail(serving, response, exchange, route.path, error);
    }
  });
};

/** Anybody who is known may read how the API is used. */
const addDocumentation = (app: Express, version: string, admit: Admit): void => {
  const document = openApiDocument(routes, version);
  const text = JSON.stringify(document);
  const page = docsPage(document);
  app.get('/openapi.json', async (request, response) => {
    await admit(request, response, 'page');
    response.type('application/json').send(text);
  });
  app.get('/docs', async (request, response) => {
    await admit(request, response, 'page');
    // The page needs nothing but its own styles.
    response.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
    response.type('html').send(page);
  });
};

const ipv4InIpv6 = '::ffff:';
const plainAddress = (address: string | undefined): string => {
  if (address === undefined) return 'unknown'; // The connection is gone already.
  return address.startsWith(ipv4InIpv6) ? address.slice(ipv4InIpv6.length) : address;
};

const fromConnection = (request: Request): string => plainAddress(request.socket.remoteAddress);
const fromProxies = (request: Request): string => {
  const said = plainAddress(request.ip);
  return isIP(said) === 0 ? fromConnection(request) : said;
};

/** The HTTP API over a ledger and its read tables. */
export const createHttpApi = (options: HttpApiOptions): HttpApi => {
  const {
    log,
    version = apiVersion,
    readTimeoutMs = 5000,
    protect,
    guard,
    trustProxy,
    authenticate = createAuthenticate(options.identity),
    mount,
    ...rest
  } = options;
  const accountNumbers = createAccountNumbers(rest.queries, readTimeoutMs);
  const services: Services = { ...rest, version, readTimeoutMs, accountNumbers, past: null };
  const serving: Serving = { services, log, closing: false };
  const addressOf = trustProxy === undefined ? fromConnection : fromProxies;
  const admit = createAdmit(authenticate, addressOf, guard);

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  if (trustProxy !== undefined) app.set('trust proxy', trustProxy);
  protect?.(app);
  for (const route of routes) addRoute(app, route, serving, admit);
  addDocumentation(app, version, admit);
  mount?.(app);
  for (const [path, methods] of methodsByPath(routes)) {
    const allow = methods.map((method) => method.toUpperCase()).join(', ');
    app.all(expressPath(path), async (request, response) => {
      await admit(request, response, 'anybody');
      throw new HttpProblem('method_not_allowed', { headers: { Allow: allow } });
    });
  }
  app.use(async (request, response) => {
    await admit(request, response, 'anybody');
    throw new HttpProblem('route_not_found');
  });
  const onError: ErrorRequestHandler = (error, _request, response, _next) => {
    fail(serving, response, exchangeOf(serving, response), 'unrouted', error);
  };
  app.use(onError);

  const drain = () => {
    serving.closing = true;
  };
  return { app, listen: (where = {}) => listen(app, where, drain) };
};
