/**
 * Fills a database with a log of random trading, in a process of its own: whoever measures memory shall not have made it.
 * Usage: node long-log.ts CONNECTION_STRING EVENTS [SYMBOLS]
 */
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { systemClock } from '#gateways/system/clock.ts';
import { randomEvents } from '#tests/support/account-histories.ts';

const [, , connectionString, events, symbols = 50] = process.argv;
if (connectionString === undefined) throw new Error('Which database?');
const batch = 1_000;

const store = createPostgresEventStore({ connectionString, clock: systemClock });
let requests: Parameters<typeof store.append>[0][number][] = [];
const write = async (): Promise<void> => {
  const outcomes = await store.append(requests);
  if (outcomes.some(({ kind }) => kind !== 'appended')) throw new Error('not appended');
  requests = [];
};
const settings = {
  seed: 7,
  accounts: 1_000,
  symbols: Number(symbols),
  events: Number(events),
  rare: false,
};
for (const event of randomEvents(settings)) {
  const { stream, revision } = event;
  requests.push({ stream, expectedRevision: revision - 1, events: [event] });
  if (requests.length === batch) await write();
}
await write();
await store.close();
