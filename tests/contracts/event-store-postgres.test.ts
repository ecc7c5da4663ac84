import { createMemoryEventStore } from '#database/memory/event-store.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { migratedTestDatabase } from '#tests/support/postgres.ts';
import { eventStoreContract, type OpenStore } from './event-store.ts';
import { randomBatches } from './event-store-random.ts';

const open: OpenStore = async (clock) => {
  const database = await migratedTestDatabase();
  const store = createPostgresEventStore({ connectionString: database.connectionString, clock });
  return {
    store,
    end: async () => {
      await store.close();
      await database.drop();
    },
  };
};

const openMemory: OpenStore = async (clock) => {
  const store = createMemoryEventStore({ clock });
  return { store, end: () => store.close() };
};

eventStoreContract('the Postgres event store', open);
randomBatches('the Postgres and the memory event store', [open, openMemory], 100);
