import { deepEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { accountAsOf } from '#audit/as-of/account-history.ts';
import { orderRow, transactionRow } from '#audit/as-of/rows.ts';
import { NoSuchPast, type Point, type View, wholeLog } from '#audit/as-of/view.ts';
import type { AccountPolicy } from '#domain/account/policy.ts';
import type { AccountId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { fromMilliseconds, type Instant, toMilliseconds } from '#domain/time.ts';
import type { Queries } from '#projections/ports/queries.ts';
import { randomHistory, uuid } from '../support/account-histories.ts';
import { accountOne } from '../support/makers.ts';
import { anyMove, anyPolicy, type Move } from '../support/random-trading.ts';
import { snapshotOf } from './as-of-world.ts';
import { allAnswers, atOnce, pastWorld, subjectsOf } from './past-world.ts';
import { late, traded } from './traded-log.ts';

const accounts = [uuid<AccountId>(1), uuid<AccountId>(2), uuid<AccountId>(3)];
const length = 260;

describe('the past of a random ledger', () => {
  it('as known at a sequence is what the read tables answered then, method by method', async () => {
    const property = async (seed: number, sequence: number, count: number) => {
      const log = randomHistory({ seed, accounts: count, symbols: 3, events: length, rare: true });
      const of = accounts.slice(0, count);
      const subjects = subjectsOf(log, of);
      const world = await pastWorld(log);
      try {
        const { effectiveAt } = log[sequence - 1] as RecordedEvent;
        const head = (log.at(-1) as RecordedEvent).effectiveAt;
        await world.project(sequence);
        const then = await allAnswers(world.queriesAt(effectiveAt), subjects);
        await world.project(length);
        const now = await allAnswers(world.queriesAt(head), subjects);
        const known = { asOf: null, known: { kind: 'sequence', sequence } } as const;
        for (const kept of [[], of]) {
          for (const account of kept) await world.keep(account);
          const past = await world.ask(known, head, (queries) => allAnswers(queries, subjects));
          deepEqual(past, then);
          const end = await world.ask(wholeLog, head, (queries) => allAnswers(queries, subjects));
          deepEqual(end, now);
        }
      } finally {
        await world.close();
      }
    };
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.integer({ min: 8, max: length }),
        fc.constantFrom(1, 3),
        property,
      ),
      { numRuns: 8, endOnFailure: true },
    );
  });
});

/** The same log with clocks that are off by up to four hours: late fills, and steps told out of their order. */
const astray = (log: readonly RecordedEvent[], seed: number): readonly RecordedEvent[] => {
  const executed = new Map<string, Instant>();
  return log.map((event) => {
    const { data, sequence } = event;
    const shift = ((sequence * 7919 + seed) % 240) * 60_000 * (sequence % 3 === 0 ? 1 : 0);
    const effectiveAt = fromMilliseconds(toMilliseconds(event.effectiveAt) - shift);
    if (data.type === 'PriceMarked') {
      return { ...event, effectiveAt, data: { ...data, markedAt: effectiveAt } };
    }
    if (data.type === 'OrderFilled') executed.set(data.executionId, effectiveAt);
    if (!('executedAt' in data)) return { ...event, effectiveAt };
    const executedAt = executed.get(data.executionId) ?? effectiveAt;
    return { ...event, effectiveAt, data: { ...data, executedAt } };
  });
};

/** Views of both times, and of both together. */
const viewsOf = (log: readonly RecordedEvent[], picks: readonly number[]): readonly View[] => {
  const at = (pick: number) => log[pick % log.length] as RecordedEvent;
  return picks.flatMap((pick, index): View[] => {
    const { sequence, effectiveAt, recordedAt } = at(pick);
    const later = Math.min(log.length, sequence + 40);
    const asOf: readonly Point[] = [
      { kind: 'instant', at: effectiveAt },
      { kind: 'sequence', sequence },
    ];
    return [
      { asOf: asOf[index % 2] ?? null, known: null },
      { asOf: asOf[(index + 1) % 2] ?? null, known: { kind: 'sequence', sequence: later } },
      { asOf: null, known: { kind: 'instant', at: recordedAt } },
    ];
  });
};

/** The account's rows in a view, folded from the log alone, as the port gives them. */
const foldedRows = async (log: readonly RecordedEvent[], account: AccountId, view: View) => {
  try {
    const tables = await accountAsOf(snapshotOf(log).log, account, view);
    const positions = tables.positions.group(account);
    return {
      orders: [...tables.orders.values()].map(orderRow),
      fills: [...tables.orderFills.values()],
      lines: [...tables.transactions.values()].map(transactionRow),
      cash: tables.accounts.get(account)?.cash,
      held: new Map(positions.map(({ symbol, quantity, cost }) => [symbol, [quantity, cost]])),
    };
  } catch (error) {
    if (error instanceof NoSuchPast) return null;
    throw error;
  }
};

const everyRow = async (queries: Queries, accountId: AccountId) => {
  const account = await queries.getAccount(accountId);
  if (account === undefined) return null;
  const all = { accountId, limit: 10_000, direction: 'asc' } as const;
  const held = await queries.listPositions(accountId);
  return {
    orders: (await queries.listOrders(all)).rows,
    fills: (await queries.listFills(all)).rows,
    lines: (await queries.listTransactions(all)).rows,
    cash: account.cash,
    held: new Map(held.map(({ symbol, quantity, cost }) => [symbol, [quantity, cost]])),
  };
};

/** Each view by way of segments and without, and folded from the log alone: three ways to one answer. */
const agree = async (
  log: readonly RecordedEvent[],
  of: readonly AccountId[],
  views: readonly View[],
): Promise<void> => {
  const subjects = subjectsOf(log, of);
  const world = await pastWorld(log);
  const recordedLog = log.map((event, index) => ({
    ...event,
    recordedAt: (log[index - (index % atOnce)] as RecordedEvent).recordedAt,
  }));
  try {
    await world.project(log.length);
    const now = (log.at(-1) as RecordedEvent).effectiveAt;
    const ask = (view: View) => world.ask(view, now, (queries) => allAnswers(queries, subjects));
    const without = [];
    for (const view of views) {
      without.push(await ask(view));
      for (const account of of) {
        deepEqual(
          await world.ask(view, now, (queries) => everyRow(queries, account)),
          await foldedRows(recordedLog, account, view),
        );
      }
    }
    for (const account of of) await world.keep(account);
    for (const [index, view] of views.entries()) deepEqual(await ask(view), without[index]);
  } finally {
    await world.close();
  }
};

describe('the past with late reports, busts, corrections, splits and clocks that are off', () => {
  const anyPicks = fc.array(fc.nat(10_000), { minLength: 4, maxLength: 4 });

  it('is the same with segments, without them, and folded from the log alone', async () => {
    const property = async (seed: number, picks: readonly number[]) => {
      const history = randomHistory({ seed, accounts: 2, symbols: 3, events: length, rare: true });
      const log = seed % 3 === 0 ? history : astray(history, seed);
      await agree(log, accounts.slice(0, 2), viewsOf(log, picks));
    };
    await fc.assert(fc.asyncProperty(fc.nat(), anyPicks, property), {
      numRuns: 10,
      endOnFailure: true,
    });
  });

  it('is so for what the real commands write: replaced, adjusted and disputed orders', async () => {
    const anyMoves = fc.array(anyMove, { minLength: 40, maxLength: 150, size: 'max' });
    const property = async (
      policy: AccountPolicy,
      moves: readonly Move[],
      picks: readonly number[],
    ) => {
      const log = late(await traded(policy, moves), picks[0] ?? 0);
      await agree(log, [accountOne], viewsOf(log, picks));
    };
    await fc.assert(fc.asyncProperty(anyPolicy, anyMoves, anyPicks, property), {
      numRuns: 10,
      endOnFailure: true,
    });
  });
});
