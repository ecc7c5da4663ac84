import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { accountAsOf } from '#audit/as-of/account-history.ts';
import { NoSuchPast, type Point, parsePoint, type View, wholeLog } from '#audit/as-of/view.ts';
import type { AccountId } from '#domain/ids.ts';
import { cash, price, quantity } from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { fromMilliseconds, type Instant, toMilliseconds } from '#domain/time.ts';
import { foldLedger } from '#projections/fold.ts';
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
  rowsOf,
  snapshotOf,
  symbol,
  symbolsOf,
} from './as-of-world.ts';

const on = (n: number): Point => ({ kind: 'instant', at: day(n, 22) });
const place = (sequence: number): Point => ({ kind: 'sequence', sequence });

/** Shares, their cost and the account's cash in a view. */
const standing = async (log: readonly RecordedEvent[], view: Partial<View>) => {
  const tables = await accountAsOf(snapshotOf(log).log, account, { ...wholeLog, ...view });
  const position = tables.positions.get(`${account}/${symbol}`);
  return [position?.quantity, position?.cost, tables.accounts.get(account)?.cash];
};

describe('a fill that was executed on the 3rd and reported on the 6th', () => {
  const late = fill('x-1', 'buy', '10', '100', day(3));
  const log = logOf([1, opened()], [1, deposited('5000')], [6, late, day(3)], [7, mark(7, '110')]);
  const none = [undefined, undefined, cash('5000')];
  const held = [quantity('10'), cash('1000'), cash('3999')];

  it('was true on the 4th, as known today', async () => {
    assert.deepEqual(await standing(log, { asOf: on(4) }), held);
  });
  it('was not true on the 2nd, though the log of today has it', async () => {
    assert.deepEqual(await standing(log, { asOf: on(2) }), none);
  });
  it('was not known on the 4th', async () => {
    assert.deepEqual(await standing(log, { known: on(4) }), none);
    assert.deepEqual(await standing(log, { asOf: on(4), known: on(5) }), none);
    assert.deepEqual(await standing(log, { known: place(2) }), none);
  });
  it('was known on the 6th, also about the 4th', async () => {
    assert.deepEqual(await standing(log, { known: on(6) }), held);
    assert.deepEqual(await standing(log, { asOf: on(4), known: place(3) }), held);
  });
});

describe('a fill of the 3rd that was busted on the 6th', () => {
  const wrong = fill('x-1', 'buy', '10', '100', day(3));
  const log = logOf([1, opened()], [1, deposited('5000')], [3, wrong], [6, busted(wrong, 6)]);

  it('was believed on the 4th', async () => {
    assert.deepEqual(await standing(log, { known: on(4) }), [
      quantity('10'),
      cash('1000'),
      cash('3999'),
    ]);
  });
  it('was never true, as known today', async () => {
    const never = [quantity('0'), cash('0'), cash('5000')];
    assert.deepEqual(await standing(log, { asOf: on(4) }), never);
    assert.deepEqual(await standing(log, { asOf: place(3) }), never);
    assert.deepEqual(await standing(log, {}), never);
  });
});

describe('a fill of the 3rd whose price was corrected on the 6th', () => {
  const first = fill('x-1', 'buy', '10', '100', day(3));
  const right = corrected(first, { price: price('101') }, 6);
  const log = logOf([1, opened()], [1, deposited('5000')], [3, first], [6, right]);

  it('was known by its first price on the 4th', async () => {
    const before = [quantity('10'), cash('1000'), cash('3999')];
    assert.deepEqual(await standing(log, { known: on(4) }), before);
    assert.deepEqual(await standing(log, { asOf: on(4), known: place(3) }), before);
  });
  it('truly had the corrected price on the 4th', async () => {
    const after = [quantity('10'), cash('1010'), cash('3989')];
    assert.deepEqual(await standing(log, { asOf: on(4) }), after);
  });
  it('was not yet made on the 2nd', async () => {
    assert.deepEqual(await standing(log, { asOf: on(2) }), [undefined, undefined, cash('5000')]);
  });
});

describe('a past that there is not', () => {
  const log = logOf([2, opened()], [2, deposited('5000')]);
  it('is refused: before the account, or beyond the log', async () => {
    await assert.rejects(standing(log, { asOf: on(1) }), NoSuchPast);
    await assert.rejects(standing(log, { known: place(3) }), NoSuchPast);
    await assert.rejects(standing(log, { asOf: place(3) }), NoSuchPast);
  });
  it('is read from an instant or a sequence, nothing else', () => {
    assert.deepEqual(parsePoint('120'), place(120));
    assert.equal(parsePoint('2014-01-03T21:00:00Z')?.kind, 'instant');
    for (const text of ['', 'yesterday', '2014-01-03', '-1', '1.5']) {
      assert.equal(parsePoint(text), undefined, text);
    }
  });
});

const anySettings = fc.record({
  seed: fc.nat(),
  accounts: fc.constantFrom(1, 3),
  symbols: fc.constantFrom(1, 3),
});
type Settings = { readonly seed: number; readonly accounts: number; readonly symbols: number };
const historyOf = (settings: Settings) => randomHistory({ ...settings, events: 250, rare: true });

/** The same log with effective times that are off by hours, as clocks and late reports make them. */
const astray = (log: readonly RecordedEvent[], seed: number): readonly RecordedEvent[] => {
  const executed = new Map<string, Instant>();
  return log.map((event) => {
    const shift = ((event.sequence * 7919 + seed) % 240) * 60_000;
    const effectiveAt = fromMilliseconds(toMilliseconds(event.effectiveAt) - shift);
    const { data } = event;
    if (data.type === 'OrderFilled') executed.set(data.executionId, effectiveAt);
    if (!('executedAt' in data)) return { ...event, effectiveAt };
    const executedAt = executed.get(data.executionId) ?? effectiveAt;
    return { ...event, effectiveAt, data: { ...data, executedAt } };
  });
};

describe('an account of a random ledger', () => {
  const accountId = uuid<AccountId>(1);

  it('at the end of the log is what the read tables are, cell by cell', async () => {
    await fc.assert(
      fc.asyncProperty(anySettings, fc.nat(), async (settings, seed) => {
        const history = historyOf(settings);
        const log = seed % 2 === 0 ? history : astray(history, seed);
        const live = foldLedger(log);
        const symbols = symbolsOf(live, accountId);
        const expected = rowsOf(live, accountId, symbols);
        const views: Partial<View>[] = [{}, { asOf: place(log.length) }, { known: on(31) }];
        for (const view of views) {
          const found = await accountAsOf(snapshotOf(log).log, accountId, { ...wholeLog, ...view });
          assert.deepEqual(rowsOf(found, accountId, symbols), expected);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('as known at a sequence is what the read tables were then', async () => {
    await fc.assert(
      fc.asyncProperty(
        anySettings,
        fc.integer({ min: 10, max: 250 }),
        async (settings, sequence) => {
          const log = historyOf(settings);
          const then = foldLedger(log.slice(0, sequence));
          const symbols = symbolsOf(then, accountId);
          const view = { asOf: null, known: place(sequence) };
          const found = await accountAsOf(snapshotOf(log).log, accountId, view);
          assert.deepEqual(rowsOf(found, accountId, symbols), rowsOf(then, accountId, symbols));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('can be folded as of any time, however far clocks are off; nothing that came later is in it', async () => {
    const anyPlace = fc.integer({ min: 10, max: 250 });
    await fc.assert(
      fc.asyncProperty(anySettings, fc.nat(), anyPlace, async (settings, seed, sequence) => {
        const log = astray(historyOf(settings), seed);
        const at = log[sequence - 1]?.effectiveAt ?? day(1);
        const byPlace = await accountAsOf(snapshotOf(log).log, accountId, {
          asOf: place(sequence),
          known: null,
        });
        for (const one of byPlace.orderFills.values()) {
          assert.ok(one.executedAt <= at || one.createdSequence <= sequence);
        }
        const opens = log[0]?.effectiveAt ?? at;
        const asOf: Point = { kind: 'instant', at: [at, opens].toSorted().at(-1) ?? at };
        const found = await accountAsOf(snapshotOf(log).log, accountId, { asOf, known: null });
        for (const one of found.orderFills.values()) assert.ok(one.executedAt <= asOf.at);
      }),
      { numRuns: 40 },
    );
  });
});
