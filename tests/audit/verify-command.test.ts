import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseArgs } from 'node:util';
import { UsageError } from '#api/cli/command-line.ts';
import { verifyCommand } from '#api/cli/verify.ts';
import { tradeAtRandom, type VerifyWorld, verifyWorld } from './verify-world.ts';

describe('ledger verify', () => {
  let world: VerifyWorld;
  const folder = mkdtempSync(join(tmpdir(), 'order-ledger-verify-'));
  before(async () => {
    world = await verifyWorld();
    await tradeAtRandom(world.store, { seed: 9, accounts: 1, moves: 60 });
    await world.project();
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await world.close();
  });

  const run = async (...args: readonly string[]) => {
    const command = verifyCommand(world.look);
    const { options } = command;
    const asked = parseArgs({ args: [...args], options, allowPositionals: true });
    const lines: string[] = [];
    const speech = {
      out: (line: string) => lines.push(line),
      tell: () => {},
      draw: () => {},
      isWatched: false,
    };
    const code = await command.run(asked, speech, new AbortController().signal);
    return { code, lines };
  };

  it('ends with 0 and says what it looked at and what not', async () => {
    const { code, lines } = await run();
    equal(code, 0);
    match(lines.join('\n'), /^log {5}\d+ events in 1 streams\n(.*\n)*.*transactions: description/);
    equal(lines.at(-1), 'Nothing was found.');
  });

  it('gives the same report as JSON and in a file', async () => {
    const file = join(folder, 'report.json');
    const { code, lines } = await run('--json', '--report', file);
    equal(code, 0);
    deepEqual(JSON.parse(lines.join('')), JSON.parse(readFileSync(file, 'utf8')));
  });

  it('says that a log from its middle on tells nothing of the books', async () => {
    const { code, lines } = await run('--from', '5');
    equal(code, 0);
    match(lines.join('\n'), /the first hash of 1 believed\nbooks {3}not verified/);
  });

  it('is refused where it is asked wrongly', async () => {
    for (const args of [['--account', 'me'], ['--from', '0'], ['now']]) {
      await rejects(run(...args), UsageError);
    }
  });

  it('ends with 1 and names the cell', async () => {
    await world.sql('UPDATE read_v1.accounts SET cash = cash + 1');
    const { code, lines } = await run();
    equal(code, 1);
    match(lines.join('\n'), /cell_differs {2}accounts \S+ cash\n/);
    equal(lines.at(-1), '1 findings.');
  });
});
