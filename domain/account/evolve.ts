import type { OrderId, Symbol } from '../ids.ts';
import { invariant } from '../invariant.ts';
import {
  add,
  type Cash,
  negate,
  type Price,
  proportion,
  type Quantity,
  subtract,
} from '../money.ts';
import type {
  Execution,
  FillBusted,
  FillCorrected,
  OrderEvent,
  OrderFilled,
} from '../order/events.ts';
import { busted, corrected, filled, replacementOf, stepOrder, submitted } from '../order/evolve.ts';
import { isLive } from '../order/lifecycle.ts';
import type { Instant } from '../time.ts';
import { unreachable } from '../unreachable.ts';
import type { AccountEvent, StockSplit } from './events.ts';
import { signedQuantity, tradeCash } from './postings.ts';
import {
  type AccountState,
  type ExecutionState,
  type Holding,
  heldBy,
  holdingOf,
  type OrderState,
} from './state.ts';

const orderOf = (state: AccountState, orderId: OrderId): OrderState => {
  const order = state.orders.get(orderId);
  invariant(order !== undefined, `order ${orderId} was submitted before anything else befell it`);
  return order;
};

const withHeld = (
  holding: Holding,
  side: OrderState['terms']['side'],
  change: Quantity,
): Holding =>
  side === 'sell'
    ? { ...holding, closingSells: add(holding.closingSells, change) }
    : { ...holding, closingBuys: add(holding.closingBuys, change) };

/** Moves what is kept aside from what `before` held to what `after` holds: released once, because it is a difference. */
const rebook = (state: AccountState, before: OrderState | undefined, after: OrderState): void => {
  const old = before === undefined ? undefined : heldBy(before);
  const held = heldBy(after);
  state.reservedCash = (state.reservedCash - (old?.cash ?? 0n) + held.cash) as Cash;
  const change = (held.closing - (old?.closing ?? 0n)) as Quantity;
  if (change !== 0n) {
    const { symbol, side } = after.terms;
    state.holdings.set(symbol, withHeld(holdingOf(state, symbol), side, change));
  }
};

const putOrder = (state: AccountState, after: OrderState): void => {
  rebook(state, state.orders.get(after.orderId), after);
  state.orders.set(after.orderId, after);
  if (isLive(after.status)) state.liveOrders.add(after.orderId);
  else state.liveOrders.delete(after.orderId);
};

const moveShares = (
  state: AccountState,
  symbol: Symbol,
  change: Quantity,
  lastPrice?: Price,
): void => {
  const holding = holdingOf(state, symbol);
  state.holdings.set(symbol, {
    ...holding,
    quantity: add(holding.quantity, change),
    lastPrice: lastPrice ?? holding.lastPrice,
  });
};

const moveCash = (state: AccountState, amount: Cash): void => {
  state.cash = add(state.cash, amount);
};

const executionOf = (fill: Execution, standing: ExecutionState['standing']): ExecutionState => ({
  orderId: fill.orderId,
  symbol: fill.symbol,
  side: fill.side,
  quantity: fill.quantity,
  price: fill.price,
  commission: fill.commission,
  executedAt: fill.executedAt,
  standing,
  splitSince: false,
});

/** Sales that may still be unsettled; each costs a comparison whenever settled cash is asked for. */
const unsettledMax = 1_000;

const netCash = (fill: Execution): Cash => subtract(tradeCash(fill), fill.commission);

/** What settled long ago needs no remembering. Long: a fill's time is the reporter's word, and may lie ahead. */
const forgetSettled = (state: AccountState, at: Instant): void => {
  if (state.unsettled.size <= unsettledMax) return;
  for (const [id, { settlesAt }] of state.unsettled) {
    if (state.unsettled.size <= unsettledMax) return;
    if (settlesAt <= at) state.unsettled.delete(id);
  }
};

/** The price of the newest fill that still stands, in today's shares; null where none does. */
const newestPrice = (state: AccountState, symbol: Symbol): Price | null => {
  let newest: ExecutionState | null = null;
  for (const execution of state.executions.values()) {
    if (execution.symbol === symbol && execution.standing === 'booked') newest = execution;
  }
  if (newest === null) return null;
  const { split } = holdingOf(state, symbol);
  return newest.splitSince && split !== null
    ? proportion(newest.price, split.oldShares, split.newShares)
    : newest.price;
};

/** After a fill was undone or restated it values the position no more unless it is the newest. */
const revalue = (state: AccountState, symbol: Symbol): void => {
  const lastPrice = newestPrice(state, symbol);
  if (lastPrice !== null) {
    state.holdings.set(symbol, { ...holdingOf(state, symbol), lastPrice });
  }
};

const bookFill = (state: AccountState, fill: OrderFilled): void => {
  const proceeds = netCash(fill);
  moveCash(state, proceeds);
  moveShares(state, fill.symbol, signedQuantity(fill), fill.price);
  state.executions.set(fill.executionId, executionOf(fill, 'booked'));
  if (fill.orderId !== null) putOrder(state, filled(orderOf(state, fill.orderId), fill));
  forgetSettled(state, fill.executedAt);
  if (fill.side === 'sell' && fill.settlesAt > fill.executedAt) {
    const { executionId, settlesAt } = fill;
    state.unsettled.set(executionId, { executionId, amount: proceeds, settlesAt });
  }
};

const undoFill = (state: AccountState, fill: FillBusted): void => {
  moveCash(state, negate(netCash(fill)));
  moveShares(state, fill.symbol, negate(signedQuantity(fill)));
  state.executions.set(fill.executionId, executionOf(fill, 'busted'));
  revalue(state, fill.symbol);
  state.unsettled.delete(fill.executionId);
  if (fill.orderId !== null) putOrder(state, busted(orderOf(state, fill.orderId), fill));
};

const restateFill = (state: AccountState, fill: FillCorrected): void => {
  const previous: Execution = {
    ...fill,
    quantity: fill.previousQuantity,
    price: fill.previousPrice,
    commission: fill.previousCommission,
  };
  moveCash(state, subtract(netCash(fill), netCash(previous)));
  moveShares(state, fill.symbol, subtract(signedQuantity(fill), signedQuantity(previous)));
  state.executions.set(fill.executionId, executionOf(fill, 'booked'));
  revalue(state, fill.symbol);
  const unsettled = state.unsettled.get(fill.executionId);
  if (unsettled) state.unsettled.set(fill.executionId, { ...unsettled, amount: netCash(fill) });
  if (fill.orderId !== null) putOrder(state, corrected(orderOf(state, fill.orderId), fill));
};

const bookSplit = (state: AccountState, split: StockSplit): void => {
  const { symbol } = split;
  moveCash(state, split.cashInLieu);
  const { lastPrice } = holdingOf(state, symbol);
  const restated = proportion(lastPrice, split.oldShares, split.newShares);
  moveShares(state, symbol, subtract(split.quantityAfter, split.quantityBefore), restated);
  const { at, newShares, oldShares } = split;
  state.holdings.set(symbol, {
    ...holdingOf(state, symbol),
    split: { at, newShares, oldShares },
  });
  for (const [id, execution] of state.executions) {
    if (execution.symbol === symbol) state.executions.set(id, { ...execution, splitSince: true });
  }
};

const evolveOrder = (state: AccountState, event: OrderEvent): void => {
  switch (event.type) {
    case 'OrderSubmitted':
      putOrder(state, submitted(event));
      return;
    case 'OrderReplaced':
      putOrder(state, stepOrder(orderOf(state, event.orderId), event));
      putOrder(state, replacementOf(event));
      return;
    case 'OrderFilled':
      bookFill(state, event);
      return;
    case 'FillBusted':
      undoFill(state, event);
      return;
    case 'FillCorrected':
      restateFill(state, event);
      return;
    case 'FillDisputed':
      state.executions.set(event.executionId, executionOf(event, 'disputed'));
      return;
    case 'OrderRefused':
    case 'ReportDisputed':
      return; // Kept for the auditor; they move nothing.
    case 'OrderAccepted':
    case 'OrderRejected':
    case 'OrderTriggered':
    case 'StopTrailed':
    case 'OrderReplaceRequested':
    case 'OrderReplaceRejected':
    case 'OrderCancelRequested':
    case 'OrderCanceled':
    case 'OrderCancelRejected':
    case 'OrderExpired':
    case 'OrderAdjusted':
      putOrder(state, stepOrder(orderOf(state, event.orderId), event));
      return;
    default:
      unreachable(event);
  }
};

/** Folds one recorded fact into the account, in place. It cannot refuse: the fact has already happened. */
export const evolve = (state: AccountState, event: AccountEvent): AccountState => {
  switch (event.type) {
    case 'AccountOpened':
      state.accountId = event.accountId;
      state.policy = event.policy;
      state.status = 'active';
      return state;
    case 'CashDeposited':
    case 'InterestPaid':
    case 'CashAdjusted':
    case 'DividendPaid':
      moveCash(state, event.amount);
      return state;
    case 'CashWithdrawn':
    case 'FeeCharged':
      moveCash(state, negate(event.amount));
      return state;
    case 'StockSplit':
      bookSplit(state, event);
      return state;
    case 'AccountSuspended':
      state.status = 'suspended';
      return state;
    case 'AccountReinstated':
      state.status = 'active';
      return state;
    case 'AccountClosed':
      state.status = 'closed';
      return state;
    default:
      evolveOrder(state, event satisfies OrderEvent);
      return state;
  }
};

/** Folds a stream from its beginning, or on from a state. */
export const fold = (state: AccountState, events: Iterable<AccountEvent>): AccountState => {
  for (const event of events) evolve(state, event);
  return state;
};
