/** Orders a second over HTTP, 64 connections, against the whole server in another process. */
import { forkStack } from './support/fork-stack.ts';
import { createClient } from './support/http-client.ts';
import { percentile, zipf } from './support/statistics.ts';

const connections = 64;
const warmUpMs = 2_000;
const measureMs = Number(process.argv[2] ?? 8) * 1_000;

const { server, told } = await forkStack();
const { url, key, accounts } = told;
const client = createClient(url, connections, key);
const draw = zipf(accounts.length, 7);
const latencies: number[] = [];
const measureFrom = performance.now() + warmUpMs;
const until = measureFrom + measureMs;

const call = async (): Promise<void> => {
  for (let start = performance.now(); start < until; start = performance.now()) {
    const body = JSON.stringify({
      account_id: accounts[draw()],
      symbol: 'AAPL',
      side: 'buy',
      type: 'limit',
      limit_price: '90.25',
      quantity: '1',
    });
    const { status, body: text } = await client.post('/api/v1/trading/orders', body);
    if (status !== 201) throw new Error(`${status}: ${text}`);
    const end = performance.now();
    if (start >= measureFrom && end <= until) latencies.push(end - start);
  }
};
await Promise.all(Array.from({ length: connections }, call));
latencies.sort((left, right) => left - right);
console.log(
  JSON.stringify({
    name: 'orders over HTTP',
    ordersPerSecond: Math.round(latencies.length / (measureMs / 1_000)),
    latencyMsP50: Number(percentile(latencies, 0.5).toFixed(2)),
    latencyMsP99: Number(percentile(latencies, 0.99).toFixed(2)),
  }),
);
client.close();
server.stop();
