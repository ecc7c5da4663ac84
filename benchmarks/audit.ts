/**
 * What an auditor does with a long log, events a second: rebuild every read table, replay beside them, verify, export, seal. Beside each the
 * same rows merely read into Node in the same run, and the most memory that it takes on a quarter of the log and on all
 * of it. Each work runs in a process of its own, so that its memory is its own. Usage: node audit.ts [EVENTS]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchmarkDatabase } from './support/database.ts';
import { median } from './support/statistics.ts';

const events = Number(process.argv[2] ?? 1_000_000);
/** Few enough for each of a thousand accounts to hold all of them in the first quarter: what is held is no more after it. */
const symbols = 10;

/** In this order: each leaves what the next needs. The reading that a work is held against comes before it. */
const works = [
  { name: 'read', beside: null },
  { name: 'rebuild', beside: 'read' },
  { name: 'replay', beside: 'read' },
  { name: 'seal', beside: 'read' },
  // With every row of the read tables.
  { name: 'read all', beside: null },
  { name: 'verify', beside: 'read all' },
  // The events alone that move money or shares.
  { name: 'read booked', beside: null },
  { name: 'hledger', beside: 'read booked' },
  { name: 'beancount', beside: 'read booked' },
  { name: 'csv', beside: 'read booked' },
  { name: 'parquet', beside: 'read' },
] as const;

/** What verify shall reach rests on these two: they take turns, for a shared machine is faster now and slower then. */
const inTurns: readonly string[] = ['read all', 'verify'];
const turns = 3;

/** The works in the order in which they are done. */
const order = works.flatMap(({ name }) => {
  if (name === inTurns[0]) return Array<readonly string[]>(turns).fill(inTurns).flat();
  return inTurns.includes(name) ? [] : [name];
});

type Measured = {
  readonly seconds: number;
  /** Of Node alone, however busy the machine is with other work. */
  readonly cpuSeconds: number;
  readonly peakMb: number;
};

const run = (program: string, ...words: readonly string[]): string => {
  const file = join(import.meta.dirname, 'support', `${program}.ts`);
  return execFileSync(process.execPath, [...process.execArgv, file, ...words], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
};

type AllMeasured = ReadonlyMap<string, readonly Measured[]>;

/** Every work, some of them several times, over a new log of so many events. */
const measureAll = async (length: number): Promise<AllMeasured> => {
  const { connectionString, stop } = await benchmarkDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'order-ledger-audit-'));
  try {
    run('long-log', connectionString, String(length), String(symbols));
    run('audit-process', connectionString, 'read', folder); // What comes first pays for the cold caches.
    const measured = new Map<string, Measured[]>();
    for (const name of order) {
      console.error(`${length} events: ${name}`);
      const one: Measured = JSON.parse(run('audit-process', connectionString, name, folder));
      measured.set(name, [...(measured.get(name) ?? []), one]);
    }
    return measured;
  } finally {
    await stop();
    rmSync(folder, { recursive: true });
  }
};

const ofQuarter = await measureAll(Math.floor(events / 4));
const ofAll = await measureAll(events);

const runsOf = (all: AllMeasured, name: string): readonly Measured[] => {
  const runs = all.get(name);
  if (runs === undefined) throw new Error(`${name} was not measured`);
  return runs;
};
const peakOf = (runs: readonly Measured[]): number => Math.max(...runs.map(({ peakMb }) => peakMb));

for (const { name, beside } of works) {
  const runs = runsOf(ofAll, name);
  const seconds = runs.map((one) => one.seconds);
  const figures = {
    name: `audit ${name}`,
    events,
    perSecond: Math.round(events / median(seconds)),
    cpuMicroseconds: Math.round((1e6 * median(runs.map((one) => one.cpuSeconds))) / events),
    peakMbQuarter: peakOf(runsOf(ofQuarter, name)),
    peakMb: peakOf(runs),
  };
  // Turn by turn where they took turns.
  const read = beside === null ? [] : runsOf(ofAll, beside).map((one) => one.seconds);
  const percents = seconds.map((own, turn) => (100 * (read[turn] ?? read[0] ?? 0)) / own);
  const besides = beside === null ? {} : { percentOfRead: Math.round(median(percents)) };
  console.log(JSON.stringify({ ...figures, ...besides }));
}
