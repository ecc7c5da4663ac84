import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readRun } from '#api/demo/zipline-run.ts';
import { beancountFormat } from '#audit/export/beancount.ts';
import type { BookFormat } from '#audit/export/book-format.ts';
import { hledgerFormat } from '#audit/export/hledger.ts';
import { writeBooks } from '#audit/export/write-books.ts';
import { absolute, type Cash, cash, formatCash, formatQuantity, sum } from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { foldLedger } from '#projections/fold.ts';
import type { Tables } from '#projections/tables.ts';
import { everything, logOf, randomTrading, textOf } from '../audit/export-world.ts';
import { shippedRuns } from '../oracles/oracle-files.ts';
import { replayRun } from '../oracles/run-zipline.ts';
import { randomHistory } from '../support/account-histories.ts';

const folder = mkdtempSync(join(tmpdir(), 'books-'));
after(() => rmSync(folder, { recursive: true }));

type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

const run = (program: string, ...args: readonly string[]): Ran => {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  if (error !== undefined) throw error;
  return { code: status, out: stdout, err: stderr };
};

let files = 0;
const kept = (text: string): string => {
  files += 1;
  const path = join(folder, `${files}.books`);
  writeFileSync(path, text);
  return path;
};

type Tool = { readonly format: BookFormat; readonly check: (text: string) => Ran };

const hledger: Tool = {
  format: hledgerFormat,
  check: (text) => run('hledger', '-f', kept(text), 'check', '--strict'),
};
const beancount: Tool = {
  format: beancountFormat,
  check: (text) => run('bean-check', '--no-cache', kept(text)),
};
const tools = { hledger, beancount };

const written = (events: readonly RecordedEvent[], { format }: Tool): Promise<string> =>
  textOf(writeBooks(logOf(events), everything, format));

/** hledger's balances of what a query finds, as `account commodity` to amount. */
const hledgerBalances = (path: string, ...query: readonly string[]): Map<string, string> => {
  const layout = ['-O', 'csv', '--layout', 'bare', '--flat', '--no-total'];
  const { code, out, err } = run('hledger', '-f', path, 'balance', ...layout, ...query);
  equal(code, 0, err);
  const rows = out.trimEnd().split('\n').slice(1);
  return new Map(
    rows.map((row) => {
      const [account, commodity, amount] = row.slice(1, -1).split('","');
      return [`${account} ${commodity?.replaceAll('"', '')}`, amount ?? ''] as const;
    }),
  );
};

// Balances and what is held at cost, summed by beancount itself; its query program rounds for the eye.
const summing = `
import json, sys
from beancount import loader
from beancount.core import convert, data, inventory
entries, errors, options = loader.load_file(sys.argv[1])
assert not errors, errors
units, costs = {}, {}
for entry in entries:
    if isinstance(entry, data.Transaction):
        for posting in entry.postings:
            key = posting.account + " " + posting.units.currency
            units[key] = units.get(key, 0) + posting.units.number
            if posting.cost is not None:
                costs.setdefault(key, inventory.Inventory()).add_position(posting)
at_cost = {key: format(sum(held.reduce(convert.get_cost).get_currency_units(unit).number
    for unit in held.reduce(convert.get_cost).currencies()) if not held.is_empty() else 0, "f")
    for key, held in costs.items()}
print(json.dumps({"units": {key: format(value, "f") for key, value in units.items()}, "costs": at_cost}))
`;
type BeancountBalances = {
  readonly units: Readonly<Record<string, string>>;
  readonly costs: Readonly<Record<string, string>>;
};
const beancountBalances = (path: string): BeancountBalances => {
  // Debian's own, whatever else calls itself so: the package is for this one.
  const { code, out, err } = run('/usr/bin/python3', '-c', summing, path);
  equal(code, 0, err);
  return JSON.parse(out) as BeancountBalances;
};

/** Digits past ours, which only costs per share of beancount have, are cut. */
const decimal = (text: string): Cash => cash(text.replace(/(\.\d{18})\d+$/, '$1'));
const none = '0';

/** What hledger says of each account and position equals the read tables, to the last digit. */
const compareHledger = (path: string, tables: Tables): number => {
  const units = hledgerBalances(path, 'assets', 'income', 'expenses');
  let compared = 0;
  const same = (found: string | undefined, wanted: string, what: string): void => {
    equal(formatCash(decimal(found ?? none)), wanted, what);
    compared += 1;
  };
  for (const { accountId, accountNumber, cash: held } of tables.accounts.values()) {
    same(units.get(`assets:${accountNumber}:cash USD`), formatCash(held), accountNumber);
    const rows = [...tables.positions.values()].filter((row) => row.accountId === accountId);
    const name = `assets:${accountNumber}:shares`;
    for (const { symbol, quantity, cost, realizedPnlLifetime } of rows) {
      const what = `${accountNumber} ${symbol}`;
      same(units.get(`${name} ${symbol}`), formatQuantity(quantity), what);
      const gains = units.get(`income:${accountNumber}:gains:${symbol} USD`);
      same(gains, formatCash(-realizedPnlLifetime as Cash), what);
      const costs = hledgerBalances(path, '--cost', name, `cur:${symbol}`);
      same(costs.get(`${name} USD`), formatCash(cost), what);
    }
    const commission = formatCash(sum(rows.map((row) => row.commissionLifetime)));
    same(units.get(`expenses:${accountNumber}:commission USD`), commission, accountNumber);
  }
  return compared;
};

const near = (found: string | undefined, wanted: Cash, what: string): void =>
  ok(
    absolute((decimal(found ?? none) - wanted) as Cash) < cash('0.000000001'),
    `${what}: ${found}, not ${formatCash(wanted)}`,
  );

/** What beancount makes of the lots equals ours; its costs per share have 28 digits, so costs are near within a billionth. */
const compareBeancount = (path: string, tables: Tables): number => {
  const { units, costs } = beancountBalances(path);
  let compared = 0;
  for (const { accountId, accountNumber, cash: held } of tables.accounts.values()) {
    near(units[`Assets:${accountNumber}:Cash USD`], held, accountNumber);
    const rows = [...tables.positions.values()].filter((row) => row.accountId === accountId);
    for (const { symbol, quantity } of rows) {
      const lots = [...tables.lots.values()].filter(
        (lot) => lot.accountId === accountId && lot.symbol === symbol,
      );
      const what = `${accountNumber} ${symbol}`;
      const shares = `Assets:${accountNumber}:Shares ${symbol}`;
      equal(formatCash(decimal(units[shares] ?? none)), formatQuantity(quantity), what);
      near(costs[shares], sum(lots.map((lot) => lot.cost)), what);
      const gains = -sum(lots.map((lot) => lot.realizedPnl)) as Cash;
      near(units[`Income:${accountNumber}:Gains:${symbol} USD`], gains, what);
      compared += 1;
    }
  }
  return compared;
};

const runs = readdirSync(shippedRuns).filter((name) => name.endsWith('.daily.jsonl.gz'));
const ledgers: readonly (readonly [string, () => Promise<readonly RecordedEvent[]>])[] = [
  ...runs.map((name) => {
    const replay = async (): Promise<readonly RecordedEvent[]> => {
      const { world } = await replayRun(name, readRun(join(shippedRuns, name)));
      return world.store.readAll({ after: 0, limit: 100_000 });
    };
    return [basename(name, '.daily.jsonl.gz'), replay] as const;
  }),
  ...[1, 2, 3, 4, 5, 6, 7, 8].map(
    (seed) => [`random commands ${seed}`, async () => randomTrading(seed, 700)] as const,
  ),
  ...[1, 2, 3].map((seed) => {
    const settings = { seed, accounts: 3, symbols: 3, events: 2_000, rare: true };
    return [`random history ${seed}`, async () => randomHistory(settings)] as const;
  }),
];

describe('the books of a ledger', () => {
  for (const [name, read] of ledgers) {
    it(`${name}: hledger accepts them and finds our balances, costs and gains`, async () => {
      const events = await read();
      const text = await written(events, hledger);
      deepEqual(hledger.check(text), { code: 0, out: '', err: '' });
      ok(compareHledger(kept(text), foldLedger(events)) > 3);
    });

    it(`${name}: beancount accepts them and finds our lots and gains`, async () => {
      const events = await read();
      const text = await written(events, beancount);
      deepEqual(beancount.check(text), { code: 0, out: '', err: '' });
      ok(compareBeancount(kept(text), foldLedger(events)) > 0);
    });
  }
});

/** Adds a cent to the n-th amount of USD that a pattern finds; the pattern's groups are what comes before, and the amount. */
const withCent = (text: string, pattern: RegExp, nth: number, cent = '0.01'): string => {
  let seen = 0;
  return text.replace(pattern, (whole, before: string, amount: string) => {
    seen += 1;
    return seen === nth ? `${before}${formatCash((cash(amount) + cash(cent)) as Cash)}` : whole;
  });
};

const amountOf = {
  cash: /(assets:\S+:cash {2}(?!0 USD))(-?[\d.]+)/gi,
  external: /(equity:\S+:external {2}(?!0 USD))(-?[\d.]+)/gi,
  gains: /(income:\S+:gains:\S+ {2}(?!0 USD))(-?[\d.]+)/gi,
  // Not beancount's opening directives, nor the assertions themselves.
  assertion: /((?:cash {2}0 USD = |balance Assets:\S+:Cash {2}))(-?[\d.]+)/gi,
} as const;

describe('books with an error of one cent', () => {
  const events = randomHistory({ seed: 4, accounts: 2, symbols: 2, events: 600, rare: true });

  for (const [name, tool] of Object.entries(tools)) {
    for (const [what, pattern] of Object.entries(amountOf)) {
      it(`are refused by ${name}: ${what}`, async () => {
        const text = await written(events, tool);
        const found = text.match(pattern)?.length ?? 0;
        ok(found > 1, `${found} amounts`);
        for (const nth of [1, Math.ceil(found / 2), found]) {
          const spoilt = withCent(text, pattern, nth);
          ok(spoilt !== text);
          const { code, err } = tool.check(spoilt);
          equal(code, 1, `${what} ${nth}`);
          match(err, /balance/i);
        }
      });
    }

    it(`are refused by ${name}: on both sides of an entry that balances`, async () => {
      const text = await written(events, tool);
      const deposit =
        /((?:assets:\S+:cash) {2})([\d.]+)( USD\n\s+equity:\S+:external {2})(-[\d.]+)/i;
      const more = (amount: string, by: string) => formatCash((cash(amount) + cash(by)) as Cash);
      const spoilt = text.replace(
        deposit,
        (_, before, amount, between, other) =>
          `${before}${more(amount, '0.01')}${between}${more(other, '-0.01')}`,
      );
      ok(spoilt !== text);
      const { code, err } = tool.check(spoilt);
      equal(code, 1);
      match(err, /balance/i);
    });
  }

  it('are refused by beancount: a gain that is not the lots’, though its entry balances by cash', async () => {
    const text = await written(events, beancount);
    // What is sold is taken out of lots that nobody names: cash and gains may only move together.
    const sale = /(Income:\S+:Gains:\S+ {2})(-?[\d.]+)( USD\n\s+Assets:\S+:Cash {2})(-?[\d.]+)/;
    const spoilt = text
      .replace(sale, (_, before, gain, between, amount) => {
        const less = formatCash((cash(gain) - cash('0.01')) as Cash);
        return `${before}${less}${between}${amount}`;
      })
      .replace(/^\d.* balance .*\n/gm, '');
    const { code, err } = beancount.check(spoilt);
    equal(code, 1);
    match(err, /does not balance/);
    equal(beancount.check(text.replace(/^\d.* balance .*\n/gm, '')).code, 0);
  });
});
