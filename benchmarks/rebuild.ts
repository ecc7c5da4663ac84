/**
 * Events a second of a rebuild into all read tables, secondary indexes included, fsync on; beside it the same events
 * merely read, in the same run, and one account replayed. Memory: the peak of the process that rebuilds, for a quarter
 * of the log and for all of it. Usage: node rebuild.ts [EVENTS]
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type BenchmarkDatabase, benchmarkDatabase } from './support/database.ts';

const events = Number(process.argv[2] ?? 1_000_000);
const database = await benchmarkDatabase();

/** Runs a file of support/ in a process of its own, which prints one line of JSON or nothing. */
const inOwnProcess = (
  file: string,
  { connectionString }: BenchmarkDatabase,
  ...words: readonly string[]
): Readonly<Record<string, number>> => {
  const path = join(import.meta.dirname, 'support', file);
  const args = [...process.execArgv, path, connectionString, ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${words.join(' ')} failed:\n${stderr}`);
  return JSON.parse(stdout.trim() === '' ? '{}' : stdout);
};

inOwnProcess('long-log.ts', database, String(events));
inOwnProcess('rebuild-process.ts', database, 'read'); // What comes first pays for the cold caches.
const read = inOwnProcess('rebuild-process.ts', database, 'read');
const quarter = inOwnProcess('rebuild-process.ts', database, 'replay', String(events / 4));
const whole = inOwnProcess('rebuild-process.ts', database, 'rebuild');
const account = inOwnProcess('rebuild-process.ts', database, 'account');
console.log(
  JSON.stringify({
    name: 'rebuild',
    events,
    readEventsPerSecond: read['perSecond'],
    rebuildPerSecond: whole['perSecond'],
    percentOfRead: Math.round((100 * (whole['perSecond'] ?? 0)) / (read['perSecond'] ?? 1)),
    rebuildCpuMicroseconds: whole['cpuMicroseconds'],
    accountReplayMs: account['milliseconds'],
    peakMemoryMbQuarter: quarter['peakMb'],
    peakMemoryMb: whole['peakMb'],
  }),
);
await database.stop();
