import type { RecordedEvent } from '#domain/recorded-event.ts';
import { project } from './ledger.ts';
import { createTables, type Tables } from './tables.ts';

/** The read tables as of the last of `events`, in memory: the same code that fills the database's. */
export const foldLedger = (
  events: Iterable<RecordedEvent>,
  tables: Tables = createTables(true),
): Tables => {
  for (const event of events) project(event, tables);
  return tables;
};
