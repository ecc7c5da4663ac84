import { type AccountId, accountStream, type OrderId, type StreamName } from '#domain/ids.ts';
import type { Cash, Quantity } from '#domain/money.ts';
import type { OrderEvent } from '#domain/order/events.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { projectOrder } from '#projections/orders/project.ts';
import type { OrderRow } from '#projections/ports/queries.ts';
import { createTables } from '#projections/tables.ts';
import type { LookSnapshot } from '../ports/live-figures.ts';
import type { EventFilter, StoredEvent } from '../ports/log-reader.ts';

/** What an order was after one of its events. */
export type OrderMoment = {
  readonly status: OrderRow['status'];
  readonly filledQuantity: Quantity;
  readonly reservedCash: Cash;
  readonly reservedQuantity: Quantity;
};

export type OrderStep = {
  readonly stored: StoredEvent;
  readonly event: RecordedEvent<OrderEvent>;
  /** Undefined before the order lived: somebody asked for it as a replacement. */
  readonly after: OrderMoment | undefined;
};

export type OrderTimeline = {
  readonly accountId: AccountId;
  readonly steps: readonly OrderStep[];
  /** As the read tables have it; undefined where they have not got so far. */
  readonly row: OrderRow | undefined;
  /** Columns in which the row and the events differ; none where the row is behind them. */
  readonly differences: readonly string[];
};

const orderEventOf = (event: RecordedEvent): RecordedEvent<OrderEvent> | undefined => {
  const { data } = event;
  return 'orderId' in data ? { ...event, data } : undefined;
};

const concerns = ({ data }: RecordedEvent<OrderEvent>, ids: ReadonlySet<OrderId>): boolean =>
  (data.orderId !== null && ids.has(data.orderId)) ||
  ('replacementId' in data && ids.has(data.replacementId));

const accountOf = (stream: StreamName): AccountId => stream.slice('account-'.length) as AccountId;

/** Where an order's events are, and which orders it took the place of; undefined `ids` are all of the account. */
type Origin = {
  readonly accountId: AccountId;
  readonly fromSequence: number;
  readonly ids: ReadonlySet<OrderId> | undefined;
};

const originInTables = async ({ live }: LookSnapshot, row: OrderRow): Promise<Origin> => {
  const ids = new Set([row.orderId]);
  let first = row;
  while (first.replaces !== null && !ids.has(first.replaces)) {
    ids.add(first.replaces);
    const earlier = await live.order(first.replaces);
    if (earlier === undefined) return { accountId: row.accountId, fromSequence: 1, ids: undefined };
    first = earlier;
  }
  return { accountId: row.accountId, fromSequence: first.createdSequence, ids };
};

async function* eventsWith(
  { log }: LookSnapshot,
  filter: EventFilter,
  ids: ReadonlySet<OrderId> | undefined,
): AsyncGenerator<readonly [StoredEvent, RecordedEvent<OrderEvent>], void, void> {
  for await (const page of log.events(filter)) {
    for (const stored of page) {
      // The text is searched before it is parsed, which is what would take the time.
      if (ids !== undefined && ![...ids].some((id) => stored.body.includes(id))) continue;
      const event = orderEventOf(log.decode(stored));
      if (event !== undefined && (ids === undefined || concerns(event, ids))) yield [stored, event];
    }
  }
}

/** For an order that the read tables do not know yet: it can only be in what they have not read. */
const originInLog = async (snapshot: LookSnapshot, id: OrderId): Promise<Origin | undefined> => {
  const { checkpoint } = await snapshot.tables.live();
  const unread = eventsWith(snapshot, { fromSequence: checkpoint + 1 }, new Set([id]));
  for await (const [{ stream }] of unread) {
    return { accountId: accountOf(stream), fromSequence: 1, ids: undefined };
  }
  return undefined;
};

const compared = ['status', 'filledQuantity', 'reservedCash', 'reservedQuantity'] as const;

const differencesOf = (
  row: OrderRow | undefined,
  last: OrderStep | undefined,
): readonly string[] => {
  if (row === undefined || last?.after === undefined) return [];
  // A disputed report is an event of the order that its row does not show.
  if (row.sequence > last.stored.sequence) return ['sequence'];
  const { after } = last;
  return compared.filter((name) => row[name] !== after[name]);
};

const originOf = async (
  snapshot: LookSnapshot,
  id: OrderId,
  row: OrderRow | undefined,
): Promise<Origin | undefined> =>
  row === undefined ? originInLog(snapshot, id) : originInTables(snapshot, row);

/** The account that an order is of; undefined where the log has no such order. */
export const findOrder = async (
  snapshot: LookSnapshot,
  id: OrderId,
): Promise<AccountId | undefined> => {
  const row = await snapshot.live.order(id);
  return row?.accountId ?? (await originInLog(snapshot, id))?.accountId;
};

/**
 * An order's events in the order of the log, and what each made of it, folded by the code that fills the read tables.
 * Undefined where the log has no such order.
 */
export const orderTimeline = async (
  snapshot: LookSnapshot,
  id: OrderId,
): Promise<OrderTimeline | undefined> => {
  const row = await snapshot.live.order(id);
  const origin = await originOf(snapshot, id, row);
  if (origin === undefined) return undefined;
  const { accountId, fromSequence, ids } = origin;
  const { checkpoint } = await snapshot.tables.live();
  const tables = createTables(true);
  const self = new Set([id]);
  const steps: OrderStep[] = [];
  const filter = { stream: accountStream(accountId), fromSequence };
  for await (const [stored, event] of eventsWith(snapshot, filter, ids)) {
    projectOrder(event, tables);
    if (concerns(event, self)) steps.push({ stored, event, after: tables.orders.get(id) });
  }
  const read = steps.filter(({ stored }) => stored.sequence <= checkpoint).at(-1);
  return { accountId, steps, row, differences: differencesOf(row, read) };
};
