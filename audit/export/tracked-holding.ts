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

/**
 * `restatements`: how many of its fills will be taken back or corrected. Until the last of them the fills since the last
 * split are remembered; one from before it is never restated: shares then and now do not match one for one.
 */
export const trackHolding = (method: CostMethod, restatements: number): TrackedHolding => {
  let holding = emptyHolding;
  let base = emptyHolding;
  let pending = restatements;
  const since = new Map<ExecutionId, PlacedTrade>();

  const restate = (fill: FillBusted | FillCorrected): Moved => {
    const known = since.get(fill.executionId);
    invariant(known !== undefined, `fill ${fill.executionId} was booked before it was restated`);
    if (fill.type === 'FillBusted') since.delete(fill.executionId);
    else since.set(fill.executionId, { ...known, trade: tradeOf(fill) });
    const moved = moveRestated(method, holding, base, since.values());
    pending -= 1;
    if (pending === 0) since.clear();
    return moved;
  };

  const move = (event: HoldingEvent, place: Place): Moved => {
    switch (event.type) {
      case 'OrderFilled': {
        const placed = { trade: tradeOf(event), place };
        if (pending > 0) since.set(event.executionId, placed);
        return moveTrade(method, holding, placed);
      }
      case 'StockSplit': {
        const moved = moveSplit(method, holding, event, place);
        base = moved.holding;
        since.clear();
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
