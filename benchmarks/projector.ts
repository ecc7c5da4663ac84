/** Events a second into all read tables, in the live batch size, fsync on: a log of orders, fills, cash and marks. */
import { createReadTableHost } from '#database/postgres/read-tables/host.ts';
import { ledgerSet } from '#projections/ledger.ts';
import { runProjections } from '#projections/runner.ts';
import { randomHistory } from '#tests/support/account-histories.ts';
import { finishedFeed } from '#tests/support/read-tables.ts';
import { benchmarkDatabase } from './support/database.ts';

const events = Number(process.argv[2] ?? 60_000);
const log = randomHistory({ seed: 7, accounts: 1_000, symbols: 50, events, rare: false });

const database = await benchmarkDatabase();
const host = createReadTableHost(database);
const signal = new AbortController().signal;
const open = await host.openLive(ledgerSet, signal);
if (open === undefined) throw new Error('no read tables');
const begun = performance.now();
const ended = new AbortController();
await runProjections(
  {
    feed: finishedFeed(log),
    readTables: open.readTables,
    onApplied: (sequence) => sequence === log.length && ended.abort(),
  },
  ended.signal,
);
const seconds = (performance.now() - begun) / 1_000;
console.log(
  JSON.stringify({ name: 'projector', eventsPerSecond: Math.round(log.length / seconds) }),
);
await open.close();
await database.stop();
