import type { Symbol as Ticker } from '#domain/ids.ts';
import { ruleBehind } from './not-followed.ts';
import { type CaseReport, type Checks, skippedCase, startChecks } from './report.ts';
import { type Fields, optionalText, text, type Vector } from './vector.ts';
import { happen } from './vector-events.ts';
import { checkField, viewOf } from './vector-expectations.ts';
import { checkFileVector } from './vector-files.ts';
import { observe, rememberBefore, startRun, type VectorRun } from './vector-run.ts';

/** A field under a rule we do not follow is set aside where it differs; where it agrees it is a check like any other. */
const checkUnderRules = (
  checks: Checks,
  vector: Vector,
  where: string,
  [name, expected]: readonly [string, unknown],
  run: VectorRun,
  symbol: Ticker | null,
): void => {
  const view = viewOf(run, symbol);
  const rule = ruleBehind(vector, name);
  if (rule === undefined) {
    checkField(checks, where, name, expected, view);
    return;
  }
  const apart = startChecks(where);
  checkField(apart, where, name, expected, view);
  const { differences } = apart.report();
  if (differences.length === 0) checks.pass();
  else checks.setAside(`${rule.rule}: ${where}`);
};

const about = new Set(['after', 'symbol', 'note']);

const checkEntries = (checks: Checks, vector: Vector, run: VectorRun, after: number): void => {
  for (const entry of vector.expect) {
    if (Number(entry['after']) !== after) continue;
    const symbol = optionalText(entry['symbol'], 'symbol') as Ticker | null;
    for (const item of Object.entries(entry)) {
      if (about.has(item[0])) continue;
      checkUnderRules(checks, vector, `after ${after} ${item[0]}`, item, run, symbol);
    }
  }
  if (run.error !== null) checks.differ(`event ${after} was refused: ${run.error}`);
};

const reachable = (vector: Vector, entry: Fields): boolean => {
  const after = Number(text(entry['after'], 'after'));
  return Number.isInteger(after) && after >= 0 && after <= vector.events.length;
};

const checkEvents = async (checks: Checks, vector: Vector): Promise<void> => {
  const run = await startRun(vector);
  checkEntries(checks, vector, run, 0);
  for (const [index, event] of vector.events.entries()) {
    if (event['symbol'] !== undefined) run.symbol = text(event['symbol'], 'symbol') as Ticker;
    rememberBefore(run);
    const { error } = await happen(run, event, `events[${index}]`);
    run.error = error;
    await observe(run);
    checkEntries(checks, vector, run, index + 1);
  }
};

const isFile = (vector: Vector): boolean => vector.events.some((event) => event['type'] === 'file');

/**
 * Runs a vector through commands, store and projections, and compares all it expects. Whatever is not understood is a
 * difference. `findFile`: where a file that a vector names is; undefined skips the vector.
 */
export const runVector = async (
  vector: Vector,
  findFile: (name: string) => string | undefined,
): Promise<CaseReport> => {
  const checks = startChecks(vector.id);
  try {
    for (const name of vector.unknown) checks.differ(`unknown field ${name}`);
    for (const entry of vector.expect) {
      if (!reachable(vector, entry))
        checks.differ(`after ${String(entry['after'])}: no such event`);
    }
    if (isFile(vector)) {
      const missing = await checkFileVector(checks, vector, findFile);
      if (missing !== null) return skippedCase(vector.id, `${missing} is not here`);
    } else {
      await checkEvents(checks, vector);
    }
  } catch (error) {
    checks.differ(error instanceof Error ? error.message : String(error));
  }
  return checks.report();
};
