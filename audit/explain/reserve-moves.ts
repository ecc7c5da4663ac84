import type { OrderId } from '#domain/ids.ts';
import { formatCash, formatPrice, formatQuantity } from '#domain/money.ts';
import { isLive } from '#domain/order/lifecycle.ts';
import type { Reservation } from '#domain/order/terms.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { OrderRecord } from '#projections/orders/table.ts';
import type { Tables } from '#projections/tables.ts';
import { told } from './define.ts';
import { type Run, Unexplained } from './explanation.ts';
import { createLines, lineOf } from './lines.ts';

type Kept = { readonly amount: bigint; readonly what: string };

/** What of a reservation is meant: the cash for shares that open, or the shares that close. */
export type Reserved = 'cash' | 'quantity';

const ofReservation: Readonly<Record<Reserved, (reservation: Reservation) => Kept>> = {
  cash: ({ opening, cashPerShare, fixedCash }) => {
    const perShare = `${formatQuantity(opening)} × ${formatPrice(cashPerShare)}`;
    return {
      amount: opening * cashPerShare + fixedCash,
      what: fixedCash === 0n ? perShare : `${perShare} + ${formatCash(fixedCash)}`,
    };
  },
  quantity: ({ closing }) => ({ amount: closing, what: `${formatQuantity(closing)} shares` }),
};

/** What an order keeps aside: nothing once it has ended, the larger of two while a replacement is in flight. */
const keptBy = (order: OrderRecord, which: Reserved): Kept => {
  if (order.status === 'refused' || !isLive(order.status)) {
    return { amount: 0n, what: `nothing, it is ${order.status}` };
  }
  const own = ofReservation[which](order.reservation);
  if (order.replacement === null) return own;
  const other = ofReservation[which](order.replacement.reservation);
  const larger = other.amount > own.amount ? other : own;
  return { ...larger, what: `${larger.what}, the larger of itself and its replacement` };
};

const ordersOf = ({ data }: RecordedEvent): readonly OrderId[] => {
  if (!('orderId' in data) || data.orderId === null) return [];
  return data.type === 'OrderReplaced' ? [data.orderId, data.replacementId] : [data.orderId];
};

const mustAgree = (order: OrderRecord, kept: Kept, which: Reserved, sequence: number): void => {
  const cell = which === 'cash' ? order.reservedCash : order.reservedQuantity;
  if (kept.amount === cell) return;
  throw new Unexplained(
    `Order ${order.orderId} does not keep aside after event ${sequence} what its reservation says: ${kept.what}.`,
  );
};

/** Watches what orders keep aside; `only` one of them, or all. */
export const watchReserved = (which: Reserved, only: OrderId | null, most: number): Run => {
  const kept = new Map<OrderId, bigint>();
  const { add, lines } = createLines(most);
  return {
    see: (event, tables: Tables) => {
      for (const orderId of ordersOf(event)) {
        const order = tables.orders.get(orderId);
        if (order === undefined || (only !== null && orderId !== only)) continue;
        const now = keptBy(order, which);
        mustAgree(order, now, which, event.sequence);
        const amount = now.amount - (kept.get(orderId) ?? 0n);
        if (now.amount === 0n) kept.delete(orderId);
        else kept.set(orderId, now.amount);
        if (amount === 0n) continue;
        const what = `${event.data.type}: order ${orderId} (${order.side} ${order.symbol}) keeps ${now.what}`;
        add(lineOf(event, what, amount));
      }
    },
    tell: () => told(lines()),
  };
};
