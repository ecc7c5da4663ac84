/** Durable orders a second in process: 64 callers, 1,000 accounts drawn by Zipf, fsync on. */
import { createLedger } from '#commands/pipeline.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createPostgresSnapshotStore } from '#database/postgres/snapshot-store.ts';
import { systemClock } from '#gateways/system/clock.ts';
import { sha256 } from '#gateways/system/digest.ts';
import { createUuids } from '#gateways/system/ids.ts';
import { actor, buyOne, openAccounts, quotes } from './support/accounts.ts';
import { benchmarkDatabase, benchmarkPool } from './support/database.ts';
import { percentile, zipf } from './support/statistics.ts';

const callers = 64;
const warmUpMs = 1_500;
const measureMs = Number(process.argv[2] ?? 6) * 1_000;

const database = await benchmarkDatabase();
const { connectionString } = database;
const store = createPostgresEventStore({ connectionString, clock: systemClock });
const pool = benchmarkPool(connectionString, 2);
const ledger = createLedger({
  store,
  snapshots: createPostgresSnapshotStore({ pool }),
  quotes,
  ids: createUuids(),
  digest: sha256,
});
const accounts = await openAccounts(ledger, 1_000);
const draw = zipf(accounts.length, 42);

const latencies: number[] = [];
const begun = performance.now();
const measureFrom = begun + warmUpMs;
const until = measureFrom + measureMs;

const call = async (): Promise<void> => {
  for (let now = performance.now(); now < until; now = performance.now()) {
    const accountId = accounts[draw()];
    if (accountId === undefined) throw new Error('drew no account');
    const order = buyOne();
    const handled = await ledger.handle({ accountId, actor, key: order.clientOrderId }, order);
    if (handled.kind !== 'done') throw new Error(handled.refusal.code);
    const end = performance.now();
    if (now >= measureFrom && end <= until) latencies.push(end - now);
  }
};
await Promise.all(Array.from({ length: callers }, call));

latencies.sort((left, right) => left - right);
const figures = {
  ordersPerSecond: Math.round(latencies.length / (measureMs / 1_000)),
  latencyMsP50: Number(percentile(latencies, 0.5).toFixed(2)),
  latencyMsP99: Number(percentile(latencies, 0.99).toFixed(2)),
};
console.log(JSON.stringify({ name: 'orders in process', ...figures }));

await store.close();
await pool.end();
await database.stop();
