import { createHash } from 'node:crypto';
import type { Ledger } from '#commands/ledger.ts';
import { createMarketLedger, type MarketLedger } from '#commands/market/market-ledger.ts';
import { createLedger } from '#commands/pipeline.ts';
import type { Digest } from '#commands/ports/digest.ts';
import type { EventStore } from '#commands/ports/event-store.ts';
import type { Ids } from '#commands/ports/ids.ts';
import type { Quotes } from '#commands/ports/quotes.ts';
import { createMemoryEventStore } from '#database/memory/event-store.ts';
import { createMemorySnapshotStore } from '#database/memory/snapshot-store.ts';
import type { Actor } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { instant } from '#domain/time.ts';
import { project } from '#projections/ledger.ts';
import { createTables, type Tables } from '#projections/tables.ts';

/** The whole ledger in memory: commands in, events stored, read tables out. */
export type World = {
  readonly ledger: Ledger;
  readonly market: MarketLedger;
  readonly store: EventStore;
  readonly tables: Tables;
  /** Projects what was recorded since the last call and returns it. `seen` is called after each event. */
  readonly catchUp: (seen?: (event: RecordedEvent) => void) => Promise<readonly RecordedEvent[]>;
};

const sha256: Digest = (text) => createHash('sha256').update(text).digest('hex');

/** Uuids that count up, so that a failure repeats. */
const countingIds = (): Ids => {
  let last = 0;
  return {
    next: () => {
      last += 1;
      return `00000000-0000-7000-8000-${last.toString(16).padStart(12, '0')}`;
    },
  };
};

const page = 1_000;

export const createWorld = (quotes: Quotes): World => {
  const store = createMemoryEventStore({ clock: { now: () => instant('2026-01-02T15:00:00Z') } });
  const ids = countingIds();
  const snapshots = createMemorySnapshotStore();
  const tables = createTables(true);
  let projected = 0;
  return {
    store,
    tables,
    ledger: createLedger({ store, snapshots, quotes, ids, digest: sha256 }),
    market: createMarketLedger(store, ids, sha256, 'oracle' as Actor),
    catchUp: async (seen) => {
      const fresh: RecordedEvent[] = [];
      for (;;) {
        const events = await store.readAll({ after: projected, limit: page });
        for (const event of events) {
          project(event, tables);
          seen?.(event);
          projected = event.sequence;
        }
        fresh.push(...events);
        if (events.length < page) return fresh;
      }
    },
  };
};
