import type { StockSplit } from '#domain/account/events.ts';
import type { ExecutionId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import type { Execution, FillBusted, FillCorrected, OrderFilled } from '#domain/order/events.ts';
import {
  type CostMethod,
  emptyHolding,
  type Holding,
  type Moved,
  moveRestated,
  moveSplit,
  moveTrade,
  type Place,
  type PlacedTrade,
} from './holding.ts';

export type HoldingEvent = OrderFilled | FillBusted | FillCorrected | StockSplit;

/** A holding that follows the log. */
export type TrackedHolding = {
  readonly current: () => Holding;
  readonly book: (event: HoldingEvent, place: Place) => Moved;
};

const tradeOf = (fill: Execution): PlacedTrade['trade'] => ({
  side: fill.side,
  quantity: fill.quantity,
  price: fill.price,
  commission: fill.commission,
  at: fill.executedAt,
});

/** Trades between two holdings that are remembered to go on from. */
const stride = 256;

/** Trades after a holding that some of them may still change. */
const createReplay = (method: CostMethod, base: Holding) => {
  // Null: taken back.
  const trades: (PlacedTrade | null)[] = [];
  const places = new Map<ExecutionId, number>();
  /** What was held before every `stride`-th of them. */
  const marks: Holding[] = [base];

  const mark = (place: number, holding: Holding): void => {
    if (place % stride === 0) marks[place / stride] = holding;
  };
  return {
    /** `before` is what was held before it. */
    add: (id: ExecutionId, trade: PlacedTrade, before: Holding): void => {
      mark(trades.length, before);
      places.set(id, trades.length);
      trades.push(trade);
    },
    /** What is held after all of them, where this one is another. */
    restate: (fill: FillBusted | FillCorrected): Holding => {
      const place = places.get(fill.executionId);
      const known = place === undefined ? undefined : trades[place];
      invariant(place !== undefined && known != null, `fill ${fill.executionId} was booked`);
      trades[place] = fill.type === 'FillBusted' ? null : { ...known, trade: tradeOf(fill) };
      const from = Math.floor(place / stride);
      let holding = marks[from] ?? base;
      for (let at = from * stride; at < trades.length; at += 1) {
        mark(at, holding);
        const trade = trades[at] ?? null;
        if (trade !== null) holding = moveTrade(method, holding, trade).holding;
      }
      return holding;
    },
  };
};

/**
 * `restatements`: how many of its fills will be taken back or corrected. Until the last of them the fills since the last
 * split are remembered; one from before it is never restated: shares then and now do not match one for one.
 */
export const trackHolding = (method: CostMethod, restatements: number): TrackedHolding => {
  let holding = emptyHolding;
  let pending = restatements;
  let replay = pending > 0 ? createReplay(method, holding) : null;

  const restate = (fill: FillBusted | FillCorrected): Moved => {
    invariant(replay !== null, `fill ${fill.executionId} was expected to be restated`);
    const moved = moveRestated(holding, replay.restate(fill));
    pending -= 1;
    if (pending === 0) replay = null;
    return moved;
  };

  const move = (event: HoldingEvent, place: Place): Moved => {
    switch (event.type) {
      case 'OrderFilled': {
        const placed = { trade: tradeOf(event), place };
        replay?.add(event.executionId, placed, holding);
        return moveTrade(method, holding, placed);
      }
      case 'StockSplit': {
        const moved = moveSplit(method, holding, event, place);
        if (replay !== null) replay = createReplay(method, moved.holding);
        return moved;
      }
      case 'FillBusted':
      case 'FillCorrected':
        return restate(event);
    }
  };

  return {
    current: () => holding,
    book: (event, place) => {
      const moved = move(event, place);
      holding = moved.holding;
      return moved;
    },
  };
};
