import type { StatementLine } from '#commands/ports/broker-statement.ts';
import {
  absolute,
  type Cash,
  divide,
  formatPrice,
  notional,
  type Price,
  type Quantity,
  sum,
} from '#domain/money.ts';
import {
  dayOf,
  daysApart,
  isWithin,
  type Period,
  secondsApart,
} from '#domain/reconciliation/period.ts';
import { brokersId, type OurFill } from './books.ts';

export type TradeLine = Extract<StatementLine, { readonly kind: 'trade' }>;

/** How the executions of a statement and ours belong together. */
export type FillMatches = {
  /** One execution on each side; what they differ in is for the breaks to say. */
  readonly pairs: readonly { readonly theirs: TradeLine; readonly ours: OurFill }[];
  /** One side tells in one row what the other tells in several, of the same shares and value. */
  readonly groups: readonly {
    readonly theirs: readonly TradeLine[];
    readonly ours: readonly OurFill[];
  }[];
  readonly missing: readonly TradeLine[];
  readonly unknown: readonly OurFill[];
  /** Ours that look like one that the statement has once. */
  readonly ourDuplicates: readonly { readonly extra: OurFill; readonly of: OurFill }[];
  /** Rows that have the reference of an earlier one. */
  readonly theirDuplicates: readonly TradeLine[];
};

export type MatchLimits = {
  readonly period: Period;
  /** How many days apart the same thing may be booked. */
  readonly slackDays: number;
  readonly statesFees: boolean;
};

type Fill = Pick<OurFill, 'symbol' | 'side' | 'quantity' | 'price' | 'commission' | 'at'>;

/** Of a bucket of candidates, so many of each side are tried against each other at a time. */
const bucketMost = 200;

const byText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
const linesInOrder = (left: TradeLine, right: TradeLine): number =>
  byText(left.at, right.at) || byText(left.reference, right.reference) || left.row - right.row;
const fillsInOrder = (left: OurFill, right: OurFill): number =>
  byText(left.at, right.at) || byText(left.executionId, right.executionId);

type Open = { readonly theirs: Set<TradeLine>; readonly ours: Set<OurFill> };
type Pair = FillMatches['pairs'][number];
type Group = FillMatches['groups'][number];

const settle = ({ theirs, ours }: Open, pair: Pair, pairs: Pair[]): void => {
  theirs.delete(pair.theirs);
  ours.delete(pair.ours);
  pairs.push(pair);
};

/** By the broker's own id. One that names another symbol or side is no match: no command turns one into the other. */
const matchIds = (open: Open, pairs: Pair[]): void => {
  const byId = new Map<string, OurFill>();
  for (const fill of open.ours) if (!byId.has(brokersId(fill))) byId.set(brokersId(fill), fill);
  for (const theirs of [...open.theirs]) {
    const ours = byId.get(theirs.reference);
    if (ours === undefined || !open.ours.has(ours)) continue;
    if (ours.symbol === theirs.symbol && ours.side === theirs.side) {
      settle(open, { theirs, ours }, pairs);
    }
  }
};

type Cost = (theirs: TradeLine, ours: OurFill) => readonly number[] | null;

const compareCosts = (left: readonly number[], right: readonly number[]): number => {
  for (const [place, cost] of left.entries()) {
    const other = right[place] ?? 0;
    if (cost !== other) return cost - other;
  }
  return 0;
};

/** Pairs the cheapest first; a cost of null is no pair. Returns how many there were. */
const pairCheapest = (
  open: Open,
  pairs: Pair[],
  lines: readonly TradeLine[],
  fills: readonly OurFill[],
  costOf: Cost,
): number => {
  const before = pairs.length;
  const candidates = lines.flatMap((theirs) =>
    fills.flatMap((ours) => {
      const cost = costOf(theirs, ours);
      return cost === null ? [] : [{ theirs, ours, cost }];
    }),
  );
  // The sort is stable and the candidates are in order, so ties go to the earliest.
  for (const { theirs, ours } of candidates.sort((a, b) => compareCosts(a.cost, b.cost))) {
    if (open.theirs.has(theirs) && open.ours.has(ours)) settle(open, { theirs, ours }, pairs);
  }
  return pairs.length - before;
};

/** Pairs within each bucket of `keyOf`, some hundred at a time in the order of time: large buckets hold what is alike. */
const matchNearest = (
  open: Open,
  pairs: Pair[],
  keyOf: (fill: Fill) => string,
  costOf: Cost,
): void => {
  const buckets = Map.groupBy(open.ours, keyOf);
  for (const [key, lines] of Map.groupBy(open.theirs, keyOf)) {
    let theirs = lines;
    let ours = buckets.get(key) ?? [];
    while (theirs.length > 0 && ours.length > 0) {
      const [some, others] = [theirs.slice(0, bucketMost), ours.slice(0, bucketMost)];
      if (pairCheapest(open, pairs, some, others, costOf) === 0) break;
      theirs = theirs.filter((line) => open.theirs.has(line));
      ours = ours.filter((fill) => open.ours.has(fill));
    }
  }
};

const market = ({ symbol, side }: Fill): string => `${symbol}|${side}`;
const onDay = (fill: Fill): string => `${market(fill)}|${dayOf(fill.at)}`;
const whole = (fill: Fill): string => `${onDay(fill)}|${fill.quantity}|${fill.price}`;

/** How many decimals a price is told with, at least the two of a cent. */
const decimalsOf = (price: Price): number =>
  Math.max(2, formatPrice(price).split('.')[1]?.length ?? 0);

/** Whether a price told for all is the average of the parts, rounded as it is told. */
const isAverage = (told: Price, value: Cash, quantity: Quantity): boolean => {
  if (notional(told, quantity) === value) return true;
  const unit = 10n ** BigInt(9 - Math.min(9, decimalsOf(told)));
  const off = absolute((divide(value, quantity) - told) as Price);
  return off < unit;
};

const worth = (fills: readonly Fill[]): Cash =>
  sum(fills.map(({ price, quantity }) => notional(price, quantity)));
const shares = (fills: readonly Fill[]): Quantity => sum(fills.map(({ quantity }) => quantity));

const tellsOf = (one: Fill, parts: readonly Fill[]): boolean =>
  parts.length > 1 &&
  shares(parts) === one.quantity &&
  isAverage(one.price, worth(parts), one.quantity);

/** One row of theirs for several partial fills of ours: those of one order, or all of the day. */
const matchTheirTotals = (open: Open, groups: Group[]): void => {
  const byDay = Map.groupBy(open.ours, onDay);
  for (const line of [...open.theirs]) {
    const left = (byDay.get(onDay(line)) ?? []).filter((fill) => open.ours.has(fill));
    const orders = [...Map.groupBy(left, ({ orderId }) => orderId ?? '').values()];
    const ours = [...orders, left].find((parts) => tellsOf(line, parts));
    if (ours === undefined) continue;
    open.theirs.delete(line);
    for (const fill of ours) open.ours.delete(fill);
    groups.push({ theirs: [line], ours });
  }
};

/** Several rows of theirs for one fill of ours. */
const matchOurTotals = (open: Open, groups: Group[]): void => {
  const byDay = Map.groupBy(open.theirs, onDay);
  for (const fill of [...open.ours]) {
    const theirs = (byDay.get(onDay(fill)) ?? []).filter((line) => open.theirs.has(line));
    if (!tellsOf(fill, theirs)) continue;
    open.ours.delete(fill);
    for (const line of theirs) open.theirs.delete(line);
    groups.push({ theirs, ours: [fill] });
  }
};

/** How far apart two values are, for sorting: bits are enough, an exact measure is not needed. */
const distance = (left: bigint, right: bigint): number => Number(absolute(left - right));

/** Prices of one trade differ by slips of a pen, not by a tenth. */
const isNearPrice = (left: Price, right: Price): boolean =>
  10n * absolute(left - right) <= (left > right ? left : right);

/** What differs in exactly one thing: price, or quantity, or the day. */
const matchByOneDifference = (open: Open, pairs: Pair[], slackDays: number): void => {
  matchNearest(
    open,
    pairs,
    (fill) => `${onDay(fill)}|${fill.quantity}`,
    (theirs, ours) =>
      isNearPrice(theirs.price, ours.price)
        ? [distance(theirs.price, ours.price), secondsApart(theirs.at, ours.at)]
        : null,
  );
  matchNearest(
    open,
    pairs,
    (fill) => `${onDay(fill)}|${fill.price}`,
    (theirs, ours) => [distance(theirs.quantity, ours.quantity), secondsApart(theirs.at, ours.at)],
  );
  matchNearest(
    open,
    pairs,
    (fill) => `${market(fill)}|${fill.quantity}|${fill.price}`,
    (theirs, ours) => {
      const days = daysApart(theirs.at, ours.at);
      return days <= slackDays ? [days] : null;
    },
  );
};

const splitDuplicates = (lines: readonly TradeLine[]) => {
  const seen = new Set<string>();
  const first: TradeLine[] = [];
  const again: TradeLine[] = [];
  for (const line of lines) {
    (seen.has(line.reference) ? again : first).push(line);
    seen.add(line.reference);
  }
  return { first, again };
};

/** Ours that are left over and look like one that is not: booked twice. */
const findDuplicates = (left: readonly OurFill[], matched: readonly OurFill[]) => {
  const once = new Map<string, OurFill>();
  for (const fill of matched) if (!once.has(whole(fill))) once.set(whole(fill), fill);
  const ourDuplicates: { extra: OurFill; of: OurFill }[] = [];
  const unknown: OurFill[] = [];
  for (const fill of left) {
    const of = once.get(whole(fill));
    if (of === undefined) unknown.push(fill);
    else ourDuplicates.push({ extra: fill, of });
  }
  return { ourDuplicates, unknown };
};

/**
 * Puts a statement's executions and ours together: by the broker's id; by symbol, side, quantity, price and day, the
 * nearest in time first; totals with their parts; and what is left with what differs from it in one thing.
 */
export const matchFills = (
  lines: readonly TradeLine[],
  fills: readonly OurFill[],
  { period, slackDays, statesFees }: MatchLimits,
): FillMatches => {
  const { first, again } = splitDuplicates(lines.toSorted(linesInOrder));
  const open: Open = { theirs: new Set(first), ours: new Set(fills.toSorted(fillsInOrder)) };
  const pairs: Pair[] = [];
  const groups: Group[] = [];
  matchIds(open, pairs);
  matchNearest(open, pairs, whole, (theirs, ours) => [
    statesFees && theirs.commission !== ours.commission ? 1 : 0,
    secondsApart(theirs.at, ours.at),
  ]);
  matchTheirTotals(open, groups);
  matchOurTotals(open, groups);
  matchByOneDifference(open, pairs, slackDays);
  const left = [...open.ours].filter(({ at }) => isWithin(at, period));
  const matched = [...pairs.map(({ ours }) => ours), ...groups.flatMap(({ ours }) => ours)];
  return {
    pairs,
    groups,
    missing: [...open.theirs],
    theirDuplicates: again,
    ...findDuplicates(left, matched),
  };
};
