import type { Symbol } from '#domain/ids.ts';
import { price, quantity } from '#domain/money.ts';
import type { SessionDate } from '#domain/time.ts';
import type { Bar } from '#gateways/market-data/recorded/bar.ts';
import { intoSessions } from '#gateways/market-data/recorded/recorded-bars.ts';
import {
  createRecordedMarket,
  type RecordedMarket,
  type RecordedMarketParts,
} from '#gateways/market-data/recorded/recorded-market.ts';
import type { ManualTime } from './manual-time.ts';

export const flatSymbol = 'FLAT' as Symbol;

/** A session's bar from `open high low close volume`. */
export const dailyBar = (symbol: string, session: string, figures: string): Bar => {
  const [open = '', high = '', low = '', close = '', volume = ''] = figures.split(' ');
  return {
    symbol: symbol as Symbol,
    session: session as SessionDate,
    endsAt: null,
    open: price(open),
    high: price(high),
    low: price(low),
    close: price(close),
    volume: quantity(volume),
  };
};

/** A recorded market over the given bars that a test moves by hand. */
export const marketOf = (
  time: ManualTime,
  bars: readonly Bar[],
  more: Partial<RecordedMarketParts> = {},
): RecordedMarket =>
  createRecordedMarket({
    bars: intoSessions(bars),
    clock: time.clock,
    timer: time.timer,
    onFailure: (error) => {
      throw error;
    },
    ...more,
  });

/** Three sessions at 10.00 with 18,000 shares each: 3,000 in the opening auction, 1,000 at most prints, 4,000 in the closing one. */
export const flatMarket = (
  time: ManualTime,
  more: Partial<RecordedMarketParts> = {},
): RecordedMarket =>
  marketOf(
    time,
    ['2014-01-03', '2014-01-06', '2014-01-07'].map((session) =>
      dailyBar('FLAT', session, '10 10.5 9.5 10 18000'),
    ),
    more,
  );
