import type {
  AccountId,
  BrokerOrderId,
  ClientOrderId,
  ExecutionId,
  OrderId,
  Symbol,
} from '../ids.ts';
import { type Cash, type Price, type Quantity, zeroCash, zeroQuantity } from '../money.ts';
import { isLive, type OrderStatus } from '../order/lifecycle.ts';
import { largerOf, reservedCash } from '../order/reservation.ts';
import type { OrderTerms, Reservation, Side } from '../order/terms.ts';
import type { Instant } from '../time.ts';
import type { AccountPolicy } from './policy.ts';

/** A replacement that the broker has not answered yet. */
export type PendingReplacement = {
  readonly orderId: OrderId;
  readonly clientOrderId: ClientOrderId;
  readonly terms: OrderTerms;
  readonly reservation: Reservation;
};

export type OrderState = {
  readonly orderId: OrderId;
  readonly clientOrderId: ClientOrderId;
  readonly terms: OrderTerms;
  readonly status: OrderStatus;
  readonly submittedAt: Instant;
  /** The broker has said yes; null until then. */
  readonly brokerOrderId: BrokerOrderId | null;
  readonly triggered: boolean;
  /** Trailing stops: how far the market went in the order's favour, and where the stop is now. */
  readonly highWaterMark: Price | null;
  readonly trailedStopPrice: Price | null;
  readonly filledQuantity: Quantity;
  readonly filledNotional: Cash;
  readonly commission: Cash;
  readonly fillCount: number;
  /** Shares that were filled and then taken back; they are not worked again. */
  readonly bustedQuantity: Quantity;
  /** What is still kept aside. Meaningless once the order has ended. */
  readonly reservation: Reservation;
  readonly replacement: PendingReplacement | null;
  readonly replaces: OrderId | null;
  readonly replacedBy: OrderId | null;
};

export type ExecutionState = {
  readonly orderId: OrderId | null;
  readonly symbol: Symbol;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly price: Price;
  readonly commission: Cash;
  readonly executedAt: Instant;
  /** disputed: kept, moved nothing. busted: undone. */
  readonly standing: 'booked' | 'busted' | 'disputed';
  /** The symbol split after it: its shares are counted in the old unit and cannot be undone share for share. */
  readonly splitSince: boolean;
};

export type Holding = {
  /** Signed: negative is short. */
  readonly quantity: Quantity;
  /** Shares that open sells of a long, or open buys of a short, may close. */
  readonly closingSells: Quantity;
  readonly closingBuys: Quantity;
  /** The last own fill's: values the position where the market has no quote. */
  readonly lastPrice: Price;
  /** The last split: what the market quoted until then counts in old shares. */
  readonly split: {
    readonly at: Instant;
    readonly newShares: bigint;
    readonly oldShares: bigint;
  } | null;
};

export type UnsettledProceeds = {
  readonly executionId: ExecutionId;
  readonly amount: Cash;
  readonly settlesAt: Instant;
};

export type OpenAccountStatus = 'active' | 'suspended' | 'closed';

/**
 * One account as its own events made it. A fold owns its state and changes it in place: copying the
 * maps per event is quadratic in the length of the stream.
 */
export type AccountState = {
  accountId: AccountId | null;
  status: 'unopened' | OpenAccountStatus;
  policy: AccountPolicy | null;
  cash: Cash;
  reservedCash: Cash;
  readonly unsettled: Map<ExecutionId, UnsettledProceeds>;
  readonly holdings: Map<Symbol, Holding>;
  readonly orders: Map<OrderId, OrderState>;
  readonly liveOrders: Set<OrderId>;
  readonly executions: Map<ExecutionId, ExecutionState>;
};

/** The state before the first event. */
export const unopened = (): AccountState => ({
  accountId: null,
  status: 'unopened',
  policy: null,
  cash: zeroCash,
  reservedCash: zeroCash,
  unsettled: new Map(),
  holdings: new Map(),
  orders: new Map(),
  liveOrders: new Set(),
  executions: new Map(),
});

const emptyHolding: Holding = {
  quantity: zeroQuantity,
  closingSells: zeroQuantity,
  closingBuys: zeroQuantity,
  lastPrice: 0n as Price,
  split: null,
};

export const holdingOf = (state: AccountState, symbol: Symbol): Holding =>
  state.holdings.get(symbol) ?? emptyHolding;

/** What an order keeps aside right now: nothing once it has ended. */
export const heldBy = (order: OrderState): { readonly closing: Quantity; readonly cash: Cash } => {
  if (!isLive(order.status)) return { closing: zeroQuantity, cash: zeroCash };
  if (order.replacement !== null) {
    return largerOf(order.reservation, order.replacement.reservation);
  }
  return { closing: order.reservation.closing, cash: reservedCash(order.reservation) };
};

/** Shares an order may still fill, were it live; null for an order by notional. */
export const remainingQuantity = (order: OrderState): Quantity | null =>
  order.terms.quantity === null
    ? null
    : ((order.terms.quantity - order.filledQuantity - order.bustedQuantity) as Quantity);

/** Cash whose sale has settled by `at`. A sale that cost more than it brought is paid at once. */
export const settledCash = (state: AccountState, at: Instant): Cash => {
  let settled = state.cash as bigint;
  for (const proceeds of state.unsettled.values()) {
    if (proceeds.settlesAt > at && proceeds.amount > 0n) settled -= proceeds.amount;
  }
  return settled as Cash;
};
