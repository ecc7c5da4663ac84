/**
 * Runs every benchmark in a process of its own, `rounds` times in turn, prints the medians as a table and saves
 * all figures in benchmarks/results/. Usage: npm run bench [-- rounds]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { median } from './support/statistics.ts';

const rounds = Number(process.argv[2] ?? 3);
const benchmarks = [
  'orders-in-process',
  'orders-over-http',
  'authentication',
  'submit-to-visible',
  'projector',
  'cold-load',
  'as-of',
];
/** Minutes long, and each figure has its own beside it in the same run: once is enough. */
const onceOnly = ['audit'];

type Figures = Readonly<Record<string, number | string>>;

// As `npm start` runs the server: with V8's standard of 16 MB the slowest orders waited 15 % longer.
const asStarted = '--max-semi-space-size=64';

const runOnce = (name: string): readonly Figures[] => {
  const file = join(import.meta.dirname, `${name}.ts`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [asStarted, file], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${name} failed:\n${stderr}`);
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
};

const figures: Figures[] = [];
for (let round = 1; round <= rounds; round += 1) {
  for (const name of round === 1 ? [...benchmarks, ...onceOnly] : benchmarks) {
    console.error(`round ${round} of ${rounds}: ${name}`);
    figures.push(...runOnce(name));
  }
}

const table: { benchmark: string; figure: string; median: number; from: number; to: number }[] = [];
for (const name of new Set(figures.map((one) => one['name']))) {
  const runs = figures.filter((one) => one['name'] === name);
  for (const figure of Object.keys(runs[0] ?? {}).filter((key) => key !== 'name')) {
    const values = runs.map((run) => Number(run[figure]));
    table.push({
      benchmark: String(name),
      figure,
      median: median(values),
      from: Math.min(...values),
      to: Math.max(...values),
    });
  }
}
console.table(table);
const machine = {
  node: process.version,
  cores: cpus().length,
  cpu: cpus()[0]?.model ?? '',
  memoryGb: Math.round(totalmem() / 2 ** 30),
  loadAverage: loadavg()[0]?.toFixed(2),
};
console.log(JSON.stringify(machine));
const results = join(import.meta.dirname, 'results');
mkdirSync(results, { recursive: true });
const file = join(results, `${new Date().toISOString().replaceAll(':', '-')}.json`);
writeFileSync(file, `${JSON.stringify({ machine, rounds, table, figures }, null, 2)}\n`);
console.log(`saved in ${file}`);
