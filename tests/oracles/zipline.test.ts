import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseRun, type RunDay, readRun } from '#api/demo/zipline-run.ts';
import type { Symbol as Ticker } from '#domain/ids.ts';
import { formatCash, formatQuantity } from '#domain/money.ts';
import { shippedRuns } from './oracle-files.ts';
import { accountOfReplay, replayRun } from './run-zipline.ts';

const runs = readdirSync(shippedRuns).filter((name) => name.endsWith('.daily.jsonl.gz'));

describe('a zipline run through the public commands', () => {
  for (const name of runs) {
    it(`${name} agrees on every day`, async () => {
      const run = readRun(join(shippedRuns, name));
      const { report } = await replayRun(name, run);
      assert.deepEqual(report.differences, []);
      assert.ok(report.passed >= 5 * run.length, 'each session was looked at');
    });
  }

  it('buyapple ends with 8,580 shares, 9,301,541.07 in cash and 10,228,181.07 in all', async () => {
    const run = readRun(join(shippedRuns, 'buyapple.daily.jsonl.gz'));
    const { world, position } = await replayRun('buyapple', run);
    const points = [...world.tables.portfolioSnapshots.values()];
    assert.equal(formatQuantity(position('AAPL' as Ticker)?.quantity ?? (0n as never)), '8580');
    assert.equal(formatCash(points.at(-1)?.cash ?? (0n as never)), '9301541.07');
    assert.equal(formatCash(points.at(-1)?.equity ?? (0n as never)), '10228181.07');
  });
});

type DayText = {
  readonly cash: readonly [start: number, end: number];
  readonly value: number;
  readonly fills?: readonly (readonly [
    order: string,
    symbol: string,
    qty: number,
    price: number,
  ])[];
  readonly orders?: readonly (readonly [
    order: string,
    symbol: string,
    qty: number,
    fee: number,
    status: string,
  ])[];
  readonly held?: readonly (readonly [symbol: string, qty: number, basis: number, last: number])[];
};

/** A run in zipline's words, a day of January 2014 each. */
const madeRun = (days: readonly DayText[]): readonly RunDay[] =>
  parseRun(
    days
      .map(({ cash, value, fills = [], orders = [], held = [] }, index) => {
        const date = `2014-01-${String(index + 6).padStart(2, '0')}`;
        const close = `${date}T21:00:00Z`;
        return JSON.stringify({
          date,
          period_open: `${date}T14:31:00Z`,
          period_close: close,
          starting_cash: cash[0],
          ending_cash: cash[1],
          portfolio_value: value,
          transactions: fills.map(([order_id, symbol, qty, price]) => ({
            order_id,
            ts: close,
            symbol,
            qty,
            price,
          })),
          orders: orders.map(([id, symbol, qty, commission, status]) => ({
            id,
            symbol,
            qty,
            filled: status === 'FILLED' ? qty : 0,
            commission,
            status,
            created: close,
            limit: null,
            stop: null,
          })),
          positions: held.map(([symbol, qty, cost_basis, last_price]) => ({
            symbol,
            qty,
            cost_basis,
            last_price,
          })),
        });
      })
      .join('\n'),
  );

/** Sells 10 A short at 100 and buys 4 B, flips A to 5 long at 90, splits B two for one, sells all. */
const shortAndFlip = madeRun([
  {
    cash: [1000, 1000],
    value: 1000,
    orders: [
      ['a1', 'A', -10, 0, 'OPEN'],
      ['b1', 'B', 4, 0, 'OPEN'],
    ],
  },
  {
    cash: [1000, 1798],
    value: 998,
    fills: [
      ['a1', 'A', -10, 100],
      ['b1', 'B', 4, 50],
    ],
    orders: [
      ['a1', 'A', -10, 1, 'FILLED'],
      ['b1', 'B', 4, 1, 'FILLED'],
    ],
    held: [
      ['A', -10, 99.9, 100],
      ['B', 4, 50.25, 50],
    ],
  },
  {
    cash: [1798, 447],
    value: 1117,
    fills: [['a2', 'A', 15, 90]],
    orders: [
      ['a2', 'A', 15, 1, 'FILLED'],
      ['b2', 'B', 1, 0, 'CANCELLED'],
    ],
    held: [
      ['A', 5, 90.2, 90],
      ['B', 4, 50.25, 55],
    ],
  },
  // The basis of B, 50.25, halves to 25.125 and is rounded to cents, half to even.
  {
    cash: [447, 447],
    value: 1119,
    held: [
      ['A', 5, 90.2, 90],
      ['B', 8, 25.12, 27.75],
    ],
  },
  {
    cash: [447, 1117],
    value: 1117,
    fills: [
      ['a3', 'A', -5, 90],
      ['b3', 'B', -8, 27.75],
    ],
    orders: [
      ['a3', 'A', -5, 1, 'FILLED'],
      ['b3', 'B', -8, 1, 'FILLED'],
    ],
  },
]);

describe('a run that goes short, flips and splits', () => {
  it('is booked as executions made outside, on margin', async () => {
    const { report, world } = await replayRun('made', shortAndFlip);
    assert.deepEqual(report.differences, []);
    const cycles = [...world.tables.positionHistory.values()].map((row) => [
      row.symbol,
      row.side,
      row.closingReason,
      formatCash(row.realizedPnl),
    ]);
    assert.deepEqual(cycles, [
      ['A', 'short', 'flipped', '100'],
      ['A', 'long', 'closed', '0'],
      ['B', 'long', 'closed', '22'],
    ]);
    assert.equal(world.tables.accounts.get(accountOfReplay)?.policy.kind, 'margin');
  });
});

const shortSplit = (sharesAfter: number): readonly RunDay[] =>
  madeRun([
    {
      cash: [1, 1000],
      value: 0,
      fills: [['a1', 'A', -10, 100]],
      orders: [['a1', 'A', -10, 1, 'FILLED']],
      held: [['A', -10, 99.9, 100]],
    },
    { cash: [1000, 1000], value: 0, held: [['A', sharesAfter, 49.95, 50]] },
  ]);

describe('a run whose short position changes without a trade', () => {
  it('has split', async () => {
    const { report } = await replayRun('made', shortSplit(-20));
    assert.deepEqual(report.differences, []);
  });

  it('is not understood where no split could have done it', async () => {
    await assert.rejects(replayRun('made', shortSplit(20)), /A went from/);
    await assert.rejects(replayRun('made', shortSplit(-10.0001)), /A went from/);
  });
});

/** Buys in two fills of one order, of which the second session pays no more commission; cancels another. */
const partsAndCancel = madeRun([
  {
    cash: [1000, 1000],
    value: 1000,
    orders: [
      ['a1', 'A', 10, 0, 'OPEN'],
      ['a2', 'A', 3, 0, 'OPEN'],
    ],
  },
  {
    cash: [1000, 939],
    value: 999,
    fills: [['a1', 'A', 6, 10]],
    orders: [
      ['a1', 'A', 10, 1, 'OPEN'],
      ['a2', 'A', 3, 0, 'CANCELLED'],
    ],
    held: [['A', 6, 10 + 1 / 6, 10]],
  },
  {
    cash: [939, 891],
    value: 1011,
    fills: [['a1', 'A', 4, 12]],
    orders: [['a1', 'A', 10, 1, 'FILLED']],
    held: [['A', 10, 10.9, 12]],
  },
]);

describe('a run with parts of orders and a canceled one', () => {
  it('fills its own orders and releases what it had kept aside', async () => {
    const { report, world } = await replayRun('made', partsAndCancel);
    assert.deepEqual(report.differences, []);
    const statuses = [...world.tables.orders.values()].map(({ status }) => status);
    assert.deepEqual(statuses, ['filled', 'canceled']);
    assert.equal(world.tables.accounts.get(accountOfReplay)?.reserved, 0n);
  });
});

describe('a run whose file says something else than happened', () => {
  const spoilt = (change: (day: RunDay) => RunDay): readonly RunDay[] =>
    shortAndFlip.map((day, index) => (index === 2 ? change(day) : day));

  for (const [what, change] of [
    ['cash', (day) => ({ ...day, ending_cash: '447.01' })],
    ['value', (day) => ({ ...day, portfolio_value: '1117.01' })],
    [
      'cost basis',
      (day) => ({
        ...day,
        positions: day.positions.map((held) => ({ ...held, cost_basis: '90.2000003' })),
      }),
    ],
    [
      'price',
      (day) => ({
        ...day,
        transactions: day.transactions.map((fill) => ({ ...fill, price: '90.01' })),
      }),
    ],
  ] as const satisfies readonly (readonly [string, (day: RunDay) => RunDay])[]) {
    it(`differs at its ${what}`, async () => {
      const { report } = await replayRun('made', spoilt(change));
      assert.ok(
        report.differences.some((text) => text.startsWith('2014-01-08')),
        report.differences[0],
      );
    });
  }
});
