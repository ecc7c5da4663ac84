/**
 * How many events a second the event store takes: 64 callers, one event a call, 1,000 streams, fsync on.
 * Usage: node benchmarks/append.ts [seconds] [writes in flight]
 */
import { randomUUID } from 'node:crypto';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import type { StreamName } from '#domain/ids.ts';
import { migratedTestDatabase } from '#tests/support/postgres.ts';
import { makeEvent, systemClock } from '#tests/support/recorded-events.ts';

const seconds = Number(process.argv[2] ?? 5);
const writesInFlightMax = Number(process.argv[3] ?? 1);
const callers = 64;
const streams = 1_000;
const warmUpMs = 1_000;

const database = await migratedTestDatabase();
const store = createPostgresEventStore({
  connectionString: database.connectionString,
  clock: systemClock,
  writesInFlightMax,
});

const revisions = new Array<number>(streams).fill(0);
const names = revisions.map(() => `account-${randomUUID()}` as StreamName);
const latencies: number[] = [];
let count = 0;
let measuring = false;
let stopped = false;

const call = async (caller: number): Promise<void> => {
  // Each caller has streams of its own, so that none meets a conflict.
  for (let turn = 0; !stopped; turn++) {
    const place = (caller + callers * turn) % (streams - (streams % callers));
    const began = performance.now();
    const [outcome] = await store.append([
      {
        stream: names[place] as StreamName,
        expectedRevision: revisions[place] ?? 0,
        events: [makeEvent(turn)],
      },
    ]);
    if (outcome?.kind !== 'appended') throw new Error(`not appended: ${outcome?.kind}`);
    revisions[place] = (revisions[place] ?? 0) + 1;
    if (!measuring) continue;
    latencies.push(performance.now() - began);
    count += 1;
  }
};

const reader = new AbortController();
const visible: number[] = [];
const reading = (async () => {
  for await (const batch of store.subscribe({ after: 0, signal: reader.signal })) {
    if (measuring) visible.push(batch.length);
  }
})();

const running = Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
await new Promise((resolve) => setTimeout(resolve, warmUpMs));
measuring = true;
const began = performance.now();
await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
measuring = false;
const took = performance.now() - began;
stopped = true;
await running;
reader.abort();
await reading;

const at = (share: number): string =>
  (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(2);
latencies.sort((left, right) => left - right);
const seen = visible.reduce((sum, size) => sum + size, 0);
process.stdout.write(
  `${Math.round((count / took) * 1000)} events/s, ${callers} callers, ${writesInFlightMax} in flight; ` +
    `append p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; ` +
    `subscriber got ${Math.round((seen / took) * 1000)}/s in batches of ${(seen / Math.max(1, visible.length)).toFixed(1)}\n`,
);
await store.close();
await database.drop();
