import { deepEqual, equal, ok } from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { dataDirectory, launchServer, type Starting } from '#tests/support/server.ts';

const readme = join(import.meta.dirname, '..', '..', 'README.md');
const run = promisify(execFile);
const missing = ['curl', 'sed', 'base64'].filter(
  (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status !== 0,
);
const skip = missing.length > 0 && `these lines need ${missing.join(', ')}`;

/** What a shell prints that stops at the first line that fails, each answer's lines apart. */
const shell = async (lines: string): Promise<readonly string[]> => {
  const { stdout } = await run('sh', ['-euc', lines], {
    timeout: 30_000,
    env: { ...process.env, KEY: '' },
  });
  return stdout.split(/\n|(?<=\})(?=\{)/).filter((line) => line !== '');
};

const between = (text: string, from: string, to: string): string =>
  text.slice(text.indexOf(from), text.indexOf('\n', text.indexOf(to)));

const problems = (printed: readonly string[]): readonly string[] =>
  printed.filter((line) => line.includes('"/problems/'));

describe('a new server, and somebody who pastes what they read', { skip }, () => {
  const data = dataDirectory();
  let server: Starting;
  let url: string;
  before(async () => {
    server = launchServer(data.path, { DEMO: 'false', MARKET_SPEED: '60' });
    url = await server.serving();
  });
  after(async () => {
    await server.stop();
    await data.remove();
  });

  it('has an administrator with ten shares after the greeting’s lines', async () => {
    const lines = between(server.printed(), 'export EMAIL', 'trading/positions');
    const printed = await shell(lines);
    deepEqual(problems(printed), []);
    ok(printed.some((line) => line.includes('"is_superuser":true')));
    ok(printed.at(-1)?.includes('"symbol":"AAPL","side":"long","quantity":"10"'), printed.at(-1));
  });

  it('has moved money after the README’s lines', async () => {
    const text = readFileSync(readme, 'utf8');
    const lines = between(text, 'export EMAIL', 'api trading/transactions');
    const printed = await shell(lines.replaceAll('http://127.0.0.1:3000', url));
    deepEqual(problems(printed), []);
    const types = [...(printed.at(-1) ?? '').matchAll(/"transaction_type":"(\w+)"/g)];
    deepEqual(
      types.map(([, type]) => type),
      ['commission', 'trade', 'commission', 'trade', 'deposit'],
    );
  });

  it('is greeted shorter from then on', async () => {
    await server.stop();
    server = launchServer(data.path, { DEMO: 'false', MARKET_SPEED: '60' });
    await server.serving();
    equal(server.printed().includes('setup_token'), false);
    ok(server.printed().includes('$KEY'));
  });
});

describe('a server in production without an administrator', () => {
  const data = dataDirectory();
  after(data.remove);

  it('does not start without a key of its owner', async () => {
    const server = launchServer(data.path, { NODE_ENV: 'production' });
    equal((await server.exited).code, 1);
    ok(server.printed().includes('JWT_KEYS'));
  });

  it('prints no token and keeps no secrets of its own', async () => {
    const server = launchServer(data.path, {
      NODE_ENV: 'production',
      DEMO: 'false',
      JWT_KEYS: `k1:${'A'.repeat(43)}`,
    });
    await server.serving();
    equal(server.printed().includes('ols_'), false);
    ok(server.printed().includes('ledger setup-token'));
    equal(existsSync(join(data.path, 'secrets.json')), false);
    await server.stop();
  });
});
