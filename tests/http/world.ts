import { hash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createHttpApi, type HttpApiOptions } from '#api/http/server.ts';
import { createSegmentKeeper } from '#audit/as-of/keep-segments.ts';
import { createLedger } from '#commands/pipeline.ts';
import type { Quote, Quotes } from '#commands/ports/quotes.ts';
import { createReconciliations } from '#commands/reconciliation/reconciliations.ts';
import { createLooks } from '#database/postgres/audit/ledger-snapshot.ts';
import { createSegmentStore } from '#database/postgres/audit/segment-store.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createPostgresIdentityStore } from '#database/postgres/identity-store.ts';
import { createReadTableHost } from '#database/postgres/read-tables/host.ts';
import { createProgress } from '#database/postgres/read-tables/progress.ts';
import { createQueries } from '#database/postgres/read-tables/queries.ts';
import { createPostgresSnapshotStore } from '#database/postgres/snapshot-store.ts';
import type { AccountId, Symbol as Ticker } from '#domain/ids.ts';
import { price } from '#domain/money.ts';
import { instant } from '#domain/time.ts';
import { systemClock } from '#gateways/system/clock.ts';
import { createAccessTokens } from '#identity/access-tokens.ts';
import { createLoginDelays } from '#identity/login-delays.ts';
import { makeSetupToken } from '#identity/opaque-tokens.ts';
import { createPasswords } from '#identity/passwords.ts';
import { scopes } from '#identity/scopes.ts';
import { makeSigningKey, parseSigningKeys } from '#identity/secrets.ts';
import { createIdentity } from '#identity/service.ts';
import { runProjector } from '#projections/projector.ts';
import { migratedTestDatabase } from '../support/postgres.ts';
import { checkForm, routeOf } from './answer-forms.ts';
import { createPeople } from './people.ts';

export const defaultAccount = '00000000-0000-4000-8000-00000000000a' as AccountId;
const now = instant('2014-01-03T16:00:00Z');

const quote = (symbol: string, [bid, last, ask]: readonly [string, string, string]): Quote => ({
  symbol: symbol as Ticker,
  price: price(last),
  bid: price(bid),
  ask: price(ask),
  at: now,
});
const market = new Map<string, Quote>([
  ['ACME', quote('ACME', ['99.99', '100', '100.01'])],
  ['PENNY', quote('PENNY', ['0.5', '0.5', '0.5001'])],
]);
const quotes: Quotes = { latest: (symbol) => market.get(symbol) };

export type Sent = {
  readonly body?: unknown;
  /** Sent as it is. */
  readonly text?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Received = {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { readonly [name: string]: unknown };
  readonly text: string;
};

/** What is found in an answer by a path of names and numbers. */
export const pick = (value: unknown, ...path: readonly (string | number)[]): unknown => {
  let found: unknown = value;
  for (const name of path) {
    found = typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined;
  }
  return found;
};

/** Text that is found in an answer by a path. */
export const pickText = (value: unknown, ...path: readonly (string | number)[]): string =>
  String(pick(value, ...path));

const quietLog: HttpApiOptions['log'] = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

/** Identity over the same database; its clock is the machine's, not the market's. */
const identityWorld = async (pool: pg.Pool) => {
  const identityStore = createPostgresIdentityStore({ pool });
  const signingKey = makeSigningKey();
  const identity = createIdentity({
    store: identityStore,
    clock: systemClock,
    passwords: createPasswords(),
    tokens: createAccessTokens({ keys: parseSigningKeys(signingKey), clock: systemClock }),
    delays: createLoginDelays(),
    ids: { next: randomUUID },
    ownedByFirstAdmin: [defaultAccount],
    log: quietLog,
  });
  const setupToken = makeSetupToken();
  await identityStore.putSetupToken(setupToken.hash);
  const people = createPeople(identity);
  const admin = await people.setUp(setupToken.text, 'admin');
  return {
    identity,
    identityStore,
    signingKey,
    setupToken: setupToken.text,
    ...people,
    admin,
    /** Of the administrator, good for everything. */
    key: await people.keyOf(admin, scopes),
  };
};

/** The whole ledger behind its HTTP API on a real Postgres and a free port of loopback. `around` puts something around its parts. */
export const httpWorld = async (
  options: Partial<HttpApiOptions> = {},
  around: (
    parts: Pick<HttpApiOptions, 'ledger' | 'identity'>,
  ) => Partial<HttpApiOptions> = () => ({}),
) => {
  const database = await migratedTestDatabase();
  const { connectionString } = database;
  const pool = new pg.Pool({ connectionString, max: 4 });
  pool.on('error', () => {}); // Dropping the database may cut a connection that is just ending.
  const store = createPostgresEventStore({ connectionString, clock: { now: () => now } });
  const clock = { now: () => now };
  const ids = { next: randomUUID };
  const ledger = createLedger({
    store,
    snapshots: createPostgresSnapshotStore({ pool }),
    quotes,
    ids,
    digest: (text) => hash('sha256', text),
  });
  const reconciliations = createReconciliations({ store, ledger, ids });
  const progress = createProgress();
  const queries = createQueries({ pool, clock, progress });
  const stop = new AbortController();
  const pause = (ms: number, signal: AbortSignal) =>
    sleep(ms, undefined, { signal }).catch(() => {});
  const projecting = runProjector(
    {
      host: createReadTableHost({ connectionString }),
      feed: store,
      onApplied: progress.reached,
      sleep: pause,
      log: quietLog,
    },
    stop.signal,
  );
  // The first projector of a database makes the read tables.
  while (
    !(await queries.status().then(
      ({ state }) => state === 'running',
      () => false,
    ))
  ) {
    await pause(10, stop.signal);
  }
  const people = await identityWorld(pool);
  const looks = createLooks({ connectionString });
  const { identity, key } = people;
  const segments = createSegmentKeeper(
    { withPast: looks.withLook, store: createSegmentStore({ pool }) },
    (error) => {
      throw error;
    },
  );
  const api = createHttpApi({
    ledger,
    reconciliations,
    queries,
    quotes,
    events: store,
    clock,
    ids,
    withLook: looks.withLook,
    segments,
    identity,
    log: quietLog,
    ...options,
    ...around({ ledger, identity }),
  });
  const listening = await api.listen();

  /** Names of the routes that have answered with success. */
  const succeeded = new Set<string>();
  const send = async (method: string, path: string, sent: Sent = {}): Promise<Received> => {
    const text = sent.text ?? (sent.body === undefined ? undefined : JSON.stringify(sent.body));
    const response = await fetch(`${listening.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        ...(sent.key === undefined ? {} : { 'idempotency-key': sent.key }),
        ...sent.headers,
      },
      ...(text === undefined ? {} : { body: text }),
    });
    const answered = await response.text();
    const type = response.headers.get('content-type') ?? '';
    const body = type.includes('json') ? JSON.parse(answered) : {};
    const route = routeOf(method, path);
    checkForm(route, response.status, type, body);
    if (route !== undefined && response.ok) succeeded.add(route.name);
    return { status: response.status, headers: response.headers, body, text: answered };
  };

  /** Reads what reflects everything written so far. */
  const read = async (path: string): Promise<Received> => {
    const joint = path.includes('?') ? '&' : '?';
    return send('GET', `${path}${joint}min_sequence=${await store.head()}`);
  };

  /** The default account, opened and with cash. */
  const funded = async (over: Readonly<Record<string, unknown>> = {}, amount = '100000') => {
    const account = { account_id: defaultAccount, commission: { kind: 'fixed', amount: '0' } };
    await send('POST', '/api/v1/ledger/accounts', { body: { ...account, ...over } });
    const deposit = { account_id: over['account_id'] ?? defaultAccount, amount };
    await send('POST', '/api/v1/ledger/deposits', { body: deposit });
  };

  const close = async (): Promise<void> => {
    await listening.close();
    await identity.close();
    stop.abort();
    await projecting;
    await segments.close();
    await store.close();
    await looks.close();
    await pool.end();
    await database.drop();
  };
  return {
    ...people,
    connectionString,
    api,
    listening,
    store,
    pool,
    ledger,
    reconciliations,
    queries,
    withLook: looks.withLook,
    segments,
    send,
    read,
    funded,
    succeeded,
    close,
  };
};
export type HttpWorld = Awaited<ReturnType<typeof httpWorld>>;
