import { deepEqual, ok } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { RowFilter, SharedId } from '#audit/ports/table-reader.ts';
import { type VerifyWorld, verifyWorld } from './verify-world.ts';

const accountId = '00000000-0000-4000-8000-000000000001';

describe('a long log in which an event has the id of an earlier one', () => {
  let world: VerifyWorld;
  before(async () => {
    world = await verifyWorld();
    await world.sql('ALTER TABLE ledger.events DROP CONSTRAINT events_id');
    // As scarce as memory is for a log a hundred times as long.
    await world.sql(`DO $$ BEGIN
      EXECUTE format('ALTER DATABASE %I SET work_mem = %L', current_database(), '64kB'); END $$`);
    await world.sql(`
      INSERT INTO ledger.events (sequence, stream, revision, id, type, recorded_at, effective_at, hash, body)
      SELECT n, CASE WHEN n = 29000 THEN 'account-${accountId}' ELSE 'market-ACME' END, n,
        lpad(to_hex(CASE WHEN n = 29000 THEN 7 ELSE n END), 32, '0')::uuid, 'PriceMarked', now(), now(), '', ''
      FROM generate_series(1, 30000) AS n`);
    await world.sql('ANALYZE ledger.events');
  });
  after(() => world.close());

  const found = async (filter: RowFilter): Promise<readonly number[]> => {
    const shared: readonly SharedId[] = await world.look(({ tables }) =>
      tables.sharedIds(filter, 10),
    );
    return shared.flatMap(({ sequence, first }) => [sequence, first]);
  };

  it('names both in the whole of it, after an event before the later one, and in its account', async () => {
    deepEqual(await found({}), [29_000, 7]);
    deepEqual(await found({ after: 20_000 }), [29_000, 7]);
    deepEqual(await found({ after: 29_500 }), []);
    deepEqual(await found({ accountId }), [29_000, 7]);
    deepEqual(await found({ after: 29_000, accountId }), []);
  });

  it('takes time as the log is long, and not as its square', async () => {
    const begun = performance.now();
    await found({ after: 1 });
    const seconds = (performance.now() - begun) / 1_000;
    ok(seconds < 5, `${seconds} s`);
  });
});
