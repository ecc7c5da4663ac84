/**
 * From the submission of an order to its position in the read tables, at 200 orders a second: every other one over
 * HTTP, the rest handed to the pipeline. Half of the time, in turns, the log is sealed meanwhile, a seal every 1,000 events.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSealerThread } from '#api/process/sealer-thread.ts';
import type { AccountId, OrderId } from '#domain/ids.ts';
import { actor, buyOne, openAccounts } from './support/accounts.ts';
import { createClient } from './support/http-client.ts';
import { startStack } from './support/stack.ts';
import { percentile } from './support/statistics.ts';

const ordersPerSecond = 200;
/** As fast as they go, so that the code is compiled and the heap has its size: a server is measured, not its start. */
const warmUpOrders = 10_000;
const warmUpAtOnce = 16;
const orders = ordersPerSecond * Number(process.argv[2] ?? 15);
/** Of each kind. */
const turns = 4;
const sealEvery = { events: 1_000, minutes: 0 };

const stack = await startStack();
const accounts = await openAccounts(stack.ledger, 200, 'paper');
const client = createClient(stack.url, 32, stack.key);

const submittedAt = new Map<OrderId, number>();
/** Orders by the sequence of their fill. */
const filled = new Map<number, OrderId>();
/** Latencies in milliseconds by whether the log is sealed meanwhile. */
const latencies = {
  alone: { overHttp: [] as number[], inProcess: [] as number[] },
  sealing: { overHttp: [] as number[], inProcess: [] as number[] },
};
let kind: keyof typeof latencies = 'alone';
/** Orders by how they were submitted. */
const latenciesOf = new Map<OrderId, number[]>();
let visible = 0;
let measuring = false;

stack.onVisible((sequence) => {
  const now = performance.now();
  for (; visible < sequence; visible += 1) {
    const order = filled.get(visible + 1);
    const begun = order === undefined ? undefined : submittedAt.get(order);
    if (order !== undefined && begun !== undefined) latenciesOf.get(order)?.push(now - begun);
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

const note = (orderId: OrderId, start: number, latenciesMs: number[]): void => {
  if (!measuring) return;
  submittedAt.set(orderId, start);
  latenciesOf.set(orderId, latenciesMs);
};

const post = async (accountId: AccountId): Promise<void> => {
  const start = performance.now();
  const body = JSON.stringify({
    account_id: accountId,
    symbol: 'AAPL',
    side: 'buy',
    type: 'market',
    quantity: '1',
  });
  const answer = await client.post('/api/v1/trading/orders', body);
  if (answer.status !== 201) throw new Error(`${answer.status}: ${answer.body}`);
  note(JSON.parse(answer.body).order_id as OrderId, start, latencies[kind].overHttp);
};

const hand = async (accountId: AccountId): Promise<void> => {
  const start = performance.now();
  const limit = buyOne();
  const terms = { ...limit.terms, type: 'market', limitPrice: null } as const;
  note(limit.orderId, start, latencies[kind].inProcess);
  const key = limit.clientOrderId;
  const handled = await stack.ledger.handle({ accountId, actor, key }, { ...limit, terms });
  if (handled.kind !== 'done') throw new Error(handled.refusal.code);
};

const submit = (count: number): Promise<void> => {
  const accountId = accounts[count % accounts.length];
  if (accountId === undefined) throw new Error('no account');
  return count % 2 === 0 ? post(accountId) : hand(accountId);
};

for (let count = 0; count < warmUpOrders; count += warmUpAtOnce) {
  await Promise.all(Array.from({ length: warmUpAtOnce }, (_, index) => submit(count + index)));
}
await sleep(2_000);
measuring = true;

const atRate = async (count: number): Promise<void> => {
  const begun = performance.now();
  const posts: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    const due = begun + (index * 1_000) / ordersPerSecond;
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    posts.push(submit(index));
  }
  await Promise.all(posts);
  await sleep(1_000);
};

const folder = mkdtempSync(join(tmpdir(), 'order-ledger-seals-'));
let seals = 0;
const whileSealing = async (work: () => Promise<void>): Promise<void> => {
  const order = {
    connectionString: stack.connectionString,
    keyPlace: { dataDirectory: folder, sealKeyFile: null },
    every: sealEvery,
    to: [join(folder, 'seals.jsonl')],
  };
  const note = (_: object, words: string): void => {
    if (words !== 'sealed') throw new Error(words);
    seals += 1;
  };
  const log = { info: note, warn: note, error: note };
  const thread = startSealerThread(new URL('../sealer.ts', import.meta.url), order, log);
  // What came before is sealed first.
  do {
    seals = 0;
    await sleep(2_000);
  } while (seals > 0);
  await work();
  await thread.stop();
};

for (let turn = 0; turn < turns; turn += 1) {
  kind = 'alone';
  await atRate(orders / turns);
  kind = 'sealing';
  await whileSealing(() => atRate(orders / turns));
  if (seals < 1) throw new Error('nothing was sealed');
}
rmSync(folder, { recursive: true });
stopped.abort();
await watching;

const report = (name: string, latenciesMs: number[]): void => {
  latenciesMs.sort((left, right) => left - right);
  const figures = {
    orders: latenciesMs.length,
    latencyMsP50: Number(percentile(latenciesMs, 0.5).toFixed(2)),
    latencyMsP99: Number(percentile(latenciesMs, 0.99).toFixed(2)),
  };
  console.log(JSON.stringify({ name, ...figures }));
};
report('submit to visible, in process', latencies.alone.inProcess);
report('submit to visible, over HTTP', latencies.alone.overHttp);
report('submit to visible, in process, sealing', latencies.sealing.inProcess);
report('submit to visible, over HTTP, sealing', latencies.sealing.overHttp);
client.close();
await stack.stop();
