import assert, { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  formatPrice,
  type Price,
  price,
  type Quantity,
  quantity,
  ratio,
  sum,
} from '#domain/money.ts';
import { instant, type SessionDate, toMilliseconds } from '#domain/time.ts';
import { dailyBar } from '#tests/support/recorded-bars.ts';
import type { Bar } from './bar.ts';
import { pathOf } from './bar-path.ts';
import { sessionHours } from './session-hours.ts';
import { bidAsk } from './spread.ts';

const { opensAt, closesAt } = sessionHours('2014-01-03' as SessionDate);
const span = { opensAt: toMilliseconds(opensAt), closesAt: toMilliseconds(closesAt) };
const prices = (bar: Bar): string[] => pathOf([bar], span).map((print) => formatPrice(print.price));

describe('a session bar', () => {
  it('that rises sees its low first, one that falls its high', () => {
    const rising = prices(dailyBar('ACME', '2014-01-03', '10 12 8 11 1000'));
    deepEqual([rising[0], rising[4], rising[8], rising[12]], ['10', '8', '12', '11']);
    const falling = prices(dailyBar('ACME', '2014-01-03', '11 12 8 10 1000'));
    deepEqual([falling[0], falling[4], falling[8], falling[12]], ['11', '12', '8', '10']);
  });

  it('goes in straight lines between, on the price tick', () => {
    const path = prices(dailyBar('ACME', '2014-01-03', '10 12 8 11 1000'));
    deepEqual(path.slice(0, 5), ['10', '9.5', '9', '8.5', '8']);
    deepEqual(prices(dailyBar('ACME', '2014-01-03', '0.5 0.5 0.4999 0.5 10')).slice(0, 3), [
      '0.5',
      '0.5',
      '0.5',
    ]);
  });

  it('opens and closes with an auction, on time', () => {
    const path = pathOf([dailyBar('ACME', '2014-01-03', '10 12 8 11 18000')], span);
    deepEqual(
      path.map((print) => print.auction).filter((auction) => auction !== null),
      ['open', 'close'],
    );
    deepEqual([path[0]?.at, path.at(-1)?.at], [span.opensAt, span.closesAt]);
    deepEqual(
      [path[0]?.volume, path[1]?.volume, path.at(-1)?.volume],
      [quantity('3000'), quantity('1000'), quantity('4000')],
    );
  });
});

describe('the minutes of a session', () => {
  const minute = (end: string, figures: string): Bar => ({
    ...dailyBar('ACME', '2014-01-03', figures),
    endsAt: instant(`2014-01-03T${end}Z`),
  });

  it('open with the first print and close with the last', () => {
    const path = pathOf(
      [minute('14:31:00', '10 11 9 10 10'), minute('21:00:00', '9 11 9 9 10')],
      span,
    );
    deepEqual(
      path.map(({ at, auction }) => `${new Date(at).toISOString().slice(11, 19)} ${auction}`),
      [
        '14:30:00 open',
        '14:30:20 null',
        '14:30:40 null',
        '14:30:59 null',
        '20:59:00 null',
        '20:59:20 null',
        '20:59:40 null',
        '21:00:00 close',
      ],
    );
  });
});

const somePrice = fc.bigInt({ min: 1n, max: 10n ** 12n });
const someBar = fc
  .record({
    figures: fc.tuple(somePrice, somePrice, somePrice, somePrice),
    volume: fc.bigInt({ min: 0n, max: 10n ** 16n }),
    rises: fc.boolean(),
  })
  .map(({ figures, volume, rises }): Bar => {
    const [low = 1n, one = 1n, two = 1n, high = 1n] = [...figures].sort((a, b) => (a < b ? -1 : 1));
    return {
      ...dailyBar('ACME', '2014-01-03', '1 1 1 1 1'),
      low: low as Price,
      high: high as Price,
      open: (rises ? one : two) as Price,
      close: (rises ? two : one) as Price,
      volume: volume as Quantity,
    };
  });

describe('any bar', () => {
  it('keeps its volume to the last share, stays in its range, and touches both ends of it', () => {
    fc.assert(
      fc.property(someBar, fc.boolean(), (drawn, isMinute) => {
        const bar = isMinute ? { ...drawn, endsAt: opensAt } : drawn;
        const path = pathOf([bar], span);
        equal(sum(path.map((print) => print.volume)), bar.volume);
        assert(path.every((print) => print.volume >= 0n));
        assert(path.every((print) => bar.low <= print.price && print.price <= bar.high));
        assert(path.some((print) => print.price === bar.low));
        assert(path.some((print) => print.price === bar.high));
        deepEqual([path[0]?.price, path.at(-1)?.price], [bar.open, bar.close]);
        for (const print of path) {
          const { bid, ask } = bidAsk(print, ratio('1'));
          assert(bar.low <= bid && bid <= print.price && print.price <= ask && ask <= bar.high);
        }
      }),
    );
  });
});

describe('bid and ask', () => {
  const around = (at: string, halfSpread: string) => {
    const wide = { price: price(at), low: price('0.0001'), high: price('1000') };
    const { bid, ask } = bidAsk(wide, ratio(halfSpread));
    return [formatPrice(bid), formatPrice(ask)];
  };

  it('stand away from the print, rounded outward to the tick', () => {
    deepEqual(around('100', '1'), ['99.99', '100.01']);
    deepEqual(around('67.7142', '1'), ['67.7', '67.73']);
    deepEqual(around('0.5', '1'), ['0.4999', '0.5001']);
    deepEqual(around('10', '0'), ['10', '10']);
  });

  it('stay inside the range of the bar', () => {
    const flat = { price: price('10'), low: price('10'), high: price('10.005') };
    deepEqual(bidAsk(flat, ratio('10')), { bid: price('10'), ask: price('10.005') });
  });
});
