import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { UsageError } from '#api/cli/command-line.ts';
import type { AccountCommand } from '#commands/commands.ts';
import type { AccountId, Actor } from '#domain/ids.ts';
import { instant } from '#domain/time.ts';
import { fill, openAccount } from '../support/makers.ts';
import { degiroSymbols, type ImportWorld, importWorld, sample } from './import-world.ts';

let world: ImportWorld;
let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'reconciled-'));
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

type Row = { readonly outcome: string; readonly code: string | null; readonly row: number };
type Kept = { readonly status: string };
type Found = {
  readonly break_id: string;
  readonly type: string;
  readonly correction: Readonly<Record<string, string | null>> | null;
};

const skipping = ['--book', '--skip-problems'];
const countOf = (rows: readonly Row[], outcome: string): number =>
  rows.filter((row) => row.outcome === outcome).length;
const against = (paths: readonly string[]): readonly string[] =>
  paths.flatMap((path) => ['--against', path]);

const ours = [
  '{"kind":"cash","at":"2024-01-02T15:00:00Z","reference":"c-1","category":"deposit","amount":"5000"}',
  '{"kind":"trade","at":"2024-01-02T15:04:05Z","reference":"t-1","symbol":"AAPL","side":"buy","quantity":"10","price":"187.15","commission":"1","amount":"-1872.49"}',
  '{"kind":"trade","at":"2024-01-03T15:04:05Z","reference":"t-2","symbol":"MSFT","side":"buy","quantity":"3","price":"370"}',
  '{"kind":"correction","at":"2024-01-03T16:00:00Z","reference":"k-1","trade":"t-2","quantity":"2","price":"370","commission":"0"}',
  '{"kind":"trade","at":"2024-01-04T15:04:05Z","reference":"t-3","symbol":"MSFT","side":"buy","quantity":"1","price":"371"}',
  '{"kind":"bust","at":"2024-01-04T16:00:00Z","reference":"b-1","trade":"t-3"}',
  '{"kind":"cash","at":"2024-01-05T15:00:00Z","reference":"c-2","category":"tax","amount":"-2.5","description":"of a dividend"}',
  '{"kind":"cash","at":"2024-01-05T15:00:00Z","reference":"c-3","category":"tax","amount":"1.5"}',
  '{"kind":"cash","at":"2024-01-05T15:00:01Z","reference":"c-4","category":"conversion","amount":"-9000"}',
  '{"kind":"dividend","at":"2024-01-08T15:00:00Z","reference":"d-1","symbol":"AAPL","amount":"2.4"}',
  '{"kind":"split","at":"2024-01-09T14:30:00Z","reference":"s-1","symbol":"AAPL","new_shares":"4","old_shares":"1"}',
].join('\n');

/** Every layout, and what it needs beside the files. */
const cases = () => {
  const isins = written('isins.csv', degiroSymbols);
  return [
    { what: 'Schwab', files: [sample('schwab-export.csv')], options: [] },
    {
      what: 'IBKR',
      files: [sample('ibkr-trades-export.csv'), sample('ibkr-dividends-export.csv')],
      options: [],
    },
    { what: 'Degiro', files: [sample('degiro-export.csv')], options: ['--symbols', isins] },
    { what: 'Trading 212', files: [sample('trading212-export.csv')], options: [] },
    {
      what: 'JSON lines',
      files: [written('ours.jsonl', ours)],
      options: ['--layout', 'json-lines'],
    },
  ] as const;
};
const layouts = ['Schwab', 'IBKR', 'Degiro', 'Trading 212', 'JSON lines'] as const;
const caseOf = (what: (typeof layouts)[number]) => {
  const found = cases().find((one) => one.what === what);
  ok(found);
  return found;
};

const accountId = '00000000-0000-4000-8000-00000000000e' as AccountId;

/** An account with nothing in it, older than every sample. */
const emptyAccount = async (): Promise<string> => {
  const at = instant('2015-01-01T00:00:00Z');
  const command = { ...openAccount(), accountId, accountNumber: 'E-1', at } as AccountCommand;
  const meta = { accountId, actor: 'a test' as Actor, key: 'open' };
  equal((await world.newLedger().handle(meta, command)).kind, 'done');
  return accountId;
};

const approveAll = async (account: string, found: readonly Found[]): Promise<void> => {
  const words = found
    .filter(({ correction }) => correction !== null)
    .flatMap(({ break_id: id }) => ['--approve', id]);
  const { code, out } = await world.reconcile('--account', account, ...words, '--by', 'A. Clerk');
  equal(code, 0, out);
};

const wholeLog = () => world.store.readAll({ after: 0, limit: 100_000 });

/** The names of what has been booked in an account: of executions and of cash. */
const namesIn = async (account: string): Promise<readonly string[]> => {
  const log = (await wholeLog()).filter(({ stream }) => stream === `account-${account}`);
  return log.flatMap(({ data }) => {
    if (data.type === 'OrderFilled') return [data.executionId];
    const reference = 'externalReference' in data ? data.externalReference : null;
    return reference === null ? [] : [reference];
  });
};

const isFine = async (): Promise<void> => {
  const report = await world.verify();
  deepEqual(report.findings.first, []);
};

describe('what was imported', () => {
  for (const what of layouts) {
    it(`of ${what} has no break against the same files`, async () => {
      const { files, options } = caseOf(what);
      const imported = await world.json(...files, '--open', 'A-1', ...options, ...skipping);
      ok(countOf(imported.rows, 'book') > 0);
      const words = ['--account', 'A-1', ...against(files), ...options, '--skip-problems'];
      const { code, answer } = await world.reconcileJson(...words, '--record');
      deepEqual(answer.breaks, []);
      equal(code, 0);
      equal(answer.matched, answer.lines);
      ok(answer.lines > 0);
      const head = await world.store.head();
      await world.reconcileJson(...words, '--record');
      equal(await world.store.head(), head, 'the same again records nothing');
    });
  }
});

/** Rows that no correction books: shares of before a split, and what was booked and taken back. */
const leftToImport: Readonly<Record<(typeof layouts)[number], readonly number[]>> = {
  Schwab: [107, 108],
  IBKR: [],
  Degiro: [],
  'Trading 212': [],
  'JSON lines': [2, 5, 6, 11],
};

describe('what was reconciled and approved', () => {
  for (const what of layouts) {
    it(`of ${what} is known to an import of the same files, and nothing is booked twice`, async () => {
      const { files, options } = caseOf(what);
      const account = await emptyAccount();
      const words = ['--account', account, ...against(files), ...options, '--skip-problems'];
      const found = await world.reconcileJson(...words, '--record');
      ok(found.answer.breaks.length > 0);
      await approveAll(account, found.answer.breaks);
      const imported = await world.json(...files, '--account', account, ...options, ...skipping);
      equal(countOf(imported.rows, 'conflict') + countOf(imported.rows, 'refused'), 0);
      const fresh = imported.rows.filter((row: Row) => row.outcome === 'book');
      deepEqual(
        fresh.map((row: Row) => row.row),
        leftToImport[what],
      );
      const names = await namesIn(account);
      equal(new Set(names).size, names.length);
      const alone = await world.json(...files, '--open', 'B-1', ...options, ...skipping);
      deepEqual(imported.after, alone.after, 'as if it had been imported alone');
      const { answer } = await world.reconcileJson(...words, '--record');
      deepEqual(answer.breaks, []);
      const kept = await world.reconcileJson('--account', account, '--list', '--all');
      equal(kept.code, 0);
      ok(
        kept.answer.breaks.every(
          ({ status }: Kept) => status === 'approved' || status === 'resolved',
        ),
      );
      await isFine();
    });
  }

  it('leaves the rest to an import, whichever half came first', async () => {
    const [header = '', ...rows] = readFileSync(sample('schwab-export.csv'), 'utf8').split('\n');
    const older = written('older.csv', [header, ...rows.slice(60)].join('\n'));
    const whole = sample('schwab-export.csv');
    await world.json(older, '--open', 'A-1', ...skipping);
    const words = ['--account', 'A-1', '--against', whole, '--skip-problems', '--record'];
    const { answer } = await world.reconcileJson(...words);
    deepEqual(
      [...new Set(answer.breaks.map(({ type }: Found) => type))].sort(),
      ['missing_cash', 'missing_fill', 'unbooked_dividend', 'unbooked_split'].filter(
        (type) => answer.counts[type],
      ),
    );
    await approveAll('A-1', answer.breaks);
    const imported = await world.json(whole, '--account', 'A-1', ...skipping);
    const alone = await world.json(whole, '--open', 'B-1', ...skipping);
    deepEqual(imported.after, alone.after);
  });
});

describe('what was imported after it was found missing', () => {
  it('is not booked again by an approval that comes too late', async () => {
    const { files } = caseOf('JSON lines');
    const account = await emptyAccount();
    const words = ['--account', account, ...against(files)];
    const { answer } = await world.reconcileJson(...words, '--record');
    const imported = await world.json(...files, '--account', account, '--book');
    equal(imported.code, 0);
    const ids = (answer.breaks as readonly Found[])
      .filter(({ correction }) => correction !== null)
      .flatMap(({ break_id: id }) => ['--approve', id]);
    const head = await world.store.head();
    const late = await world.reconcileJson('--account', account, ...ids, '--by', 'A. Clerk');
    for (const { outcome, code } of late.answer)
      ok(outcome === 'done' || code === 'break_outdated');
    const since = (await wholeLog()).slice(head);
    for (const { data } of since) ok(data.type === 'BreakApproved' && data.correctedBy === null);
    const names = await namesIn(account);
    equal(new Set(names).size, names.length);
    await world.reconcileJson(...words, '--record');
    equal((await world.reconcile('--account', account, '--list')).code, 0, 'all have ended');
  });
});

describe('a row that a later export tells otherwise', () => {
  const changed = () => {
    const text = readFileSync(sample('schwab-export.csv'), 'utf8');
    const row = text.split('\n')[33] ?? '';
    ok(row.includes('$8.46') && row.includes('FIHBX'), row);
    const other = row.replace('$8.46', '$8.47').replace('$5,000.00', '$5,005.93');
    return written('changed.csv', text.replace(row, other));
  };
  const compareWith = async (file: string) => {
    await world.json(sample('schwab-export.csv'), '--open', 'A-1', ...skipping);
    const words = ['--account', 'A-1', '--against', file, '--skip-problems', '--record'];
    const compare = () => world.reconcileJson(...words);
    const { answer } = await compare();
    // The other one is what the price is rounded by.
    deepEqual(answer.counts, { price: 1, amount: 1 });
    const price = answer.breaks.find(({ type }: Found) => type === 'price');
    return { breaks: answer.breaks as readonly Found[], price: price as Found, compare };
  };
  const told = async (file: string): Promise<readonly Row[]> => {
    const { rows } = await world.json(file, '--account', 'A-1');
    return rows.filter(({ row }: Row) => row === 34);
  };

  it('is a break that keeps it from an import, until it is approved', async () => {
    const file = changed();
    const { breaks, compare } = await compareWith(file);
    deepEqual(
      (await told(file)).map(({ outcome, code }) => [outcome, code]),
      [
        ['conflict', 'break_open'],
        ['conflict', 'break_open'],
      ],
    );
    await approveAll('A-1', breaks);
    deepEqual((await compare()).answer.breaks, []);
    deepEqual(
      (await told(file)).map(({ outcome }) => outcome),
      ['known', 'known'],
    );
    const head = await world.store.head();
    const { after: held } = await world.json(file, '--account', 'A-1', ...skipping);
    equal(await world.store.head(), head);
    const alone = await world.json(file, '--open', 'B-1', ...skipping);
    deepEqual(held, alone.after);
    const [original] = await told(sample('schwab-export.csv'));
    equal(original?.outcome, 'known', 'it is booked, and corrected since');
    await isFine();
  });

  it('is known too where a person lets stand what is booked', async () => {
    const file = changed();
    const { price } = await compareWith(file);
    const words = ['--dismiss', price.break_id, '--reason', 'ours is right', '--by', 'A. Clerk'];
    equal((await world.reconcile('--account', 'A-1', ...words)).code, 0);
    deepEqual(
      (await told(file)).map(({ outcome }) => outcome),
      ['known', 'known'],
    );
  });
});

describe('an execution of ours that a file tells in two rows', () => {
  const part = (reference: string, shares: string) =>
    `{"kind":"trade","at":"2024-01-02T15:00:00Z","reference":"${reference}","symbol":"ACME","side":"buy","quantity":"${shares}","price":"20","commission":"1"}`;

  it('is not booked beside them once the fee that differs is approved', async () => {
    const account = await emptyAccount();
    const at = instant('2024-01-02T15:00:00Z');
    const meta = { accountId, actor: 'a test' as Actor, key: null };
    const whole = fill('ours', null, '10', '20', { commission: '1', at });
    equal((await world.newLedger().handle(meta, whole)).kind, 'done');
    const file = written('parts.jsonl', `${part('p-1', '4')}\n${part('p-2', '6')}`);
    const words = ['--account', account, '--against', file, '--record'];
    const { answer } = await world.reconcileJson(...words);
    deepEqual(answer.counts, { fee: 1 });
    const told = async () => {
      const { rows } = await world.json(file, '--account', account);
      return rows.map(({ outcome, code }: Row) => [outcome, code]);
    };
    deepEqual(await told(), [
      ['conflict', 'break_open'],
      ['conflict', 'break_open'],
    ]);
    await approveAll(account, answer.breaks);
    deepEqual(await told(), [
      ['known', null],
      ['known', null],
    ]);
    deepEqual((await world.reconcileJson(...words)).answer.breaks, []);
  });
});

describe('a file to compare with', () => {
  const compare = (...words: readonly string[]) =>
    world.reconcile('--account', accountId, ...words);

  it('is refused where a row cannot be read, by its file and line', async () => {
    await emptyAccount();
    await rejects(compare('--against', sample('schwab-export.csv')), (error: Error) => {
      match(error.message, /schwab-export\.csv:62 {2}action_not_supported/);
      match(error.message, /--skip-problems/);
      return true;
    });
  });

  it('says which rows were left out, and takes nothing of ours back for them', async () => {
    const file = written('two.jsonl', `${ours.split('\n')[0]}\n{"kind":"cash"}`);
    const fees =
      '{"kind":"cash","at":"2024-01-02T15:00:00Z","reference":"x","category":"fee","amount":"-1"}';
    await world.json(written('fee.jsonl', fees), '--open', 'A-1', '--book');
    const { code, answer } = await world.reconcileJson(
      ...['--account', 'A-1', '--against', file, '--skip-problems'],
    );
    equal(code, 1);
    deepEqual(answer.counts, { missing_cash: 1, unknown_cash: 1 });
    const unknown = answer.breaks.find(({ type }: Found) => type === 'unknown_cash');
    equal(unknown.correction, null);
    const [left] = answer.not_compared;
    deepEqual([left.file, left.row, left.code], ['two.jsonl', 2, 'bad_field']);
    match(answer.ends_not_compared, /1$/);
  });

  it('that is no statement is refused by the same error as in an import', async () => {
    await emptyAccount();
    const wrong = [
      written('other.csv', 'a,b\n1,2'),
      written('open.csv', '"Date","Action"\n"01/02/2024,x'),
      written('empty.csv', ''),
    ];
    for (const file of wrong) {
      const said: string[] = [];
      const keep = (error: Error) => said.push(`${error.name} ${error.message}`) > 0;
      await rejects(compare('--against', file), keep);
      await rejects(world.run([file, '--account', accountId]), keep);
      equal(said[0], said[1]);
      match(said[0] ?? '', /^StatementUnreadable (other|open|empty)\.csv(, line 2)?: /);
    }
    const broken = written('january.json', '{"source": "bank",\n  "lines": [}');
    await rejects(compare('--against', broken), /^StatementUnreadable: january\.json, line 2: /);
    const isins = written('bad.csv', 'ISIN,SYMBOL\nUS0378331005');
    await rejects(
      compare('--against', sample('degiro-export.csv'), '--symbols', isins),
      /bad\.csv, line 2: not NAME,SYMBOL/,
    );
  });

  it('goes with files of its own source alone, and options with files', async () => {
    await emptyAccount();
    const files = against([sample('schwab-export.csv'), sample('trading212-export.csv')]);
    await rejects(compare(...files), /several sources \(schwab, trading212\)/);
    const wrong = [
      ['--against', 'broker', '--layout', 'schwab'],
      ['--against', 'broker', '--against', 'x.csv'],
      ['--against', 'x.csv', '--from', '2024-01-02T15:00:00Z'],
      ['--against', 'x.csv', '--layout', 'etrade'],
    ];
    for (const words of wrong) await rejects(compare(...words), UsageError);
    await rejects(world.reconcile('--account', 'NOBODY', '--list'), /There is no account NOBODY/);
  });
});
