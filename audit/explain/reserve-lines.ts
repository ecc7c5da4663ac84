import type { OrderId } from '#domain/ids.ts';
import { formatCash, formatPrice, formatQuantity } from '#domain/money.ts';
import { isLive } from '#domain/order/lifecycle.ts';
import type { Reservation } from '#domain/order/terms.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { OrderRecord } from '#projections/orders/table.ts';
import type { Tables } from '#projections/tables.ts';
import { type Line, Unexplained } from './explanation.ts';

type Kept = { readonly amount: bigint; readonly what: string };

const product = ({ opening, cashPerShare, fixedCash }: Reservation): Kept => {
  const perShare = `${formatQuantity(opening)} × ${formatPrice(cashPerShare)}`;
  return {
    amount: opening * cashPerShare + fixedCash,
    what: fixedCash === 0n ? perShare : `${perShare} + ${formatCash(fixedCash)}`,
  };
};

/** What an order keeps aside: nothing once it has ended, the larger of two while a replacement is in flight. */
const keptBy = (order: OrderRecord): Kept => {
  if (order.status === 'refused' || !isLive(order.status)) {
    return { amount: 0n, what: `nothing, it is ${order.status}` };
  }
  const own = product(order.reservation);
  if (order.replacement === null) return own;
  const other = product(order.replacement.reservation);
  const larger = other.amount > own.amount ? other : own;
  return { ...larger, what: `${larger.what}, the larger of itself and its replacement` };
};

const ordersOf = ({ data }: RecordedEvent): readonly OrderId[] => {
  if (!('orderId' in data) || data.orderId === null) return [];
  return data.type === 'OrderReplaced' ? [data.orderId, data.replacementId] : [data.orderId];
};

/** Watches what orders keep aside; `only` one of them, or all. */
export const createReserveLines = (only: OrderId | null) => {
  const kept = new Map<OrderId, bigint>();
  const lines: Line[] = [];
  return {
    lines,
    see: (event: RecordedEvent, tables: Tables): void => {
      for (const orderId of ordersOf(event)) {
        const order = tables.orders.get(orderId);
        if (order === undefined || (only !== null && orderId !== only)) continue;
        const now = keptBy(order);
        if (now.amount !== order.reservedCash) {
          throw new Unexplained(
            `Order ${orderId} keeps ${formatCash(order.reservedCash)} aside after event ${event.sequence}; its reservation is ${now.what}.`,
          );
        }
        const amount = now.amount - (kept.get(orderId) ?? 0n);
        kept.set(orderId, now.amount);
        if (amount === 0n) continue;
        const what = `${event.data.type}: order ${orderId} (${order.side} ${order.symbol}) keeps ${now.what}`;
        lines.push({ sequence: event.sequence, at: event.effectiveAt, what, amount });
      }
    },
  };
};
