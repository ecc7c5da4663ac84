import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { View } from '#audit/as-of/view.ts';
import { type ExplainSnapshot, explain } from '#audit/explain/explain.ts';
import { NoSuchFigure, type Subject, Unexplained } from '#audit/explain/explanation.ts';
import { type Figure, figureNamed, figures } from '#audit/explain/figures.ts';
import type { AccountId, Symbol as Ticker } from '#domain/ids.ts';
import { cash, perShare, price } from '#domain/money.ts';
import { foldLedger } from '#projections/fold.ts';
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
  symbol,
} from './as-of-world.ts';
import { anySubject, checkSums, lookOf, spread } from './explain-world.ts';

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
  const { lines, parts, value } = await explain(lookOf(log), figure(name), subject, view);
  return {
    value,
    amounts: lines.map(({ sequence, amount }) => [sequence, amount]),
    parts: parts.map((part) => [part.figure, part.value]),
  };
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
    const { value, parts } = await told('positions.unrealized_pnl');
    assert.equal(value, cash('450'));
    assert.deepEqual(parts, [
      ['positions.market_value', cash('-1350')],
      ['positions.total_cost', cash('-1800')],
    ]);
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

/** The same ledger, its rows with other numbers in them. */
const forged = (over: Readonly<Record<string, string>>): ExplainSnapshot => {
  const honest = lookOf(log);
  return {
    ...honest,
    rows: {
      row: async (view, key) => {
        const row = await honest.rows.row(view, key);
        return { ...row, ...over };
      },
    },
  };
};

describe('a read table that somebody has changed', () => {
  const refused = (
    name: string,
    over: Readonly<Record<string, string>>,
    message: RegExp,
    of: Subject = subject,
  ) =>
    assert.rejects(explain(forged(over), figure(name), of), (error) => {
      assert.ok(error instanceof Unexplained, String(error));
      assert.match(error.message, message);
      return true;
    });

  it('is not explained away', async () => {
    await refused(
      'accounts.cash',
      { cash: '1000000' },
      /come to 10988, the live read tables say 1000000/,
    );
    await refused('accounts.cash', { cash: '10988.000000000000000001' }, /say 10988\.0+1/);
  });
  it('is held to the last digit of a quotient', async () => {
    await explain(forged({ avg_cost: '120.000000000' }), figure('positions.avg_cost'), subject);
    await refused('positions.avg_cost', { avg_cost: '120.000000001' }, /come to 120, /);
  });
  it('is found out where no event made the figure at all', async () => {
    const other = { ...subject, symbol: 'MSFT' as Ticker };
    await refused('positions.quantity', { quantity: '7' }, /No event made .* say 7/, other);
  });
});

describe('a figure that is not there', () => {
  it('is said so', async () => {
    const other = { ...subject, symbol: 'MSFT' as Ticker };
    const refused = explain(lookOf(log), figure('positions.quantity'), other);
    await assert.rejects(refused, NoSuchFigure);
    assert.equal(figureNamed('positions.luck'), undefined);
  });
});

describe('a long explanation', () => {
  it('ends with the lines that were asked for, the earlier ones summed in one', async () => {
    const whole = await explain(lookOf(log), figure('accounts.cash'), subject);
    const short = await explain(lookOf(log), figure('accounts.cash'), subject, null, 3);
    assert.deepEqual(short.lines.slice(1), whole.lines.slice(-3));
    const [earlier] = short.lines;
    assert.equal(earlier?.what, `earlier: ${whole.lines.length - 3} lines`);
    assert.equal(short.value, whole.value);
    assert.equal(whole.lines.length, 13);
  });
});

describe('the best and the worst of a position', () => {
  const held = logOf(
    [1, opened()],
    [1, deposited('9000')],
    [4, fill('x-1', 'buy', '10', '100', day(4))],
    [4, { ...mark(4, '105'), high: price('190'), low: price('10') } as never],
    [5, { ...mark(5, '104'), high: price('130'), low: price('95') } as never],
    [6, mark(6, '110')],
  );
  const of = async (name: string) => {
    const { value, lines } = await explain(lookOf(held), figure(name), subject);
    return { value, first: lines[0] };
  };

  it('name the price that set it, not one from before the first fill of its day', async () => {
    const best = await of('positions.max_favorable_excursion');
    assert.equal(best.value, cash('300'));
    assert.deepEqual(
      [best.first?.sequence, best.first?.what],
      [5, '10 × 130, the high of 2024-03-05'],
    );
    const worst = await of('positions.max_adverse_excursion');
    assert.equal(worst.value, cash('-50'));
    assert.equal(worst.first?.what, '10 × 95, the low of 2024-03-05');
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
    events: fc.integer({ min: 60, max: 260 }),
    rare: fc.constant(true),
  });
  const seen = new Set<string>();

  /** Undefined where there is no such figure. */
  const explained = async (...asked: Parameters<typeof explain>): Promise<bigint | undefined> => {
    try {
      const explanation = await explain(...asked);
      checkSums(explanation);
      seen.add(asked[1].name);
      return explanation.value;
    } catch (error) {
      if (!(error instanceof NoSuchFigure)) throw error;
      return undefined;
    }
  };

  it('is the sum of its lines, exactly, now and as of earlier', async () => {
    const property = fc.asyncProperty(settings, fc.nat(), async (made, pick) => {
      const events = spread(randomHistory(made), 1 + (pick % 20));
      const checkpoint = events.length - (pick % 7);
      const live = foldLedger(events.slice(0, checkpoint));
      const snapshot = lookOf(events, checkpoint);
      const when = events[pick % events.length]?.effectiveAt ?? day(1);
      const asOf = { kind: 'sequence', sequence: Math.max(10, pick % events.length) } as const;
      const views: readonly View[] = [
        { asOf, known: null },
        { asOf: null, known: asOf },
      ];
      for (const [place, one] of figures.entries()) {
        const of = anySubject(live, accountId, one, pick + place, when);
        const most = (pick + place) % 3 === 0 ? 1 + (pick % 5) : undefined;
        const value = await explained(snapshot, one, of, null, most);
        const row = inRows[one.name];
        if (value !== undefined && row !== undefined) assert.equal(value, row(live, of));
        await explained(snapshot, one, of, views[(pick + place) % 2], most);
      }
    });
    await fc.assert(property, { numRuns: 20, endOnFailure: true });
    // Limit orders by quantity are all that these histories have.
    const never = ['high_water_mark', 'trailed_stop_price', 'notional', 'stop_price'];
    const unseen = figures.map(({ name }) => name).filter((name) => !seen.has(name));
    assert.deepEqual(
      unseen.filter(
        (name) => !never.some((part) => name.includes(part)) && !name.includes('trail_'),
      ),
      [],
    );
  });
});
