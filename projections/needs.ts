import type { AccountId, BreakId, OrderId, Symbol as Ticker } from '#domain/ids.ts';
import type { ReconciliationEvent } from '#domain/reconciliation/events.ts';
import { isReconciliationEvent, type RecordedEvent } from '#domain/recorded-event.ts';
import { breakKey } from './breaks/table.ts';
import { accountOf, holdingKey } from './keys.ts';
import type { BreakRef, HoldingRef } from './ports/read-tables.ts';

/** The rows that a batch of events will ask for, before looking at what is in memory. */
export type Needs = {
  readonly accounts: Set<AccountId>;
  readonly orders: Set<OrderId>;
  readonly holdings: Map<string, HoldingRef>;
  /** Holdings whose open lots may be reduced. */
  readonly lots: Map<string, HoldingRef>;
  readonly symbols: Set<Ticker>;
  readonly breaks: Map<string, BreakRef>;
  /** Holdings that will be folded again from their first fill. */
  readonly restated: Map<string, HoldingRef>;
  /** Every open account and position: a session closed. */
  readonly everything: boolean;
};

const addHolding = (needs: Needs, accountId: AccountId, symbol: Ticker): void => {
  const ref = { accountId, symbol };
  const key = holdingKey(accountId, symbol);
  needs.holdings.set(key, ref);
  needs.lots.set(key, ref);
  needs.symbols.add(symbol);
};

const addAccountEvent = (needs: Needs, begun: Set<OrderId>, event: RecordedEvent): void => {
  const { data } = event;
  const accountId = accountOf(event.stream);
  needs.accounts.add(accountId);
  if (data.type === 'OrderSubmitted' || data.type === 'OrderRefused') {
    begun.add(data.orderId);
  } else if ('orderId' in data && data.orderId !== null && !begun.has(data.orderId)) {
    needs.orders.add(data.orderId);
  }
  switch (data.type) {
    case 'FillBusted':
    case 'FillCorrected':
      addHolding(needs, accountId, data.symbol);
      needs.restated.set(holdingKey(accountId, data.symbol), { accountId, symbol: data.symbol });
      return;
    case 'OrderFilled':
    case 'StockSplit':
      addHolding(needs, accountId, data.symbol);
      return;
    default:
  }
};

const addReconciliation = (needs: Needs, data: ReconciliationEvent): void => {
  const { accountId } = data;
  const named: readonly BreakId[] =
    data.type === 'StatementReconciled' ? data.seenAgain : [data.breakId];
  for (const breakId of named)
    needs.breaks.set(breakKey(accountId, breakId), { accountId, breakId });
};

export const needsOf = (events: readonly RecordedEvent[]): Needs => {
  const needs: Needs = {
    accounts: new Set(),
    orders: new Set(),
    holdings: new Map(),
    lots: new Map(),
    symbols: new Set(),
    breaks: new Map(),
    restated: new Map(),
    everything: events.some((event) => event.data.type === 'SessionClosed'),
  };
  // Orders that begin within the batch: no row of theirs can exist.
  const begun = new Set<OrderId>();
  for (const event of events) {
    const { data } = event;
    if (data.type === 'PriceMarked') needs.symbols.add(data.symbol);
    else if (isReconciliationEvent(data)) addReconciliation(needs, data);
    else if (data.type !== 'SessionClosed') addAccountEvent(needs, begun, event);
  }
  return needs;
};

/** Whether an event needs the tables as a whole: a session closed, or a fill was restated. */
export const standsAlone = ({ data }: RecordedEvent): boolean =>
  data.type === 'SessionClosed' || data.type === 'FillBusted' || data.type === 'FillCorrected';

/** Cuts a batch so that events which need the tables as a whole see what came before them written down. */
export const segments = (
  events: readonly RecordedEvent[],
): readonly (readonly RecordedEvent[])[] => {
  const cut: RecordedEvent[][] = [];
  let open: RecordedEvent[] | undefined;
  for (const event of events) {
    if (standsAlone(event)) {
      cut.push([event]);
      open = undefined;
    } else if (open === undefined) {
      open = [event];
      cut.push(open);
    } else {
      open.push(event);
    }
  }
  return cut;
};
