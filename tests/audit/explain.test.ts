import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { View } from '#audit/as-of/view.ts';
import { explain } from '#audit/explain/explain.ts';
import {
  type Figure,
  NoSuchFigure,
  type Subject,
  Unexplained,
} from '#audit/explain/explanation.ts';
import { figureNamed, figures } from '#audit/explain/figures.ts';
import type { LedgerSnapshot } from '#audit/ports/ledger-snapshot.ts';
import type { AccountId, OrderId, Symbol as Ticker } from '#domain/ids.ts';
import { type Cash, cash, perShare, price } from '#domain/money.ts';
import { foldLedger } from '#projections/fold.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import type { Tables } from '#projections/tables.ts';
import { randomHistory, uuid } from '../support/account-histories.ts';
import {
  account,
  busted,
  corrected,
  day,
  deposited,
  fill,
  logOf,
  mark,
  opened,
  snapshotOf,
  symbol,
} from './as-of-world.ts';

const figure = (name: string): Figure => {
  const found = figureNamed(name);
  assert.ok(found, name);
  return found;
};

const subject: Subject = { accountId: account, symbol, orderId: null, at: day(20) };
const first = fill('x-1', 'buy', '10', '100', day(2));
const second = fill('x-2', 'buy', '10', '130', day(3));
const third = fill('x-3', 'sell', '25', '120', day(4));
const log = logOf(
  [1, opened()],
  [1, deposited('9000')],
  [2, first],
  [3, second],
  [4, third],
  [5, mark(5, '90')],
  [6, busted(second, 6)],
  [7, corrected(first, { price: price('101') }, 7)],
);

const told = async (name: string, view: View | null = null) => {
  const { lines, value } = await explain(snapshotOf(log), figure(name), subject, view);
  return { value, amounts: lines.map(({ sequence, amount }) => [sequence, amount]) };
};

describe('a position that was bought, sold through zero, and restated', () => {
  it('is short by the fills that stand, the busted one at nothing', async () => {
    const { value, amounts } = await told('positions.quantity');
    assert.equal(value, -15_000_000_000n);
    assert.deepEqual(amounts, [
      [3, 10_000_000_000n],
      [4, 0n],
      [5, -10_000_000_000n],
      [5, -15_000_000_000n],
    ]);
  });
  it('costs what the part beyond zero brought', async () => {
    const { value, amounts } = await told('positions.total_cost');
    assert.equal(value, cash('-1800'));
    assert.deepEqual(amounts, [[5, cash('-1800')]]);
  });
  it('has realized, ever, the corrected purchase against the sale', async () => {
    assert.equal((await told('positions.realized_pnl_lifetime')).value, cash('190'));
  });
  it('has an average and an unrealized profit at the mark', async () => {
    assert.equal((await told('positions.avg_cost')).value, price('120'));
    const { value, amounts } = await told('positions.unrealized_pnl');
    assert.equal(value, cash('450'));
    assert.deepEqual(amounts[0], [6, cash('-1350')]);
  });
  it('is explained as it was known before the bust', async () => {
    const known = { asOf: null, known: { kind: 'sequence', sequence: 6 } } as const;
    const { value } = await told('positions.realized_pnl_lifetime', known);
    assert.equal(value, cash('100'));
  });
  it('leaves cash lines that undo and redo', async () => {
    const { amounts } = await told('accounts.cash');
    assert.deepEqual(amounts.slice(-4), [
      [8, cash('1000')],
      [8, cash('1')],
      [8, cash('-1010')],
      [8, cash('-1')],
    ]);
  });
});

describe('a read table that somebody has changed', () => {
  it('is not explained away', async () => {
    const honest = snapshotOf(log);
    const forged: LedgerSnapshot = {
      ...honest,
      tables: {
        ...honest.tables,
        rows: async function* (table) {
          for await (const page of honest.tables.rows(table)) {
            yield page.map((row): StoredRow => ({ ...row, cash: '1000000' }));
          }
        },
      },
    };
    await assert.rejects(explain(forged, figure('accounts.cash'), subject), (error) => {
      assert.ok(error instanceof Unexplained);
      assert.match(error.message, /come to 10988, the live read tables say 1000000/);
      return true;
    });
  });
});

describe('a figure that is not there', () => {
  it('is said so', async () => {
    const other = { ...subject, symbol: 'MSFT' as Ticker };
    const refused = explain(snapshotOf(log), figure('positions.quantity'), other);
    await assert.rejects(refused, NoSuchFigure);
    assert.equal(figureNamed('positions.luck'), undefined);
  });
});

/** Figures as the read tables' rows have them, not by the catalogue's own reading. */
const inRows: Readonly<Record<string, (tables: Tables, of: Subject) => bigint | undefined>> = {
  'accounts.cash': (tables, of) => tables.accounts.get(of.accountId)?.cash,
  'accounts.reserved': (tables, of) => tables.accounts.get(of.accountId)?.reserved,
  'positions.quantity': (tables, of) => positionIn(tables, of)?.quantity,
  'positions.total_cost': (tables, of) => positionIn(tables, of)?.cost,
  'positions.realized_pnl': (tables, of) => positionIn(tables, of)?.cycle?.realized,
  'positions.realized_pnl_lifetime': (tables, of) => positionIn(tables, of)?.realizedPnlLifetime,
  'positions.avg_cost': (tables, of) => {
    const row = positionIn(tables, of);
    return row === undefined ? undefined : perShare(row.cost, row.quantity);
  },
};
const positionIn = (tables: Tables, of: Subject) =>
  tables.positions.get(`${of.accountId}/${of.symbol}`);

describe('any figure of a random ledger', () => {
  const accountId = uuid<AccountId>(1);
  const settings = fc.record({
    seed: fc.nat(),
    accounts: fc.constantFrom(1, 2),
    symbols: fc.constantFrom(1, 2),
    events: fc.integer({ min: 20, max: 260 }),
    rare: fc.constant(true),
  });
  const seen = new Set<string>();

  /** What must hold of every explanation; undefined where there is no such figure. */
  const explained = async (...asked: Parameters<typeof explain>): Promise<bigint | undefined> => {
    try {
      const { value, sum, lines, quotient } = await explain(...asked);
      const added = lines.reduce((total, { amount }) => total + amount, 0n);
      assert.equal(sum, added);
      assert.equal(lines.at(-1)?.total ?? 0n, added);
      const whole = quotient === null ? added : perShare(added as Cash, quotient.divisor);
      assert.equal(value, whole);
      seen.add(asked[1].name);
      return value;
    } catch (error) {
      if (!(error instanceof NoSuchFigure)) throw error;
      return undefined;
    }
  };

  it('is the sum of its lines, exactly, now and as of earlier', async () => {
    const names = fc.constantFrom(...figures.map(({ name }) => name));
    const property = fc.asyncProperty(settings, names, fc.nat(), async (made, name, pick) => {
      const events = randomHistory(made);
      const checkpoint = events.length - (pick % 7);
      const live = foldLedger(events.slice(0, checkpoint));
      const orders = [...live.orders.values()].filter((order) => order.accountId === accountId);
      const of: Subject = {
        accountId,
        symbol: `S${pick % made.symbols}` as Ticker,
        orderId: orders[pick % Math.max(1, orders.length)]?.orderId ?? uuid<OrderId>(9),
        at: events[pick % events.length]?.effectiveAt ?? day(1),
      };
      const snapshot = snapshotOf(events, checkpoint);
      const value = await explained(snapshot, figure(name), of);
      const row = inRows[name];
      if (value !== undefined && row !== undefined) assert.equal(value, row(live, of));
      const asOf = { kind: 'sequence', sequence: Math.max(10, pick % events.length) } as const;
      await explained(snapshot, figure(name), of, { asOf, known: null });
    });
    await fc.assert(property, { numRuns: 250 });
    assert.deepEqual([...seen].sort(), figures.map(({ name }) => name).sort());
  });
});
