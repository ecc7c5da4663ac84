import type { Symbol as Ticker } from '#domain/ids.ts';
import type { SessionDate } from '#domain/time.ts';
import {
  instant,
  integer,
  nullable,
  price,
  type RowOf,
  tableShape,
  text,
} from '../ports/columns.ts';

const cacheColumns = {
  symbol: text<Ticker>(),
  /** The close of the latest mark. */
  price,
  session: text<SessionDate>(),
  open: price,
  high: price,
  low: price,
  close: price,
  /** The last close of the session before; null in a symbol's first session. */
  prevClose: nullable(price),
  source: text(),
  markedAt: instant,
  sequence: integer,
};

export type MarketRecord = RowOf<typeof cacheColumns>;
export const marketDataCacheTable = tableShape(
  'market_data_cache',
  cacheColumns,
  (row) => row.symbol,
);

const markColumns = {
  symbol: text<Ticker>(),
  session: text<SessionDate>(),
  open: price,
  high: price,
  low: price,
  close: price,
  source: text(),
  markedAt: instant,
  sequence: integer,
};

export type PriceMarkRecord = RowOf<typeof markColumns>;
export const priceMarksTable = tableShape(
  'price_marks',
  markColumns,
  (row) => String(row.sequence),
  (row) => row.symbol,
);
