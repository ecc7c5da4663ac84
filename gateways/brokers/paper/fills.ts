import type { Symbol } from '#domain/ids.ts';
import {
  add,
  notional,
  type Price,
  type Quantity,
  scaleBy,
  smaller,
  subtract,
  zeroQuantity,
} from '#domain/money.ts';
import type { Liquidity } from '#domain/order/events.ts';
import { type Side, sides } from '#domain/order/terms.ts';
import { confirmCancel, positionExhausted, remove, type Shown, say, type Turn } from './book.ts';
import {
  boundOf,
  byPriority,
  executionIdOf,
  isExhausted,
  isLive,
  limitOf,
  open,
  type PaperOrder,
  wanted,
} from './paper-order.ts';
import { allows, offered, slipped } from './prices.ts';

const venue = 'paper';

const fill = (
  turn: Turn,
  order: PaperOrder,
  price: Price,
  quantity: Quantity,
  liquidity: Liquidity,
) => {
  const fillCount = order.fillCount + 1;
  const filled: PaperOrder = {
    ...order,
    filledQuantity: add(order.filledQuantity, quantity),
    filledNotional: add(order.filledNotional, notional(price, quantity)),
    fillCount,
  };
  say(turn, order.accountId, {
    type: 'Fill',
    executionId: executionIdOf(order.orderId, fillCount),
    orderId: order.orderId,
    symbol: order.terms.symbol,
    side: order.terms.side,
    quantity,
    price,
    commission: null,
    liquidity,
    venue,
    at: turn.at,
  });
  // An order by notional is done when what is left of the money does not buy the smallest quantity.
  if (open(filled, price) === 0n) remove(turn.book, filled, 'filled');
  else if (isExhausted(filled)) confirmCancel(turn, filled, positionExhausted);
  else turn.book.orders.set(order.orderId, filled);
};

const isImmediate = (order: PaperOrder): boolean =>
  order.terms.timeInForce === 'ioc' || order.terms.timeInForce === 'fok';

const joinsAuction = (order: PaperOrder, auction: 'open' | 'close'): boolean => {
  const { timeInForce } = order.terms;
  if (timeInForce === 'opg') return auction === 'open';
  if (timeInForce === 'cls') return auction === 'close';
  return !isImmediate(order);
};

/**
 * An auction has one price for everybody, so neither spread nor slippage. Our buys and our sells each may have
 * `auctionParticipation` of its volume. ioc and fok are not auction orders.
 */
export const matchAuction = (
  turn: Turn,
  orders: readonly PaperOrder[],
  print: { readonly price: Price; readonly volume: Quantity; readonly auction: 'open' | 'close' },
): void => {
  for (const side of sides) {
    let left = scaleBy(print.volume, turn.book.settings.auctionParticipation, 'down');
    const joining = orders
      .filter((order) => order.terms.side === side && isLive(order))
      .filter((order) => joinsAuction(order, print.auction))
      .filter((order) => allows(side, boundOf(order), print.price))
      .sort(byPriority);
    for (const order of joining) {
      const quantity = smaller(wanted(order, print.price), left);
      if (quantity > 0n) fill(turn, order, print.price, quantity, 'unknown');
      left = subtract(left, quantity);
    }
  }
};

/** A limit order that was there before the quote adds liquidity; everything else takes it. */
const liquidityOf = (order: PaperOrder, shown: Shown): Liquidity =>
  limitOf(order) !== null && order.activeAt < shown.quote.at ? 'added' : 'removed';

/** A side of a quote: what it offers before slippage. */
type Offer = { readonly shown: Shown; readonly price: Price };

/** Takes what one order can have of `left` at an offer and settles ioc and fok; answers what is left after it. */
const takeOffer = (turn: Turn, order: PaperOrder, offer: Offer, left: Quantity): Quantity => {
  const { side, timeInForce } = order.terms;
  const bound = boundOf(order);
  const price = slipped(side, bound, offer.price, turn.book.settings);
  const wants = wanted(order, price);
  const reachable = allows(side, bound, offer.price) ? smaller(wants, left) : zeroQuantity;
  const quantity =
    timeInForce === 'fok' && reachable < open(order, price) ? zeroQuantity : reachable;
  if (quantity > 0n) fill(turn, order, price, quantity, liquidityOf(order, offer.shown));
  const remaining = turn.book.orders.get(order.orderId);
  if (remaining !== undefined && isImmediate(order)) confirmCancel(turn, remaining, timeInForce);
  return subtract(left, quantity);
};

/** Whether a quote decides anything for an order: it can trade at the offer, or has this one chance. */
const isConcerned = (order: PaperOrder, side: Side, offer: Offer): boolean =>
  order.terms.side === side &&
  isLive(order) &&
  order.terms.timeInForce !== 'opg' &&
  order.terms.timeInForce !== 'cls' &&
  (isImmediate(order) || allows(side, boundOf(order), offer.price));

/**
 * Continuous trading at one quote, by price and time. Buys share what is left of the ask size, sells of the bid
 * size, each up to `displayedParticipation` of it; an order that fits fills in one piece.
 */
export const matchQuote = (turn: Turn, symbol: Symbol, orders: readonly PaperOrder[]): void => {
  const shown = turn.book.shown.get(symbol);
  if (shown === undefined) return;
  const match = (side: Side, size: Quantity): Quantity => {
    const offer = { shown, price: offered(side, shown.quote, turn.book.settings) };
    return orders
      .filter((order) => isConcerned(order, side, offer))
      .sort(byPriority)
      .reduce((left, order) => takeOffer(turn, order, offer, left), size);
  };
  turn.book.shown.set(symbol, {
    quote: shown.quote,
    askLeft: match('buy', shown.askLeft),
    bidLeft: match('sell', shown.bidLeft),
  });
};
