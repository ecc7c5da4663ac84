import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import type { EventStore } from '#commands/ports/event-store.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { migratedTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { makeEvents, systemClock } from '#tests/support/recorded-events.ts';
import { append, appended, newStream } from './event-store.ts';

describe('the events in Postgres', () => {
  let database: TestDatabase;
  let store: EventStore;
  let owner: pg.Client;
  before(async () => {
    database = await migratedTestDatabase();
    const { connectionString } = database;
    store = createPostgresEventStore({ connectionString, clock: systemClock });
    appended((await store.append([append(newStream(), 0, makeEvents(2))]))[0]);
    owner = new pg.Client({ connectionString });
    await owner.connect();
  });
  after(async () => {
    await owner.end();
    await store.close();
    await database.drop();
  });

  const changes = [
    "UPDATE ledger.events SET body = '{}'",
    'UPDATE ledger.events SET sequence = sequence + 1 WHERE false',
    'DELETE FROM ledger.events',
    'TRUNCATE ledger.events',
    'TRUNCATE ledger.events CASCADE',
  ];
  for (const change of changes) {
    it(`are kept from the owner's ${change}`, async () => {
      await assert.rejects(owner.query(change), /append-only/);
      assert.equal(await store.head(), 2);
    });
  }

  it('are kept from a session that plays a replica, which ordinary triggers let pass', async () => {
    await owner.query('SET session_replication_role = replica');
    try {
      await assert.rejects(owner.query('DELETE FROM ledger.events'), /append-only/);
    } finally {
      await owner.query('RESET session_replication_role');
    }
  });

  it('are kept from the role of the server even where there is no trigger', async () => {
    await owner.query('BEGIN');
    await owner.query('ALTER TABLE ledger.events DISABLE TRIGGER append_only');
    await owner.query('SET LOCAL ROLE ledger_app');
    for (const change of changes) {
      await owner.query('SAVEPOINT before_change');
      await assert.rejects(owner.query(change), /permission denied/);
      await owner.query('ROLLBACK TO SAVEPOINT before_change');
    }
    await owner.query('ROLLBACK');
  });

  it('can be appended by the role of the server', async () => {
    const url = new URL(database.connectionString);
    url.searchParams.set('options', '-c role=ledger_app');
    const asServer = createPostgresEventStore({ connectionString: url.href, clock: systemClock });
    const stream = newStream();
    appended((await asServer.append([append(stream, 0, makeEvents(2))]))[0]);
    appended((await asServer.append([append(stream, 2, makeEvents(1))]))[0]);
    assert.equal((await asServer.readStreamBackward(stream, { limit: 9 })).length, 3);
    await asServer.close();
  });

  it('can be read by people with the body in columns', async () => {
    const { rows } = await owner.query(
      `SELECT type, actor, data ->> 'clientOrderId' AS client_order_id, body ->> 'stream' = stream AS same
       FROM ledger.event_log WHERE sequence = 1`,
    );
    assert.deepEqual(rows, [
      { type: 'OrderSubmitted', actor: 'operator', client_order_id: 'client-0', same: true },
    ]);
  });

  it('count as many as the last sequence', async () => {
    const { rows } = await owner.query(
      'SELECT count(*) = max(sequence) AS gapless, max(sequence) = (SELECT sequence FROM ledger.log_head) AS counted FROM ledger.events',
    );
    assert.deepEqual(rows, [{ gapless: true, counted: true }]);
  });
});
