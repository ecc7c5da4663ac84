import type { AccountId, BrokerOrderId, ClientOrderId, OrderId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import { type Price, zeroCash, zeroQuantity } from '#domain/money.ts';
import { reservedCash } from '#domain/order/reservation.ts';
import type { OrderTerms, Reservation } from '#domain/order/terms.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import type { OrderRow } from '#projections/ports/queries.ts';

type NewOrder = {
  readonly orderId: OrderId;
  readonly clientOrderId: ClientOrderId;
  readonly terms: OrderTerms;
  readonly reservation: Reservation;
};

const rowOf = (
  { orderId, clientOrderId, terms, reservation }: NewOrder,
  accountId: AccountId,
  referencePrice: Price | null,
  at: Instant,
  sequence: number,
): OrderRow => ({
  orderId,
  accountId,
  clientOrderId,
  brokerOrderId: null,
  ...terms,
  highWaterMark: null,
  trailedStopPrice: null,
  status: 'submitted',
  filledQuantity: zeroQuantity,
  remainingQuantity: terms.quantity,
  averageFillPrice: null,
  filledValue: zeroCash,
  commission: zeroCash,
  referencePrice,
  reservedCash: reservedCash(reservation),
  reservedQuantity: reservation.closing,
  replaces: null,
  replacedBy: null,
  reason: null,
  refusal: null,
  submittedAt: at,
  acceptedAt: null,
  triggeredAt: null,
  replaceRequestedAt: null,
  replacedAt: null,
  cancelRequestedAt: null,
  canceledAt: null,
  filledAt: null,
  expiredAt: null,
  rejectedAt: null,
  updatedAt: at,
  createdSequence: sequence,
  sequence,
});

/** The order that a command submitted, as it was at that moment: a repeated command gives the same again. */
export const submittedRow = (events: readonly RecordedEvent[], accountId: AccountId): OrderRow => {
  let row: OrderRow | undefined;
  for (const { data, sequence } of events) {
    if (data.type === 'OrderSubmitted') {
      row = rowOf(data, accountId, data.referencePrice, data.submittedAt, sequence);
    }
  }
  invariant(row !== undefined, 'a submitted order is in what its command recorded');
  return row;
};

const replacedRow = (
  data: NewOrder & { readonly replacedAt: Instant; readonly brokerOrderId: BrokerOrderId },
  before: OrderRow,
  sequence: number,
): OrderRow => ({
  ...rowOf(data, before.accountId, before.referencePrice, data.replacedAt, sequence),
  status: 'accepted',
  brokerOrderId: data.brokerOrderId,
  acceptedAt: data.replacedAt,
  replaces: before.replaces,
});

/**
 * The replacement that a command asked for. Until the broker confirms it, it is `submitted` and its
 * quantity counts what the old order has filled; confirmed at once, it is what is left of it.
 */
export const replacementRow = (
  events: readonly RecordedEvent[],
  accountId: AccountId,
): OrderRow => {
  let row: OrderRow | undefined;
  for (const { data, sequence } of events) {
    if (data.type === 'OrderReplaceRequested') {
      const asked = { ...data, orderId: data.replacementId };
      row = {
        ...rowOf(asked, accountId, data.referencePrice, data.requestedAt, sequence),
        replaces: data.orderId,
      };
    } else if (data.type === 'OrderReplaced' && row !== undefined) {
      row = replacedRow({ ...data, orderId: data.replacementId }, row, sequence);
    }
  }
  invariant(row !== undefined, 'a replacement is in what its command recorded');
  return row;
};
