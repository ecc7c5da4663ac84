import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { parseArgs } from 'node:util';
import type { Command } from '#api/cli/command.ts';
import { UsageError } from '#api/cli/command-line.ts';
import { verifyCommand } from '#api/cli/verify.ts';
import { verifyReportCommand } from '#api/cli/verify-report.ts';
import { keptLine } from '#audit/seals/kept-seals.ts';
import { ownSealKey, publicHalf, publicPem } from '#audit/seals/keys.ts';
import { knownStateVersion } from '#audit/verify/account-state.ts';
import type { RunRecord } from '#audit/verify/saved-run.ts';
import { readRun, writeRun } from '#audit/verify/state-file.ts';
import { stateVersion } from '#commands/state-codec.ts';
import { sealReceiver } from './seal-receiver.ts';
import { tradeAtRandom, type VerifyWorld, verifyWorld } from './verify-world.ts';

const runCommand = async (command: Command, args: readonly string[], signal: AbortSignal) => {
  const { options } = command;
  const asked = parseArgs({ args: [...args], options, allowPositionals: true });
  const lines: string[] = [];
  const speech = {
    out: (line: string) => lines.push(line),
    tell: () => {},
    draw: () => {},
    isWatched: false,
  };
  const code = await command.run(asked, speech, signal);
  return { code, lines, text: lines.join('\n') };
};

describe('ledger verify', () => {
  let world: VerifyWorld;
  before(async () => {
    world = await verifyWorld();
    await tradeAtRandom(world.store, { seed: 9, accounts: 1, moves: 60 });
    await world.project();
  });
  after(() => world.close());
  const never = new AbortController().signal;
  const run = (...args: readonly string[]) => runCommand(verifyCommand(world.ports), args, never);
  const inFolder = (name: string): string => join(world.folder, name);

  it('ends with 0 and says what it looked at', async () => {
    const { code, text, lines } = await run();
    equal(code, 0);
    match(text, /^log {5}\d+ events in 1 streams\nseals {3}0, none kept elsewhere/);
    match(text, /tables {2}as of event (\d+) of \1: .* orders, .* lots, /);
    equal(lines.at(-1), 'Nothing was found.');
  });

  it('says that a log from its middle on tells nothing of the books', async () => {
    const { code, text } = await run('--from', '5');
    equal(code, 0);
    match(text, /the first hash of 1 believed\nbooks {3}not verified/);
  });

  it('is refused where it is asked wrongly', async () => {
    writeFileSync(inFolder('letter.txt'), 'Dear auditor\n');
    for (const args of [
      ['--account', 'me'],
      ['--from', '0'],
      ['now'],
      ['--resume'],
      ['--state', 'x', '--resume', '--since-last'],
      ['--state', 'x', '--from', '3'],
      ['--against', 'x', '--from', '3'],
      ['--state', inFolder('letter.txt')],
    ]) {
      await rejects(run(...args), UsageError);
    }
    equal(readFileSync(inFolder('letter.txt'), 'utf8'), 'Dear auditor\n');
  });

  it('knows the version of states that commands write', () => {
    equal(knownStateVersion, stateVersion);
  });

  it('checks against the seals that an address gives back', async () => {
    const elsewhere = await sealReceiver();
    try {
      const seal = await world.seal();
      const own = ownSealKey({ dataDirectory: inFolder('seals'), sealKeyFile: null });
      const line = (text: string): string =>
        keptLine({ seal: { ...seal, text }, publicKey: publicPem(publicHalf(own)) });
      elsewhere.lines.set(seal.number, line(seal.text));
      match((await run('--against', elsewhere.url)).text, /seals {3}1, 1 kept elsewhere/);
      elsewhere.lines.set(seal.number, line(seal.text.replace('"to":', '"to":1')));
      const { code, text } = await run('--against', elsewhere.url);
      equal(code, 1);
      match(text, /seal_differs {2}seal 1\n/);
    } finally {
      await elsewhere.end();
      await world.sql('DELETE FROM ledger.seals');
    }
  });

  describe('its report in a file', () => {
    const check = (...args: readonly string[]) =>
      runCommand(verifyReportCommand(), [inFolder('report.json'), ...args], never);
    const own = (): string => {
      const file = inFolder('own.pem');
      writeFileSync(file, publicPem(publicHalf(ownSealKey(world.ports.keyPlace()))));
      return file;
    };
    let shown: unknown;
    beforeEach(async () => {
      const { code, text } = await run('--json', '--report', inFolder('report.json'));
      equal(code, 0);
      shown = JSON.parse(text);
    });

    it('is signed and says what was shown', async () => {
      const { code, text } = await check('--key', own(), '--json');
      const verdict = JSON.parse(text);
      deepEqual([code, verdict.valid, verdict.isTrusted], [0, true, true]);
      deepEqual(verdict.statement.report, shown);
      match(verdict.statement.program, /^order-ledger \d/);
      ok(verdict.statement.report.headHash.length === 64);
      match((await check()).text, /Nothing was found\.\nVALID: .*\nThe key came with the report/);
    });

    it('is not valid with a byte changed, nor with another key', async () => {
      const text = readFileSync(inFolder('report.json'), 'utf8');
      writeFileSync(inFolder('report.json'), text.replace('order-ledger 0', 'order-ledger 9'));
      match((await check()).text, /^NOT VALID: its text is not what was signed/);
      equal((await check()).code, 1);
      writeFileSync(inFolder('report.json'), text);
      const stranger = { dataDirectory: inFolder('stranger'), sealKeyFile: null };
      writeFileSync(inFolder('other.pem'), publicPem(publicHalf(ownSealKey(stranger))));
      equal((await check('--key', inFolder('other.pem'))).code, 1);
      writeFileSync(inFolder('report.json'), '{}');
      match((await check()).text, /^NOT VALID: it is no report/);
    });
  });

  describe('its state in a file', () => {
    it('lets the next run look only at what came since', async () => {
      const file = inFolder('verify.state');
      equal((await run('--state', file)).code, 0);
      const { code, text } = await run('--state', file, '--since-last');
      equal(code, 0);
      match(text, /^since {3}event \d+, .*\n(.*\n)*log {5}0 events/);
      await rejects(run('--state', file, '--resume'), /is finished: --since-last/);
    });

    it('is refused where it was changed, or was signed with another key', async () => {
      const file = inFolder('changed.state');
      await run('--state', file);
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace('"accountNumber":"s', '"accountNumber":"sX'));
      await rejects(run('--state', file, '--since-last'), /was changed, or was signed/);
      writeFileSync(file, text.slice(0, -200));
      await rejects(run('--state', file, '--since-last'), /is not whole/);
      await rejects(
        run('--state', inFolder('none.state'), '--resume'),
        /verify with --state alone/,
      );
    });

    it('is read back whatever words the ledger has', async () => {
      const file = inFolder('words.state');
      const words = 'a line\u2028a paragraph\u2029 and "quotes"\n';
      const key = ownSealKey(world.ports.keyPlace());
      await run('--state', file);
      const { head, records } = await readRun(file, publicHalf(key));
      const stray: RunRecord = { kind: 'stray', table: 'breaks', row: { why: words } };
      async function* all(): AsyncGenerator<RunRecord, void, void> {
        yield* [head, ...records, stray];
      }
      await writeRun(file, all(), key);
      deepEqual((await readRun(file, publicHalf(key))).records.at(-1), stray);
    });

    it('is left by an interrupted run, for --resume', async () => {
      const file = inFolder('interrupted.state');
      const cut = new AbortController();
      cut.abort();
      await rejects(runCommand(verifyCommand(world.ports), ['--state', file], cut.signal));
      ok(existsSync(file));
      await rejects(run('--state', file, '--since-last'), /is not finished: --resume/);
      const { code, lines } = await run('--state', file, '--resume');
      deepEqual([code, lines.at(-1)], [0, 'Nothing was found.']);
    });
  });

  it('ends with 1 and names the cell, and nothing can be built on that', async () => {
    await world.sql('UPDATE read_v1.accounts SET cash = cash + 1');
    const file = inFolder('bad.state');
    const { code, text, lines } = await run('--state', file);
    equal(code, 1);
    match(text, /cell_differs {2}accounts \S+ cash\n/);
    equal(lines.at(-1), '1 finding.');
    await rejects(run('--state', file, '--since-last'), /has findings/);
  });
});
