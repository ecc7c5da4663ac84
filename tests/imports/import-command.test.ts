import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { portfolioCommand, positionsCommand } from '#api/cli/as-of.ts';
import { UsageError } from '#api/cli/command-line.ts';
import type { AccountId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { instant } from '#domain/time.ts';
import { foldLedger } from '#projections/fold.ts';
import { type ImportWorld, importWorld, sample } from './import-world.ts';

const root = join(import.meta.dirname, '..', '..');
const schwab = sample('schwab-export.csv');
const skipping = ['--book', '--skip-problems'];

let world: ImportWorld;
let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'imports-'));
});
after(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  world = await importWorld();
});
afterEach(() => world.close());

const written = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const wholeLog = () => world.store.readAll({ after: 0, limit: 100_000 });
const accountOf = (log: readonly RecordedEvent[]): AccountId => {
  const [first] = log;
  ok(first?.data.type === 'AccountOpened');
  return first.data.accountId;
};

describe('ledger import', () => {
  it('writes nothing without --book, and says what it would', async () => {
    const { code, out } = await world.run([schwab, '--open', 'SCHWAB-1']);
    equal(code, 1, 'the sample has problems');
    match(out, /account +SCHWAB-1 \(new\)/);
    match(
      out,
      /34 +2023-08-22T20:00:00Z +sell +FIHBX +592\.199 +8\.46 +5000\.00354 +10 +schwab:.* book/,
    );
    match(out, /cash +0 +400074\.19/);
    match(out, /schwab-export\.csv:62 +action_not_supported/);
    match(out, /Nothing was written\. 141 would be booked and account SCHWAB-1 be opened/);
    equal((await wholeLog()).length, 0);
  });

  it('with --book writes nothing either while there are problems', async () => {
    const { code, told } = await world.run([schwab, '--open', 'SCHWAB-1', '--book']);
    equal(code, 1);
    match(told, /11 problems, so nothing was written/);
    equal((await wholeLog()).length, 0);
  });

  it('books what can be, at its own times, as reports from outside', async () => {
    const { code, out } = await world.run([schwab, '--open', 'SCHWAB-1', ...skipping]);
    equal(code, 1);
    match(out, /^141 booked\.$/m);
    const log = await wholeLog();
    equal(log.length, 142);
    const times = log.map(({ effectiveAt }) => effectiveAt);
    deepEqual(times, times.toSorted());
    ok(log.every(({ recordedAt }) => recordedAt > '2026'));
    deepEqual(new Set(log.slice(1).map(({ actor }) => actor)), new Set(['import:schwab']));
    const wire = log.find(({ data }) => data.type === 'CashWithdrawn');
    ok(wire?.data.type === 'CashWithdrawn');
    match(wire.data.externalReference ?? '', /^schwab:[0-9a-f]{32}$/);
    const tables = foldLedger(log);
    // 489,031.41 + 15,214.46 - 4,367.47 + 214.54 - 100,030 + 7.06 - 1.30 + 5.49
    equal(tables.accounts.get(accountOf(log))?.cash, 400_074_190_000_000_000_000_000n);
  });

  it('leaves books that verify finds nothing wrong with', async () => {
    await world.run([schwab, '--open', 'SCHWAB-1', ...skipping]);
    const files = ['ibkr-trades-export.csv', 'ibkr-dividends-export.csv'].map(sample);
    await world.run([...files, '--open', 'IBKR-1', ...skipping]);
    await world.project();
    const report = await world.verify();
    deepEqual(report.findings.first, []);
    equal(report.books?.accounts, 2);
  });

  it('again books nothing, and an export that overlaps books what is new', async () => {
    const [header = '', ...rows] = readFileSync(schwab, 'utf8').split('\n');
    const older = written('older.csv', [header, ...rows.slice(40, 90)].join('\n'));
    await world.run([older, '--open', 'SCHWAB-1', ...skipping]);
    const first = (await wholeLog()).length;
    const again = await world.json(older, '--open', 'SCHWAB-1', ...skipping);
    equal(again.booked, 0);
    equal((await wholeLog()).length, first);
    const whole = await world.json(schwab, '--account', 'SCHWAB-1', ...skipping);
    equal(first - 1 + whole.booked, 141);
    equal((await world.json(schwab, '--account', 'SCHWAB-1')).totals.buy.known, 41);
    const tables = foldLedger(await wholeLog());
    equal(tables.accounts.get(accountOf(await wholeLog()))?.cash, 400_074_190_000_000_000_000_000n);
  });

  it('leaves what has settled by its own last event to be used, read tables or not', async () => {
    await world.run([schwab, '--open', 'SCHWAB-1', ...skipping]);
    const power = async () => {
      const said: string[] = [];
      const speech = { out: (line: string) => said.push(line), tell: () => {}, draw: () => {} };
      const { options, run } = portfolioCommand(world.withLook);
      const asked = parseArgs({ args: ['--account', 'SCHWAB-1', '--json'], options });
      await run(
        { ...asked, positionals: [] },
        { ...speech, isWatched: false },
        AbortSignal.timeout(60_000),
      );
      return JSON.parse(said.join('')).portfolio.buying_power;
    };
    equal(await power(), '400074.19');
    await world.project();
    equal(await power(), '400074.19');
  });

  it('lets the past be seen as it was', async () => {
    await world.run([schwab, '--open', 'SCHWAB-1', ...skipping]);
    const accountId = accountOf(await wholeLog());
    const command = positionsCommand(world.withLook);
    const heldAt = async (at: string) => {
      const said: string[] = [];
      const speech = {
        out: (line: string) => said.push(line),
        tell: () => {},
        draw: () => {},
        isWatched: false,
      };
      const args = ['--account', accountId, '--as-of', at, '--json'];
      const asked = parseArgs({ args, options: command.options });
      await command.run({ ...asked, positionals: [] }, speech, AbortSignal.timeout(30_000));
      const { positions } = JSON.parse(said.join(''));
      return Object.fromEntries(
        positions.map((one: Record<string, string>) => [one['symbol'], one['quantity']]),
      );
    };
    const held = await heldAt('2023-02-15T00:00:00Z');
    // 10.0443, 10.9694, 14.855, 6.004 and 2.299 by the rows of January and 1 February 2023.
    deepEqual(held, {
      FIHBX: '14.855',
      NFRIX: '6.004',
      NMFC: '10.9694',
      SPY: '2.299',
      TCPC: '10.0443',
    });
    equal((await heldAt('2024-07-01T00:00:00Z'))['AVGO'], '1');
    equal((await heldAt('2024-08-01T00:00:00Z'))['AVGO'], '10');
  });

  it('answers in JSON with decimals as text', async () => {
    const found = await world.json(sample('trading212-export.csv'), '--open', 'T-1');
    equal(found.dry_run, true);
    equal(found.opens_account, true);
    deepEqual(found.after, {
      cash: '0',
      positions: { ASTR: '-0.61254', ASTS: '0.29764', CSCO: '0.029053', VICI: '0.041014' },
    });
    equal(found.problems.length, 9);
    equal(found.rows[0].amount, '1.45148788');
    equal(found.totals.conversion.amount, '3.5935441');
    deepEqual(
      found.warnings.map(({ code }: { code: string }) => code),
      ['short_in_cash_account'],
    );
  });

  it('ends with 0 where there is nothing to object to', async () => {
    const file = written(
      'fine.csv',
      'Date,Action,Symbol,Description,Quantity,Price,Fees & Comm,Amount\n01/02/2024,Wire Received,,WIRE,,,,"$1,000.00"',
    );
    equal((await world.run([file, '--open', 'F-1', '--book'])).code, 0);
    equal((await world.run([file, '--account', 'F-1', '--book'])).code, 0);
    const changed = written(
      'fine.jsonl',
      JSON.stringify({
        kind: 'cash',
        at: '2024-01-03T00:00:00Z',
        reference: 'a',
        category: 'deposit',
        amount: '1',
      }),
    );
    equal((await world.run([changed, '--account', 'F-1', '--book'])).code, 0);
    writeFileSync(
      changed,
      JSON.stringify({
        kind: 'cash',
        at: '2024-01-03T00:00:00Z',
        reference: 'a',
        category: 'deposit',
        amount: '2',
      }),
    );
    const { code, out } = await world.run([changed, '--account', 'F-1', '--book']);
    equal(code, 1);
    match(out, /fine\.jsonl:1 +reference_conflict/);
  });
});

describe('two imports of the same file at the same time', () => {
  it('book each row once', async () => {
    const args = [schwab, '--open', 'SCHWAB-1', ...skipping, '--json'];
    const both = await Promise.all([world.run(args), world.run(args)]);
    const counts = both.map(({ out }) => JSON.parse(out));
    equal(
      counts.reduce((sum, { booked }) => sum + booked, 0),
      141,
    );
    // Known where the other had booked it, before this one looked or meanwhile.
    const known = (plan: { totals: Record<string, { known: number }> }): number =>
      Object.values(plan.totals).reduce((sum, total) => sum + total.known, 0);
    for (const plan of counts) {
      equal(plan.booked + known(plan), 141);
      ok(plan.known_meanwhile <= known(plan));
    }
    equal((await wholeLog()).length, 142);
  });
});

describe('an account that an import opens', () => {
  it('is opened as of its first row, without a broker, and belongs to whom it is said to', async () => {
    const userId = '00000000-0000-4000-8000-0000000000aa';
    await world.identity.addUser({
      id: userId as never,
      email: 'ann@example.org',
      username: 'ann',
      fullName: null,
      passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA',
      createdAt: new Date(),
    });
    await rejects(
      world.run([schwab, '--open', 'S-1', '--owner', 'bob@example.org', ...skipping]),
      /no user with the address bob@example.org/,
    );
    equal((await wholeLog()).length, 0);
    await world.run([schwab, '--open', 'S-1', '--owner', 'ann@example.org', ...skipping]);
    const [first] = await wholeLog();
    ok(first?.data.type === 'AccountOpened');
    const { accountId, accountNumber, openedAt, policy, userId: owner } = first.data;
    deepEqual(
      [accountNumber, openedAt, policy.broker, policy.kind, owner],
      ['S-1', '2023-01-03T21:00:00.000000Z', 'none', 'cash', userId],
    );
    const members = await world.identity.membersOf(accountId);
    deepEqual(
      members.map(({ username, role }) => [username, role]),
      [['ann', 'owner']],
    );
  });

  it("may not take another's number, nor be one that is not there", async () => {
    await world.run([schwab, '--open', 'S-1', ...skipping]);
    const another = {
      type: 'OpenAccount',
      accountId: '00000000-0000-4000-8000-000000000009' as AccountId,
      accountNumber: 'TAKEN',
      userId: null,
      policy: foldLedger(await wholeLog()).accounts.get(accountOf(await wholeLog()))
        ?.policy as never,
      at: instant('2020-01-01T00:00:00Z'),
    } as const;
    const meta = { accountId: another.accountId, actor: 'test' as never, key: 'open' };
    await world.newLedger().handle(meta, another);
    await rejects(world.run([schwab, '--open', 'TAKEN']), /Another account has the number TAKEN/);
    await rejects(world.run([schwab, '--account', 'NOBODY']), /no account NOBODY/);
  });

  it('needs a command line that says what is meant', async () => {
    for (const words of [
      ['--account', 'A'],
      [schwab],
      [schwab, '--account', 'A', '--open', 'B'],
      [schwab, '--account', 'A', '--owner', 'ann@example.org'],
      [schwab, '--open', 'a b'],
      [schwab, '--open', 'A', '--kind', 'crypto'],
      [schwab, '--open', 'A', '--layout', 'etoro'],
    ]) {
      await rejects(world.run(words), UsageError);
    }
    await rejects(world.run([join(folder, 'not-there.csv'), '--open', 'A']), /ENOENT/);
  });
});

const manyLines = (count: number): string =>
  Array.from({ length: count }, (_, n) =>
    JSON.stringify({
      kind: 'trade',
      at: new Date(Date.UTC(2020, 0, 2, 15) + n * 60_000).toISOString(),
      reference: `t${n}`,
      symbol: n % 2 === 0 ? 'ACME' : 'BIRD',
      side: n % 3 === 0 ? 'sell' : 'buy',
      quantity: `${(n % 7) + 1}.5`,
      price: `${(n % 11) + 10}.25`,
      commission: '0.1',
    }),
  ).join('\n');

/** All that an account became, but for what each run gives anew. */
const essence = (log: readonly RecordedEvent[]) =>
  log.map(({ data, effectiveAt, commandId, revision }) => ({
    data,
    effectiveAt,
    commandId,
    revision,
  }));

describe('an import that is stopped', () => {
  it('says how far it came, and goes on when it is run again', async () => {
    const file = written('many.jsonl', manyLines(50));
    const stop = new AbortController();
    let handled = 0;
    const withLedger: ImportWorld['ports']['withLedger'] = (act) => {
      const ledger = world.newLedger();
      const handle: typeof ledger.handle = async (meta, command) => {
        handled += 1;
        if (handled === 20) stop.abort();
        return ledger.handle(meta, command);
      };
      return act({ ...ledger, handle }, world.store);
    };
    const args = [file, '--open', 'M-1', '--kind', 'margin', '--book'];
    await rejects(world.run(args, { ports: { withLedger }, signal: stop.signal }), /abort/);
    equal((await wholeLog()).length, 20, 'what was begun is ended, and nothing after it');
    const { code, out } = await world.run(args);
    equal(code, 0);
    match(out, /^31 booked\.$/m);
    equal((await wholeLog()).length, 51);
  });

  it('by kill -9 of the program loses and doubles nothing', async () => {
    const lines = 1_500;
    const file = written('kill.jsonl', manyLines(lines));
    const args = ['import', file, '--open', 'K-1', '--kind', 'margin', '--book', '--json'];
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const begin = () =>
      spawn(process.execPath, [join(root, 'ledger.ts'), ...args], {
        cwd: root,
        env: { ...env, DATABASE_URL: world.connectionString },
        stdio: ['ignore', 'ignore', 'ignore'],
      });
    const killed = begin();
    while ((await world.store.head()) < 200) await sleep(5);
    killed.kill('SIGKILL');
    await once(killed, 'close');
    const reached = (await wholeLog()).length;
    ok(reached >= 200 && reached <= lines, `${reached} events when it was killed`);
    const [code] = await once(begin(), 'close');
    equal(code, 0);
    const log = await wholeLog();
    equal(log.length, lines + 1);
    const straight = await importWorld();
    try {
      await straight.run([file, '--open', 'K-1', '--kind', 'margin', '--book']);
      const other = await straight.store.readAll({ after: 0, limit: 100_000 });
      deepEqual(essence(log), essence(other));
    } finally {
      await straight.close();
    }
  });
});
