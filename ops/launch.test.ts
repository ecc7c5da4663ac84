import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { differences, missingProducts } from './install.mjs';
import { testArguments } from './test-files.mjs';

const root = join(import.meta.dirname, '..');
const folders: string[] = [];

after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

describe('the launcher of an installed project', () => {
  it('runs the program under the Node that npm brought, with its arguments and exit code', async () => {
    const folder = installed(
      'console.log(process.execPath, process.argv.slice(2).join()); process.exit(7);',
    );
    const { stdout, code } = await finished(launch(folder, ['main.ts', 'a b', '--c']));
    assert.equal(stdout, `${realpathSync(join(folder, 'node_modules/node/bin/node'))} a b,--c\n`);
    assert.equal(code, 7);
  });

  it('passes Ctrl-C on once, however many tell it at the same moment', async () => {
    const child = launch(installed(COUNT_SIGNALS), ['main.ts']);
    await firstLine(child);
    child.kill('SIGINT');
    await sleep(20);
    child.kill('SIGINT');
    const { stdout, code } = await finished(child);
    assert.equal(stdout, 'SIGINT 1\n');
    assert.equal(code, 3);
  });

  it('asks the program to end when it is killed itself', async () => {
    const child = launch(installed(COUNT_SIGNALS), ['main.ts']);
    await firstLine(child);
    child.kill('SIGKILL');
    const { stdout } = await finished(child);
    assert.equal(stdout, 'SIGTERM 1\n');
  });

  it('runs tests, and fails with them', async () => {
    const folder = installed('');
    writeFileSync(
      join(folder, 'good.test.ts'),
      "import { it } from 'node:test'; it('holds', () => {});",
    );
    const good = await finished(launch(folder, ['--test']));
    assert.equal(good.code, 0, good.stdout);
    assert.match(good.stdout, /pass 1\n/);
    writeFileSync(join(folder, 'bad.test.ts'), "throw new Error('bad');");
    const bad = await finished(launch(folder, ['--test']));
    assert.equal(bad.code, 1);
    assert.match(bad.stdout, /fail 1\n/);
  });

  it('answers with 128 + the signal when the program is killed', async () => {
    const child = launch(installed('process.kill(process.pid, "SIGKILL");'), ['main.ts']);
    assert.equal((await finished(child)).code, 137);
  });
});

describe('the launcher of a project without its packages', () => {
  it('installs them with npm ci, then runs the program', async () => {
    const folder = bare('console.log("ran");', NPM_THAT_INSTALLS);
    const { stdout, stderr, code } = await finished(launch(folder, ['main.ts']));
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'ran\n');
    assert.match(readFileSync(join(folder, 'npm-calls'), 'utf8'), /^ci --include=dev /);
    assert.deepEqual(differences(folder), []);
    assert.equal(existsSync(join(folder, 'data', 'install.lock')), false);
  });

  it('installs once when two are started together', async () => {
    const folder = bare('console.log("ran");', NPM_THAT_INSTALLS);
    const both = [launch(folder, ['main.ts']), launch(folder, ['main.ts'])];
    const ends = await Promise.all(both.map(finished));
    assert.deepEqual(
      ends.map(({ stdout }) => stdout),
      ['ran\n', 'ran\n'],
    );
    assert.equal(readFileSync(join(folder, 'npm-calls'), 'utf8').trim().split('\n').length, 1);
  });

  it('says so and fails when npm does not bring them', async () => {
    const { stderr, code } = await finished(launch(bare('', 'process.exit(1);'), ['main.ts']));
    assert.equal(code, 1);
    assert.match(stderr, /npm did not install node_modules\//);
  });
});

describe('what an install lacks', () => {
  it('is every package that is missing or of another version, but not what other platforms need', () => {
    const folder = empty();
    writeLock(join(folder, 'package-lock.json'), {
      '': {},
      'node_modules/same': { version: '1.0.0' },
      'node_modules/newer': { version: '2.0.0' },
      'node_modules/missing': { version: '1.0.0' },
      'node_modules/other-platform': { version: '1.0.0', optional: true },
    });
    mkdirSync(join(folder, 'node_modules'));
    writeLock(join(folder, 'node_modules', '.package-lock.json'), {
      'node_modules/same': { version: '1.0.0' },
      'node_modules/newer': { version: '1.0.0' },
    });
    assert.deepEqual(differences(folder), ['node_modules/newer', 'node_modules/missing']);
  });

  it('is also what install scripts should have made', () => {
    assert.deepEqual(missingProducts(root), []);
    assert.deepEqual(missingProducts(empty()).length, 1);
  });
});

describe('the tests to run', () => {
  it('are all but the heavy ones, or those that are asked for', () => {
    const folder = empty();
    for (const path of [
      'domain/a.test.ts',
      'tests/heavy/b.test.ts',
      'node_modules/x/c.test.ts',
      'data/d.test.ts',
    ]) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), '');
    }
    const options = ['--test', '--test-concurrency=2'];
    assert.deepEqual(testArguments(folder, []), [...options, 'domain/a.test.ts']);
    assert.deepEqual(testArguments(folder, ['--heavy']), [...options, 'tests/heavy/b.test.ts']);
    assert.deepEqual(testArguments(folder, ['domain']), [...options, 'domain/a.test.ts']);
    assert.deepEqual(testArguments(folder, ['x', '--test-only']), [...options, '--test-only', 'x']);
  });

  it('are nothing, not everything, when there are none', () => {
    assert.equal(testArguments(empty(), ['--heavy']), undefined);
  });
});

const COUNT_SIGNALS = `
  let count = 0;
  const told = (signal: string) => {
    count += 1;
    console.log(signal, count);
    setTimeout(() => process.exit(3), 200);
  };
  process.on('SIGINT', told);
  process.on('SIGTERM', told);
  setInterval(() => {}, 1000);
  console.log('ready');`;

const NPM_THAT_INSTALLS = `
  const { appendFileSync, symlinkSync } = require('node:fs');
  appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
  setTimeout(() => symlinkSync(${JSON.stringify(join(root, 'node_modules'))}, 'node_modules'), 300);`;

function empty(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-launch-'));
  folders.push(folder);
  return folder;
}

function bare(program: string, npm: string): string {
  const folder = empty();
  mkdirSync(join(folder, 'ops'));
  for (const name of ['launch.mjs', 'install.mjs', 'test-files.mjs', 'end-with-launcher.mjs']) {
    cpSync(join(root, 'ops', name), join(folder, 'ops', name));
  }
  cpSync(join(root, 'package-lock.json'), join(folder, 'package-lock.json'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'main.ts'), program);
  mkdirSync(join(folder, 'npm'));
  writeFileSync(join(folder, 'npm', 'package.json'), '{ "type": "commonjs" }');
  writeFileSync(join(folder, 'npm', 'npm-cli.js'), npm);
  return folder;
}

function installed(program: string): string {
  const folder = bare(program, 'process.exit(1);');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function launch(folder: string, args: string[]): ChildProcess {
  return spawn(process.execPath, [join(folder, 'ops', 'launch.mjs'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], npm_execpath: join(folder, 'npm', 'npm-cli.js') },
  });
}

async function firstLine(child: ChildProcess): Promise<void> {
  assert.ok(child.stdout);
  await once(child.stdout, 'readable');
  assert.equal(child.stdout.read().toString(), 'ready\n');
}

async function finished(
  child: ChildProcess,
): Promise<{ stdout: string; stderr: string; code: number | null }> {
  assert.ok(child.stdout && child.stderr);
  const exit = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { stdout, stderr, code };
}

function writeLock(path: string, packages: Record<string, object>): void {
  writeFileSync(path, JSON.stringify({ packages }));
}
