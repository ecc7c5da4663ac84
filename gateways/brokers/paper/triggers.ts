import type { Price } from '#domain/money.ts';
import { say, type Turn } from './book.ts';
import { isLive, type PaperOrder } from './paper-order.ts';
import { reaches, trailedStop, waterMark } from './prices.ts';

/** Lets a trailing stop follow the last price. */
const trail = (turn: Turn, order: PaperOrder, last: Price): PaperOrder => {
  const mark = waterMark(order.terms.side, order.highWaterMark, last);
  if (mark === order.highWaterMark) return order;
  const stopPrice = trailedStop(order.terms, mark);
  const { accountId, orderId } = order;
  say(turn, accountId, { type: 'TrailStop', orderId, highWaterMark: mark, stopPrice, at: turn.at });
  return { ...order, highWaterMark: mark, trailedStopPrice: stopPrice };
};

/**
 * Shows one order the last price: a trailing stop follows it, a stop it reaches is triggered, and then works as a
 * market or limit order at this very quote. Answers the order as it stands then.
 */
export const watchPrice = (turn: Turn, order: PaperOrder, last: Price): PaperOrder => {
  if (isLive(order)) return order;
  const watching = order.terms.type === 'trailing_stop' ? trail(turn, order, last) : order;
  const stop = watching.trailedStopPrice ?? watching.terms.stopPrice;
  const triggered = stop !== null && reaches(order.terms.side, last, stop);
  const watched = triggered ? { ...watching, triggered } : watching;
  if (watched !== order) turn.book.orders.set(order.orderId, watched);
  if (triggered) {
    const { accountId, orderId } = order;
    say(turn, accountId, { type: 'TriggerOrder', orderId, triggerPrice: last, at: turn.at });
  }
  return watched;
};
