import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import pg from 'pg';
import type { Checkpoints } from '#commands/ports/checkpoints.ts';
import { createMemoryCheckpoints } from '#database/memory/checkpoints.ts';
import { createPostgresCheckpoints } from '#database/postgres/checkpoints.ts';
import { migratedTestDatabase } from '#tests/support/postgres.ts';

const checkpointsContract = (adapter: string, open: () => Promise<Checkpoints>): void => {
  describe(`checkpoints in ${adapter}`, () => {
    it('begin at 0', async () => {
      assert.equal(await (await open()).load('a'), 0);
    });

    it('move from where they are, each name by itself', async () => {
      const checkpoints = await open();
      assert.equal(await checkpoints.advance('b', 0, 5), true);
      assert.equal(await checkpoints.advance('b', 5, 9), true);
      assert.equal(await checkpoints.load('b'), 9);
      assert.equal(await checkpoints.load('c'), 0);
    });

    it('do not move for somebody who saw them elsewhere', async () => {
      const checkpoints = await open();
      assert.equal(await checkpoints.advance('d', 3, 5), false);
      assert.equal(await checkpoints.load('d'), 0);
      await checkpoints.advance('d', 0, 5);
      assert.equal(await checkpoints.advance('d', 0, 7), false);
      assert.equal(await checkpoints.load('d'), 5);
    });

    it('let one of two racers move', async () => {
      const checkpoints = await open();
      await checkpoints.advance('e', 0, 1);
      const moved = await Promise.all([1, 2, 3].map((to) => checkpoints.advance('e', 1, to + 1)));
      assert.equal(moved.filter(Boolean).length, 1);
    });
  });
};

checkpointsContract('memory', async () => createMemoryCheckpoints());

const database = await migratedTestDatabase();
const pool = new pg.Pool({ connectionString: database.connectionString, max: 3 });
pool.on('error', () => {});
after(async () => {
  await pool.end();
  await database.drop();
});
checkpointsContract('Postgres', async () => {
  await pool.query('TRUNCATE ledger.checkpoints');
  return createPostgresCheckpoints(pool);
});
