import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readRun } from '#api/demo/zipline-run.ts';
import { beancountFormat } from '#audit/export/beancount.ts';
import type { BookFormat } from '#audit/export/book-format.ts';
import { createBooks } from '#audit/export/books.ts';
import { hledgerFormat } from '#audit/export/hledger.ts';
import type { Moved } from '#audit/export/holding.ts';
import type { ExportRange } from '#audit/export/range.ts';
import { findRestated } from '#audit/export/restated.ts';
import { writeBooks } from '#audit/export/write-books.ts';
import type { AccountId } from '#domain/ids.ts';
import {
  absolute,
  type Cash,
  cash,
  formatCash,
  formatQuantity,
  notional,
  perShare,
  subtract,
  sum,
  zeroCash,
} from '#domain/money.ts';
import type { LedgerEvent, RecordedEvent } from '#domain/recorded-event.ts';
import { foldLedger } from '#projections/fold.ts';
import type { LotRecord } from '#projections/positions/table.ts';
import type { Tables } from '#projections/tables.ts';
import { everything, logOf, randomTrading, textOf } from '../audit/export-world.ts';
import { shippedRuns } from '../oracles/oracle-files.ts';
import { replayRun } from '../oracles/run-zipline.ts';
import { randomHistory } from '../support/account-histories.ts';
import { accountOne } from '../support/makers.ts';

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

// Balances and what is held at cost, summed from what beancount has booked; its query program rounds for the eye. Costs
// per share are beancount's own, of 28 digits; the sums of them are exact.
const summing = `
import decimal, json, sys
from beancount import loader
from beancount.core import convert, data, inventory
entries, errors, options = loader.load_file(sys.argv[1])
decimal.getcontext().prec = 100
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

/** What every book beside shares came to, by its name below an account, from the statement in the read tables. */
const statedBooks = (tables: Tables, accountId: AccountId): ReadonlyMap<string, Cash> => {
  const books = {
    deposit: 'equity external',
    withdrawal: 'equity external',
    adjustment: 'equity adjustments',
    commission: 'expenses commission',
    fee: 'expenses fees',
    interest: 'income interest',
    dividend: 'income dividends',
    trade: null,
    split_cash: null,
  } as const;
  const totals = new Map<string, Cash>();
  for (const { accountId: owner, type, amount } of tables.transactions.values()) {
    const book = books[type];
    if (owner !== accountId || book === null) continue;
    totals.set(book, subtract(totals.get(book) ?? zeroCash, amount));
  }
  return totals;
};

const positionsOf = (tables: Tables, accountId: AccountId) =>
  [...tables.positions.values()].filter((row) => row.accountId === accountId);

/** What hledger says of each account, book and position equals the read tables, to the last digit. */
const compareHledger = (path: string, tables: Tables): number => {
  const units = hledgerBalances(path, 'assets', 'income', 'expenses', 'equity');
  let compared = 0;
  const same = (found: string | undefined, wanted: string, what: string): void => {
    equal(formatCash(decimal(found ?? none)), wanted, what);
    compared += 1;
  };
  for (const { accountId, accountNumber, cash: held } of tables.accounts.values()) {
    same(units.get(`assets:${accountNumber}:cash USD`), formatCash(held), accountNumber);
    for (const [book, amount] of statedBooks(tables, accountId)) {
      const [section, name] = book.split(' ');
      const found = units.get(`${section}:${accountNumber}:${name} USD`);
      same(found, formatCash(amount), `${accountNumber} ${book}`);
    }
    const name = `assets:${accountNumber}:shares`;
    for (const { symbol, quantity, cost, realizedPnlLifetime } of positionsOf(tables, accountId)) {
      const what = `${accountNumber} ${symbol}`;
      same(units.get(`${name} ${symbol}`), formatQuantity(quantity), what);
      const gains = units.get(`income:${accountNumber}:gains:${symbol} USD`);
      same(gains, formatCash(-realizedPnlLifetime as Cash), what);
      const atCost = hledgerBalances(path, '--cost', name, `cur:${symbol}`);
      same(atCost.get(`${name} USD`), formatCash(cost), what);
    }
  }
  return compared;
};

/** What beancount makes of the lots equals ours, to the last digit; costs of lots whose shares do not come out even within a billionth. */
const compareBeancount = (path: string, tables: Tables): number => {
  const { units, costs } = beancountBalances(path);
  let compared = 0;
  const same = (found: string | undefined, wanted: Cash, what: string): void => {
    equal(formatCash(decimal(found ?? none)), formatCash(wanted), what);
    compared += 1;
  };
  for (const { accountId, accountNumber, cash: held } of tables.accounts.values()) {
    same(units[`Assets:${accountNumber}:Cash USD`], held, accountNumber);
    for (const [book, amount] of statedBooks(tables, accountId)) {
      const [section = '', name = ''] = book.split(' ').map(capital);
      same(units[`${section}:${accountNumber}:${name} USD`], amount, `${accountNumber} ${book}`);
    }
    for (const { symbol, quantity } of positionsOf(tables, accountId)) {
      const lots = [...tables.lots.values()].filter(
        (lot) => lot.accountId === accountId && lot.symbol === symbol,
      );
      const what = `${accountNumber} ${symbol}`;
      const shares = `Assets:${accountNumber}:Shares ${symbol}`;
      equal(formatCash(decimal(units[shares] ?? none)), formatQuantity(quantity), what);
      const cost = sum(lots.map((lot) => lot.cost));
      if (lots.every(comesOutEven)) same(costs[shares], cost, what);
      else near(costs[shares], cost, what);
      const gains = -sum(lots.map((lot) => lot.realizedPnl)) as Cash;
      same(units[`Income:${accountNumber}:Gains:${symbol} USD`], gains, what);
    }
  }
  return compared;
};

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

const comesOutEven = ({ quantity, cost }: Pick<LotRecord, 'quantity' | 'cost'>): boolean =>
  quantity === 0n || notional(perShare(cost, quantity), quantity) === cost;

const near = (found: string | undefined, wanted: Cash, what: string): void =>
  ok(
    absolute((decimal(found ?? none) - wanted) as Cash) < cash('0.000000001'),
    `${what}: ${found}, not ${formatCash(wanted)}`,
  );

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

/** What an event is an example of. */
const kindsOf = (data: LedgerEvent, moved: Moved | null): readonly string[] => {
  const kinds: string[] = [data.type];
  if (data.type !== 'OrderFilled' || moved === null) return kinds;
  if (data.commission > 0n) kinds.push('commission');
  if (moved.holding.position.quantity < 0n) kinds.push('short');
  if (moved.taken !== null && [...moved.put].length > 0) kinds.push('flip');
  return kinds;
};

describe('the books of a ledger', () => {
  it('have what is hard to book: shorts, flips, splits, dividends, commissions, busts, corrections', async () => {
    const counts = new Map<string, number>();
    for (const [, read] of ledgers) {
      const events = await read();
      const books = createBooks('fifo', await findRestated(logOf(events), everything));
      for (const event of events) {
        for (const what of kindsOf(event.data, books.book(event)?.moved ?? null)) {
          counts.set(what, (counts.get(what) ?? 0) + 1);
        }
      }
    }
    const hard = ['short', 'flip', 'commission', 'StockSplit', 'DividendPaid'];
    for (const what of [...hard, 'FillBusted', 'FillCorrected']) {
      ok((counts.get(what) ?? 0) > 5, `${what}: ${counts.get(what)}`);
    }
  });

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

describe('the books of a part of a ledger', () => {
  const events = randomHistory({ seed: 6, accounts: 3, symbols: 3, events: 1_500, rare: true });
  const parts: Readonly<Record<string, ExportRange>> = {
    'from the middle': { from: { sequence: 750 } },
    'up to the middle': { to: { sequence: 750 } },
    'in between': { from: { sequence: 400 }, to: { sequence: 1_100 } },
    'of one account': { accountId: accountOne },
  };
  for (const [what, range] of Object.entries(parts)) {
    it(`are accepted by both: ${what}`, async () => {
      for (const tool of Object.values(tools)) {
        const text = await textOf(writeBooks(logOf(events), range, tool.format));
        ok(text.length > 10_000);
        deepEqual(tool.check(text), { code: 0, out: '', err: '' });
      }
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
  commission: /(expenses:\S+:commission {2}(?!0 USD))(-?[\d.]+)/gi,
  // In all, or per share.
  'the cost of a lot': /(@@ |\{\{?)([\d.]+)/g,
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
