/** From the submission of an order to its position in the read tables, over HTTP, at 200 orders a second. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderId } from '#domain/ids.ts';
import { openAccounts } from './support/accounts.ts';
import { createClient } from './support/http-client.ts';
import { startStack } from './support/stack.ts';
import { percentile } from './support/statistics.ts';

const ordersPerSecond = 200;
const warmUpOrders = 400;
const orders = warmUpOrders + ordersPerSecond * Number(process.argv[2] ?? 10);

const stack = await startStack('00000000-0000-7000-8000-000000000001' as never);
const accounts = await openAccounts(stack.ledger, 200, 'paper');
const client = createClient(stack.url, 32);

const submittedAt = new Map<OrderId, number>();
/** Orders by the sequence of their fill. */
const filled = new Map<number, OrderId>();
const latencies: number[] = [];
let visible = 0;

stack.onVisible((sequence) => {
  const now = performance.now();
  for (; visible < sequence; visible += 1) {
    const order = filled.get(visible + 1);
    const begun = order === undefined ? undefined : submittedAt.get(order);
    if (begun !== undefined) latencies.push(now - begun);
  }
});
const stopped = new AbortController();
const watching = (async () => {
  const after = await stack.store.head();
  for await (const batch of stack.store.subscribe({ after, signal: stopped.signal })) {
    for (const { sequence, data } of batch) {
      if (data.type === 'OrderFilled' && data.orderId !== null) filled.set(sequence, data.orderId);
    }
  }
})();
await sleep(200);

const begun = performance.now();
const posts: Promise<void>[] = [];
for (let count = 0; count < orders; count += 1) {
  const due = begun + (count * 1_000) / ordersPerSecond;
  const wait = due - performance.now();
  if (wait > 0) await sleep(wait);
  const start = performance.now();
  const body = JSON.stringify({
    account_id: accounts[count % accounts.length],
    symbol: 'AAPL',
    side: 'buy',
    type: 'market',
    quantity: '1',
  });
  posts.push(
    client.post('/api/v1/trading/orders', body).then(({ status, body: text }) => {
      if (status !== 201) throw new Error(`${status}: ${text}`);
      if (count >= warmUpOrders) submittedAt.set(JSON.parse(text).order_id as OrderId, start);
    }),
  );
}
await Promise.all(posts);
await sleep(1_000);
stopped.abort();
await watching;

latencies.sort((left, right) => left - right);
console.log(
  JSON.stringify({
    name: 'submit to visible',
    orders: latencies.length,
    latencyMsP50: Number(percentile(latencies, 0.5).toFixed(2)),
    latencyMsP99: Number(percentile(latencies, 0.99).toFixed(2)),
  }),
);
client.close();
await stack.stop();
