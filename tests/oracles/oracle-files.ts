import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readRun } from '#api/demo/zipline-run.ts';
import type { CaseReport } from './report.ts';
import { startChecks } from './report.ts';
import { runVector } from './run-vectors.ts';
import { replayRun } from './run-zipline.ts';
import { parseVectors } from './vector.ts';

const root = join(import.meta.dirname, '..', '..');
/** Shipped with the repository. */
export const shippedFolder = join(root, 'tests', 'data');
export const shippedRuns = join(shippedFolder, 'zipline');
export const shippedVectors = join(shippedFolder, 'vectors');

/** Where more cases may lie: beside the repository, and where LEDGER_ORACLES points. Throws where it points to nothing. */
export const furtherFolders = (): readonly string[] => {
  const beside = join(root, '..', 'shared', 'data', 'expected');
  const named = process.env['LEDGER_ORACLES'] ?? '';
  if (named !== '' && !existsSync(named)) throw new Error(`LEDGER_ORACLES: no folder ${named}`);
  return [...(existsSync(beside) ? [beside] : []), ...(named === '' ? [] : [named])];
};

const filesBelow = (path: string): readonly string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .toSorted()
    : [path];

const isRun = (path: string): boolean => path.endsWith('.daily.jsonl.gz');
const isVectors = (path: string): boolean =>
  path.endsWith('.json') && readFileSync(path, 'utf8').includes('order-ledger-vectors/');

/** A run's file by its name, in any of the folders. */
const finder =
  (folders: readonly string[]) =>
  (name: string): string | undefined =>
    folders
      .filter((folder) => existsSync(folder))
      .flatMap(filesBelow)
      .find((path) => basename(path) === name);

/** Where the runs lie that a file of vectors names: with it, or in a folder `zipline` beside its own. */
const runsNear = (path: string): readonly string[] => {
  if (statSync(path).isDirectory()) return [path, join(path, '..', 'zipline')];
  return [dirname(path), join(dirname(path), '..', 'zipline')];
};

/** A case by itself, and what running it says. */
export type OracleCase = { readonly name: string; readonly run: () => Promise<CaseReport> };

/** A case that cannot be read, or breaks on its way, fails with what it threw. */
const guarded = (name: string, run: () => Promise<CaseReport>): OracleCase => ({
  name,
  run: async () => {
    try {
      return await run();
    } catch (error) {
      const checks = startChecks(name);
      checks.differ(error instanceof Error ? error.message : String(error));
      return checks.report();
    }
  },
});

const casesOf = (
  path: string,
  find: (name: string) => string | undefined,
): readonly OracleCase[] => {
  const name = basename(path);
  if (isRun(path)) {
    return [guarded(name, async () => (await replayRun(name, readRun(path))).report)];
  }
  if (!isVectors(path)) return [];
  try {
    return parseVectors(readFileSync(path, 'utf8')).map((vector) =>
      guarded(`${vector.id} ${vector.title}`, () => runVector(vector, find)),
    );
  } catch (error) {
    return [guarded(name, () => Promise.reject(error))];
  }
};

/** Every vector and every zipline run in a file or below a folder. A file that cannot be read is a case that fails. */
export const casesIn = (path: string): readonly OracleCase[] => {
  const find = finder([...runsNear(path), shippedRuns, ...furtherFolders()]);
  return filesBelow(path).flatMap((file) => casesOf(file, find));
};
