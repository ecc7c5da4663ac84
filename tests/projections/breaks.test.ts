import { equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BrokerStatement } from '#commands/ports/broker-statement.ts';
import { cash, price, quantity } from '#domain/money.ts';
import { instant } from '#domain/time.ts';
import { dump } from '#projections/batch.ts';
import { foldLedger } from '#projections/fold.ts';
import { deposit, openAccount, ticker } from '../support/makers.ts';
import { wholeLog } from '../support/memory-ledger.ts';
import { applyAll, dumpSchema, finishedFeed, readDatabase } from '../support/read-tables.ts';
import { reconcilingWorld } from '../support/reconciling.ts';

/** A log in which breaks come up, come up again, are approved, dismissed and resolved. */
const reconciledLog = async () => {
  const world = reconcilingWorld();
  await world.ledger.told(openAccount(), deposit('1000'));
  const honest = await world.statement();
  const lost = (reference: string): BrokerStatement['lines'][number] => ({
    kind: 'trade',
    row: 9,
    reference,
    description: 'half a "quote"',
    symbol: ticker('ACME'),
    side: 'buy',
    quantity: quantity('1.000000001'),
    price: price('9.123456789'),
    commission: cash('0.000000000000000001'),
    at: instant('2014-01-06T15:00:00.000001Z'),
  });
  const withLost = (...references: readonly string[]): BrokerStatement => ({
    ...honest,
    positions: null,
    lines: [...honest.lines, ...references.map(lost)],
  });
  await world.record(withLost('a', 'b', 'c'));
  const [first, second] = (await world.compare(withLost('a', 'b', 'c'))).breaks;
  if (first === undefined || second === undefined) throw new Error('breaks');
  await world.approve(first.breakId);
  await world.dismiss(second.breakId, 'a test');
  await world.record(withLost('a', 'b', 'c', 'd'));
  await world.record(withLost('a'));
  await world.record(withLost('a', 'c'));
  return wholeLog(world.store);
};

describe('read tables of a log with reconciliations', () => {
  it('are the same whatever the batches and whatever is kept in memory', async () => {
    const log = await reconciledLog();
    const tables = foldLedger(log);
    const statuses = [...tables.breaks.values()].map(({ status }) => status);
    equal(new Set(statuses).size >= 3, true, statuses.join());
    const folded = dump(tables);
    for (const options of [{ batchMax: 1, rowsKept: 0 }, { batchMax: 3 }, { batchMax: 1_000 }]) {
      const database = await readDatabase();
      try {
        await applyAll(database.client, finishedFeed(log), options);
        equal(await dumpSchema(database.client, 'read_v1'), folded);
      } finally {
        await database.close();
      }
    }
  });
});
