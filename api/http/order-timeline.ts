import { type AccountId, accountStream, type OrderId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { OrderRow } from '#projections/ports/queries.ts';
import type { Services } from './services.ts';

type Log = Services['events'];

/** Whether an event speaks of an order, as itself or as another's replacement. */
const concerns = ({ data }: RecordedEvent, orderId: OrderId): boolean => {
  if ('orderId' in data && data.orderId === orderId) return true;
  return 'replacementId' in data && data.replacementId === orderId;
};

/** The revision before the first event of a stream with at least this sequence: found by halving, as a stream is in order. */
const revisionBefore = async (
  log: Log,
  accountId: AccountId,
  sequence: number,
): Promise<number> => {
  const stream = accountStream(accountId);
  const [newest] = await log.readStreamBackward(stream, { limit: 1 });
  let low = 0;
  let high = newest?.revision ?? 0;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [event] = await log.readStreamBackward(stream, { before: middle + 2, limit: 1 });
    if (event === undefined || event.sequence < sequence) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Every event of an order up to what its row reflects, oldest first, a disputed report of the same time included. */
export const orderTimeline = async (
  log: Log,
  order: OrderRow,
): Promise<readonly RecordedEvent[]> => {
  const { accountId, orderId, createdSequence, sequence } = order;
  const after = await revisionBefore(log, accountId, createdSequence);
  const events: RecordedEvent[] = [];
  for await (const page of log.readStream(accountStream(accountId), { after })) {
    for (const event of page) {
      if (event.sequence > sequence) return events;
      if (concerns(event, orderId)) events.push(event);
    }
  }
  return events;
};
