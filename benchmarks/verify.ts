/**
 * Events a second that are verified: log, seal, books and every read table; beside it the same rows merely read in the
 * same run. Each in a process of its own, so that the peak of memory is its own; with two sizes it shows whether
 * memory grows with the log. Usage: node verify.ts [EVENTS]...
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { benchmarkDatabase } from './support/database.ts';

const given = process.argv.slice(2).map(Number);
const sizes = given.length > 0 ? given : [30_000, 120_000];

/** Runs a program beside this one and returns what it printed. */
const run = (program: string, ...args: readonly string[]): string => {
  const file = join(import.meta.dirname, 'support', program);
  const all = [...process.execArgv, file, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} failed:\n${stderr}`);
  return stdout;
};

type Measured = {
  readonly seconds: number;
  /** Of Node alone, however busy the machine is with other work. */
  readonly cpuSeconds: number;
  readonly peakMemoryMb: number;
  /** What verify still held at the end, by table. */
  readonly held: Readonly<Record<string, number>>;
};

for (const events of sizes) {
  const database = await benchmarkDatabase();
  const { connectionString } = database;
  try {
    run('long-log.ts', connectionString, String(events));
    run('project-log.ts', connectionString);
    const measure = (what: string): Measured =>
      JSON.parse(run('verify-once.ts', connectionString, what));
    measure('rows'); // What comes first pays for the cold caches.
    const [alone, rows, verify] = [measure('events'), measure('rows'), measure('verify')];
    const perSecond = ({ seconds }: Measured): number => Math.round(events / seconds);
    console.log(
      JSON.stringify({
        name: `verify ${events}`,
        events,
        readEventsPerSecond: perSecond(alone),
        readAllPerSecond: perSecond(rows),
        verifyPerSecond: perSecond(verify),
        percentOfReadAll: Math.round((100 * rows.seconds) / verify.seconds),
        percentOfReadAllByCpu: Math.round((100 * rows.cpuSeconds) / verify.cpuSeconds),
        readPeakMemoryMb: rows.peakMemoryMb,
        peakMemoryMb: verify.peakMemoryMb,
        holdingsHeld: verify.held['positions'] ?? 0,
        openLotsHeld: verify.held['lots'] ?? 0,
        openOrdersHeld: verify.held['orders'] ?? 0,
      }),
    );
  } finally {
    await database.stop();
  }
}
