import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { Ledger } from '#commands/ledger.ts';
import { createReconciliations } from '#commands/reconciliation/reconciliations.ts';
import type { AccountId, Actor, BreakId } from '#domain/ids.ts';
import { formatCash } from '#domain/money.ts';
import { instant } from '#domain/time.ts';
import { createUuids } from '#gateways/system/ids.ts';
import { type ImportWorld, importWorld, type Ran } from './import-world.ts';

let world: ImportWorld;
let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'at-once-'));
});
after(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  world = await importWorld();
});
afterEach(() => world.close());

const cash = (day: string, reference: string, amount: string): string =>
  JSON.stringify({
    kind: 'cash',
    at: `2024-01-${day}T15:00:00Z`,
    reference,
    category: 'deposit',
    amount,
  });
const fileOf = (name: string, ...rows: readonly string[]): string => {
  const path = join(folder, name);
  writeFileSync(path, rows.join('\n'));
  return path;
};

const first = cash('02', 'c-1', '5000');
const second = cash('03', 'c-2', '70');
const third = cash('04', 'c-3', '8');
const actor = 'operator:Ann' as Actor;
const at = instant('2024-02-01T00:00:00Z');

/** An account with one row of a file, and a recorded break for each of the others. */
const withBreaks = async (...others: readonly string[]) => {
  await world.run([fileOf('first.jsonl', first), '--open', 'R-1', '--book']);
  const all = fileOf('all.jsonl', first, ...others);
  await world.reconcile('--account', 'R-1', '--against', all, '--layout', 'json-lines', '--record');
  const { answer } = await world.reconcileJson('--account', 'R-1', '--list');
  equal(answer.breaks.length, others.length);
  const ids: BreakId[] = answer.breaks.map((one: { break_id: BreakId }) => one.break_id);
  return { all, ids, accountId: answer.account_id as AccountId };
};

const decisions = (ledger: Ledger) =>
  createReconciliations({ store: world.store, ledger, ids: createUuids() });
const approving = (accountId: AccountId, breakId: BreakId) =>
  decisions(world.newLedger()).approve({ accountId, breakId, actor, at });

/** Books a file; `meanwhile` happens before its nth command, in another process. */
const importing = (path: string, nth: number, meanwhile: () => Promise<unknown>): Promise<Ran> =>
  world.run([path, '--account', 'R-1', '--book', '--json'], {
    ports: {
      withLedger: (act) => {
        const ledger = world.newLedger();
        let count = 0;
        const handle: Ledger['handle'] = async (meta, command) => {
          count += 1;
          if (count === nth) await meanwhile();
          return ledger.handle(meta, command);
        };
        return act({ ...ledger, handle }, world.store);
      },
    },
  });

const cashOf = (accountId: AccountId): Promise<string> =>
  world.newLedger().inspect(accountId, (state) => formatCash(state.cash));

const numbersOf = ({ code, out }: Ran) => {
  const { booked, known_meanwhile: known, rows } = JSON.parse(out);
  return [code, booked, known, rows.map(({ outcome }: { outcome: string }) => outcome).join(' ')];
};

describe('an import while somebody approves a break of one of its rows', () => {
  for (const nth of [1, 2] as const) {
    it(`books the cash once, approved before command ${nth}`, async () => {
      const { all, ids, accountId } = await withBreaks(second, third);
      // The last row's: the import has it still before it, whichever command it is at.
      const list = await world.reconcileJson('--account', 'R-1', '--list');
      const last = list.answer.breaks.find((one: { cash: string }) => one.cash.startsWith('8'));
      ok(ids.includes(last.break_id));
      const ran = await importing(all, nth, () => approving(accountId, last.break_id));
      equal(await cashOf(accountId), '5078');
      deepEqual(numbersOf(ran), [0, 1, 1, 'known book known']);
    });
  }

  it('books each row once, also where both go on at their own pace', async () => {
    const rows = Array.from({ length: 12 }, (_, place) =>
      cash(String(place + 10), `m-${place}`, String(2 ** place)),
    );
    const { all, ids, accountId } = await withBreaks(...rows);
    const decided: string[] = [];
    const deciding = async (): Promise<void> => {
      for (const breakId of ids.toReversed()) {
        decided.push((await approving(accountId, breakId)).kind);
      }
    };
    const [ran] = await Promise.all([
      world.run([all, '--account', 'R-1', '--book', '--json']),
      deciding(),
    ]);
    equal(await cashOf(accountId), String(5000 + 2 ** 12 - 1));
    const [code, booked] = numbersOf(ran);
    equal(code, 0);
    equal(Number(booked) + decided.filter((kind) => kind === 'done').length, rows.length);
  });

  it('goes on with what is left where somebody books something else', async () => {
    const { all, accountId } = await withBreaks(second, third);
    const other = fileOf('other.jsonl', cash('05', 'c-9', '100'));
    const ran = await importing(all, 2, () => world.run([other, '--account', 'R-1', '--book']));
    equal(await cashOf(accountId), '5178');
    deepEqual(numbersOf(ran), [0, 2, 0, 'known book book']);
  });

  it('stops at a row that a break recorded since pairs with something booked', async () => {
    await world.run([fileOf('first.jsonl', first), '--open', 'R-1', '--book']);
    const again = fileOf('again.jsonl', third, cash('02', 'c-1-again', '5001'));
    const both = fileOf('both.jsonl', cash('02', 'c-1-again', '5001'), third);
    const asked = ['--account', 'R-1', '--against', again, '--layout', 'json-lines', '--record'];
    // The comparison comes after the plan and before anything is booked.
    const ran = await world.run([both, '--account', 'R-1', '--book', '--json'], {
      ports: {
        withLedger: async (act) => {
          await world.reconcile(...asked);
          return act(world.newLedger(), world.store);
        },
      },
    });
    equal(ran.code, 1);
    const { stopped_at: stopped, booked, account_id: accountId } = JSON.parse(ran.out);
    deepEqual([stopped.code, booked], ['break_open', 0]);
    equal(await cashOf(accountId), '5000');
  });
});

describe('an approval while an import books the row of the break', () => {
  it('is refused as outdated, and the cash is booked once', async () => {
    const { all, ids, accountId } = await withBreaks(second);
    const [breakId] = ids;
    ok(breakId);
    const ledger = world.newLedger();
    let isFirst = true;
    const handle: Ledger['handle'] = async (meta, command) => {
      if (isFirst) {
        isFirst = false;
        await world.run([all, '--account', 'R-1', '--book']);
      }
      return ledger.handle(meta, command);
    };
    const decided = await decisions({ ...ledger, handle }).approve({
      accountId,
      breakId,
      actor,
      at,
    });
    equal(await cashOf(accountId), '5070');
    ok(decided.kind === 'refused');
    equal(decided.refusal.code, 'break_outdated');
  });
});
