import type { PriceMarked } from '#domain/market/events.ts';
import { larger, smaller } from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Tables } from '../tables.ts';
import type { MarketRecord } from './table.ts';

const fresh = (mark: PriceMarked, sequence: number): MarketRecord => ({
  symbol: mark.symbol,
  price: mark.close,
  session: mark.session,
  open: mark.open,
  high: mark.high,
  low: mark.low,
  close: mark.close,
  prevClose: null,
  source: mark.source,
  markedAt: mark.markedAt,
  sequence,
});

/** Costs two rows whatever is held: positions join the latest mark when they are read. */
export const projectMark = (
  { data, sequence }: Pick<RecordedEvent<PriceMarked>, 'data' | 'sequence'>,
  tables: Tables,
): void => {
  const { type: _, ...mark } = data;
  tables.priceMarks.put({ ...mark, sequence });
  const before = tables.marketDataCache.get(data.symbol);
  if (before !== undefined && data.session < before.session) return; // A late mark of an old session.
  const row = fresh(data, sequence);
  if (before === undefined) {
    tables.marketDataCache.put(row);
  } else if (data.session === before.session) {
    tables.marketDataCache.put({
      ...row,
      open: before.open,
      high: larger(before.high, row.high),
      low: smaller(before.low, row.low),
      prevClose: before.prevClose,
    });
  } else {
    tables.marketDataCache.put({ ...row, prevClose: before.close });
  }
};
