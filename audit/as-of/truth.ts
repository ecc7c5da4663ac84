import type { ExecutionId, OrderId, Symbol as Ticker } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import type { OrderEvent } from '#domain/order/events.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';

/** The end of `asOf`: what is true by `at`; all up to `sequence` counts as true by then. */
export type TruthEnd = { readonly at: Instant; readonly sequence: number };

/** When an event happened, and which event told of it first: a bust or a correction tells of its fill. */
export type Happening = { readonly at: Instant; readonly origin: number };

/** The latest that was recorded of an order, and when fills of it may begin. */
export type OrderTimes = { readonly latest: Instant; readonly fillsFrom: Instant };
/** Of a symbol: its latest fill, and its last split. */
export type SymbolTimes = { readonly latest: Instant; readonly split: Instant | null };

/** What of the events so far decides when later ones happened. */
export type Facts = {
  opened: Instant | null;
  readonly orders: Map<OrderId, OrderTimes>;
  readonly fills: Map<ExecutionId, Happening>;
  readonly symbols: Map<Ticker, SymbolTimes>;
};

export const noFacts = (): Facts => ({
  opened: null,
  orders: new Map(),
  fills: new Map(),
  symbols: new Map(),
});

const latest = (first: Instant, ...others: readonly (Instant | null | undefined)[]): Instant => {
  let found = first;
  for (const other of others) if (other != null && other > found) found = other;
  return found;
};

const ofFill = (event: RecordedEvent, facts: Facts): Instant => {
  const { data } = event;
  invariant(data.type === 'OrderFilled', 'a fill');
  const order = data.orderId === null ? undefined : facts.orders.get(data.orderId);
  const symbol = facts.symbols.get(data.symbol);
  return latest(data.executedAt, facts.opened, order?.fillsFrom, symbol?.split);
};

const found = (event: RecordedEvent, facts: Facts): Happening => {
  const { data, effectiveAt, sequence } = event;
  const here = (at: Instant): Happening => ({ at, origin: sequence });
  switch (data.type) {
    case 'PriceMarked':
      return here(data.markedAt);
    case 'SessionClosed':
      return here(effectiveAt);
    case 'StatementReconciled':
    case 'BreakFound':
    case 'BreakResolved':
    case 'BreakApproved':
    case 'BreakDismissed':
      return here(effectiveAt);
    case 'OrderFilled':
      return here(ofFill(event, facts));
    case 'FillBusted':
    case 'FillCorrected': {
      const fill = facts.fills.get(data.executionId);
      invariant(fill !== undefined, `execution ${data.executionId} was booked before`);
      return fill;
    }
    case 'FillDisputed':
      return here(latest(data.executedAt, facts.opened));
    case 'ReportDisputed':
      return here(latest(effectiveAt, facts.opened));
    case 'StockSplit':
      return here(latest(effectiveAt, facts.opened, facts.symbols.get(data.symbol)?.latest));
    default: {
      const order = 'orderId' in data ? facts.orders.get(data.orderId) : undefined;
      return here(latest(effectiveAt, facts.opened, order?.latest));
    }
  }
};

const rememberOrder = (data: OrderEvent, at: Instant, facts: Facts): void => {
  const { orderId } = data;
  if (orderId === null) return;
  const before = facts.orders.get(orderId);
  const restarts = before === undefined || data.type === 'OrderAdjusted';
  facts.orders.set(orderId, {
    latest: latest(at, before?.latest),
    fillsFrom: restarts ? at : before.fillsFrom,
  });
  if (data.type === 'OrderReplaced') {
    facts.orders.set(data.replacementId, { latest: at, fillsFrom: at });
  }
};

const remember = ({ data }: RecordedEvent, happening: Happening, facts: Facts): void => {
  const { at } = happening;
  if (data.type === 'AccountOpened') facts.opened = at;
  if (data.type === 'StockSplit') facts.symbols.set(data.symbol, { latest: at, split: at });
  if (data.type === 'OrderFilled') {
    const symbol = facts.symbols.get(data.symbol);
    const split = symbol?.split ?? null;
    facts.fills.set(data.executionId, happening);
    facts.symbols.set(data.symbol, { latest: latest(at, symbol?.latest), split });
  }
  // Disputed reports move nothing, and may name an order that does not exist.
  if ('orderId' in data && data.type !== 'FillDisputed' && data.type !== 'ReportDisputed') {
    rememberOrder(data, at, facts);
  }
};

/**
 * When the next event of an account, its markets or the sessions happened; `facts` are those of the account's events
 * before it, and take this one in. It does not depend on what is asked, so it can be kept.
 *
 * An event has happened at its effective time, with these exceptions, each of which keeps the rest foldable:
 * a bust or a correction tells what was true since the execution it is about; a step of an order follows everything
 * recorded of that order before it, whatever the clocks say, and nothing precedes the account; a split follows the
 * symbol's fills recorded before it and precedes those recorded after it, for these count other shares. A mark is of
 * the time it was made.
 */
export const happeningOf = (event: RecordedEvent, facts: Facts): Happening => {
  const happening = found(event, facts);
  remember(event, happening, facts);
  return happening;
};

/** Whether what happened belongs to a view that ends there. */
export const isBy = (end: TruthEnd, { at, origin }: Happening): boolean =>
  origin <= end.sequence || at <= end.at;

/** Tells of each event of one account (in the order of the log) and of its markets whether it had happened by `end`. */
export const hasHappenedBy = (end: TruthEnd): ((event: RecordedEvent) => boolean) => {
  const facts = noFacts();
  return (event) => isBy(end, happeningOf(event, facts));
};
