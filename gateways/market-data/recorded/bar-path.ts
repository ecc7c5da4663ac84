import type { Symbol } from '#domain/ids.ts';
import { divide, larger, type Price, type Quantity, smaller } from '#domain/money.ts';
import { toMilliseconds } from '#domain/time.ts';
import type { Bar } from './bar.ts';
import type { RecordedSession } from './recorded-bars.ts';
import { sessionHours } from './session-hours.ts';
import { priceTick } from './spread.ts';

/** One print on the way of a bar. */
export type Print = {
  readonly symbol: Symbol;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly price: Price;
  readonly volume: Quantity;
  readonly auction: 'open' | 'close' | null;
  /** The bar's range: nothing traded outside it. */
  readonly low: Price;
  readonly high: Price;
};

export type SessionSpan = { readonly opensAt: number; readonly closesAt: number };

const wholeShare = 10n ** 9n;

/** Splits a volume by weights in whole shares; what does not come out even goes to the last. */
const spreadVolume = (volume: Quantity, weights: readonly bigint[]): readonly Quantity[] => {
  const whole = weights.reduce((total, weight) => total + weight, 0n);
  let left: bigint = volume;
  return weights.map((weight, index) => {
    const share = divide(volume * weight, whole * wholeShare, 'down') * wholeShare;
    const taken = index === weights.length - 1 ? left : share;
    left -= taken;
    return taken as Quantity;
  });
};

/** A rising bar is taken to have seen its low first, a falling one its high. */
const waypoints = (bar: Bar): readonly [Price, Price, Price, Price] =>
  bar.close >= bar.open
    ? [bar.open, bar.low, bar.high, bar.close]
    : [bar.open, bar.high, bar.low, bar.close];

/**
 * `part` of `whole` steps from one price to another, on a price tick and never outside the two. The price it
 * starts from stays as it is: adjusted prices lie between ticks.
 */
const between = (from: Price, to: Price, part: bigint, whole: bigint): Price => {
  if (part === 0n) return from;
  const tick = priceTick(from);
  const straight = from * (whole - part) + to * part;
  const onTick = (divide(straight, whole * tick) * tick) as Price;
  return larger(smaller(from, to), smaller(larger(from, to), onTick));
};

const stepsPerLeg = 4;
/** An auction draws more than any moment between; the closing one the most. */
const dailyWeights: readonly bigint[] = [3n, ...Array<bigint>(11).fill(1n), 4n];

/**
 * A whole session as thirteen prints, 32.5 minutes apart: opening auction, both extremes, closing auction, and
 * three prints on the straight line of each leg between.
 */
const dailyPath = (bar: Bar, span: SessionSpan): readonly Print[] => {
  const points = waypoints(bar);
  const prices = points.slice(0, -1).flatMap((from, leg) => {
    const to = points[leg + 1] ?? from;
    return Array.from({ length: stepsPerLeg }, (_, step) =>
      between(from, to, BigInt(step), BigInt(stepsPerLeg)),
    );
  });
  const volumes = spreadVolume(bar.volume, dailyWeights);
  const last = prices.length;
  const interval = (span.closesAt - span.opensAt) / last;
  return [...prices, bar.close].map((price, index) => ({
    symbol: bar.symbol,
    at: span.opensAt + index * interval,
    price,
    volume: volumes[index] ?? (0n as Quantity),
    auction: index === 0 ? 'open' : index === last ? 'close' : null,
    low: bar.low,
    high: bar.high,
  }));
};

/** Milliseconds before the minute's end at which its open, its extremes and its close print. */
const minuteLeads = [60_000, 40_000, 20_000, 1_000] as const;

/** A minute as four prints; the session's first is its opening auction, its last its closing auction. */
const minutePath = (bar: Bar, end: number, isFirst: boolean, isLast: boolean): readonly Print[] => {
  const volumes = spreadVolume(bar.volume, [1n, 1n, 1n, 1n]);
  return waypoints(bar).map((price, index) => {
    const closes = isLast && index === 3;
    return {
      symbol: bar.symbol,
      at: closes ? end : end - (minuteLeads[index] ?? 0),
      price,
      volume: volumes[index] ?? (0n as Quantity),
      auction: isFirst && index === 0 ? 'open' : closes ? 'close' : null,
      low: bar.low,
      high: bar.high,
    };
  });
};

/** The prints of one symbol's session in the order of time; their volumes sum to the bars'. */
export const pathOf = (bars: readonly Bar[], span: SessionSpan): readonly Print[] =>
  bars.flatMap((bar, index) =>
    bar.endsAt === null
      ? dailyPath(bar, span)
      : minutePath(bar, toMilliseconds(bar.endsAt), index === 0, index === bars.length - 1),
  );

/** When a session opens and closes, in milliseconds since 1970. */
export const spanOf = (session: RecordedSession): SessionSpan => {
  const hours = sessionHours(session.date);
  return { opensAt: toMilliseconds(hours.opensAt), closesAt: toMilliseconds(hours.closesAt) };
};
