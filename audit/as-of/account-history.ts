import type { EventFilter, LogReader } from '#audit/ports/log-reader.ts';
import {
  type AccountId,
  accountStream,
  marketStream,
  type StreamName,
  sessionsStream,
  type Symbol as Ticker,
} from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { project } from '#projections/ledger.ts';
import { createTables, type Tables } from '#projections/tables.ts';
import { hasHappenedBy } from './truth.ts';
import { NoSuchPast, placesOf, type View } from './view.ts';

type Bounds = Pick<EventFilter, 'toSequence'>;

type Source = { next: RecordedEvent | null; readonly advance: () => Promise<void> };

/** One stream, one event at a time. */
const openStream = async (log: LogReader, filter: EventFilter): Promise<Source> => {
  const pages = log.events(filter)[Symbol.asyncIterator]();
  let page: Iterator<RecordedEvent> = [].values();
  const source: Source = {
    next: null,
    advance: async () => {
      for (;;) {
        const event = page.next();
        if (event.done !== true) {
          source.next = event.value;
          return;
        }
        const read = await pages.next();
        if (read.done === true) {
          source.next = null;
          return;
        }
        page = read.value.map(log.decode).values();
      }
    },
  };
  await source.advance();
  return source;
};

const earliest = (sources: Iterable<Source>): Source | undefined => {
  let found: Source | undefined;
  for (const source of sources) {
    if (source.next === null) continue;
    if (found?.next == null || source.next.sequence < found.next.sequence) found = source;
  }
  return found;
};

const tradedIn = ({ data }: RecordedEvent): Ticker | null =>
  data.type === 'OrderFilled' || data.type === 'StockSplit' ? data.symbol : null;

/**
 * All that bears on one account, in the order of the log: its own stream, the sessions, and the market of each symbol
 * it has traded. Marks of a symbol matter to nothing before its first fill, so earlier ones come just before that.
 */
export async function* bearingOn(
  log: LogReader,
  accountId: AccountId,
  bounds: Bounds,
): AsyncGenerator<RecordedEvent, void, void> {
  const open = (stream: StreamName) => openStream(log, { ...bounds, stream });
  const own = await open(accountStream(accountId));
  const sources = new Map<StreamName, Source>([[accountStream(accountId), own]]);
  sources.set(sessionsStream, await open(sessionsStream));
  for (;;) {
    const symbol = own.next === null ? null : tradedIn(own.next);
    if (symbol !== null && !sources.has(marketStream(symbol))) {
      sources.set(marketStream(symbol), await open(marketStream(symbol)));
    }
    const source = earliest(sources.values());
    if (source?.next == null) return;
    yield source.next;
    await source.advance();
  }
}

/** The events of one account and its markets that a view shows, in the order of the log. */
export async function* accountHistory(
  log: LogReader,
  accountId: AccountId,
  view: View,
): AsyncGenerator<RecordedEvent, void, void> {
  const { until, end } = await placesOf(log, view);
  const bounds = view.known === null ? {} : { toSequence: until };
  const hasHappened = end === null ? () => true : hasHappenedBy(end);
  for await (const event of bearingOn(log, accountId, bounds)) {
    if (hasHappened(event)) yield event;
  }
}

export type Watch = (event: RecordedEvent, tables: Tables) => void;

/**
 * The read tables of one account and its symbols in a view, by the code that fills the database's. `watch` sees each
 * event after it was folded. Throws NoSuchPast where the account did not exist in that view.
 */
export const accountAsOf = async (
  log: LogReader,
  accountId: AccountId,
  view: View,
  watch: Watch = () => {},
): Promise<Tables> => {
  const tables = createTables(true);
  for await (const event of accountHistory(log, accountId, view)) {
    project(event, tables);
    watch(event, tables);
  }
  if (tables.accounts.get(accountId) === undefined) {
    throw new NoSuchPast(`There is no account ${accountId} in this view of the ledger.`);
  }
  return tables;
};
