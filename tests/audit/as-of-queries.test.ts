import { deepEqual, equal, match } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import pg from 'pg';
import { verifyPastCommand } from '#api/cli/verify-past.ts';
import { accountAsOf } from '#audit/as-of/account-history.ts';
import { createSegmentKeeper } from '#audit/as-of/keep-segments.ts';
import { recheckSegments } from '#audit/as-of/recheck-segments.ts';
import { orderRow, transactionRow } from '#audit/as-of/rows.ts';
import { NoSuchPast, type Point, type View, wholeLog } from '#audit/as-of/view.ts';
import { createSegmentStore } from '#database/postgres/audit/segment-store.ts';
import { foldVersion } from '#database/postgres/read-tables/code-version.ts';
import type { AccountPolicy } from '#domain/account/policy.ts';
import type { AccountId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { fromMilliseconds, type Instant, toMilliseconds } from '#domain/time.ts';
import type { Queries } from '#projections/ports/queries.ts';
import { randomHistory, uuid } from '../support/account-histories.ts';
import { accountOne } from '../support/makers.ts';
import { anyMove, anyPolicy, type Move } from '../support/random-trading.ts';
import * as told from './as-of-world.ts';
import { snapshotOf } from './as-of-world.ts';
import { allAnswers, type PastWorld, pastWorld, smallSegments, subjectsOf } from './past-world.ts';
import { late, traded } from './traded-log.ts';

const accounts = [uuid<AccountId>(1), uuid<AccountId>(2), uuid<AccountId>(3)];
const length = 260;

/** The same log with half an hour from one event to the next, so that sessions end and open. */
const overDays = (log: readonly RecordedEvent[]): readonly RecordedEvent[] => {
  const start = toMilliseconds((log[0] as RecordedEvent).recordedAt);
  const later = (at: string): Instant => {
    const since = toMilliseconds(at as Instant) - start;
    return fromMilliseconds(start + 30 * since);
  };
  const spread = (value: unknown, session: string): unknown => {
    if (typeof value === 'string') {
      if (/^\d{4}-\d\d-\d\dT/.test(value)) return later(value);
      return /^\d{4}-\d\d-\d\d$/.test(value) ? session : value;
    }
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, spread(one, session)]),
    );
  };
  return log.map((event) => {
    const session = later(event.recordedAt).slice(0, 10);
    return spread(event, session) as RecordedEvent;
  });
};

describe('the past of a random ledger', () => {
  it('as known at a sequence is what the read tables answered then, method by method', async () => {
    const property = async (seed: number, sequence: number, count: number) => {
      const log = overDays(
        randomHistory({ seed, accounts: count, symbols: 3, events: length, rare: true }),
      );
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
      { numRuns: 4, endOnFailure: true },
    );
  });
});

/** The same log with clocks that are off by up to forty hours: late fills, and steps told out of their order. */
const astray = (log: readonly RecordedEvent[], seed: number): readonly RecordedEvent[] => {
  const executed = new Map<string, Instant>();
  return log.map((event) => {
    const { data, sequence } = event;
    const shift = ((sequence * 7919 + seed) % 2_400) * 60_000 * (sequence % 3 === 0 ? 1 : 0);
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
  sizes = smallSegments,
): Promise<void> => {
  const subjects = subjectsOf(log, of);
  const world = await pastWorld(log);
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
          await foldedRows(world.recorded, account, view),
        );
      }
    }
    for (const account of of) await world.keep(account, sizes);
    for (const [index, view] of views.entries()) deepEqual(await ask(view), without[index]);
  } finally {
    await world.close();
  }
};

describe('the past with late reports, busts, corrections, splits and clocks that are off', () => {
  const anyPicks = fc.array(fc.nat(10_000), { minLength: 4, maxLength: 4 });

  it('is the same with segments, without them, and folded from the log alone', async () => {
    const property = async (seed: number, picks: readonly number[]) => {
      const history = overDays(
        randomHistory({ seed, accounts: 2, symbols: 3, events: length, rare: true }),
      );
      const log = seed % 3 === 0 ? history : astray(history, seed);
      await agree(log, accounts.slice(0, 2), viewsOf(log, picks));
    };
    await fc.assert(fc.asyncProperty(fc.nat(), anyPicks, property), {
      numRuns: 4,
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
      numRuns: 5,
      endOnFailure: true,
    });
  });
});

describe('a later segment that tells of the time that is asked about', () => {
  const tiny = { events: 2, eventsBehind: 0, logBehind: 100_000 };
  const { account, day, deposited, fill, mark, opened } = told;
  const logOf = (...events: readonly told.Told[]) => told.withRevisions(told.logOf(...events));
  const at = (n: number): View => ({ asOf: { kind: 'instant', at: day(n, 22) }, known: null });

  it('is folded for a mark told late of a symbol that was sold since', async () => {
    const log = logOf(
      [1, opened()],
      [1, deposited('5000')],
      [2, fill('x-1', 'buy', '10', '100', day(2))],
      [10, fill('x-2', 'sell', '10', '100', day(10))],
      [11, deposited('1', day(11))],
      [11, deposited('2', day(11))],
      [12, mark(4, '130'), day(4)],
      [12, deposited('3', day(12))],
    );
    await agree(log, [account], [at(3), at(5), at(11)], tiny);
  });

  it('is folded for the bust of a fill before the sequence that is asked about', async () => {
    const wrong = fill('x-1', 'buy', '10', '100', day(5));
    const log = logOf(
      [1, opened()],
      [1, deposited('5000')],
      [5, wrong, day(5)],
      [5, deposited('1', day(3)), day(3)],
      [6, deposited('2', day(6))],
      [6, deposited('3', day(6))],
      [7, told.busted(wrong, 7)],
    );
    await agree(log, [account], [{ asOf: { kind: 'sequence', sequence: 4 }, known: null }], tiny);
  });
});

describe('kept segments', () => {
  const log = astray(
    randomHistory({ seed: 8, accounts: 2, symbols: 3, events: 300, rare: true }),
    5,
  );
  const [account = uuid<AccountId>(1)] = accounts;
  const now = (log.at(-1) as RecordedEvent).effectiveAt;
  let world: PastWorld;
  before(async () => {
    world = await pastWorld(log);
    await world.project(log.length);
    await world.keep(account);
  });
  after(() => world.close());

  const findings = () =>
    world.withLook(async (look) => {
      const found = [];
      for await (const finding of recheckSegments(look, account)) found.push(finding);
      return found;
    });
  const verifyPast = async (...args: readonly string[]) => {
    const lines: string[] = [];
    const { options, run } = verifyPastCommand(world.withLook);
    const asked = parseArgs({ args: [...args], options, allowPositionals: true });
    const speech = { out: (line: string) => lines.push(line), tell: () => {}, draw: () => {} };
    const signal = new AbortController().signal;
    return { code: await run(asked, { ...speech, isWatched: false }, signal), lines };
  };
  const count = async (): Promise<number> => {
    const { rows } = await world.pool.query('SELECT count(*)::int AS n FROM ledger.as_of_segments');
    return rows[0].n;
  };

  it('are what the log makes of them, folded whole from its first event', async () => {
    equal((await count()) > 4, true);
    deepEqual(await findings(), []);
    const { code, lines } = await verifyPast('--json');
    deepEqual(
      [code, JSON.parse(lines[0] ?? '')],
      [0, { accounts: 1, stretches: await count(), findings: [] }],
    );
    match((await verifyPast('--account', account)).lines[0] ?? '', /^Nothing was found/);
  });

  it('are made on from the last one, and never twice', async () => {
    const before = await count();
    await world.keep(account);
    equal(await count(), before);
  });

  it('are found out where somebody edits a row, a fact or a digest', async () => {
    const edits = [
      `UPDATE ledger.as_of_rows SET body = replace(body, '"cash":"', '"cash":"1') WHERE table_name = 'accounts'
       AND since = (SELECT max(since) FROM ledger.as_of_rows)`,
      `UPDATE ledger.as_of_segments SET latest = latest + interval '1 day' WHERE floor = 0`,
      `DELETE FROM ledger.as_of_rows WHERE table_name = 'orders' AND since = (SELECT min(since) FROM ledger.as_of_rows)`,
    ];
    for (const edit of edits) {
      const client = await world.pool.connect();
      try {
        await client.query(edit);
        equal((await findings()).length > 0, true, edit);
        const { code, lines } = await verifyPast();
        equal(code, 1, edit);
        match(lines.join('\n'), /up to event \d+: .*\nFindings: \d+\. Accounts: 1, kept/);
      } finally {
        client.release();
      }
      await world.pool.query('DELETE FROM ledger.as_of_segments');
      await world.keep(account);
      deepEqual(await findings(), []);
    }
  });

  it('of other projections are not asked, and forgotten when new ones are made', async () => {
    const view: View = { asOf: { kind: 'sequence', sequence: 150 }, known: null };
    const ask = () => world.ask(view, now, (queries) => queries.portfolio(account));
    const right = await ask();
    await world.pool.query(
      `UPDATE ledger.as_of_segments SET version = '0.1.0+00000000', facts = 'nonsense'`,
    );
    deepEqual(await ask(), right);
    await world.keep(account);
    deepEqual(await findings(), []);
    deepEqual(await ask(), right);
    const { rows } = await world.pool.query('SELECT DISTINCT version FROM ledger.as_of_segments');
    deepEqual(rows, [{ version: foldVersion() }]);
  });

  it('of another log are not asked, and forgotten when new ones are made', async () => {
    const view: View = { asOf: null, known: { kind: 'sequence', sequence: 280 } };
    const ask = () => world.ask(view, now, (queries) => queries.portfolio(account));
    const right = await ask();
    await world.pool.query(
      `UPDATE ledger.as_of_segments SET hash = repeat('0', 64), facts = 'nonsense' WHERE revision > 0`,
    );
    deepEqual(await ask(), right);
    await world.keep(account);
    deepEqual(await findings(), []);
    deepEqual(await ask(), right);
  });

  it('that cannot be written leave the answers as they are', async () => {
    const closed = new pg.Pool({ connectionString: 'postgres://nobody@127.0.0.1:1/none' });
    const heard: unknown[] = [];
    const ports = { withPast: world.withLook, store: createSegmentStore({ pool: closed }) };
    const keeper = createSegmentKeeper(ports, (error) => heard.push(error), smallSegments);
    await world.pool.query('DELETE FROM ledger.as_of_segments');
    keeper.keep(account);
    await keeper.idle();
    equal(heard.length, 1);
    equal(await count(), 0);
    await closed.end();
  });
});
