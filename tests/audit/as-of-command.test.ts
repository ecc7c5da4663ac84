import { deepEqual, equal, match } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { accountCommand } from '#api/cli/account.ts';
import { ordersCommand, portfolioCommand, positionsCommand } from '#api/cli/as-of.ts';
import { runCommandLine } from '#api/cli/command-line.ts';
import type { AccountId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { randomHistory, uuid } from '../support/account-histories.ts';
import { ledgerOf, type TestedLedger } from './look-world.ts';

const log = randomHistory({ seed: 21, accounts: 2, symbols: 3, events: 400, rare: true });
const account = uuid<AccountId>(1);
const sequence = 230;
const { effectiveAt } = log[sequence - 1] as RecordedEvent;

describe('ledger account, positions, portfolio and orders', () => {
  let ledger: TestedLedger;
  const askOf = async ({ look }: TestedLedger, ...words: readonly string[]) => {
    const out: string[] = [];
    const told: string[] = [];
    const commands = [
      accountCommand(look),
      positionsCommand(look),
      portfolioCommand(look),
      ordersCommand(look),
    ];
    const speech = {
      out: (line: string) => void out.push(line),
      tell: (line: string) => void told.push(line),
      draw: () => {},
      isWatched: false,
    };
    const { signal } = new AbortController();
    const code = await runCommandLine(commands, words, speech, signal, () => false);
    return { code, out: out.join('\n'), told: told.join('\n') };
  };
  const ask = (...words: readonly string[]) => askOf(ledger, ...words);
  const questions: readonly (readonly string[])[] = [
    ['account', account],
    ['account', 'A-0', '--json', '--events', '7'],
    ['positions', '--account', account],
    ['positions', '--account', 'A-0', '--json'],
    ['portfolio', '--account', 'A-0'],
    ['orders', '--account', 'A-0', '--json'],
  ];
  const then: unknown[] = [];

  before(async () => {
    ledger = await ledgerOf(log.slice(0, sequence));
    for (const words of questions) then.push(await ask(...words));
    await ledger.append(log.slice(sequence));
    await ledger.project();
  });
  after(() => ledger.close());

  it('say as known then what they said then, by id and by number', async () => {
    for (const [index, words] of questions.entries()) {
      deepEqual(await ask(...words, '--known', String(sequence)), then[index]);
    }
  });

  it('say as of then what is true of it today: other than what was known', async () => {
    const words = ['orders', '--account', 'A-0', '--json', '--as-of', effectiveAt] as const;
    const found = await ask(...words);
    equal(found.code, 0, found.told);
    const shown = await ask('account', 'A-0', '--as-of', effectiveAt);
    match(shown.out, /Last events/);
  });

  it('say what there is not', async () => {
    const told = async (...words: readonly string[]) => {
      const { code, told: said } = await ask(...words);
      return [code, said.split('\n')[0]];
    };
    deepEqual(await told('orders', '--account', 'A-0', '--known', '9999'), [
      2,
      'There is no event 9999: the log ends at 400.',
    ]);
    deepEqual(await told('positions', '--account', 'B-7', '--known', '9'), [
      2,
      'There is no account B-7.',
    ]);
    deepEqual(await told('portfolio', '--account', 'A-1', '--known', '1'), [
      2,
      'There is no account A-1 in this view of the ledger.',
    ]);
    const [code, said] = await told('account', 'A-0', '--as-of', '0');
    equal(code, 2);
    match(String(said), /--as-of needs an instant .* or a sequence/);
  });

  it('say the same where no server has brought the read tables up to date', async () => {
    for (const projected of [1, 90]) {
      await using behind = await ledgerOf(log.slice(0, projected));
      await behind.append(log.slice(projected));
      const views = [
        ['--known', String(sequence)],
        ['--known', String(sequence), '--as-of', '80'],
        ['--as-of', effectiveAt],
        ['--as-of', String(log.length)],
      ];
      const told: unknown[] = [];
      const all = questions.flatMap((words) => views.map((view) => [...words, ...view]));
      for (const words of all) told.push(await askOf(behind, ...words));
      await behind.project();
      for (const [index, words] of all.entries()) {
        const caughtUp = await askOf(behind, ...words);
        deepEqual(told[index], caughtUp, words.join(' '));
        equal(caughtUp.code, 0, caughtUp.told);
      }
    }
  });
});
