/**
 * Does one work of audit.ts with a ledger, in a process of its own, and prints how long it took and the most memory.
 * Usage: node audit-process.ts CONNECTION_STRING WORK FOLDER
 */
import { generateKeyPairSync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import pg from 'pg';
import { beancountFormat } from '#audit/export/beancount.ts';
import type { BookFormat } from '#audit/export/book-format.ts';
import { writeCsv } from '#audit/export/csv.ts';
import { hledgerFormat } from '#audit/export/hledger.ts';
import { writeParquet } from '#audit/export/parquet.ts';
import { bookedTypes } from '#audit/export/range.ts';
import { writeBooks } from '#audit/export/write-books.ts';
import { writeFiles } from '#audit/export/write-files.ts';
import type { LedgerSnapshot } from '#audit/ports/ledger-snapshot.ts';
import type { EventFilter } from '#audit/ports/log-reader.ts';
import { sealLog } from '#audit/seals/seal-log.ts';
import type { VerifyThreads } from '#audit/verify/part.ts';
import { comparedColumns } from '#audit/verify/table-columns.ts';
import { createThreadPart, type VerifierOrder } from '#audit/verify/thread-part.ts';
import { verifyLedger } from '#audit/verify/verify.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';
import { createPostgresSealStore } from '#database/postgres/audit/seal-store.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createReadTableHost } from '#database/postgres/read-tables/host.ts';
import { createReplayHost } from '#database/postgres/read-tables/replays.ts';
import { systemClock } from '#gateways/system/clock.ts';
import { standardRules } from '#projections/ports/rules.ts';
import { logUpTo, rebuild } from '#projections/projector.ts';
import { replay } from '#projections/replay.ts';

const [, , connectionString = '', work = '', folder = ''] = process.argv;
const range = {};
const nothing = (): void => {};
const { signal } = new AbortController();
const pool = new pg.Pool({ connectionString, max: 1 });
const sealStore = createPostgresSealStore({ pool });

const looking = <T>(act: (ledger: LedgerSnapshot) => Promise<T>): Promise<T> =>
  openLedgerSnapshot({ connectionString }, act);

/** The rows as texts, which nobody looks into. */
const read = (filter: EventFilter, tables: readonly string[] = []): Promise<void> =>
  looking(async (ledger) => {
    for await (const page of ledger.log.events(filter)) if (page.length === 0) return;
    for (const table of tables) {
      for await (const page of ledger.tables.rows(table)) if (page.length === 0) return;
    }
  });

const rebuildAll = async (): Promise<void> => {
  const store = createPostgresEventStore({ connectionString, clock: systemClock });
  await rebuild({ host: createReadTableHost({ connectionString }), feed: store }, signal);
  await store.close();
};

const replayAll = async (): Promise<void> => {
  const store = createPostgresEventStore({ connectionString, clock: systemClock });
  const to = await store.head();
  const pages = logUpTo(store, { after: 0, head: to, signal });
  const host = createReplayHost({ connectionString });
  const terms = { rules: standardRules, to, accountId: null };
  const options = { replace: true, onFolded: nothing };
  await replay({ host, schema: 'benchmark', terms, pages, ...options }, signal);
  await store.close();
};

const seal = async (): Promise<void> => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const sealing = await looking(({ log }) => sealLog(log, undefined, privateKey, () => new Date()));
  if (sealing.kind !== 'sealed') throw new Error(sealing.kind);
  await sealStore.add(sealing.seal);
};

const verify = async (): Promise<void> => {
  const seals = { store: sealStore, last: await sealStore.last(), kept: new Map(), publicKeys: [] };
  const start: VerifyThreads['start'] = (order, momentName) => {
    const workerData: VerifierOrder = { connectionString, momentName, order };
    return createThreadPart(
      new Worker(new URL('../../verifier.ts', import.meta.url), { workerData }),
    );
  };
  const threads = { most: availableParallelism(), fromEvents: 0, start };
  const { findings } = await openLedgerSnapshot({ connectionString }, (ledger) =>
    verifyLedger(ledger, { seals, threads }),
  );
  // The seal's key is gone: that is the one thing to say.
  const { seal_key_unknown: _, ...found } = findings.byKind;
  if (Object.keys(found).length > 0) throw new Error(JSON.stringify(findings.first));
};

const pathOf = (file: string): string => join(folder, file);
const books = (format: BookFormat) =>
  looking(({ log }) => writeFiles(writeBooks(log, range, format), pathOf, nothing));

const works: { readonly [work: string]: () => Promise<unknown> } = {
  read: () => read({}),
  'read booked': () => read({ types: bookedTypes }),
  'read all': () => read({}, Object.keys(comparedColumns)),
  rebuild: rebuildAll,
  replay: replayAll,
  seal,
  verify,
  hledger: () => books(hledgerFormat),
  beancount: () => books(beancountFormat),
  csv: () => looking(({ log }) => writeFiles(writeCsv(log, range), pathOf, nothing)),
  parquet: () => looking(({ log }) => writeParquet(log, range, folder, nothing)),
};
const act = works[work];
if (act === undefined) throw new Error(`What is ${work}?`);
const begun = performance.now();
await act();
const seconds = (performance.now() - begun) / 1_000;
const { user, system } = process.cpuUsage();
// Statistics as the autovacuum of a running ledger would have them.
if (work === 'rebuild') await pool.query('ANALYZE');
await pool.end();
const peakMb = Math.round(process.resourceUsage().maxRSS / 1_024);
console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, peakMb }));
