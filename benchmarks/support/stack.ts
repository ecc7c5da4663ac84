import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { Authenticate } from '#api/http/authenticate.ts';
import { createHttpApi } from '#api/http/server.ts';
import type { Ledger } from '#commands/ledger.ts';
import { createLedger } from '#commands/pipeline.ts';
import type { EventStore } from '#commands/ports/event-store.ts';
import { createReconciliations } from '#commands/reconciliation/reconciliations.ts';
import { createOrderRouter } from '#commands/routing/order-router.ts';
import { createLooks } from '#database/postgres/audit/ledger-snapshot.ts';
import { createPostgresCheckpoints } from '#database/postgres/checkpoints.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createPostgresIdentityStore } from '#database/postgres/identity-store.ts';
import { createReadTableHost } from '#database/postgres/read-tables/host.ts';
import { createProgress } from '#database/postgres/read-tables/progress.ts';
import { createQueries } from '#database/postgres/read-tables/queries.ts';
import { createPostgresSnapshotStore } from '#database/postgres/snapshot-store.ts';
import type { Actor } from '#domain/ids.ts';
import { createPaperBroker } from '#gateways/brokers/paper/paper-broker.ts';
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
import { runProjector } from '#projections/projector.ts';
import { createBenchmarkIdentity } from './credentials.ts';
import { benchmarkDatabase, benchmarkPool } from './database.ts';

export type Stack = {
  readonly connectionString: string;
  readonly ledger: Ledger;
  readonly store: EventStore;
  readonly url: string;
  /** The same server for an administrator without asking who it is, nor how often they have come. */
  readonly openUrl: string;
  /** An administrator's API key, of all scopes. */
  readonly key: string;
  readonly accessToken: string;
  /** Is told each time the read tables reflect a new sequence. */
  readonly onVisible: (listener: (sequence: number) => void) => void;
  readonly stop: () => Promise<void>;
};

const rethrow = (error: unknown): void => {
  throw error;
};

/** The server as `main.ts` builds it, in this process, with its market stopped in the middle of a session. */
export const startStack = async (): Promise<Stack> => {
  const database = await benchmarkDatabase();
  const { connectionString } = database;
  const log = pino({ level: 'error' });
  const stopped = new AbortController();
  const { signal } = stopped;
  const pool = benchmarkPool(connectionString, 10);
  const store = createPostgresEventStore({ connectionString, clock: systemClock, log });
  const ids = createUuids();
  const feed = createRecordedMarket({
    bars: await loadBars(await dailyFiles(shippedDailyBars)),
    settings: { speed: 0 },
    startAfter: '2014-10-31' as never,
    clock: systemClock,
    timer: systemTimer,
    onFailure: rethrow,
  });
  await feed.step();
  const ledger = createLedger({
    store,
    snapshots: createPostgresSnapshotStore({ pool }),
    quotes: feed,
    ids,
    digest: sha256,
  });
  const progress = createProgress();
  let onVisible = (_sequence: number): void => {};
  const projecting = runProjector(
    {
      host: createReadTableHost({ connectionString }),
      feed: store,
      onApplied: (sequence) => {
        progress.reached(sequence);
        onVisible(sequence);
      },
      sleep: (ms, until) => sleep(ms, undefined, { signal: until }).catch(() => undefined),
      log,
    },
    signal,
  );
  const broker = createPaperBroker({
    feed,
    report: async (accountId, report) => {
      await ledger.handle({ accountId, actor: 'broker:paper' as Actor, key: null }, report);
    },
    // Every order shall fill at once: it is the ledger that is measured.
    settings: { displayedParticipation: '1' },
    restore: [],
    timer: systemTimer,
    onUnreported: (_account, _report, error) => rethrow(error),
  });
  const router = createOrderRouter({
    store,
    ledger,
    checkpoints: createPostgresCheckpoints(pool),
    broker,
    name: 'paper',
    now: feed.now,
  });
  const routing = router.run(await store.head(), [], signal);
  const { identity, protection, principal, ...credentials } = await createBenchmarkIdentity({
    store: createPostgresIdentityStore({ pool }),
    log,
  });
  const { protect, guard } = protection;
  const looks = createLooks({ connectionString });
  const services = {
    ledger,
    reconciliations: createReconciliations({ store, ledger, ids }),
    queries: createQueries({ pool, clock: feed, progress }),
    quotes: feed,
    feed,
    events: store,
    clock: feed,
    ids,
    withLook: looks.withLook,
    identity,
    log,
    protect,
  };
  const authenticate: Authenticate = () => principal;
  const listening = await createHttpApi({ ...services, guard }).listen();
  const open = await createHttpApi({ ...services, authenticate }).listen();
  return {
    connectionString,
    ledger,
    store,
    url: listening.url,
    openUrl: open.url,
    ...credentials,
    onVisible: (listener) => {
      onVisible = listener;
    },
    stop: async () => {
      await listening.close();
      await open.close();
      await broker.drained();
      stopped.abort();
      await routing;
      await projecting;
      await broker.stop();
      protection.close();
      await identity.close();
      await store.close();
      await looks.close();
      await pool.end();
      await database.stop();
    },
  };
};
