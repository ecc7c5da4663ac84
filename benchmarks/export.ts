/**
 * Events a second that are exported and sealed, beside the same rows merely read, over a log of a million events; and the
 * most memory that each takes, on a quarter of the log and on all of it. Usage: node export.ts [EVENTS]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchmarkDatabase } from './support/database.ts';

const events = Number(process.argv[2] ?? 1_000_000);
const quarter = Math.floor(events / 4);
/** Few enough for each of a thousand accounts to hold all of them in the first quarter: what is held is no more after it. */
const symbols = 10;

const database = await benchmarkDatabase();
const { connectionString } = database;
const program = (name: string): string => join(import.meta.dirname, 'support', `${name}.ts`);
execFileSync(process.execPath, [
  program('long-log'),
  connectionString,
  String(events),
  String(symbols),
]);

type Measured = { readonly perSecond: number; readonly peakMb: number };

/** In a process of its own, so that memory is its own. */
const measure = (what: string, to: number): Measured => {
  const folder = mkdtempSync(join(tmpdir(), 'order-ledger-export-'));
  try {
    const words = [program('export-process'), connectionString, what, String(to), folder];
    return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' }));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

measure('read', events); // What comes first pays for the cold caches.
for (const what of ['read', 'readBooked', 'hledger', 'beancount', 'csv', 'parquet', 'seal']) {
  const ofQuarter = measure(what, quarter);
  const { perSecond, peakMb } = measure(what, events);
  const figures = { events, perSecond, peakMbQuarter: ofQuarter.peakMb, peakMb };
  console.log(JSON.stringify({ name: `export ${what}`, ...figures }));
}
await database.stop();
