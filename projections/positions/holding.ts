import type { AccountId, EventId, Symbol as Ticker } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import { sessionDateOf } from '#domain/market/calendar.ts';
import {
  absolute,
  add,
  type Cash,
  negate,
  notional,
  type Price,
  perShare,
  proportion,
  type Quantity,
  subtract,
  sum,
  zeroCash,
  zeroQuantity,
} from '#domain/money.ts';
import type { Side } from '#domain/order/terms.ts';
import { type LotMethod, reduceLots, restateLots } from '#domain/position/lots.ts';
import {
  atAverage,
  type Booked,
  bookSplit,
  bookTrade,
  type CostTaken,
  type FinishedCycle,
  type Position,
  witness,
} from '#domain/position/position.ts';
import { type Instant, toMilliseconds } from '#domain/time.ts';
import type { Extremes } from '../marks/extremes.ts';
import type { CostRule } from '../ports/rules.ts';
import type { LotRecord, PositionHistoryRecord, PositionRecord } from './table.ts';

/** An execution as a position sees it. */
export type FillEntry = {
  readonly kind: 'fill';
  readonly eventId: EventId;
  readonly sequence: number;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly price: Price;
  readonly commission: Cash;
  readonly at: Instant;
};

export type SplitEntry = {
  readonly kind: 'split';
  readonly eventId: EventId;
  readonly sequence: number;
  readonly newShares: bigint;
  readonly oldShares: bigint;
  readonly quantityBefore: Quantity;
  readonly quantityAfter: Quantity;
  readonly fraction: Quantity;
  readonly cashInLieu: Cash;
  readonly at: Instant;
};

export type Entry = FillEntry | SplitEntry;

/** What one entry does to a holding. `lots`: those that changed. */
export type Step = {
  readonly record: PositionRecord;
  readonly lots: readonly LotRecord[];
  readonly history: PositionHistoryRecord | null;
};

export const emptyHolding = (
  accountId: AccountId,
  symbol: Ticker,
  first: { readonly at: Instant; readonly sequence: number },
): PositionRecord => ({
  accountId,
  symbol,
  quantity: zeroQuantity,
  cost: zeroCash,
  cycle: null,
  realizedPnlLifetime: zeroCash,
  commissionLifetime: zeroCash,
  lastPrice: 0n as Price,
  session: sessionDateOf(first.at),
  sessionStartQuantity: zeroQuantity,
  sessionCash: zeroCash,
  splitAt: null,
  splitNewShares: 1,
  splitOldShares: 1,
  updatedAt: first.at,
  changedSequence: first.sequence,
  sequence: first.sequence,
});

const positionOf = ({ quantity, cost, cycle }: PositionRecord): Position => ({
  quantity,
  cost,
  cycle,
});

/** The record after marks have shown it these prices. */
export const shown = (record: PositionRecord, seen: Extremes | undefined): PositionRecord =>
  seen === undefined
    ? record
    : { ...record, ...witness(witness(positionOf(record), seen.high), seen.low) };

// What a position held when the session began is what day P&L starts from.
const enterSession = (record: PositionRecord, at: Instant): PositionRecord => {
  const session = sessionDateOf(at);
  if (session <= record.session) return record;
  return { ...record, session, sessionStartQuantity: record.quantity, sessionCash: zeroCash };
};

const historyOf = (
  record: PositionRecord,
  entry: Entry,
  finished: FinishedCycle,
): PositionHistoryRecord => ({
  id: entry.eventId,
  accountId: record.accountId,
  symbol: record.symbol,
  side: finished.side,
  quantity: finished.quantityOpened,
  averageEntryPrice: average(finished.entryValue, finished.quantityOpened),
  averageExitPrice: average(finished.exitValue, finished.exitQuantity),
  entryValue: finished.entryValue,
  exitValue: finished.exitValue,
  realizedPnl: finished.realized,
  commission: finished.commission,
  maxFavorableExcursion: finished.maxFavorable,
  maxAdverseExcursion: finished.maxAdverse,
  openedAt: finished.openedAt,
  closedAt: finished.closedAt,
  holdSeconds: Math.max(
    0,
    Math.floor((toMilliseconds(finished.closedAt) - toMilliseconds(finished.openedAt)) / 1000),
  ),
  closingReason: finished.reason,
  createdSequence: entry.sequence,
  sequence: entry.sequence,
});

const average = (value: Cash, quantity: Quantity): Price =>
  quantity === 0n ? (0n as Price) : perShare(value, quantity);

/** Which lots a closing fill takes first. At average cost they only say what is left of which fill. */
const lotMethods: Readonly<Record<CostRule, LotMethod>> = {
  average: { kind: 'fifo' },
  fifo: { kind: 'fifo' },
  lifo: { kind: 'lifo' },
  highest: { kind: 'highest_cost' },
};

type OpenLots = () => readonly LotRecord[];

const take = (open: readonly LotRecord[], quantity: Quantity, rule: CostRule) => {
  const reduction = reduceLots(open, quantity, lotMethods[rule]);
  invariant(reduction.kind === 'reduced', `lots hold what the position does: ${reduction.kind}`);
  return reduction;
};

const costTakenBy = (rule: CostRule, open: OpenLots): CostTaken =>
  rule === 'average'
    ? atAverage
    : (_, quantity) => sum(take(open(), quantity, rule).taken.map(({ cost }) => cost));

type LotExit = { readonly quantity: Quantity; readonly cash: Cash };

/** What the exit takes from each lot, with its share of the cash (the last one takes what is left over). */
const consume = (
  open: readonly LotRecord[],
  exit: LotExit,
  entry: Entry,
  rule: CostRule,
): readonly LotRecord[] => {
  const reduction = take(open, exit.quantity, rule);
  const left = new Map(reduction.lots.map((lot) => [lot.lotId, lot]));
  let taken = 0n;
  let paid = 0n;
  return reduction.taken.map((part): LotRecord => {
    taken += part.quantity;
    const upTo = proportion(exit.cash, taken, exit.quantity);
    const cash = (upTo - paid) as Cash;
    paid = upTo;
    const lot = left.get(part.lot.lotId);
    const realizedPnl = (part.lot.realizedPnl + cash - part.cost) as Cash;
    return lot === undefined
      ? closedLot({ ...part.lot, realizedPnl }, entry)
      : { ...lot, realizedPnl, sequence: entry.sequence };
  });
};

const closedLot = (lot: LotRecord, entry: Entry): LotRecord => ({
  ...lot,
  quantity: zeroQuantity,
  cost: zeroCash,
  commission: zeroCash,
  closedAt: entry.at,
  sequence: entry.sequence,
});

const tradeSign = <F extends bigint>(side: Side, value: F): F =>
  side === 'buy' ? value : negate(value);

const lotsOfFill = (
  record: PositionRecord,
  open: OpenLots,
  fill: FillEntry,
  booked: Booked,
  rule: CostRule,
): readonly LotRecord[] => {
  const lots: LotRecord[] = [];
  if (booked.closing !== null) {
    const { quantity } = booked.closing;
    const cash = negate(tradeSign(fill.side, notional(fill.price, quantity)));
    lots.push(...consume(open(), { quantity, cash }, fill, rule));
  }
  if (booked.opening !== null) {
    const { quantity, commission } = booked.opening;
    lots.push({
      lotId: fill.eventId,
      accountId: record.accountId,
      symbol: record.symbol,
      quantity: tradeSign(fill.side, quantity),
      cost: tradeSign(fill.side, notional(fill.price, quantity)),
      commission,
      openedAt: fill.at,
      closedAt: null,
      realizedPnl: zeroCash,
      createdSequence: fill.sequence,
      sequence: fill.sequence,
    });
  }
  return lots;
};

/** Books a fill. `open`: the holding's open lots, oldest first; asked for only where some are closed. */
export const stepFill = (
  before: PositionRecord,
  open: OpenLots,
  fill: FillEntry,
  rule: CostRule,
): Step => {
  const record = enterSession(before, fill.at);
  const booked = bookTrade(positionOf(record), fill, costTakenBy(rule, open));
  const cash = negate(tradeSign(fill.side, notional(fill.price, fill.quantity)));
  return {
    lots: lotsOfFill(record, open, fill, booked, rule),
    history: booked.finished === null ? null : historyOf(record, fill, booked.finished),
    record: {
      ...record,
      ...booked.position,
      realizedPnlLifetime: add(record.realizedPnlLifetime, booked.realized),
      commissionLifetime: add(record.commissionLifetime, fill.commission),
      lastPrice: fill.price,
      sessionCash: add(record.sessionCash, cash),
      updatedAt: fill.at,
      changedSequence: fill.sequence,
      sequence: fill.sequence,
    },
  };
};

const lotsOfSplit = (
  open: readonly LotRecord[],
  split: SplitEntry,
  rule: CostRule,
): readonly LotRecord[] => {
  const exit = { quantity: absolute(split.fraction), cash: split.cashInLieu };
  const taken = exit.quantity === 0n ? [] : consume(open, exit, split, rule);
  const changed = new Map(taken.map((lot) => [lot.lotId, lot]));
  const kept = open.map((lot) => changed.get(lot.lotId) ?? lot);
  const remaining = kept.filter((lot) => lot.closedAt === null);
  const restated = restateLots(remaining, split.quantityAfter).map((lot) =>
    lot.quantity === 0n ? closedLot(lot, split) : { ...lot, sequence: split.sequence },
  );
  return [...taken.filter((lot) => lot.closedAt !== null), ...restated];
};

/** `latestMark`: when the symbol was last marked; splits since then add up until a mark knows them. */
export const stepSplit = (
  before: PositionRecord,
  open: OpenLots,
  split: SplitEntry,
  latestMark: Instant | null,
  rule: CostRule,
): Step => {
  const record = enterSession(before, split.at);
  const booked = bookSplit(positionOf(record), split, costTakenBy(rule, open));
  const known = record.splitAt === null || (latestMark !== null && latestMark > record.splitAt);
  return {
    lots: record.cycle === null ? [] : lotsOfSplit(open(), split, rule),
    history: booked.finished === null ? null : historyOf(record, split, booked.finished),
    record: {
      ...record,
      ...booked.position,
      realizedPnlLifetime: add(record.realizedPnlLifetime, booked.realized),
      lastPrice: ((record.lastPrice * split.oldShares) / split.newShares) as Price,
      sessionCash: add(record.sessionCash, split.cashInLieu),
      splitAt: split.at,
      splitNewShares: Number(split.newShares) * (known ? 1 : record.splitNewShares),
      splitOldShares: Number(split.oldShares) * (known ? 1 : record.splitOldShares),
      updatedAt: split.at,
      changedSequence: split.sequence,
      sequence: split.sequence,
    },
  };
};

/** The split as it would have been, had the position been `quantity` then: after a bust the past holds less or more. */
export const splitOf = (split: SplitEntry, quantity: Quantity): SplitEntry => {
  const difference = subtract(quantity, split.quantityBefore);
  if (difference === 0n) return split;
  return {
    ...split,
    quantityBefore: quantity,
    quantityAfter: add(
      split.quantityAfter,
      proportion(difference, split.newShares, split.oldShares, 'down'),
    ),
  };
};
