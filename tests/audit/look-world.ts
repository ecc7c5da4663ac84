import pg from 'pg';
import type { LookSnapshot } from '#audit/ports/live-figures.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createReadSchema } from '#database/postgres/read-tables/schema.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { migratedTestDatabase } from '../support/postgres.ts';
import { applyAll } from '../support/read-tables.ts';
import { systemClock } from '../support/recorded-events.ts';

/** A real ledger of some events, with read tables that have caught up. */
export const ledgerOf = async (events: readonly RecordedEvent[]) => {
  const { connectionString, drop } = await migratedTestDatabase();
  const store = createPostgresEventStore({ connectionString, clock: systemClock });
  const client = new pg.Client({ connectionString });
  await client.connect();
  const append = async (more: readonly RecordedEvent[]): Promise<void> => {
    for (const event of more) {
      const { stream, revision } = event;
      const request = { stream, expectedRevision: revision - 1, events: [event] };
      const [outcome] = await store.append([request]);
      if (outcome?.kind !== 'appended') throw new Error(`not appended: ${outcome?.kind}`);
    }
  };
  const schema = { name: 'read_v1', projectionSet: 'ledger', version: 1, live: true };
  await append(events);
  await createReadSchema(client, schema);
  await applyAll(client, store);
  const close = async (): Promise<void> => {
    await client.end();
    await store.close();
    await drop();
  };
  return {
    connectionString,
    store,
    append,
    /** Brings the read tables up to date. */
    project: () => applyAll(client, store),
    /** As a superuser who gets around the guard of the log. */
    tamper: async (text: string, values: readonly unknown[] = []): Promise<void> => {
      await client.query('ALTER TABLE ledger.events DISABLE TRIGGER append_only');
      await client.query(text, [...values]);
      await client.query('ALTER TABLE ledger.events ENABLE ALWAYS TRIGGER append_only');
    },
    look: <T>(act: (snapshot: LookSnapshot) => Promise<T>): Promise<T> =>
      openLedgerSnapshot({ connectionString }, act),
    close,
    [Symbol.asyncDispose]: close,
  };
};

export type TestedLedger = Awaited<ReturnType<typeof ledgerOf>>;
