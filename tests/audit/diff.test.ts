import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { UsageError } from '#api/cli/command-line.ts';
import type { DiffReport, ExplainedDifference } from '#audit/diff/diff.ts';
import { type AccountId, accountStream } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { allTables } from '#projections/batch.ts';
import { foldLedger } from '#projections/fold.ts';
import type { Stored } from '#projections/ports/columns.ts';
import { randomHistory, uuid } from '../support/account-histories.ts';
import { type ReplayWorld, replayWorld } from './replay-world.ts';

const log = randomHistory({ seed: 61, accounts: 3, symbols: 3, events: 400, rare: true });
const account = uuid<AccountId>(1);

const reportOf = async (world: ReplayWorld, ...words: readonly string[]) => {
  const { code, out, told } = await world.run('diff', [...words, '--json']);
  ok(code < 2, told);
  const report: DiffReport = JSON.parse(out);
  equal(code, report.differences.count === 0 ? 0 : 1);
  return report;
};

/** A cell of a table that is folded from a log. */
const cellIn = (
  events: readonly RecordedEvent[],
  table: string,
  key: Readonly<Record<string, string>>,
  column: string,
): Stored | undefined => {
  const found = allTables(foldLedger(events)).find(({ shape }) => shape.name === table);
  for (const row of found?.values() ?? []) {
    const cells = found?.shape.encode(row);
    const isIt = Object.entries(key).every(([name, value]) => String(cells?.[name]) === value);
    if (isIt) return JSON.stringify(cells?.[column]);
  }
  return undefined;
};

describe('two builds of one log', () => {
  let world: ReplayWorld;
  before(async () => {
    world = await replayWorld(log);
  });
  after(() => world.close());

  it('are the same where they were built from the same events', async () => {
    const { tables, differences, b } = await reportOf(world, 'live', '@head');
    equal(differences.count, 0);
    equal(tables.length, 14);
    ok(tables.every(({ rowsInA, rowsInB }) => rowsInA === rowsInB));
    ok(tables.filter(({ rowsInA }) => rowsInA > 0).length > 9);
    deepEqual([b.name, b.sequence, b.cost], ['@head', 400, 'average']);
    const { code, out } = await world.run('diff', ['live', '@400', '--account', account]);
    equal(code, 0);
    match(out, /They are the same\.$/);
    deepEqual(await world.schemas(), ['read_v1']);
  });

  /** The first event after 250 at which some of a row's cells change. */
  const firstChange = ({ table, key, cells }: ExplainedDifference): number => {
    const columns = cells.map(({ column }) => column);
    const at = (end: number) =>
      columns.map((column) => cellIn(log.slice(0, end), table, key, column)).join();
    const [then, after] = [at(250), [...Array(50).keys()].map((n) => 251 + n)];
    return after.find((sequence) => at(sequence) !== then) ?? -1;
  };

  for (const side of [['--account', account], []]) {
    it(`part at the first event after the earlier point that touched the row ${side[0] ?? ''}`, async () => {
      const report = await reportOf(world, '@250', '@300', '--limit', '5000', ...side);
      const { count, first } = report.differences;
      equal(first.length, count);
      ok(count > (side.length === 0 ? 40 : 5));
      for (const one of first) {
        const { cause } = one;
        const event = log[(cause?.sequence ?? 0) - 1];
        ok(cause !== null && cause.sequence > 250 && cause.sequence <= 300, one.table);
        deepEqual([cause.type, cause.effectiveAt], [event?.data.type, event?.effectiveAt]);
      }
      const accounts = first.filter(({ table }) => table === 'accounts');
      ok(accounts.length > 0);
      for (const one of accounts) {
        deepEqual([one.cause?.how, one.cause?.sequence], ['parts', firstChange(one)]);
      }
    });
  }

  it('differ in nothing that only says where a row is, unless that is asked for', async () => {
    // The account's last event before 400 that changed nothing but places would be found here.
    const [silent, told] = [
      await reportOf(world, 'live', '@head', '--table', 'positions'),
      await reportOf(world, 'live', '@head', '--table', 'positions', '--sequences'),
    ];
    deepEqual([silent.differences.count, told.differences.count], [0, 0]);
    await world.sql('UPDATE read_v1.positions SET sequence = sequence + 1');
    const [quiet, loud] = [
      await reportOf(world, 'live', '@head', '--table', 'positions'),
      await reportOf(world, 'live', '@head', '--table', 'positions', '--sequences'),
    ];
    equal(quiet.differences.count, 0);
    equal(loud.differences.count, loud.tables[0]?.rowsInA);
    await world.sql('UPDATE read_v1.positions SET sequence = sequence - 1');
  });

  it('are compared by what cells mean, and a row changed by hand has no event to blame', async () => {
    await world.sql('UPDATE read_v1.accounts SET cash = cash + 0.000');
    equal((await reportOf(world, 'live', '@head')).differences.count, 0);
    await world.sql('UPDATE read_v1.accounts SET cash = cash + 1 WHERE account_id = $1', [account]);
    const report = await reportOf(world, 'live', '@head');
    const [only, ...rest] = report.differences.first;
    deepEqual([rest.length, only?.table, only?.key], [0, 'accounts', { account_id: account }]);
    equal(only?.cause?.how, 'last');
    deepEqual(
      only?.cells.map(({ column }) => column),
      ['cash'],
    );
    const last = log.findLast(({ stream }) => stream === accountStream(account));
    equal(only?.cause?.sequence, last?.sequence);
    const { out } = await world.run('diff', ['live', '@head']);
    match(out, /accounts \S+1 {2}differs\n {4}cash {2}\S+ {2}-> {2}\S+\n {4}last touched by event/);
    await world.sql('UPDATE read_v1.accounts SET cash = cash - 1 WHERE account_id = $1', [account]);
  });

  it('lack rows on either side', async () => {
    await world.sql('DELETE FROM read_v1.transactions WHERE sequence < 20');
    const there = await reportOf(world, 'live', '@head', '--table', 'transactions');
    const back = await reportOf(world, '@head', 'live', '--table', 'transactions', '--limit', '1');
    const count = there.tables[0]?.onlyInB ?? 0;
    ok(count > 0);
    deepEqual([there.tables[0]?.onlyInA, back.tables[0]?.onlyInA], [0, count]);
    deepEqual([back.differences.count, back.differences.first.length], [count, 1]);
  });

  it('are a replay and a point in time, too', async () => {
    await world.run('replay', ['--into', 'then', '--to', '300']);
    equal((await reportOf(world, 'then', '@300')).differences.count, 0);
    await world.run('replay', ['--into', 'mine', '--to', '300', '--account', account]);
    const report = await reportOf(world, 'mine', 'then');
    deepEqual([report.differences.count, report.a.accountId], [0, account]);
    ok(report.tables.every(({ table }) => !table.includes('mark')));
    const mixed = await world.run('diff', ['mine', 'then', '--account', uuid(2)]);
    deepEqual([mixed.code, mixed.told.split(':')[1]], [2, ' They are of different accounts']);
  });

  it('cannot be compared where one is not there', async () => {
    for (const words of [
      ['live', 'nothing'],
      ['live', '@401'],
      ['@1900-01-01T00:00:00Z', 'live'],
      ['@5', '@6', '--account', uuid(99)],
    ]) {
      const { code, told } = await world.run('diff', words);
      equal(code, 2, words.join(' '));
      match(told, /There is no|Nothing was written down/);
    }
    for (const words of [
      ['live'],
      ['live', '@'],
      ['live', '@0'],
      ['live', '@5:cheapest'],
      ['a', 'b', 'c'],
      ['live', '@5', '--table', 'users'],
      ['live', '@5', '--account', account, '--table', 'price_marks'],
    ]) {
      await rejects(world.run('diff', words), UsageError, words.join(' '));
    }
    deepEqual(await world.schemas(), ['mine', 'read_v1', 'then']);
  });
});

describe('a position of two lots of which half is sold', () => {
  it('parts under average and first in, first out at the sale, and not before', async () => {
    const history = twoLotsAndASale();
    const world = await replayWorld(history);
    try {
      const report = await reportOf(world, '@head', '@head:fifo', '--account', account);
      const byTable = new Map(report.differences.first.map((one) => [one.table, one]));
      deepEqual([...byTable.keys()], ['accounts', 'positions']);
      deepEqual(
        byTable.get('positions')?.cells.find(({ column }) => column === 'cost'),
        { column: 'cost', a: '150', b: '200' },
      );
      deepEqual(byTable.get('accounts')?.cells, [{ column: 'realized_pnl', a: '150', b: '200' }]);
      const sale = history.at(-2);
      for (const { cause } of byTable.values()) {
        deepEqual(
          [cause?.how, cause?.sequence, cause?.type],
          ['parts', sale?.sequence, 'OrderFilled'],
        );
        match(cause?.words ?? '', /side=sell .*price=30/);
      }
      equal((await reportOf(world, '@head', '@head:fifo')).differences.count, 2);
      const at = history.at(-3)?.recordedAt;
      equal((await reportOf(world, `@${history.length - 2}`, '@head:lifo')).b.cost, 'lifo');
      ok(at !== undefined);
    } finally {
      await world.close();
    }
  });
});

/** Buys 10 at 10 and 10 at 20, sells 10 at 30, and is paid some interest. */
const twoLotsAndASale = (): readonly RecordedEvent[] => {
  const whole = randomHistory({ seed: 3, accounts: 1, symbols: 1, events: 400, rare: false });
  const fill = whole.find(({ data }) => data.type === 'OrderFilled');
  const interest = whole.find(({ data }) => data.type === 'InterestPaid');
  const [opened, deposited] = whole;
  if (fill?.data.type !== 'OrderFilled' || !interest || !opened || !deposited) {
    throw new Error('the history has all of them');
  }
  const { data } = fill;
  const shares = 10n * 10n ** 9n;
  const traded = (n: number, side: 'buy' | 'sell', price: bigint) => ({
    ...fill,
    id: uuid(9_000_000 + n),
    data: {
      ...data,
      orderId: null,
      executionId: `x-${n}`,
      side,
      quantity: shares,
      price: price * 10n ** 9n,
    },
  });
  const events = [opened, deposited, traded(1, 'buy', 10n), traded(2, 'buy', 20n)];
  return [...events, traded(3, 'sell', 30n), interest].map((event, index) => ({
    ...event,
    sequence: index + 1,
    revision: index + 1,
  })) as readonly RecordedEvent[];
};
