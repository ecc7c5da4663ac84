import { marketStream, type Symbol as Ticker } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { project } from '#projections/ledger.ts';
import { createTables, type Tables } from '#projections/tables.ts';
import { eventAt, NoSuchPast, type View } from '../as-of/view.ts';
import type { EventFilter, LogReader } from '../ports/log-reader.ts';

const boundsOf = async (log: LogReader, { known }: View): Promise<EventFilter> => {
  if (known === null) return {};
  if (known.kind === 'instant') return { recordedTo: known.at };
  const head = await log.head();
  if (known.sequence <= head) return { toSequence: known.sequence };
  throw new NoSuchPast(`There is no event ${known.sequence}: the log ends at ${head}.`);
};

/** Marks are true when they are made; what is as of a sequence holds everything up to it. */
const happenedIn = async (
  log: LogReader,
  { asOf }: View,
): Promise<(event: RecordedEvent) => boolean> => {
  if (asOf === null) return () => true;
  if (asOf.kind === 'instant') return ({ effectiveAt }) => effectiveAt <= asOf.at;
  const end = await eventAt(log, asOf.sequence);
  return ({ sequence, effectiveAt }) => sequence <= end.sequence || effectiveAt <= end.effectiveAt;
};

/** Marks after which those that were folded are forgotten. */
const batch = 10_000;

/** A symbol's row of the market in a view of the log, whoever holds it; `watch` sees each mark. Holds few marks at a time. */
export const marketAsOf = async (
  log: LogReader,
  symbol: Ticker,
  view: View,
  watch: (event: RecordedEvent, tables: Tables) => void,
): Promise<Tables> => {
  const bounds = await boundsOf(log, view);
  const hasHappened = await happenedIn(log, view);
  let tables = createTables(true);
  let count = 0;
  for await (const page of log.events({ ...bounds, stream: marketStream(symbol) })) {
    for (const event of page.map(log.decode).filter(hasHappened)) {
      project(event, tables);
      watch(event, tables);
      count += 1;
      if (count % batch !== 0) continue;
      const latest = tables.marketDataCache.get(symbol);
      tables = createTables(true);
      if (latest !== undefined) tables.marketDataCache.put(latest);
    }
  }
  return tables;
};
