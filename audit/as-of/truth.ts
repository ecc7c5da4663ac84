import type { ExecutionId, OrderId, Symbol as Ticker } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import type { OrderEvent } from '#domain/order/events.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';

/** The end of `asOf`: what is true by `at`; all up to `sequence` counts as true by then. */
export type TruthEnd = { readonly at: Instant; readonly sequence: number };

type Known = {
  opened: Instant | null;
  /** The latest that was recorded of an order, and when fills of it may begin. */
  readonly orders: Map<OrderId, { latest: Instant; fillsFrom: Instant }>;
  readonly fills: Map<ExecutionId, Instant>;
  /** Of a symbol: its latest fill, and its last split. */
  readonly symbols: Map<Ticker, { latest: Instant; split: Instant | null }>;
};

const latest = (first: Instant, ...others: readonly (Instant | null | undefined)[]): Instant => {
  let found = first;
  for (const other of others) if (other != null && other > found) found = other;
  return found;
};

const ofFill = (event: RecordedEvent, known: Known): Instant => {
  const { data } = event;
  invariant(data.type === 'OrderFilled', 'a fill');
  const order = data.orderId === null ? undefined : known.orders.get(data.orderId);
  const symbol = known.symbols.get(data.symbol);
  return latest(data.executedAt, known.opened, order?.fillsFrom, symbol?.split);
};

const happenedAt = (event: RecordedEvent, known: Known): Instant => {
  const { data, effectiveAt } = event;
  switch (data.type) {
    case 'PriceMarked':
    case 'SessionClosed':
    case 'StatementReconciled':
    case 'BreakFound':
    case 'BreakResolved':
    case 'BreakApproved':
    case 'BreakDismissed':
      return effectiveAt;
    case 'OrderFilled':
      return ofFill(event, known);
    case 'FillBusted':
    case 'FillCorrected': {
      const fill = known.fills.get(data.executionId);
      invariant(fill !== undefined, `execution ${data.executionId} was booked before`);
      return fill;
    }
    case 'FillDisputed':
      return latest(data.executedAt, known.opened);
    case 'ReportDisputed':
      return latest(effectiveAt, known.opened);
    case 'StockSplit':
      return latest(effectiveAt, known.opened, known.symbols.get(data.symbol)?.latest);
    default: {
      const order = 'orderId' in data ? known.orders.get(data.orderId) : undefined;
      return latest(effectiveAt, known.opened, order?.latest);
    }
  }
};

const rememberOrder = (data: OrderEvent, at: Instant, known: Known): void => {
  const { orderId } = data;
  if (orderId === null) return;
  const before = known.orders.get(orderId);
  const restarts = before === undefined || data.type === 'OrderAdjusted';
  known.orders.set(orderId, {
    latest: latest(at, before?.latest),
    fillsFrom: restarts ? at : before.fillsFrom,
  });
  if (data.type === 'OrderReplaced') {
    known.orders.set(data.replacementId, { latest: at, fillsFrom: at });
  }
};

const remember = ({ data }: RecordedEvent, at: Instant, known: Known): void => {
  if (data.type === 'AccountOpened') known.opened = at;
  if (data.type === 'StockSplit') known.symbols.set(data.symbol, { latest: at, split: at });
  if (data.type === 'OrderFilled') {
    const symbol = known.symbols.get(data.symbol);
    const split = symbol?.split ?? null;
    known.fills.set(data.executionId, at);
    known.symbols.set(data.symbol, { latest: latest(at, symbol?.latest), split });
  }
  // Disputed reports move nothing, and may name an order that does not exist.
  if ('orderId' in data && data.type !== 'FillDisputed' && data.type !== 'ReportDisputed') {
    rememberOrder(data, at, known);
  }
};

/**
 * Tells of each event of one account (in the order of the log) and of its markets whether it had happened by `end`.
 *
 * An event has happened at its effective time, with these exceptions, each of which keeps the rest foldable:
 * a bust or a correction tells what was true since the execution it is about; a step of an order follows everything
 * recorded of that order before it, whatever the clocks say, and nothing precedes the account; a split follows the
 * symbol's fills recorded before it and precedes those recorded after it, for these count other shares.
 */
export const hasHappenedBy = (end: TruthEnd): ((event: RecordedEvent) => boolean) => {
  const known: Known = { opened: null, orders: new Map(), fills: new Map(), symbols: new Map() };
  return (event) => {
    const found = happenedAt(event, known);
    const at = event.sequence <= end.sequence && found > end.at ? end.at : found;
    remember(event, at, known);
    return at <= end.at;
  };
};
