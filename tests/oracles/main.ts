import { existsSync } from 'node:fs';
import { casesIn, furtherFolders, shippedRuns, shippedVectors } from './oracle-files.ts';
import type { CaseReport } from './report.ts';

const verdictOf = ({ differences, skipped, notFollowed }: CaseReport): string => {
  const [first] = differences;
  if (first !== undefined) {
    const more = differences.length - 1;
    return more === 0 ? first : `${first} (and ${more} more)`;
  }
  if (skipped !== null) return `skipped: ${skipped}`;
  return notFollowed.length === 0 ? 'ok' : `ok; not followed: ${notFollowed.join('; ')}`;
};

const paths = process.argv.slice(2);
const places = paths.length > 0 ? paths : [shippedRuns, shippedVectors, ...furtherFolders()];
const missing = places.filter((path) => !existsSync(path));
for (const path of missing) console.error(`no such file or folder: ${path}`);

let cases = 0;
let passed = 0;
let failed = missing.length;
for (const { name, run } of places.filter((path) => existsSync(path)).flatMap(casesIn)) {
  const report = await run();
  cases += 1;
  passed += report.passed;
  if (report.differences.length > 0) failed += 1;
  const mark = report.differences.length > 0 ? 'FAIL' : report.skipped === null ? 'pass' : 'skip';
  console.log(
    `${mark}  ${name.slice(0, 58).padEnd(58)}  ${String(report.passed).padStart(6)}  ${verdictOf(report)}`,
  );
}
console.log(`${cases} cases, ${passed} checks passed, ${failed} cases with differences`);
if (cases === 0) console.error('no cases found');
process.exitCode = failed > 0 || cases === 0 ? 1 : 0;
