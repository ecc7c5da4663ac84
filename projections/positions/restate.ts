import type { AccountId, EventId, Symbol as Ticker } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import { beforeAllSessions } from '#domain/market/calendar.ts';
import { type Cash, subtract } from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import { holdingKey } from '../keys.ts';
import { extremesBetween } from '../marks/extremes.ts';
import type { FillRecord } from '../order-fills/table.ts';
import type { CostRule } from '../ports/rules.ts';
import type { Tables } from '../tables.ts';
import {
  type Entry,
  emptyHolding,
  type FillEntry,
  type SplitEntry,
  type Step,
  shown,
  splitOf,
  stepFill,
  stepSplit,
} from './holding.ts';
import type { LotRecord, PositionHistoryRecord, PositionRecord, SplitRecord } from './table.ts';

const fillEntry = (fill: FillRecord): FillEntry => ({
  kind: 'fill',
  eventId: fill.fillId,
  sequence: fill.createdSequence,
  side: fill.side,
  quantity: fill.quantity,
  price: fill.price,
  commission: fill.commission,
  at: fill.executedAt,
});

const splitEntry = (split: SplitRecord): SplitEntry => ({
  ...split,
  kind: 'split',
  newShares: BigInt(split.newShares),
  oldShares: BigInt(split.oldShares),
});

type Replay = {
  record: PositionRecord;
  readonly lots: Map<EventId, LotRecord>;
  readonly history: Map<EventId, PositionHistoryRecord>;
};

const stepOf = (replay: Replay, entry: Entry, latestMark: Instant | null, rule: CostRule): Step => {
  const open = () => [...replay.lots.values()].filter((lot) => lot.closedAt === null);
  return entry.kind === 'fill'
    ? stepFill(replay.record, open, entry, rule)
    : stepSplit(replay.record, open, splitOf(entry, replay.record.quantity), latestMark, rule);
};

const replayAll = (tables: Tables, empty: PositionRecord, entries: readonly Entry[]): Replay => {
  const { symbol } = empty;
  const latestMark = tables.marketDataCache.get(symbol)?.markedAt ?? null;
  const replay: Replay = { record: empty, lots: new Map(), history: new Map() };
  for (const entry of entries) {
    const { changedSequence: after, session } = replay.record;
    const range = { after, before: entry.sequence, session };
    if (replay.record.cycle !== null) {
      replay.record = shown(replay.record, extremesBetween(tables, symbol, range));
    }
    const step = stepOf(replay, entry, latestMark, tables.rules.cost);
    replay.record = step.record;
    for (const lot of step.lots) replay.lots.set(lot.lotId, lot);
    if (step.history !== null) replay.history.set(step.history.id, step.history);
  }
  return replay;
};

/**
 * A fill was taken back or corrected: folds everything the account ever did in the symbol again as it is known now, and
 * replaces position, lots and history. Returns by how much the realized P&L changed. Needs every fill, split and mark.
 */
export const restate = (
  tables: Tables,
  account: AccountId,
  symbol: Ticker,
  by: RecordedEvent,
): Cash => {
  const key = holdingKey(account, symbol);
  const before = tables.positions.get(key);
  invariant(before !== undefined, `${key} was held before a fill of it was restated`);
  const fills = tables.orderFills.group(key);
  const splits = tables.stockSplits.group(key);
  const entries: readonly Entry[] = [
    ...fills
      .filter((fill) => fill.status === 'booked' || fill.status === 'corrected')
      .map(fillEntry),
    ...splits.map(splitEntry),
  ].toSorted((left, right) => left.sequence - right.sequence);
  const { sequence } = by;
  const first = entries[0] ?? { at: before.updatedAt, sequence };
  const empty = emptyHolding(account, symbol, first);
  // What never happened has begun no session: a fill of an earlier one may come yet.
  const begun = entries.length > 0 ? empty : { ...empty, session: beforeAllSessions };
  const { record, lots, history } = replayAll(tables, begun, entries);
  // Where no fill stands any more, the price stays what it was: there is no better one.
  const lastPrice = entries.some(({ kind }) => kind === 'fill')
    ? record.lastPrice
    : before.lastPrice;
  tables.positions.put({ ...record, lastPrice, sequence });
  for (const id of [...fills.map((fill) => fill.fillId), ...splits.map((split) => split.eventId)]) {
    const lot = lots.get(id);
    if (lot === undefined) tables.lots.remove(id);
    else tables.lots.put({ ...lot, sequence });
    const closed = history.get(id);
    if (closed === undefined) tables.positionHistory.remove(id);
    else tables.positionHistory.put({ ...closed, sequence });
  }
  return subtract(record.realizedPnlLifetime, before.realizedPnlLifetime);
};
