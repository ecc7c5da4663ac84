/**
 * What authentication adds to an order request: the same request without any, with an access token and with an API key,
 * in random order against one server in another process. What is added includes the counting against limits.
 */

import { forkStack } from './support/fork-stack.ts';
import { createClient } from './support/http-client.ts';
import { mulberry32, percentile } from './support/statistics.ts';

const atOnce = 2;
const warmUpOrders = 6_000;
const orders = 1_000 * Number(process.argv[2] ?? 15);

const { server, told } = await forkStack();
const { url, openUrl, key, accessToken, accounts } = told;
const random = mulberry32(11);
const draw = (below: number): number => Math.floor(random() * below);

const way = (to: string, credential: string) => ({
  client: createClient(to, atOnce, credential),
  latencies: [] as number[],
});
// The first credential is as long as a key and means nothing to anybody.
const without = way(openUrl, 'x'.repeat(key.length));
const withToken = way(url, accessToken);
const withKey = way(url, key);
const ways = [without, withToken, withKey];

const stranger = createClient(url, 1, 'x'.repeat(key.length));
const refused = await stranger.post('/api/v1/trading/orders', '{}');
if (refused.status !== 401) throw new Error(`a stranger got ${refused.status}`);
stranger.close();

let left = warmUpOrders + orders;
const work = async (): Promise<void> => {
  while (left > 0) {
    left -= 1;
    const isMeasured = left < orders;
    const { client, latencies } = ways[draw(ways.length)] ?? without;
    const body = JSON.stringify({
      account_id: accounts[draw(accounts.length)],
      symbol: 'AAPL',
      side: 'buy',
      type: 'limit',
      limit_price: '90.25',
      quantity: '1',
    });
    const start = performance.now();
    const { status, body: text } = await client.post('/api/v1/trading/orders', body);
    if (status !== 201) throw new Error(`${status}: ${text}`);
    if (isMeasured) latencies.push(performance.now() - start);
  }
};
await Promise.all(Array.from({ length: atOnce }, work));

const figures = ({ latencies }: typeof without) => {
  latencies.sort((left, right) => left - right);
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
};
const [open, token, apiKey] = [figures(without), figures(withToken), figures(withKey)];
const milliseconds = (figure: number): number => Number(figure.toFixed(3));
console.log(
  JSON.stringify({
    name: 'authentication of an order',
    withoutMsP50: milliseconds(open.p50),
    withoutMsP99: milliseconds(open.p99),
    tokenMsP50: milliseconds(token.p50),
    tokenMsP99: milliseconds(token.p99),
    keyMsP50: milliseconds(apiKey.p50),
    keyMsP99: milliseconds(apiKey.p99),
    tokenAddsMsP50: milliseconds(token.p50 - open.p50),
    keyAddsMsP50: milliseconds(apiKey.p50 - open.p50),
  }),
);
for (const { client } of ways) client.close();
server.stop();
