// `npm run check`: types, lint and format, import direction, determinism, and the tests. `--no-tests` leaves the last
// out, `--format` only formats.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { testArguments } from './test-files.mjs';

const root = join(import.meta.dirname, '..');
const program = (path) => join(root, 'node_modules', path);
const { values } = parseArgs({
  options: { 'no-tests': { type: 'boolean' }, format: { type: 'boolean' } },
});

const biome = program('@biomejs/biome/bin/biome');
const steps = values.format
  ? [{ name: 'format', run: [biome, 'check', '--write', '.'] }]
  : [
      { name: 'types', run: [program('typescript/bin/tsc'), '--noEmit'] },
      { name: 'lint', run: [biome, 'check', '--error-on-warnings', '.'] },
      { name: 'direction', run: [join(root, 'ops', 'check-direction.ts')] },
      { name: 'determinism', run: [join(root, 'ops', 'check-determinism.ts')] },
    ];
const tests = testArguments(root, []);
if (!values.format && !values['no-tests'] && tests) steps.push({ name: 'tests', run: tests });

const failed = steps.filter(({ name, run }) => {
  console.log(`\n— ${name}`);
  return spawnSync(process.execPath, run, { cwd: root, stdio: 'inherit' }).status !== 0;
});
console.log(
  failed.length === 0
    ? '\nAll checks passed.'
    : `\nFailed: ${failed.map(({ name }) => name).join(', ')}.`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
