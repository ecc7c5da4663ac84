import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { type ImportWorld, importWorld, sample } from './import-world.ts';

let world: ImportWorld;
let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'settled-'));
});
after(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  world = await importWorld();
});
afterEach(() => world.close());

type Kept = { readonly break_id: string; readonly type: string; readonly status: string };

const whole = sample('schwab-export.csv');
const written = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const dividendRow = '10/31/2023,Reinvest Dividend,SPY,SPDR S&P 500 ETF,,,,$694.48';

/** The sample with its row of the SPY dividend as it is given; the row is a line, or nothing. */
const withDividend = (name: string, row: string): string => {
  const text = readFileSync(whole, 'utf8');
  ok(text.includes(dividendRow));
  return written(name, text.replace(dividendRow, row));
};

const compared = async (path: string, ...more: readonly string[]) => {
  const { answer } = await world.reconcileJson('--account', 'S-1', '--against', path, ...more);
  return answer;
};

const recorded = (path: string) => compared(path, '--skip-problems', '--record');

const kept = async (): Promise<readonly Kept[]> =>
  (await world.reconcileJson('--account', 'S-1', '--list', '--all')).answer.breaks;

const statuses = async () => (await kept()).map(({ type, status }) => `${type} ${status}`);

describe('a break that a statement found, once a later one agrees with our side of it', () => {
  beforeEach(() => world.run([whole, '--open', 'S-1', '--book', '--skip-problems']));

  it('is resolved, also where other rows cannot be read', async () => {
    const other = withDividend('two.csv', dividendRow.replace('694.48', '695.48'));
    const first = await recorded(other);
    deepEqual(first.counts, { amount: 1 });
    const second = await recorded(whole);
    deepEqual(second.breaks, []);
    deepEqual(await statuses(), ['amount resolved']);
    equal(second.still_open, 0);
  });

  it('cannot be approved any more', async () => {
    await recorded(withDividend('two.csv', dividendRow.replace('694.48', '695.48')));
    await recorded(whole);
    const [found] = await kept();
    ok(found);
    const asked = ['--account', 'S-1', '--approve', found.break_id, '--by', 'Ann'];
    const { code, answer } = await world.reconcileJson(...asked);
    equal(code, 1);
    equal(answer[0].code, 'break_not_open');
  });

  it('is resolved where the earlier statement did not have ours at all', async () => {
    const less = readFileSync(whole, 'utf8')
      .split('\n')
      .filter((row) => !row.startsWith('10/31/2023,Reinvest Dividend,SPY'))
      .filter((row) => !row.startsWith('11/01/2023,Reinvest Shares,SPY'))
      .join('\n');
    await recorded(written('less.csv', less));
    const before = await statuses();
    ok(before.includes('unknown_fill open') || before.includes('unknown_cash open'), `${before}`);
    await recorded(whole);
    deepEqual(
      (await statuses()).filter((one) => one.endsWith('open')),
      [],
    );
  });

  it('stays open while the later statement does not have our side of it', async () => {
    await recorded(withDividend('two.csv', dividendRow.replace('694.48', '695.48')));
    const rows = readFileSync(whole, 'utf8').split('\n');
    const others = rows.filter((row) => row !== dividendRow && !row.startsWith('11/01/2023'));
    const answer = await recorded(written('others.csv', others.join('\n')));
    ok((await statuses()).includes('amount open'));
    equal(answer.still_open, 1);
  });
});

describe('a comparison that finds no break while older ones are open', () => {
  beforeEach(() => world.run([whole, '--open', 'S-1', '--book', '--skip-problems']));

  it('says how many are, for people and programs', async () => {
    await recorded(withDividend('two.csv', dividendRow.replace('694.48', '695.48')));
    const answer = await compared(whole, '--skip-problems');
    deepEqual([answer.breaks, answer.still_open], [[], 1]);
    const asked = ['--account', 'S-1', '--against', whole, '--skip-problems'];
    const { out } = await world.reconcile(...asked);
    match(out, /recorded before and still open: 1, ledger reconcile --list/);
  });
});
