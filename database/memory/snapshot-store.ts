import type { Snapshot, SnapshotStore } from '#commands/ports/snapshot-store.ts';
import type { StreamName } from '#domain/ids.ts';

/** Snapshots that last as long as the process. */
export const createMemorySnapshotStore = (): SnapshotStore => {
  const kept = new Map<StreamName, Snapshot>();
  return {
    load: async (stream) => kept.get(stream),
    save: async (snapshot) => {
      const present = kept.get(snapshot.stream);
      if (present === undefined || present.revision <= snapshot.revision) {
        kept.set(snapshot.stream, snapshot);
      }
    },
  };
};
