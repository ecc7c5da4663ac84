/** Loading one account with 100,000 events into memory: from its events, and from a snapshot. Memory of that account. */
import { createLedger } from '#commands/pipeline.ts';
import type { BrokerReport } from '#commands/ports/broker.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createPostgresSnapshotStore } from '#database/postgres/snapshot-store.ts';
import type { AccountId, BrokerOrderId, ExecutionId } from '#domain/ids.ts';
import { price } from '#domain/money.ts';
import { systemClock } from '#gateways/system/clock.ts';
import { sha256 } from '#gateways/system/digest.ts';
import { createUuids } from '#gateways/system/ids.ts';
import { actor, at, buyOne, openAccounts, quotes, symbol } from './support/accounts.ts';
import { benchmarkDatabase, benchmarkPool } from './support/database.ts';

const events = Number(process.argv[2] ?? 100_000);
/** Submitted, accepted, filled. */
const eventsPerOrder = 3;

const database = await benchmarkDatabase();
const { connectionString } = database;
const store = createPostgresEventStore({ connectionString, clock: systemClock });
const pool = benchmarkPool(connectionString, 2);
const snapshots = createPostgresSnapshotStore({ pool });
const newLedger = () =>
  createLedger({ store, snapshots, quotes, ids: createUuids(), digest: sha256 });

const fillOne = async (
  ledger: ReturnType<typeof newLedger>,
  accountId: AccountId,
): Promise<void> => {
  const meta = { accountId, actor, key: null };
  const order = buyOne();
  const { orderId } = order;
  const accepted: BrokerReport = {
    type: 'AcceptOrder',
    orderId,
    brokerOrderId: orderId as string as BrokerOrderId,
    at,
  };
  const filled: BrokerReport = {
    type: 'Fill',
    executionId: `fill-${orderId}` as ExecutionId,
    orderId,
    symbol,
    side: 'buy',
    quantity: order.terms.quantity ?? (0n as never),
    price: price('109.01'),
    commission: null,
    liquidity: 'removed',
    venue: 'benchmark',
    at,
  };
  await Promise.all([order, accepted, filled].map((command) => ledger.handle(meta, command)));
};

const [accountId] = await openAccounts(newLedger(), 1);
if (accountId === undefined) throw new Error('no account');
const writer = newLedger();
for (let written = 0; written < events; written += 200 * eventsPerOrder) {
  await Promise.all(Array.from({ length: 200 }, () => fillOne(writer, accountId)));
}

const load = async (): Promise<{ readonly ms: number; readonly revision: number }> => {
  const ledger = newLedger();
  const begun = performance.now();
  const revision = await ledger.inspect(accountId, (_state, seen) => seen);
  return { ms: Math.round(performance.now() - begun), revision };
};

const memoryBefore = process.memoryUsage().rss;
const fromEvents = await load();
const fromSnapshot = await load();
console.log(
  JSON.stringify({
    name: 'cold load',
    events: fromEvents.revision,
    fromEventsMs: fromEvents.ms,
    fromSnapshotMs: fromSnapshot.ms,
    memoryMbBefore: Math.round(memoryBefore / 2 ** 20),
    memoryMbAfter: Math.round(process.memoryUsage().rss / 2 ** 20),
  }),
);
await store.close();
await pool.end();
await database.stop();
