import { createMemoryEventStore } from '#database/memory/event-store.ts';
import { eventStoreContract, type OpenStore } from './event-store.ts';
import { randomBatches } from './event-store-random.ts';

const open: OpenStore = async (clock) => {
  const store = createMemoryEventStore({ clock });
  return { store, end: () => store.close() };
};

eventStoreContract('the memory event store', open);
randomBatches('the memory event store', [open], 300);
