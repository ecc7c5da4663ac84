import { deepEqual, equal, rejects } from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { BrokerReport } from '#commands/ports/broker.ts';
import type { AccountId, ExecutionId } from '#domain/ids.ts';
import { instant } from '#domain/time.ts';
import { accountOne, fill } from '#tests/support/makers.ts';
import type { AddressedReport } from './book.ts';
import { openPaperJournal, type PaperJournal } from './journal.ts';
import { createPaperStatements } from './paper-statement.ts';

const begins = instant('2014-01-03T15:00:00Z');
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'paper-journal-'));
  folders.push(made);
  return join(made, 'paper-broker');
};

const opened = (directory: string): Promise<PaperJournal> =>
  openPaperJournal({
    directory,
    now: begins,
    onFailure: (error) => {
      throw error;
    },
  });

const executed = (id: string, at = '2014-01-03T16:00:00Z', shares = '10'): AddressedReport => ({
  accountId: accountOne,
  report: fill(id, 'o1', shares, '9.5', { at: instant(at) }),
});
const idOf = (text: string): ExecutionId => text as ExecutionId;

/** What a settling journal reports, in order, to a ledger that has accepted the order or not. */
const resent = async (directory: string, isAccepted = true): Promise<readonly BrokerReport[]> => {
  const journal = await opened(directory);
  const reports: BrokerReport[] = [];
  await journal.settle(
    async (_account, report) => void reports.push(report),
    async () => !isAccepted,
  );
  await journal.close();
  return reports;
};

const rowsOf = async (directory: string, account: AccountId = accountOne) => {
  const { lines } = await createPaperStatements(directory).statement(account, null, null);
  return lines.map(({ reference }) => reference);
};

describe("a paper broker's journal", () => {
  it('has what was made, on the day it was made, before anybody is told', async () => {
    const directory = folder();
    const journal = await opened(directory);
    await journal.made([executed('x1')]);
    equal(readFileSync(join(directory, '2014-01-03.jsonl'), 'utf8').includes('"x1"'), true);
    await journal.made([executed('x2', '2014-01-06T16:00:00Z'), executed('x3')]);
    journal.told(['x1', 'x2', 'x3'].map(idOf));
    await journal.close();
    deepEqual(readdirSync(directory).sort(), [
      '2014-01-03.jsonl',
      '2014-01-06.jsonl',
      'begins.json',
    ]);
    deepEqual(await rowsOf(directory), ['x1', 'x3', 'x2']);
    deepEqual(await rowsOf(directory, 'somebody else' as AccountId), []);
  });

  it('takes what comes while it writes, in order', async () => {
    const directory = folder();
    const journal = await opened(directory);
    const names = Array.from({ length: 50 }, (_, n) => `x${n}`);
    await Promise.all(
      names.map(async (name, n) => {
        for (let turns = 0; turns < n % 7; turns += 1) await Promise.resolve();
        await journal.made([executed(name)]);
        journal.told([idOf(name)]);
      }),
    );
    await journal.close();
    deepEqual((await rowsOf(directory)).toSorted(), names.toSorted());
    deepEqual(await resent(directory), []);
  });

  it('reports again what a crash left untold, under its id and as it was', async () => {
    const directory = folder();
    const journal = await opened(directory);
    await journal.made([executed('x1'), executed('x2', '2014-01-03T16:00:01Z', '7')]);
    journal.told([idOf('x1')]);
    await journal.close();
    const { report } = executed('x2', '2014-01-03T16:00:01Z', '7');
    // The schedule of the account says the commission; the broker's own record does not.
    deepEqual(await resent(directory, true), [report]);
    deepEqual(await resent(directory, true), [], 'it is told now');
  });

  it('says first that it has accepted the order, where the ledger has not got that', async () => {
    const directory = folder();
    const journal = await opened(directory);
    await journal.made([executed('x1')]);
    await journal.close();
    const types = (await resent(directory, false)).map(({ type }) => type);
    deepEqual(types, ['AcceptOrder', 'Fill']);
  });

  it('goes on after a line that a crash cut off, which nobody was told of', async () => {
    const directory = folder();
    const journal = await opened(directory);
    await journal.made([executed('x1')]);
    journal.told([idOf('x1')]);
    await journal.close();
    appendFileSync(join(directory, '2014-01-03.jsonl'), '{"made":{"accountId":"0000');
    deepEqual(await rowsOf(directory), ['x1']);
    const again = await opened(directory);
    await again.made([executed('x2')]);
    again.told([idOf('x2')]);
    await again.close();
    deepEqual(await rowsOf(directory), ['x1', 'x2']);
  });

  it('says so where somebody else wrote in it, and where there is none', async () => {
    const directory = folder();
    await rejects(rowsOf(directory), { code: 'no_paper_record' });
    const journal = await opened(directory);
    await journal.made([executed('x1')]);
    await journal.close();
    appendFileSync(join(directory, '2014-01-03.jsonl'), 'not ours\n');
    await rejects(rowsOf(directory), { code: 'paper_journal_damaged' });
  });

  it('speaks of the time from its beginning on, and of no more than it was asked for', async () => {
    const directory = folder();
    const journal = await opened(directory);
    await journal.made([executed('x1'), executed('x2', '2014-01-06T16:00:00Z')]);
    journal.told(['x1', 'x2'].map(idOf));
    await journal.close();
    const { statement } = createPaperStatements(directory);
    const early = await statement(accountOne, instant('2000-01-01T00:00:00Z'), begins);
    deepEqual([early.from, early.to, early.lines.length], [begins, begins, 0]);
    const later = await statement(accountOne, instant('2014-01-04T00:00:00Z'), null);
    deepEqual(
      later.lines.map(({ reference }) => reference),
      ['x2'],
    );
    deepEqual([later.cash, later.positions], [null, null]);
  });
});
