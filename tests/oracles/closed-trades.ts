import type { EventId } from '#domain/ids.ts';
import {
  absolute,
  add,
  type Cash,
  notional,
  type Quantity,
  subtract,
  sum,
  zeroCash,
} from '#domain/money.ts';
import { type Exact, ofAverage, ofPrice } from './exact.ts';
import type { LotTrade } from './lot-book.ts';

/** A round trip, or a part of one. */
export type ClosedTrade = {
  readonly direction: 'long' | 'short';
  readonly quantity: Quantity;
  readonly entry: Exact;
  readonly exit: Exact;
  /** Before fees. */
  readonly pnl: Cash;
  readonly fees: Cash;
};

/**
 * What counts as one trade: every lot a fill closes (`fill-to-fill`), every fill that closes any (`flat-to-reduced`), or
 * everything from flat to flat.
 */
export type TradeGrouping = 'fill-to-fill' | 'flat-to-reduced' | 'flat-to-flat';

const pnlOf = ({ fill }: LotTrade, quantity: Quantity, cost: Cash): Cash => {
  const value = notional(fill.price, quantity);
  return subtract(fill.side === 'sell' ? value : (-value as Cash), cost);
};

const directionOf = ({ fill }: LotTrade): ClosedTrade['direction'] =>
  fill.side === 'sell' ? 'long' : 'short';

type Running = {
  quantity: Quantity;
  cost: Cash;
  exitValue: Cash;
  pnl: Cash;
  fees: Cash;
};

const fresh = (): Running => ({
  quantity: 0n as Quantity,
  cost: zeroCash,
  exitValue: zeroCash,
  pnl: zeroCash,
  fees: zeroCash,
});

const close = (running: Running, trade: LotTrade): void => {
  const quantity = sum(trade.taken.map((part) => part.quantity));
  const cost = sum(trade.taken.map((part) => part.cost));
  running.quantity = add(running.quantity, quantity);
  running.cost = add(running.cost, cost);
  running.exitValue = add(running.exitValue, notional(trade.fill.price, quantity));
  running.pnl = add(running.pnl, pnlOf(trade, quantity, cost));
};

const finished = (running: Running, trade: LotTrade): ClosedTrade => ({
  direction: directionOf(trade),
  quantity: running.quantity,
  entry: ofAverage(running.cost, running.quantity),
  exit: ofAverage(running.exitValue, running.quantity),
  pnl: running.pnl,
  fees: running.fees,
});

/**
 * Closed trades from the lots our fills took. Quantities, prices and P&L are the ledger's; fees follow the convention of
 * these cases (LEAN's): an order's fee is not divided but borne by the first trade that its entry or its exit has part in,
 * and by the trade that a flip closes. The ledger itself divides it by quantity; the sums are the same.
 */
export const createTradeBook = (grouping: TradeGrouping) => {
  const trades: ClosedTrade[] = [];
  const entryFees = new Map<EventId, Cash>();
  let running = fresh();

  const byFill = (trade: LotTrade): void => {
    let exitFee = trade.fill.commission;
    for (const part of trade.taken) {
      const { lot, quantity, cost } = part;
      const entryFee = entryFees.get(lot.lotId) ?? zeroCash;
      entryFees.set(lot.lotId, zeroCash);
      trades.push({
        direction: directionOf(trade),
        quantity,
        entry: ofAverage(cost, quantity),
        exit: ofPrice(trade.fill.price),
        pnl: pnlOf(trade, quantity, cost),
        fees: add(entryFee, exitFee),
      });
      exitFee = zeroCash;
    }
    if (trade.opened !== null) entryFees.set(trade.opened.lotId, exitFee);
  };

  const byPosition = (trade: LotTrade, isFlat: boolean): void => {
    running.fees = add(running.fees, trade.fill.commission);
    if (trade.taken.length === 0) return;
    close(running, trade);
    if (grouping === 'flat-to-flat' && !isFlat) return;
    trades.push(finished(running, trade));
    running = fresh();
  };

  return {
    trades: trades as readonly ClosedTrade[],
    /** `heldAfter`: shares held when the trade was done. */
    follow: (trade: LotTrade, heldAfter: Quantity): void => {
      const flipped = trade.taken.length > 0 && trade.opened !== null;
      if (grouping === 'fill-to-fill') byFill(trade);
      else byPosition(trade, flipped || absolute(heldAfter) === 0n);
    },
  };
};

export type TradeBook = ReturnType<typeof createTradeBook>;
