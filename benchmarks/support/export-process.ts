/**
 * Does one thing with a log up to a sequence, in a process of its own, and prints how long it took and the most memory.
 * Usage: node export-process.ts CONNECTION_STRING WHAT SEQUENCE FOLDER
 */
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { beancountFormat } from '#audit/export/beancount.ts';
import type { BookFormat } from '#audit/export/book-format.ts';
import { writeCsv } from '#audit/export/csv.ts';
import { hledgerFormat } from '#audit/export/hledger.ts';
import { writeParquet } from '#audit/export/parquet.ts';
import { bookedTypes } from '#audit/export/range.ts';
import { writeBooks } from '#audit/export/write-books.ts';
import { writeFiles } from '#audit/export/write-files.ts';
import type { EventFilter, LogReader } from '#audit/ports/log-reader.ts';
import { sealLog } from '#audit/seals/seal-log.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';

const [, , connectionString = '', what = '', sequence = '', folder = ''] = process.argv;
const to = Number(sequence);
const range = { to: { sequence: to } };
const nothing = (): void => {};

const read = async (log: LogReader, filter: EventFilter): Promise<void> => {
  for await (const page of log.events({ ...filter, toSequence: to })) {
    if (page.length === 0) throw new Error('an empty page');
  }
};
const books = (log: LogReader, format: BookFormat) =>
  writeFiles(writeBooks(log, range, format), (file) => join(folder, file), nothing);

const works: { readonly [what: string]: (log: LogReader) => Promise<unknown> } = {
  read: (log) => read(log, {}),
  readBooked: (log) => read(log, { types: bookedTypes }),
  seal: (log) => {
    const { privateKey } = generateKeyPairSync('ed25519');
    return sealLog(log, undefined, privateKey, () => new Date(), undefined, to);
  },
  hledger: (log) => books(log, hledgerFormat),
  beancount: (log) => books(log, beancountFormat),
  csv: (log) => writeFiles(writeCsv(log, range), (file) => join(folder, file), nothing),
  parquet: (log) => writeParquet(log, range, folder, nothing),
};
const work = works[what];
if (work === undefined) throw new Error(`What is ${what}?`);
const seconds = await openLedgerSnapshot({ connectionString }, async ({ log }) => {
  const begun = performance.now();
  await work(log);
  return (performance.now() - begun) / 1_000;
});
const peakMb = Math.round(process.resourceUsage().maxRSS / 1_024);
console.log(JSON.stringify({ perSecond: Math.round(to / seconds), peakMb }));
