import { type Cash, notional, type Price, proportion } from '#domain/money.ts';
import type { MarketRecord } from '../marks/table.ts';
import type { PositionRecord } from './table.ts';

/** The latest mark, restated for splits it does not know yet; the last own fill until there is one. The view computes the same. */
export const currentPrice = (position: PositionRecord, market: MarketRecord | undefined): Price => {
  if (market === undefined) return position.lastPrice;
  if (position.splitAt === null || market.markedAt > position.splitAt) return market.price;
  return proportion(
    market.price,
    BigInt(position.splitOldShares),
    BigInt(position.splitNewShares),
    'down',
  );
};

/** Signed market value. */
export const marketValue = (position: PositionRecord, market: MarketRecord | undefined): Cash =>
  notional(currentPrice(position, market), position.quantity);
