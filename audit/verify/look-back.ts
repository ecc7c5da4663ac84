import type { AccountEvent } from '#domain/account/events.ts';
import { type AccountId, marketStream, type Symbol as Ticker } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { EventFilter, LogReader } from '../ports/log-reader.ts';
import { restated, splitEntryOf } from './naive-books.ts';
import { executionAfter, type NaiveExecution, tradeOf } from './naive-executions.ts';
import {
  type NaiveOrder,
  refusedOrder,
  replacementOrder,
  stepNaively,
  submittedOrder,
  tradeOrder,
} from './naive-orders.ts';
import type { Entry, Mark } from './naive-positions.ts';

/**
 * Folds one thing again from its stream, for an event that touches what was compared and let go: a row that said its
 * last event too early, or one that an earlier run had settled. Each reads the stream from its beginning.
 */

async function* eventsOf(
  log: LogReader,
  filter: EventFilter,
): AsyncGenerator<RecordedEvent, void, void> {
  for await (const page of log.events(filter)) {
    for (const stored of page) {
      const event = readable(log, stored);
      if (event !== null) yield event;
    }
  }
}

// What cannot be read was told when the log went by.
const readable = (log: LogReader, stored: Parameters<LogReader['decode']>[0]) => {
  try {
    return log.decode(stored);
  } catch {
    return null;
  }
};

const orderAfter = (
  order: NaiveOrder | undefined,
  accountId: AccountId,
  sequence: number,
  event: AccountEvent,
): NaiveOrder | undefined => {
  if (event.type === 'OrderSubmitted') return submittedOrder(accountId, event, sequence);
  if (event.type === 'OrderRefused') return refusedOrder(accountId, event, sequence);
  if (order === undefined) return undefined;
  switch (event.type) {
    case 'OrderFilled':
    case 'FillBusted':
    case 'FillCorrected':
      tradeOrder(order, event, sequence);
      return order;
    case 'FillDisputed':
    case 'ReportDisputed':
      return order;
    default:
      if ('orderId' in event) stepNaively(order, event, sequence);
      return order;
  }
};

/** The order as it was before an event; undefined where nobody submitted it. */
export const orderBefore = async (
  log: LogReader,
  accountId: AccountId,
  orderId: string,
  before: number,
): Promise<NaiveOrder | undefined> => {
  let order: NaiveOrder | undefined;
  for await (const { sequence, data } of eventsOf(log, { accountId, toSequence: before - 1 })) {
    if (data.type === 'PriceMarked' || data.type === 'SessionClosed') continue;
    if (data.type === 'OrderReplaced' && data.replacementId === orderId) {
      const old = await orderBefore(log, accountId, data.orderId, sequence);
      if (old !== undefined) order = replacementOrder(old, data, sequence);
    }
    if (!('orderId' in data) || data.orderId !== orderId) continue;
    order = orderAfter(order, accountId, sequence, data);
  }
  return order;
};

type Journal = {
  /** What the holding was made of; splits from before its first trade count too. */
  readonly entries: Entry[];
  readonly executions: ReadonlyMap<string, NaiveExecution>;
};

/** Notes one event of the account in the symbol. */
const addToJournal = (
  journal: { entries: Entry[]; readonly executions: Map<string, NaiveExecution> },
  accountId: AccountId,
  recorded: RecordedEvent,
): void => {
  const { data, id, sequence } = recorded;
  const { executions } = journal;
  switch (data.type) {
    case 'StockSplit':
      journal.entries.push(splitEntryOf(id, sequence, data));
      return;
    case 'OrderFilled':
    case 'FillDisputed':
    case 'FillBusted':
    case 'FillCorrected': {
      const known = executions.get(data.executionId);
      const execution = executionAfter(accountId, recorded, data, known);
      executions.set(data.executionId, execution);
      if (data.type === 'FillDisputed') return;
      if (data.type === 'OrderFilled') journal.entries.push(tradeOf(execution));
      else {
        const entry = data.type === 'FillBusted' ? null : tradeOf(execution);
        journal.entries = restated(journal.entries, data.executionId, entry);
      }
      return;
    }
    default:
  }
};

/** What an account did in a symbol before an event. */
export const journalBefore = async (
  log: LogReader,
  accountId: AccountId,
  symbol: string,
  before: number,
): Promise<Journal> => {
  const journal = { entries: [] as Entry[], executions: new Map<string, NaiveExecution>() };
  for await (const recorded of eventsOf(log, { accountId, toSequence: before - 1 })) {
    const { data } = recorded;
    if ('symbol' in data && data.symbol === symbol) addToJournal(journal, accountId, recorded);
  }
  return journal;
};

/** The marks of a symbol before an event. */
export const marksBefore = async (
  log: LogReader,
  symbol: string,
  before: number,
): Promise<readonly Mark[]> => {
  const marks: Mark[] = [];
  const stream = marketStream(symbol as Ticker);
  for await (const { sequence, data } of eventsOf(log, { stream, toSequence: before - 1 })) {
    if (data.type !== 'PriceMarked') continue;
    const { session, high, low, close } = data;
    marks.push({ sequence, session, high, low, close });
  }
  return marks;
};
