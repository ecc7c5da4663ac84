import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bookImport } from '#commands/imports/book-import.ts';
import { learn, nothingKnown } from '#commands/imports/knowledge.ts';
import { planImport } from '#commands/imports/plan-import.ts';
import type { ExecutionId } from '#domain/ids.ts';
import { formatCash, formatQuantity, price, quantity, zeroCash } from '#domain/money.ts';
import { instant } from '#domain/time.ts';
import { foldLedger } from '#projections/fold.ts';
import {
  accountOne,
  deposit,
  noCommission,
  openAccount,
  standing,
  ticker,
} from '../support/makers.ts';
import { ledgerOn, memoryStore, sha256, wholeLog } from '../support/memory-ledger.ts';
import { readText } from './import-world.ts';

const opening = {
  ...openAccount({ kind: 'cash', broker: 'none', commission: noCommission }),
  at: instant('2010-01-04T15:00:00Z'),
};

/** An account into which lines are imported, one statement after another. */
const account = async () => {
  const store = memoryStore();
  const ledger = ledgerOn({ store });
  await ledger.tell(opening);
  const knowledge = async () => {
    const known = nothingKnown();
    for (const event of await wholeLog(store)) learn(known, event);
    return known;
  };
  const plan = async (...files: readonly (readonly object[])[]) => {
    const statements = files.map((lines, place) => {
      const statement = readText(lines.map((line) => JSON.stringify(line)).join('\n'));
      deepEqual(statement.problems, []);
      return { file: `file ${place + 1}`, statement };
    });
    return planImport(statements, await knowledge(), sha256);
  };
  return {
    ledger,
    plan,
    /** `kind outcome code` of each command. */
    planned: async (...files: readonly (readonly object[])[]) =>
      (await plan(...files)).commands.map(({ kind, outcome, code }) =>
        [kind, outcome, code].filter((word) => word !== null).join(' '),
      ),
    /** Books at most so many. */
    book: async (lines: readonly object[], most = Number.POSITIVE_INFINITY) => {
      const onBooked = (count: number): void => {
        if (count >= most) throw new Error('killed');
      };
      const ports = { ledger, store, planAgain: () => plan(lines), onBooked };
      const stopping = bookImport(ports, accountOne, await plan(lines));
      await stopping.catch((error: Error) => equal(error.message, 'killed'));
    },
    /** `ACME 10 for 1000, cash -1000`. */
    stands: async () => {
      const tables = foldLedger(await wholeLog(store));
      const held = tables.positions
        .group(accountOne)
        .filter(({ quantity }) => quantity !== 0n)
        .map(
          ({ symbol, quantity, cost }) =>
            `${symbol} ${formatQuantity(quantity)} for ${formatCash(cost)}`,
        );
      const cash = tables.accounts.get(accountOne)?.cash ?? (0n as never);
      return [...held, `cash ${formatCash(cash)}`].join(', ');
    },
  };
};

let made = 0;
const line = (kind: string, at: string, fields: object) => {
  made += 1;
  return { kind, at: `${at}T15:00:00Z`, reference: `r${made}`, symbol: 'ACME', ...fields };
};
const buy = (at: string, quantity: string, price: string) =>
  line('trade', at, { side: 'buy', quantity, price });
const sell = (at: string, quantity: string, price: string) =>
  line('trade', at, { side: 'sell', quantity, price });
const split = (at: string, newShares: string, oldShares: string) =>
  line('split', at, { new_shares: newShares, old_shares: oldShares });
const cash = (at: string, category: string, amount: string) => {
  const { symbol: _, ...rest } = line('cash', at, { category, amount });
  return rest;
};

describe('a row that was imported', () => {
  it('is known by its reference, and in conflict with another of the same', async () => {
    const { book, planned, plan, stands } = await account();
    const rows = [cash('2020-01-02', 'deposit', '1000'), buy('2020-01-03', '10', '50')];
    await book(rows);
    deepEqual(await planned(rows), ['deposit known', 'buy known']);
    const [paid, bought] = rows;
    deepEqual(
      await planned([
        { ...paid, amount: '999' },
        { ...bought, price: '51' },
      ]),
      ['deposit conflict reference_conflict', 'buy conflict reference_conflict'],
    );
    const { before, after } = await plan([{ ...bought, price: '51' }]);
    deepEqual(after, before);
    equal(await stands(), 'ACME 10 for 500, cash 500');
  });

  it('is known too where it was corrected or taken back since', async () => {
    const { book, planned, stands } = await account();
    const bought = buy('2020-01-03', '10', '50');
    const trade = bought.reference;
    const corrected = { quantity: '9', price: '50', commission: '1', trade };
    const { symbol: _, ...correction } = line('correction', '2020-01-04', corrected);
    const { symbol: __, ...bust } = line('bust', '2020-01-05', { trade });
    await book([bought, correction]);
    equal(await stands(), 'ACME 9 for 450, cash -451');
    deepEqual(await planned([bought, correction, bust]), [
      'buy known',
      'correction known',
      'bust book',
    ]);
    await book([bought, correction, bust]);
    equal(await stands(), 'cash 0');
    deepEqual(await planned([bought, correction, bust]), [
      'buy known',
      'correction known',
      'bust known',
    ]);
  });

  it('twice in the files of one import is booked once', async () => {
    const { planned } = await account();
    const rows = [buy('2020-01-03', '10', '50'), buy('2020-01-03', '10', '50')];
    deepEqual(await planned(rows, rows), ['buy book', 'buy book', 'buy known', 'buy known']);
  });
});

describe('what an account makes of rows', () => {
  it('fees are charged, refunds adjusted, money of any kind is booked without asking for cash', async () => {
    const { book, stands } = await account();
    await book([
      cash('2020-01-02', 'fee', '-3'),
      cash('2020-01-02', 'fee', '1'),
      cash('2020-01-02', 'tax', '-0.5'),
      cash('2020-01-02', 'interest', '-0.25'),
      cash('2020-01-02', 'conversion', '10'),
      cash('2020-01-02', 'conversion', '-4'),
      cash('2020-01-03', 'withdrawal', '-100'),
      cash('2020-01-03', 'adjustment', '-1'),
      line('dividend', '2020-01-03', { amount: '7' }),
    ]);
    equal(await stands(), 'cash -90.75');
  });

  it('the amount as stated is booked to the cent, and what price × quantity is off beside it', async () => {
    const { book, plan, stands } = await account();
    const bought = { ...buy('2020-01-03', '1.6531', '420.10'), amount: '-694.48' };
    const { commands } = await plan([bought]);
    deepEqual(
      commands.map(({ kind, amount }) => `${kind} ${formatCash(amount)}`),
      ['buy -694.46731', 'rounding -0.01269'],
    );
    await book([bought], 1); // Killed between the two.
    await book([bought]);
    equal(await stands(), 'ACME 1.6531 for 694.46731, cash -694.48');
  });

  it('one that contradicts it is a conflict, one that it cannot take is refused', async () => {
    const { ledger, planned } = await account();
    const { symbol: _, ...bust } = line('bust', '2020-01-05', { trade: 'nobody' });
    deepEqual(await planned([bust]), ['bust conflict unknown_execution']);
    await ledger.told(standing('CloseAccount'));
    deepEqual(await planned([cash('2020-01-02', 'deposit', '1'), buy('2020-01-03', '1', '1')]), [
      'deposit refused account_closed',
      'buy conflict account_not_open',
    ]);
  });

  it('a split of what is not held has no effect', async () => {
    const { planned } = await account();
    deepEqual(await planned([split('2020-01-02', '2', '1')]), ['split no_effect']);
  });
});

describe('a split', () => {
  it('in the middle of an import restates what was bought before it alone', async () => {
    const { book, stands } = await account();
    await book([
      buy('2022-01-03', '5', '60'),
      split('2021-01-04', '2', '1'),
      buy('2020-01-03', '10', '100'),
    ]);
    equal(await stands(), 'ACME 25 for 1300, cash -1300');
  });

  it('that says only how many shares came has the ratio of what is held', async () => {
    const { book, planned, plan, stands } = await account();
    const came = line('split_shares', '2021-01-04', { change: '9' });
    const rows = [buy('2020-01-03', '1', '1680'), came];
    deepEqual(await planned([came]), ['split refused split_ratio_unknown']);
    const { commands } = await plan(rows);
    equal(commands[1]?.why, '10 for 1');
    await book(rows);
    equal(await stands(), 'ACME 10 for 1680, cash -1680');
    deepEqual(await planned(rows), ['buy known', 'split known']);
    await book([buy('2022-01-03', '7', '1')]);
    deepEqual(await planned(rows), ['buy known', 'split known']);
    const odd = line('split_shares', '2023-01-04', { change: '0.123456789' });
    deepEqual(await planned([odd]), ['split refused split_ratio_unknown']);
  });

  it('that is booked already: an older trade is told in the shares after it, its cash as it was', async () => {
    const { book, plan, planned, stands } = await account();
    await book([buy('2020-01-03', '10', '100'), split('2021-01-04', '3', '1')]);
    const late = [buy('2020-06-01', '6', '100'), sell('2020-07-01', '1', '90')];
    const { commands } = await plan(late);
    match(commands[0]?.why ?? '', /^6 as stated, told in shares after the splits since$/);
    await book(late);
    // 100 ÷ 3 does not come out even: the rest of a billionth is booked beside it.
    match(await stands(), /^ACME 45 for .*, cash -1510$/);
    deepEqual(new Set((await planned(late)).map((one) => one.split(' ')[1])), new Set(['known']));
    await book([split('2023-01-04', '2', '1')]);
    deepEqual(new Set((await planned(late)).map((one) => one.split(' ')[1])), new Set(['known']));
  });

  it('whose shares do not come out even keeps an older trade out', async () => {
    const { book, planned } = await account();
    await book([buy('2020-01-03', '9', '100'), split('2021-01-04', '1', '3')]);
    deepEqual(await planned([buy('2020-06-01', '10', '100')]), ['buy refused older_than_split']);
  });

  it('below trades that are booked already restates the older ones alone', async () => {
    const { book, planned, stands } = await account();
    await book([buy('2022-01-03', '5', '60')]);
    const older = [
      buy('2020-01-03', '10', '100'),
      split('2021-01-04', '2', '1'),
      sell('2021-06-01', '4', '70'),
    ];
    deepEqual(await planned(older), ['buy book', 'split no_effect', 'sell book']);
    await book(older, 1); // Killed after the first.
    deepEqual(await planned(older), ['buy known', 'split no_effect', 'sell book']);
    await book(older);
    deepEqual(await planned(older), ['buy known', 'split no_effect', 'sell known']);
    // 5 + 2 × 10 - 4; 4 of 25 at 52 on average
    equal(await stands(), 'ACME 21 for 1092, cash -1020');
  });

  it('below trades that are booked already finds its ratio in the older rows', async () => {
    const { book, planned, stands } = await account();
    await book([buy('2022-01-03', '5', '60')]);
    const older = [
      buy('2020-01-03', '10', '100'),
      line('split_shares', '2021-01-04', { change: '30' }),
    ];
    deepEqual(await planned(older), ['buy book', 'split no_effect']);
    await book(older);
    equal(await stands(), 'ACME 45 for 1300, cash -1300');
  });

  it('that several files tell of restates once', async () => {
    const { book, plan, planned, stands } = await account();
    await book([buy('2022-01-03', '5', '60')]);
    const older = [buy('2020-01-03', '10', '100'), split('2021-01-04', '2', '1')];
    deepEqual(await planned(older, older), [
      'buy book',
      'buy known',
      'split no_effect',
      'split no_effect',
    ]);
    const { after } = await plan(older, older);
    deepEqual([...after.positions.values()].map(formatQuantity), ['25']);
    await book(older);
    equal(await stands(), 'ACME 25 for 1300, cash -1300');
    const { planned: anew } = await account();
    deepEqual(await anew(older, older), ['buy book', 'buy known', 'split book', 'split known']);
  });

  it('of the very instant of a trade comes before it if its row does, also after a kill', async () => {
    const { book, stands } = await account();
    const rows = [
      buy('2020-01-03', '10', '100'),
      split('2021-01-04', '2', '1'),
      buy('2021-01-04', '5', '50'),
    ];
    await book(rows, 2);
    await book(rows);
    equal(await stands(), 'ACME 25 for 1250, cash -1250');
  });

  it('between trades that are booked already is refused: it would restate the wrong shares', async () => {
    const { book, planned } = await account();
    await book([buy('2020-01-03', '10', '100'), buy('2022-01-03', '5', '60')]);
    deepEqual(await planned([split('2021-01-04', '2', '1')]), ['split refused split_too_late']);
  });

  it('that an older trade was restated by restates its correction too', async () => {
    const { book, stands } = await account();
    await book([buy('2020-01-03', '10', '100'), split('2021-01-04', '2', '1')]);
    const late = buy('2020-06-01', '6', '100');
    const corrected = { trade: late.reference, quantity: '5', price: '100', commission: '0' };
    const { symbol: _, ...correction } = line('correction', '2020-06-02', corrected);
    await book([late, correction]);
    equal(await stands(), 'ACME 30 for 1500, cash -1500');
  });
});

describe('what should be known before booking', () => {
  it('is told: cash below zero, shares that were not there, old rows', async () => {
    const { ledger, book, plan } = await account();
    await ledger.told({ ...deposit('100'), at: instant('2015-01-02T15:00:00Z') });
    await book([buy('2022-01-03', '1', '60')]);
    const { warnings } = await plan([
      buy('2021-01-04', '2', '100'),
      sell('2021-02-01', '9', '1'),
      buy('2009-01-05', '1', '1'),
      cash('2023-01-02', 'deposit', '500'),
    ]);
    deepEqual(
      warnings.map(({ code }) => code),
      ['cash_below_zero', 'short_in_cash_account', 'before_opening', 'out_of_order'],
    );
    const [overdrawn] = warnings;
    ok(overdrawn);
    match(overdrawn.message, /below zero at 2021-01-04.* down to -161 at 2021-01-04/);
  });

  it('is nothing where nothing is odd', async () => {
    const { plan } = await account();
    const rows = [cash('2020-01-02', 'deposit', '1000'), buy('2020-01-03', '10', '50')];
    deepEqual((await plan(rows)).warnings, []);
  });
});

describe('a trade that another source has told already', () => {
  const trade = line('trade', '2020-01-02', { side: 'buy', quantity: '10', price: '100' });
  const elsewhere = async (at: string) => {
    const one = await account();
    await one.ledger.tell({
      type: 'Fill',
      executionId: 'paper-7' as ExecutionId,
      orderId: null,
      symbol: ticker('ACME'),
      side: 'buy',
      quantity: quantity('10'),
      price: price('100'),
      commission: zeroCash,
      liquidity: 'unknown',
      venue: 'X',
      at: instant(at),
    });
    return one;
  };

  it('is not booked beside it', async () => {
    const { planned, plan } = await elsewhere('2020-01-02T20:59:59Z');
    deepEqual(await planned([trade]), ['buy conflict looks_booked']);
    match((await plan([trade])).commands[0]?.why ?? '', /reconcile.*\(paper-7\)/);
    deepEqual(await planned([{ ...trade, price: '100.01' }]), ['buy book']);
  });

  it('is another on another day', async () => {
    const { planned } = await elsewhere('2020-01-03T15:00:00Z');
    deepEqual(await planned([trade]), ['buy book']);
  });
});
