/** Events a second that are verified, log, books and read tables; beside it the same rows merely read in the same run. */

import { comparedColumns } from '#audit/verify/table-columns.ts';
import { verifyLedger } from '#audit/verify/verify.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createReadTableHost } from '#database/postgres/read-tables/host.ts';
import { systemClock } from '#gateways/system/clock.ts';
import { ledgerSet } from '#projections/ledger.ts';
import { runProjections } from '#projections/runner.ts';
import { randomHistory } from '#tests/support/account-histories.ts';
import { benchmarkDatabase } from './support/database.ts';

const events = Number(process.argv[2] ?? 100_000);
const log = randomHistory({ seed: 7, accounts: 1_000, symbols: 50, events, rare: false });

const database = await benchmarkDatabase();
const { connectionString } = database;
const store = createPostgresEventStore({ connectionString, clock: systemClock });
for (let from = 0; from < log.length; from += 1_000) {
  const outcomes = await store.append(
    log.slice(from, from + 1_000).map((event) => ({
      stream: event.stream,
      expectedRevision: event.revision - 1,
      events: [event],
    })),
  );
  if (outcomes.some(({ kind }) => kind !== 'appended')) throw new Error('not appended');
}
const open = await createReadTableHost(database).openLive(ledgerSet, new AbortController().signal);
if (open === undefined) throw new Error('no read tables');
const ended = new AbortController();
const onApplied = (sequence: number) => sequence === log.length && ended.abort();
await runProjections({ feed: store, readTables: open.readTables, onApplied }, ended.signal);
await open.close();
await store.close();

const perSecond = async (work: () => Promise<void>): Promise<number> => {
  const begun = performance.now();
  await work();
  return Math.round((1_000 * log.length) / (performance.now() - begun));
};

const look = { connectionString };
/** The events alone, and with every row that verify compares. */
const read = (tables: readonly string[]): Promise<void> =>
  openLedgerSnapshot(look, async (snapshot) => {
    let rows = 0;
    for await (const page of snapshot.log.events({})) rows += page.length;
    for (const table of tables) {
      for await (const page of snapshot.tables.rows(table)) rows += page.length;
    }
    if (rows < log.length) throw new Error('rows are missing');
  });

await read([]); // What comes first pays for the cold caches.
const readEventsPerSecond = await perSecond(() => read([]));
const readAllPerSecond = await perSecond(() => read(Object.keys(comparedColumns)));
let findings = 0;
const verifyPerSecond = await perSecond(async () => {
  const report = await openLedgerSnapshot(look, (snapshot) => verifyLedger(snapshot));
  findings = report.findings.count;
});
if (findings > 0) throw new Error(`${findings} findings in a ledger that nobody has touched`);
console.log(
  JSON.stringify({
    name: 'verify',
    events: log.length,
    readEventsPerSecond,
    readAllPerSecond,
    verifyPerSecond,
    percentOfReadAll: Math.round((100 * verifyPerSecond) / readAllPerSecond),
    peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1_024),
  }),
);
await database.stop();
