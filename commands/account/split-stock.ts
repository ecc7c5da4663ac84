import type { AccountEvent, StockSplit } from '#domain/account/events.ts';
import { type AccountState, holdingOf } from '#domain/account/state.ts';
import { accept, refuse } from '#domain/decision.ts';
import type { Symbol } from '#domain/ids.ts';
import { absolute, divide, notional, type Price, type Quantity } from '#domain/money.ts';
import { adjustForSplit, trailAfterSplit } from '#domain/order/split.ts';
import type { Instant } from '#domain/time.ts';
import { bookkeepingRefusal, type Decide } from '../deciding.ts';
import type { Quotes } from '../ports/quotes.ts';

/** `newShares` for every `oldShares`, e.g. 7 and 1, or 1 and 20 for a reverse split. */
export type SplitStock = {
  readonly type: 'SplitStock';
  readonly symbol: Symbol;
  readonly newShares: bigint;
  readonly oldShares: bigint;
  /** Pay fractions of a share in cash instead of keeping them. */
  readonly wholeShares: boolean;
  /** Price of one old share for cash in lieu; null: the market's, else the last own fill's. */
  readonly referencePrice: Price | null;
  readonly at: Instant;
};

const oneShare = 10n ** 9n;
/** More shares than any company has; sums and products stay far from what an event can hold. */
const mostShares = 10n ** 15n * oneShare;

const splitHolding = (command: SplitStock, state: AccountState, quotes: Quotes): StockSplit => {
  const { symbol, newShares, oldShares, wholeShares, at } = command;
  const { quantity, lastPrice } = holdingOf(state, symbol);
  const exact = quantity * newShares; // in 1/oldShares of the smallest quantity
  const unit = wholeShares ? oneShare : 1n;
  const after = divide(exact, oldShares * unit, 'down') * unit;
  // What is too small to be a fraction of a share is nothing: it is neither kept nor paid.
  const fraction = divide(exact - after * oldShares, newShares, 'down') as Quantity;
  const referencePrice = command.referencePrice ?? quotes.latest(symbol)?.price ?? lastPrice;
  return {
    type: 'StockSplit',
    symbol,
    newShares,
    oldShares,
    quantityBefore: quantity,
    quantityAfter: after as Quantity,
    fraction,
    cashInLieu: notional(referencePrice, fraction),
    referencePrice: fraction === 0n ? null : referencePrice,
    at,
  };
};

const adjustments = (command: SplitStock, state: AccountState): readonly AccountEvent[] => {
  const events: AccountEvent[] = [];
  for (const id of state.liveOrders) {
    const order = state.orders.get(id);
    if (order === undefined || order.terms.symbol !== command.symbol) continue;
    if (order.replacement !== null) {
      events.push({
        type: 'OrderReplaceRejected',
        orderId: id,
        replacementId: order.replacement.orderId,
        reason: 'stock_split',
        rejectedAt: command.at,
      });
    }
    const adjusted = adjustForSplit(order, command, command.at);
    events.push(adjusted);
    const trailed = trailAfterSplit(order, command, command.at);
    if (adjusted.type === 'OrderAdjusted' && trailed !== null) events.push(trailed);
  }
  return events;
};

/** Restates the position and every working order of the symbol; total cost stays what it was. */
export const splitStock: Decide<SplitStock> = (command, state, quotes) => {
  const refusal = bookkeepingRefusal(state);
  if (refusal !== null) return refuse(refusal);
  const { symbol, newShares, oldShares } = command;
  if (newShares <= 0n || oldShares <= 0n || newShares === oldShares) {
    return refuse({ code: 'invalid_split', details: {} });
  }
  if (absolute(holdingOf(state, symbol).quantity) * newShares > mostShares * oldShares) {
    return refuse({ code: 'invalid_split', details: { symbol, rule: 'too many shares' } });
  }
  const orders = adjustments(command, state);
  if (holdingOf(state, symbol).quantity === 0n && orders.length === 0) {
    return refuse({ code: 'position_not_found', details: { symbol } });
  }
  return accept<AccountEvent>(splitHolding(command, state, quotes), ...orders);
};
