import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import pg from 'pg';
import type { Snapshot, SnapshotStore } from '#commands/ports/snapshot-store.ts';
import { createMemorySnapshotStore } from '#database/memory/snapshot-store.ts';
import { createPostgresSnapshotStore } from '#database/postgres/snapshot-store.ts';
import { migratedTestDatabase } from '#tests/support/postgres.ts';
import { newStream } from './event-store.ts';

const snapshot = (over: Partial<Snapshot> = {}): Snapshot => ({
  stream: newStream(),
  revision: 7,
  version: 1,
  state: '{"cash":"1.5","note":"ü \\"x\\""}',
  ...over,
});

const snapshotStoreContract = (
  name: string,
  withStore: (work: (store: SnapshotStore) => Promise<void>) => Promise<void>,
): void => {
  describe(name, () => {
    it('has none of a stream it was given none of', () =>
      withStore(async (store) => {
        assert.equal(await store.load(newStream()), undefined);
      }));

    it('gives back what it was given, to the letter', () =>
      withStore(async (store) => {
        const kept = snapshot();
        await store.save(kept);
        await store.save(snapshot());
        assert.deepEqual(await store.load(kept.stream), kept);
      }));

    it('keeps the newest revision, whatever comes last', () =>
      withStore(async (store) => {
        const { stream } = snapshot();
        await store.save(snapshot({ stream, revision: 7 }));
        const newest = snapshot({ stream, revision: 9, version: 2 });
        await store.save(newest);
        await store.save(snapshot({ stream, revision: 8 }));
        assert.deepEqual(await store.load(stream), newest);
      }));

    it('replaces a snapshot of the same revision, so that a new version of the state can take its place', () =>
      withStore(async (store) => {
        const { stream } = snapshot();
        await store.save(snapshot({ stream, version: 1 }));
        await store.save(snapshot({ stream, version: 2, state: '{}' }));
        assert.equal((await store.load(stream))?.version, 2);
      }));
  });
};

snapshotStoreContract('the memory snapshot store', (work) => work(createMemorySnapshotStore()));

snapshotStoreContract('the Postgres snapshot store', async (work) => {
  const database = await migratedTestDatabase();
  const pool = new pg.Pool({ connectionString: database.connectionString, max: 2 });
  try {
    await work(createPostgresSnapshotStore({ pool }));
  } finally {
    // `end` resolves before the sessions are gone, and a drop would cut them: the database goes with the process.
    await pool.end();
  }
});
