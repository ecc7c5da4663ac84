import type { OrderState } from '../account/state.ts';
import { invariant } from '../invariant.ts';
import {
  add,
  type Cash,
  notional,
  type Quantity,
  smaller,
  subtract,
  zeroCash,
  zeroQuantity,
} from '../money.ts';
import type {
  Execution,
  FillBusted,
  FillCorrected,
  OrderEvent,
  OrderReplaced,
  OrderSubmitted,
} from './events.ts';
import { type Happening, isLive, nextStatus } from './lifecycle.ts';
import { afterFill } from './reservation.ts';

const newOrder = (
  event: Pick<
    OrderSubmitted,
    'orderId' | 'clientOrderId' | 'terms' | 'reservation' | 'submittedAt'
  >,
): OrderState => ({
  orderId: event.orderId,
  clientOrderId: event.clientOrderId,
  terms: event.terms,
  status: 'submitted',
  submittedAt: event.submittedAt,
  brokerOrderId: null,
  triggered: false,
  highWaterMark: null,
  trailedStopPrice: null,
  filledQuantity: zeroQuantity,
  filledNotional: zeroCash,
  commission: zeroCash,
  fillCount: 0,
  bustedQuantity: zeroQuantity,
  reservation: event.reservation,
  replacement: null,
  replaces: null,
  replacedBy: null,
});

export const submitted = (event: OrderSubmitted): OrderState => newOrder(event);

/** The order that takes a replaced one's place; the broker works it already. */
export const replacementOf = (event: OrderReplaced): OrderState => ({
  ...newOrder({
    orderId: event.replacementId,
    clientOrderId: event.clientOrderId,
    terms: event.terms,
    reservation: event.reservation,
    submittedAt: event.replacedAt,
  }),
  status: 'accepted',
  brokerOrderId: event.brokerOrderId,
  replaces: event.orderId,
});

/** Steps the lifecycle; a step it does not know means a corrupt log. */
const step = (order: OrderState, happening: Happening): OrderState => {
  const status = nextStatus({ ...order, accepted: order.brokerOrderId !== null }, happening);
  invariant(status !== undefined, `${order.status} order ${order.orderId} cannot ${happening}`);
  return status === order.status ? order : { ...order, status };
};

/** Whether a fill of this size completes the order. By notional: when what is left buys less than the smallest quantity. */
export const completes = (
  order: OrderState,
  fill: Pick<Execution, 'quantity' | 'price'>,
): boolean => {
  const { quantity, notional: amount } = order.terms;
  if (quantity !== null) {
    return order.filledQuantity + order.bustedQuantity + fill.quantity === quantity;
  }
  invariant(amount !== null, 'an order has a quantity or a notional');
  const left = amount - order.filledNotional - notional(fill.price, fill.quantity);
  return left < fill.price; // price × 0.000000001 share is `price` in units of e18
};

/** Uses up what the order, and a replacement in flight, keep aside for shares that have traded. */
const used = (
  order: OrderState,
  fill: { readonly quantity: Quantity; readonly commission: Cash },
  filledNotional: Cash,
): Pick<OrderState, 'reservation' | 'replacement'> => {
  const amount = order.terms.notional;
  const left = amount && {
    before: subtract(amount, order.filledNotional),
    after: subtract(amount, filledNotional),
  };
  return {
    reservation: afterFill(order.reservation, fill, left),
    replacement: order.replacement && {
      ...order.replacement,
      reservation: afterFill(order.replacement.reservation, fill, left),
    },
  };
};

export const filled = (order: OrderState, fill: Execution): OrderState => {
  const happening = completes(order, fill) ? 'full_fill' : 'part_fill';
  const filledNotional = add(order.filledNotional, notional(fill.price, fill.quantity));
  const after: OrderState = {
    ...order,
    ...used(order, fill, filledNotional),
    filledQuantity: add(order.filledQuantity, fill.quantity),
    filledNotional,
    commission: add(order.commission, fill.commission),
    fillCount: order.fillCount + 1,
  };
  return step(after, happening);
};

/** Undoes a fill. What was taken back is not worked again, so nothing is reserved anew. */
export const busted = (order: OrderState, fill: FillBusted): OrderState => {
  const after: OrderState = {
    ...order,
    filledQuantity: subtract(order.filledQuantity, fill.quantity),
    filledNotional: subtract(order.filledNotional, notional(fill.price, fill.quantity)),
    commission: subtract(order.commission, fill.commission),
    bustedQuantity: add(order.bustedQuantity, fill.quantity),
  };
  return step(after, 'take_back');
};

/** Nothing is left to trade; an order that has ended is complete only if nothing of it was taken back either. */
const isComplete = ({ status, terms, filledQuantity, bustedQuantity }: OrderState): boolean =>
  terms.quantity === (isLive(status) ? add(filledQuantity, bustedQuantity) : filledQuantity);

/**
 * Restates a fill. Shares taken back are not worked again; shares added are first those that were taken back,
 * then come out of what is open, so that two corrections end where one to the same figures would.
 */
export const corrected = (order: OrderState, fill: FillCorrected): OrderState => {
  const change = subtract(fill.quantity, fill.previousQuantity);
  const returned = smaller(change, order.bustedQuantity);
  const value = notional(fill.price, fill.quantity);
  const previousValue = notional(fill.previousPrice, fill.previousQuantity);
  const filledNotional = add(order.filledNotional, subtract(value, previousValue));
  const worked = { quantity: subtract(change, returned), commission: zeroCash };
  const after: OrderState = {
    ...order,
    ...used(order, worked, filledNotional),
    filledQuantity: add(order.filledQuantity, change),
    filledNotional,
    commission: add(order.commission, subtract(fill.commission, fill.previousCommission)),
    bustedQuantity: subtract(order.bustedQuantity, returned),
  };
  if (change === 0n) return after;
  if (change < 0n) return step(after, 'take_back');
  return step(after, isComplete(after) ? 'full_fill' : 'part_fill');
};

type Step = Exclude<
  OrderEvent,
  {
    type:
      | 'OrderSubmitted'
      | 'OrderRefused'
      | 'OrderFilled'
      | 'FillDisputed'
      | 'FillBusted'
      | 'FillCorrected'
      | 'ReportDisputed';
  }
>;

/** Folds one step of an existing order that moves no shares and no cash. */
export const stepOrder = (order: OrderState, event: Step): OrderState => {
  switch (event.type) {
    case 'OrderAccepted':
      return { ...step(order, 'accept'), brokerOrderId: event.brokerOrderId };
    case 'OrderRejected':
      return step(order, 'reject');
    case 'OrderTriggered':
      return { ...step(order, 'trigger'), triggered: true };
    case 'StopTrailed':
      return {
        ...order,
        highWaterMark: event.highWaterMark,
        trailedStopPrice: event.stopPrice,
      };
    case 'OrderReplaceRequested':
      return {
        ...step(order, 'ask_replace'),
        replacement: {
          orderId: event.replacementId,
          clientOrderId: event.clientOrderId,
          terms: event.terms,
          reservation: event.reservation,
        },
      };
    case 'OrderReplaced':
      return { ...step(order, 'replace'), replacement: null, replacedBy: event.replacementId };
    case 'OrderReplaceRejected':
      return step({ ...order, replacement: null }, 'deny_replace');
    case 'OrderCancelRequested':
      return step(order, 'ask_cancel');
    case 'OrderCanceled':
      return step(order, 'cancel');
    case 'OrderCancelRejected':
      return step(order, 'deny_cancel');
    case 'OrderExpired':
      return step(order, 'expire');
    case 'OrderAdjusted':
      return {
        ...order,
        terms: event.terms,
        reservation: event.reservation,
        filledQuantity: event.filledQuantity,
        bustedQuantity: event.bustedQuantity,
      };
  }
};
