import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { EventStore } from '#commands/ports/event-store.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createReadTableHost } from '#database/postgres/read-tables/host.ts';
import { createProgress } from '#database/postgres/read-tables/progress.ts';
import { createQueries } from '#database/postgres/read-tables/queries.ts';
import type { AccountId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { foldLedger } from '#projections/fold.ts';
import { runProjector } from '#projections/projector.ts';
import { randomHistory, uuid } from '../support/account-histories.ts';
import { migratedTestDatabase } from '../support/postgres.ts';
import { systemClock } from '../support/recorded-events.ts';

const log = randomHistory({ seed: 21, accounts: 2, symbols: 3, events: 300, rare: true });

const append = async (store: EventStore, event: RecordedEvent): Promise<number> => {
  const { stream, revision } = event;
  const [outcome] = await store.append([
    { stream, expectedRevision: revision - 1, events: [event] },
  ]);
  if (outcome?.kind !== 'appended') throw new Error(`not appended: ${outcome?.kind}`);
  return outcome.events.at(-1)?.sequence ?? 0;
};

describe('read tables behind the event store', () => {
  it('show what was written as soon as its sequence is waited for', async () => {
    const database = await migratedTestDatabase();
    const { connectionString } = database;
    const store = createPostgresEventStore({ connectionString, clock: systemClock });
    const pool = new pg.Pool({ connectionString, max: 2 });
    pool.on('error', () => {}); // Dropping the database cuts sessions that are just ending.
    const progress = createProgress();
    const queries = createQueries({ pool, clock: systemClock, progress });
    const stop = new AbortController();
    const projector = runProjector(
      {
        host: createReadTableHost({ connectionString }),
        feed: store,
        onApplied: progress.reached,
        sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
        log: { warn: () => {} },
      },
      stop.signal,
    );
    const took: number[] = [];
    for (const event of log) {
      const sequence = await append(store, event);
      const written = performance.now();
      equal(await queries.waitFor(sequence, 5_000), 'reached');
      took.push(performance.now() - written);
    }
    took.sort((left, right) => left - right);
    const [p50, p99] = [took[Math.floor(took.length / 2)], took[Math.floor(took.length * 0.99)]];
    console.log(`written → visible: p50 ${p50?.toFixed(1)} ms, p99 ${p99?.toFixed(1)} ms`);
    const account = uuid<AccountId>(1);
    const folded = foldLedger(await store.readAll({ after: 0, limit: 1_000 }));
    const row = await queries.getAccount(account);
    deepEqual(
      [row?.cash, row?.sequence],
      [folded.accounts.get(account)?.cash, folded.accounts.get(account)?.sequence],
    );
    stop.abort();
    await projector;
    await store.close();
    await pool.end();
    await database.drop();
  });
});
