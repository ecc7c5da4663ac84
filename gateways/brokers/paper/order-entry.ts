import type { RoutedOrder, WorkingOrder } from '#commands/ports/broker.ts';
import type { AccountId, OrderId } from '#domain/ids.ts';
import { larger, proportion, type Quantity, subtract } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import {
  type AddressedReport,
  type Book,
  confirmCancel,
  positionExhausted,
  remember,
  remove,
  say,
  type Turn,
} from './book.ts';
import { advance, dispatch } from './matching.ts';
import {
  brokerOrderIdOf,
  isExhausted,
  isWorkable,
  later,
  newOrder,
  type PaperOrder,
  restoredOrder,
} from './paper-order.ts';

const isKnown = (book: Book, orderId: OrderId): boolean =>
  book.orders.has(orderId) || book.ended.has(orderId);

const whyRejected = (book: Book, { terms }: RoutedOrder): string | undefined => {
  if (!book.symbols.has(terms.symbol)) return 'unknown_symbol';
  return isWorkable(terms) ? undefined : 'unworkable_terms';
};

/** Takes an order; says nothing about one it has had before. */
export const enter = (book: Book, routed: RoutedOrder, at: Instant): AddressedReport[] => {
  const reports = advance(book, at);
  const { accountId, orderId } = routed;
  if (isKnown(book, orderId)) return reports;
  const turn: Turn = { book, at, reports };
  const reason = whyRejected(book, routed);
  if (reason !== undefined) {
    remember(book, orderId, 'rejected');
    say(turn, accountId, { type: 'RejectOrder', orderId, reason, at });
    return reports;
  }
  dispatch(book, newOrder(routed, later(at, book.settings.latencyMs)));
  say(turn, accountId, {
    type: 'AcceptOrder',
    orderId,
    brokerOrderId: brokerOrderIdOf(orderId),
    at,
  });
  reports.push(...advance(book, at));
  return reports;
};

/** Cancels at once, whatever the latency. A cancel that is repeated says nothing. */
export const cancel = (
  book: Book,
  accountId: AccountId,
  orderId: OrderId,
  at: Instant,
): AddressedReport[] => {
  const reports = advance(book, at);
  const turn: Turn = { book, at, reports };
  const order = book.orders.get(orderId);
  if (order?.accountId === accountId) {
    confirmCancel(turn, order, 'requested');
    return reports;
  }
  const ending = order === undefined ? book.ended.get(orderId) : undefined;
  if (ending === 'canceled') return reports;
  const reason = ending === undefined ? 'unknown_order' : `order_${ending}`;
  say(turn, accountId, { type: 'RejectCancel', orderId, reason, at });
  return reports;
};

const whyNotReplaced = (
  book: Book,
  orderId: OrderId,
  { accountId, terms }: RoutedOrder,
): string | undefined => {
  const order = book.orders.get(orderId);
  if (order === undefined || order.accountId !== accountId) {
    const ending = order === undefined ? book.ended.get(orderId) : undefined;
    return ending === undefined ? 'unknown_order' : `order_${ending}`;
  }
  if (order.terms.notional !== null || terms.quantity === null) return 'order_by_notional';
  if (order.terms.symbol !== terms.symbol || order.terms.side !== terms.side) return 'other_order';
  if (terms.quantity <= order.filledQuantity) return 'quantity_not_above_filled';
  return isWorkable(terms) ? undefined : 'unworkable_terms';
};

/**
 * Puts another order in an order's place, for the quantity asked less what the old one has filled. It begins anew:
 * its own time priority, its own stop and water mark.
 */
export const replace = (
  book: Book,
  orderId: OrderId,
  replacement: RoutedOrder,
  at: Instant,
): AddressedReport[] => {
  const reports = advance(book, at);
  const { accountId, orderId: replacementId, terms } = replacement;
  if (isKnown(book, replacementId)) return reports;
  const turn: Turn = { book, at, reports };
  const reason = whyNotReplaced(book, orderId, replacement);
  const order = book.orders.get(orderId);
  if (reason !== undefined || order === undefined || terms.quantity === null) {
    remember(book, replacementId, 'replace_rejected');
    say(turn, accountId, {
      type: 'RejectReplace',
      orderId,
      replacementId,
      reason: reason ?? 'unknown_order',
      at,
    });
    return reports;
  }
  const own = { ...terms, quantity: subtract(terms.quantity, order.filledQuantity) };
  remove(book, order, 'replaced');
  dispatch(book, newOrder({ ...replacement, terms: own }, later(at, book.settings.latencyMs)));
  const brokerOrderId = brokerOrderIdOf(replacementId);
  say(turn, accountId, { type: 'ConfirmReplace', orderId, replacementId, brokerOrderId, at });
  reports.push(...advance(book, at));
  return reports;
};

/** The most shares an order may trade; null where only its money says. */
const mostShares = ({ terms, closingMax }: RoutedOrder): Quantity | null =>
  terms.quantity ?? closingMax;

/** A quantity in new shares; rounded up, as what has filled must not shrink. */
const inNewShares = (order: PaperOrder, working: WorkingOrder, quantity: Quantity): Quantity => {
  const [before, after] = [mostShares(order), mostShares(working)];
  return before === null || after === null || before === 0n
    ? quantity
    : proportion(quantity, after, before, 'up');
};

/**
 * Restates an order after a corporate action. Fills that the ledger has not recorded yet are restated here, by the
 * ratio of the quantities. An order that has ended stays so, and one that is left without a share to sell ends.
 */
export const adjust = (book: Book, working: WorkingOrder, at: Instant): AddressedReport[] => {
  const reports = advance(book, at);
  if (book.ended.has(working.orderId)) return reports;
  const order = book.orders.get(working.orderId);
  if (order === undefined) {
    dispatch(book, restoredOrder(working, at));
    return reports;
  }
  const isBehind = working.fillCount < order.fillCount;
  const adjusted: PaperOrder = {
    ...restoredOrder(working, order.activeAt),
    filledQuantity: isBehind
      ? inNewShares(order, working, order.filledQuantity)
      : working.filledQuantity,
    filledNotional: larger(order.filledNotional, working.filledNotional),
    fillCount: Math.max(order.fillCount, working.fillCount),
    triggered: order.triggered || working.triggered,
  };
  book.orders.set(order.orderId, adjusted);
  const { quantity } = adjusted.terms;
  if (quantity !== null && adjusted.filledQuantity >= quantity) remove(book, adjusted, 'filled');
  if (isExhausted(adjusted)) confirmCancel({ book, at, reports }, adjusted, positionExhausted);
  return reports;
};
