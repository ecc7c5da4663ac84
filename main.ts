/** The server: puts the rooms together, in the order in which they need one another. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { pino } from 'pino';
import { loadDemo } from '#api/demo/load-demo.ts';
import { runQuotes } from '#api/demo/run-quotes.ts';
import { runPolicy } from '#api/demo/run-steps.ts';
import { readBuyapple } from '#api/demo/zipline-run.ts';
import { createProtection } from '#api/http/protection.ts';
import { createHttpApi } from '#api/http/server.ts';
import { type Configuration, readConfiguration } from '#api/process/configuration.ts';
import {
  accountsOfFirstAdmin,
  demoAccountId,
  openPaperAccount,
  paperAccountId,
} from '#api/process/first-accounts.ts';
import { greeting, type Setup } from '#api/process/greeting.ts';
import { signingKeysOf } from '#api/process/own-secrets.ts';
import { type SealerThread, startSealerThread } from '#api/process/sealer-thread.ts';
import { offerSetupToken } from '#api/process/setup-token.ts';
import { createSegmentKeeper, type SegmentKeeper } from '#audit/as-of/keep-segments.ts';
import type { Ledger } from '#commands/ledger.ts';
import { createMarketLedger } from '#commands/market/market-ledger.ts';
import { createLedger } from '#commands/pipeline.ts';
import type { ReportSink } from '#commands/ports/broker.ts';
import type { Quotes } from '#commands/ports/quotes.ts';
import { createReconciliations } from '#commands/reconciliation/reconciliations.ts';
import { acceptedOrders, createOrderRouter } from '#commands/routing/order-router.ts';
import { createLooks } from '#database/postgres/audit/ledger-snapshot.ts';
import { createSegmentStore } from '#database/postgres/audit/segment-store.ts';
import { createPostgresCheckpoints } from '#database/postgres/checkpoints.ts';
import { startEmbeddedPostgres } from '#database/postgres/embedded.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createPostgresIdentityStore } from '#database/postgres/identity-store.ts';
import { migrate } from '#database/postgres/migrate.ts';
import { createReadTableHost } from '#database/postgres/read-tables/host.ts';
import { createProgress } from '#database/postgres/read-tables/progress.ts';
import { createQueries } from '#database/postgres/read-tables/queries.ts';
import { takeServerLock } from '#database/postgres/server-lock.ts';
import { createPostgresSnapshotStore } from '#database/postgres/snapshot-store.ts';
import type { AccountId, Actor } from '#domain/ids.ts';
import { InvariantViolation } from '#domain/invariant.ts';
import { fromMilliseconds, type Instant, toMilliseconds } from '#domain/time.ts';
import { openPaperJournal } from '#gateways/brokers/paper/journal.ts';
import { createPaperBroker } from '#gateways/brokers/paper/paper-broker.ts';
import { bookmarkedAt, keepBookmark } from '#gateways/market-data/market-bookmark.ts';
import { recordMarket } from '#gateways/market-data/market-recorder.ts';
import {
  dailyFiles,
  loadBars,
  shippedDailyBars,
} from '#gateways/market-data/recorded/recorded-bars.ts';
import { createRecordedMarket } from '#gateways/market-data/recorded/recorded-market.ts';
import { systemClock } from '#gateways/system/clock.ts';
import { sha256 } from '#gateways/system/digest.ts';
import { createUuids } from '#gateways/system/ids.ts';
import { systemTimer } from '#gateways/system/timer.ts';
import { createAccessTokens } from '#identity/access-tokens.ts';
import { createLoginDelays } from '#identity/login-delays.ts';
import { createPasswords } from '#identity/passwords.ts';
import type { SigningKeys } from '#identity/secrets.ts';
import { createIdentity } from '#identity/service.ts';
import type { Queries } from '#projections/ports/queries.ts';
import { runProjector } from '#projections/projector.ts';

/** The session with which the demo's history ends and the shipped market goes on. */
const demoEnd = '2014-10-31' as Parameters<typeof createRecordedMarket>[0]['startAfter'] & string;
const system = 'system' as Actor;
/** How long the read tables may take to catch up at a start, milliseconds: a long log needs minutes. */
const catchUpMs = 30 * 60_000;
/**
 * How long a stop may take, milliseconds. Without a database it would never end: the market waits for the broker's
 * reports and they for somebody to take them. All that was acknowledged is on disk by then.
 */
const cleanStopMostMs = 30_000;
const failedStopMostMs = 5_000;

/** For connections that read and keep checkpoints: one that is silently dead must not hang the market. */
const patience = {
  connectionTimeoutMillis: 5_000,
  query_timeout: 60_000,
  keepAlive: true,
} as const;

type Step = { readonly name: string; readonly stop: () => Promise<unknown> };

const justAfter = (at: Instant): Instant => fromMilliseconds(toMilliseconds(at) + 1);

/** Runs stops in the reverse order of the starts; one that fails does not keep the others from stopping. */
const createShutdown = (log: pino.Logger) => {
  const steps: Step[] = [];
  let stopping: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    for (const { name, stop } of steps.reverse()) {
      await stop().catch((error: unknown) =>
        log.error({ err: error }, `${name} did not stop cleanly`),
      );
    }
  };
  return {
    add: (name: string, stop: () => Promise<unknown>) => void steps.push({ name, stop }),
    stop: () => {
      stopping ??= stopAll();
      return stopping;
    },
  };
};

type Shutdown = ReturnType<typeof createShutdown>;

const createLog = ({ logFile, logLevel, dataDirectory }: Configuration) => {
  const file = logFile ?? join(dataDirectory, 'server.log');
  const dest = file === '-' ? 1 : file;
  const destination = pino.destination({ dest, mkdir: true, sync: true, mode: 0o600 });
  return { log: pino({ level: logLevel }, destination), file: file === '-' ? null : file };
};

const startDatabase = async (
  { databaseUrl, dataDirectory }: Configuration,
  shutdown: Shutdown,
  fail: (error: unknown) => void,
): Promise<string> => {
  if (databaseUrl !== null) return databaseUrl;
  const directory = join(dataDirectory, 'postgres');
  const log = (line: string) => console.error(`  ${line}`);
  const server = await startEmbeddedPostgres({ directory, log });
  let stopping = false;
  void server.exited.then(() => stopping || fail(new Error('PostgreSQL has ended unasked')));
  shutdown.add('PostgreSQL', async () => {
    // Its broken connections may be noticed before its end is: that end was not our wish, and is what has to be said.
    await Promise.race([server.exited, sleep(50)]);
    stopping = true;
    await server.stop();
  });
  return server.connectionString;
};

/** Every account that has an order at work. */
const accountsWithLiveOrders = async (queries: Queries): Promise<readonly AccountId[]> => {
  const accounts = new Set<AccountId>();
  let cursor: number | undefined;
  do {
    const page = await queries.listOrders({ status: 'open', limit: 500, cursor });
    for (const { accountId } of page.rows) accounts.add(accountId);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return [...accounts];
};

const reportTo =
  (ledger: Ledger, actor: Actor, log: pino.Logger, fail: (error: unknown) => void): ReportSink =>
  async (accountId, report) => {
    const handling = ledger.handle({ accountId, actor, key: null }, report);
    const handled = await handling.catch((error: unknown) => {
      // A bug or a corrupt log: sending the report again would meet it again, for ever.
      if (error instanceof InvariantViolation) fail(error);
      throw error;
    });
    // A report is refused only where there is no such account: sending it again would not help.
    if (handled.kind === 'refused')
      log.error({ accountId, report: report.type }, 'report without an account');
  };

/** Who is who: over the same database, but on connections that no slow read of the ledger holds up. */
const startIdentity = (
  {
    signingKeys,
    ownedByFirstAdmin,
  }: { signingKeys: SigningKeys; ownedByFirstAdmin: readonly AccountId[] },
  connectionString: string,
  log: pino.Logger,
  shutdown: Shutdown,
) => {
  const connections = (max: number) => {
    const pool = new pg.Pool({ connectionString, max, ...patience, query_timeout: 5_000 });
    pool.on('error', ({ message }) => log.warn({ reason: message }, 'an idle connection broke'));
    shutdown.add("identity's connections", () => pool.end());
    return pool;
  };
  // What every request rests on has connections of its own: no queue of logins or changes stands before it.
  const { accessOf, keyById, changesAfter } = createPostgresIdentityStore({ pool: connections(2) });
  const store = {
    ...createPostgresIdentityStore({ pool: connections(4) }),
    accessOf,
    keyById,
    changesAfter,
  };
  const identity = createIdentity({
    store,
    clock: systemClock,
    passwords: createPasswords(),
    tokens: createAccessTokens({ keys: signingKeys, clock: systemClock }),
    delays: createLoginDelays(),
    ids: createUuids(),
    ownedByFirstAdmin,
    log,
  });
  shutdown.add('identity', identity.close);
  return { identity, store };
};

/** Seals the log beside trading; null where that is turned off. */
const startSealing = (
  { dataDirectory, sealKeyFile, sealEvery, sealTo, isProduction }: Configuration,
  connectionString: string,
  log: pino.Logger,
): SealerThread | null => {
  if (sealEvery.events === 0 && sealEvery.minutes === 0 && sealTo.length === 0) return null;
  if (isProduction && sealKeyFile === null) {
    const words =
      'the key that seals are signed with is kept beside the database: whoever gets one may get both. Set SEAL_KEY_FILE to a file elsewhere';
    log.warn({}, words);
  }
  const order = {
    connectionString,
    keyPlace: { dataDirectory, sealKeyFile },
    every: sealEvery,
    to: sealTo,
  };
  const program = new URL('./sealer.ts', import.meta.url);
  return startSealerThread(program, order, {
    info: (fields, words) => log.info(fields, words),
    warn: (fields, words) => log.warn(fields, words),
    error: (fields, words) => log.error(fields, words),
  });
};

/** Keeps what questions about the past are folded on from, where it is written: a replica would show it late. */
const startSegmentKeeper = (
  connectionString: string,
  pool: pg.Pool,
  log: pino.Logger,
  shutdown: Shutdown,
): SegmentKeeper => {
  const looks = createLooks({ connectionString, max: 1 });
  shutdown.add('connections of kept segments', looks.close);
  const ports = { withPast: looks.withLook, store: createSegmentStore({ pool }) };
  const keeper = createSegmentKeeper(ports, (err, accountId) =>
    log.warn({ err, accountId }, 'nothing is kept for questions about the past'),
  );
  shutdown.add('kept segments', keeper.close);
  return keeper;
};

const setupOf = async (
  store: Parameters<typeof offerSetupToken>[0],
  isProduction: boolean,
): Promise<Setup> => {
  const token = await offerSetupToken(store);
  if (token === null) return { kind: 'done' };
  return isProduction ? { kind: 'token_not_shown' } : { kind: 'token', token };
};

const start = async (configuration: Configuration, fail: (error: unknown) => void) => {
  mkdirSync(configuration.dataDirectory, { recursive: true });
  const signingKeys = signingKeysOf(configuration);
  const { log, file: logFile } = createLog(configuration);
  const shutdown = createShutdown(log);
  const stopped = new AbortController();
  const { signal } = stopped;

  const connectionString = await startDatabase(configuration, shutdown, fail);
  shutdown.add('server lock', await takeServerLock(connectionString, fail));
  const pool = new pg.Pool({ connectionString, max: 10, ...patience });
  pool.on('error', ({ message }) => log.warn({ reason: message }, 'an idle connection broke'));
  shutdown.add('connections', () => pool.end());
  await migrate(pool);
  // Begun at the end, ended after the last event was written.
  let sealing: SealerThread | null = null;
  shutdown.add('sealer', async () => sealing?.stop());

  const store = createPostgresEventStore({ connectionString, clock: systemClock, log });
  shutdown.add('event store', store.close);
  const snapshots = createPostgresSnapshotStore({ pool });
  const checkpoints = createPostgresCheckpoints(pool);
  const ids = createUuids();
  const market = createMarketLedger(store, ids, sha256, system);
  const ledgerWith = (quotes: Quotes) =>
    createLedger({ store, snapshots, quotes, ids, digest: sha256 });

  const progress = createProgress();
  const projecting = runProjector(
    {
      host: createReadTableHost({ connectionString }),
      feed: store,
      onApplied: progress.reached,
      sleep: (ms, until) => sleep(ms, undefined, { signal: until }).catch(() => undefined),
      log,
    },
    signal,
  ).catch((error: unknown) => log.fatal({ err: error }, 'the read tables have stopped'));
  shutdown.add('projector', () => projecting);

  if (configuration.demo) {
    const run = readBuyapple();
    const quotes = runQuotes(run);
    await loadDemo({
      ledger: ledgerWith(quotes),
      market,
      quotes,
      account: {
        accountId: demoAccountId,
        accountNumber: 'DEMO-1',
        policy: runPolicy('cash'),
        fills: 'of_orders',
      },
      run,
      actor: system,
      source: 'zipline buyapple',
    });
  }

  const resumeAt = await bookmarkedAt(checkpoints, 'recorded');
  const feed = createRecordedMarket({
    bars: await loadBars(await dailyFiles(shippedDailyBars)),
    settings: { speed: configuration.marketSpeed },
    startAfter: demoEnd,
    ...(resumeAt === undefined ? {} : { resumeAt }),
    clock: systemClock,
    timer: systemTimer,
    onFailure: fail,
  });
  const ledger = ledgerWith(feed);
  await openPaperAccount(ledger, system, feed.now());

  const clock = { now: feed.now };
  const queries = createQueries({ pool, clock, progress });
  const head = await store.head();
  const caughtUp = await queries.waitFor(head, catchUpMs);
  if (caughtUp !== 'reached') {
    throw new Error(
      `The read tables do not reach event ${head} (${caughtUp}); see ${logFile ?? 'the log'}.`,
    );
  }

  const report = reportTo(ledger, 'broker:paper' as Actor, log, fail);
  const journal = await openPaperJournal({
    directory: join(configuration.dataDirectory, 'paper-broker'),
    // What an earlier run executed is of before, at this very instant too.
    now: resumeAt === undefined ? feed.now() : justAfter(feed.now()),
    onFailure: fail,
  });
  shutdown.add("the paper broker's journal", journal.close);
  const resent = await journal.settle(report, (accountId, orderId) =>
    ledger.inspect(accountId, ({ orders }) => orders.get(orderId)?.brokerOrderId === null),
  );
  if (resent > 0) log.warn({ resent }, 'executions that a crash left untold were reported again');

  const live = await accountsWithLiveOrders(queries);
  const restored = await Promise.all(
    live.map((accountId) =>
      ledger.inspect(accountId, (state) =>
        state.policy?.broker === 'paper' ? acceptedOrders(accountId, state) : [],
      ),
    ),
  );
  const broker = createPaperBroker({
    feed,
    report,
    journal,
    restore: restored.flat(),
    timer: systemTimer,
    onUnreported: (accountId, report, error) =>
      log.warn({ accountId, report: report.type, err: error }, 'a report is sent again'),
  });
  recordMarket(feed, market);
  await keepBookmark(feed, checkpoints);

  const router = createOrderRouter({
    store,
    ledger,
    checkpoints,
    broker,
    name: 'paper',
    now: feed.now,
  });
  const routing = router.run(head, live, signal).catch(fail);
  shutdown.add('order router', () => routing);
  shutdown.add('subscriptions', async () => stopped.abort());
  feed.start();
  shutdown.add('market', feed.stop);
  // Before the market, which waits for the broker's reports; they would wait for a database that has gone.
  shutdown.add('paper broker', broker.stop);

  const { identity, store: identityStore } = startIdentity(
    { signingKeys, ownedByFirstAdmin: accountsOfFirstAdmin(configuration.demo) },
    connectionString,
    log,
    shutdown,
  );
  const protection = createProtection({
    log,
    limits: configuration.rateLimits,
    redisUrl: configuration.redisUrl,
    corsOrigins: configuration.corsOrigins,
  });
  shutdown.add('request limits', async () => protection.close());
  const looks = createLooks({
    connectionString: configuration.auditDatabaseUrl ?? connectionString,
  });
  shutdown.add('audit connections', looks.close);
  const segments = startSegmentKeeper(connectionString, pool, log, shutdown);
  const api = createHttpApi({
    ledger,
    reconciliations: createReconciliations({ store, ledger, ids }),
    queries,
    quotes: feed,
    feed,
    events: store,
    clock,
    ids,
    withLook: looks.withLook,
    segments,
    identity,
    log,
    protect: protection.protect,
    guard: protection.guard,
    ...(configuration.trustProxy === null ? {} : { trustProxy: configuration.trustProxy }),
  });
  const listening = await api.listen({ host: configuration.host, port: configuration.port });
  shutdown.add('HTTP', () => listening.close());
  const setup = await setupOf(identityStore, configuration.isProduction);
  sealing = startSealing(configuration, connectionString, log);
  log.info({ url: listening.url, head }, 'order-ledger is up');
  console.log(
    greeting({
      url: listening.url,
      setup,
      paperAccountId,
      demoAccountId: configuration.demo ? demoAccountId : null,
      market: `recorded daily bars of ${feed.symbols().length} US stocks, at ${feed.now().slice(0, 16)}Z, ${configuration.marketSpeed} times real time`,
      logFile,
    }),
  );
  return { log, shutdown };
};

const explain = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

let running: Awaited<ReturnType<typeof start>> | undefined;
let ending = false;
const end = async (code: number): Promise<void> => {
  if (ending) return;
  ending = true;
  const stopMostMs = code === 0 ? cleanStopMostMs : failedStopMostMs;
  await Promise.race([running?.shutdown.stop(), sleep(stopMostMs)]);
  process.exit(code);
};
const fail = (error: unknown): void => {
  console.error(`order-ledger: ${explain(error)}`);
  running?.log.fatal({ err: error }, 'stopping');
  void end(1);
};

process.on('SIGINT', () => void end(0));
process.on('SIGTERM', () => void end(0));
try {
  running = await start(readConfiguration(process.env), fail);
} catch (error) {
  fail(error);
}
