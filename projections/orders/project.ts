import { heldBy, type OrderState } from '#domain/account/state.ts';
import type { OrderId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import { type Cash, type Price, subtract, zeroCash } from '#domain/money.ts';
import type { OrderEvent, OrderRefused, OrderReplaced } from '#domain/order/events.ts';
import {
  busted,
  corrected,
  filled,
  replacementOf,
  stepOrder,
  submitted,
} from '#domain/order/evolve.ts';
import { nothingReserved } from '#domain/order/reservation.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import { unreachable } from '#domain/unreachable.ts';
import { accountOf } from '../keys.ts';
import type { Tables } from '../tables.ts';
import type { OrderRecord } from './table.ts';

const stateOf = (row: OrderRecord): OrderState => {
  invariant(row.status !== 'refused', `order ${row.orderId} was not refused`);
  return {
    orderId: row.orderId,
    clientOrderId: row.clientOrderId,
    terms: {
      symbol: row.symbol,
      side: row.side,
      type: row.type,
      timeInForce: row.timeInForce,
      quantity: row.quantity,
      notional: row.notional,
      limitPrice: row.limitPrice,
      stopPrice: row.stopPrice,
      trailAmount: row.trailAmount,
      trailPercent: row.trailPercent,
    },
    status: row.status,
    submittedAt: row.submittedAt,
    brokerOrderId: row.brokerOrderId,
    triggered: row.triggered,
    highWaterMark: row.highWaterMark,
    trailedStopPrice: row.trailedStopPrice,
    filledQuantity: row.filledQuantity,
    filledNotional: row.filledValue,
    commission: row.commission,
    fillCount: row.fillCount,
    bustedQuantity: row.bustedQuantity,
    reservation: row.reservation,
    replacement: row.replacement,
    replaces: row.replaces,
    replacedBy: row.replacedBy,
  };
};

/** What the order's own state says, as columns. */
const columnsOf = (order: OrderState) => {
  const held = heldBy(order);
  return {
    orderId: order.orderId,
    clientOrderId: order.clientOrderId,
    brokerOrderId: order.brokerOrderId,
    ...order.terms,
    triggered: order.triggered,
    highWaterMark: order.highWaterMark,
    trailedStopPrice: order.trailedStopPrice,
    status: order.status,
    filledQuantity: order.filledQuantity,
    filledValue: order.filledNotional,
    bustedQuantity: order.bustedQuantity,
    fillCount: order.fillCount,
    commission: order.commission,
    reservation: order.reservation,
    replacement: order.replacement,
    reservedCash: held.cash,
    reservedQuantity: held.closing,
    replaces: order.replaces,
    replacedBy: order.replacedBy,
    submittedAt: order.submittedAt,
  };
};

const nothingYet = {
  reason: null,
  refusal: null,
  acceptedAt: null,
  triggeredAt: null,
  replaceRequestedAt: null,
  replacedAt: null,
  cancelRequestedAt: null,
  canceledAt: null,
  filledAt: null,
  expiredAt: null,
  rejectedAt: null,
} as const;

const firstRow = (
  event: RecordedEvent<OrderEvent>,
  order: OrderState,
  referencePrice: Price | null,
): OrderRecord => ({
  ...columnsOf(order),
  ...nothingYet,
  accountId: accountOf(event.stream),
  referencePrice,
  updatedAt: order.submittedAt,
  createdSequence: event.sequence,
  sequence: event.sequence,
});

const refusedRow = (event: RecordedEvent<OrderRefused>): OrderRecord => {
  const { orderId, clientOrderId, terms, refusedAt, code, details } = event.data;
  const order = submitted({
    type: 'OrderSubmitted',
    orderId,
    clientOrderId,
    terms,
    reservation: nothingReserved,
    referencePrice: 0n as Price,
    submittedAt: refusedAt,
  });
  return { ...firstRow(event, order, null), status: 'refused', reason: code, refusal: details };
};

type Times = Partial<
  Pick<
    OrderRecord,
    | 'reason'
    | 'acceptedAt'
    | 'triggeredAt'
    | 'replaceRequestedAt'
    | 'replacedAt'
    | 'cancelRequestedAt'
    | 'canceledAt'
    | 'filledAt'
    | 'expiredAt'
    | 'rejectedAt'
  >
>;

const rowAt = (tables: Tables, orderId: OrderId): OrderRecord => {
  const row = tables.orders.get(orderId);
  invariant(row !== undefined, `order ${orderId} was submitted before anything else befell it`);
  return row;
};

/** Puts an order's new state and returns by how much the cash it keeps aside changed. */
const put = (
  tables: Tables,
  event: RecordedEvent,
  before: OrderRecord,
  order: OrderState,
  at: Instant,
  times: Times,
): Cash => {
  const row: OrderRecord = {
    ...before,
    ...columnsOf(order),
    ...times,
    updatedAt: at,
    sequence: event.sequence,
  };
  tables.orders.put(row);
  return subtract(row.reservedCash, before.reservedCash);
};

const replaced = (event: RecordedEvent<OrderReplaced>, tables: Tables): Cash => {
  const { data } = event;
  const old = rowAt(tables, data.orderId);
  const at = data.replacedAt;
  const freed = put(tables, event, old, stepOrder(stateOf(old), data), at, { replacedAt: at });
  const row = firstRow(event, replacementOf(data), old.referencePrice);
  tables.orders.put({ ...row, acceptedAt: at });
  return (freed + row.reservedCash) as Cash;
};

type OfFills = 'OrderFilled' | 'FillBusted' | 'FillCorrected';

const traded = (
  event: RecordedEvent<Extract<OrderEvent, { type: OfFills }>>,
  tables: Tables,
): Cash => {
  const { data } = event;
  if (data.orderId === null) return zeroCash;
  const before = rowAt(tables, data.orderId);
  const state = stateOf(before);
  const [order, at] =
    data.type === 'OrderFilled'
      ? [filled(state, data), data.executedAt]
      : data.type === 'FillBusted'
        ? [busted(state, data), data.bustedAt]
        : [corrected(state, data), data.correctedAt];
  const filledAt = order.status === 'filled' ? (before.filledAt ?? at) : null;
  return put(tables, event, before, order, at, { filledAt });
};

type Stepping = Parameters<typeof stepOrder>[1];

/** When a step happened, and what it leaves in the row. */
const timesOf = (data: Exclude<Stepping, OrderReplaced>): readonly [Instant, Times] => {
  switch (data.type) {
    case 'OrderAccepted':
      return [data.acceptedAt, { acceptedAt: data.acceptedAt }];
    case 'OrderRejected':
      return [data.rejectedAt, { rejectedAt: data.rejectedAt, reason: data.reason }];
    case 'OrderTriggered':
      return [data.triggeredAt, { triggeredAt: data.triggeredAt }];
    case 'StopTrailed':
      return [data.trailedAt, {}];
    case 'OrderReplaceRequested':
      return [data.requestedAt, { replaceRequestedAt: data.requestedAt }];
    case 'OrderReplaceRejected':
      return [data.rejectedAt, { reason: data.reason }];
    case 'OrderCancelRequested':
      return [data.requestedAt, { cancelRequestedAt: data.requestedAt }];
    case 'OrderCanceled':
      return [data.canceledAt, { canceledAt: data.canceledAt, reason: data.reason }];
    case 'OrderCancelRejected':
      return [data.rejectedAt, { reason: data.reason }];
    case 'OrderExpired':
      return [data.expiredAt, { expiredAt: data.expiredAt }];
    case 'OrderAdjusted':
      return [data.adjustedAt, {}];
    default:
      return unreachable(data);
  }
};

/** Folds an order's event into its row; returns by how much the account's reserved cash changed. */
export const projectOrder = (event: RecordedEvent<OrderEvent>, tables: Tables): Cash => {
  const { data } = event;
  switch (data.type) {
    case 'OrderSubmitted': {
      const row = firstRow(event, submitted(data), data.referencePrice);
      tables.orders.put(row);
      return row.reservedCash;
    }
    case 'OrderRefused':
      tables.orders.put(refusedRow({ ...event, data }));
      return zeroCash;
    case 'OrderReplaced':
      return replaced({ ...event, data }, tables);
    case 'OrderFilled':
    case 'FillBusted':
    case 'FillCorrected':
      return traded({ ...event, data }, tables);
    case 'FillDisputed':
    case 'ReportDisputed':
      return zeroCash; // Kept for the auditor; they move nothing.
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
    case 'OrderAdjusted': {
      const before = rowAt(tables, data.orderId);
      const [at, times] = timesOf(data);
      return put(tables, event, before, stepOrder(stateOf(before), data), at, times);
    }
    default:
      return unreachable(data);
  }
};
