import type { StockSplit } from '#domain/account/events.ts';
import type { AccountId, Symbol as Ticker } from '#domain/ids.ts';
import { type Cash, subtract, zeroCash } from '#domain/money.ts';
import type { FillBusted, FillCorrected, OrderFilled } from '#domain/order/events.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { accountOf, holdingKey } from '../keys.ts';
import { extremesBetween } from '../marks/extremes.ts';
import type { Tables } from '../tables.ts';
import {
  type Entry,
  emptyHolding,
  type FillEntry,
  type SplitEntry,
  type Step,
  shown,
  stepFill,
  stepSplit,
} from './holding.ts';
import { restate } from './restate.ts';
import type { LotRecord, PositionRecord } from './table.ts';

type Traded = OrderFilled | FillBusted | FillCorrected;

const openLots = (tables: Tables, key: string) => (): readonly LotRecord[] =>
  tables.lots.group(key).toSorted((left, right) => left.createdSequence - right.createdSequence);

/** The holding with the marks up to this event taken in. */
const current = (
  tables: Tables,
  account: AccountId,
  symbol: Ticker,
  entry: Entry,
): PositionRecord => {
  const record = tables.positions.get(holdingKey(account, symbol));
  if (record === undefined) return emptyHolding(account, symbol, entry);
  if (record.cycle === null) return record;
  const range = { after: record.changedSequence, before: entry.sequence, session: record.session };
  return shown(record, extremesBetween(tables, symbol, range));
};

/** Writes a step and returns what it realized, before commission. */
const keep = (tables: Tables, before: PositionRecord, step: Step): Cash => {
  tables.positions.put(step.record);
  for (const lot of step.lots) tables.lots.put(lot);
  if (step.history !== null) tables.positionHistory.put(step.history);
  return subtract(step.record.realizedPnlLifetime, before.realizedPnlLifetime);
};

const booked = (event: RecordedEvent<OrderFilled>, tables: Tables): Cash => {
  const { data, id, sequence } = event;
  const account = accountOf(event.stream);
  const fill: FillEntry = {
    kind: 'fill',
    eventId: id,
    sequence,
    side: data.side,
    quantity: data.quantity,
    price: data.price,
    commission: data.commission,
    at: data.executedAt,
  };
  const before = current(tables, account, data.symbol, fill);
  const open = openLots(tables, holdingKey(account, data.symbol));
  return keep(tables, before, stepFill(before, open, fill, tables.rules.cost));
};

/** Folds an execution, or its undoing, into position, lots and history; returns what was realized, before commission. */
export const projectTrade = (event: RecordedEvent<Traded>, tables: Tables): Cash => {
  const { data } = event;
  switch (data.type) {
    case 'OrderFilled':
      return booked({ ...event, data }, tables);
    case 'FillBusted':
    case 'FillCorrected':
      return restate(tables, accountOf(event.stream), data.symbol, event);
  }
};

/** Folds a split into position and lots; returns what a fraction paid in cash realized. */
export const projectSplit = (event: RecordedEvent<StockSplit>, tables: Tables): Cash => {
  const { data, id: eventId, sequence } = event;
  const accountId = accountOf(event.stream);
  const { type: _, referencePrice: __, symbol, ...terms } = data;
  const entry: SplitEntry = { kind: 'split', eventId, sequence, ...terms };
  tables.stockSplits.put({
    eventId,
    accountId,
    symbol,
    newShares: Number(data.newShares),
    oldShares: Number(data.oldShares),
    quantityBefore: data.quantityBefore,
    quantityAfter: data.quantityAfter,
    fraction: data.fraction,
    cashInLieu: data.cashInLieu,
    at: data.at,
    sequence,
  });
  if (!tables.positions.get(holdingKey(accountId, symbol))) return zeroCash;
  const before = current(tables, accountId, symbol, entry);
  const latestMark = tables.marketDataCache.get(symbol)?.markedAt ?? null;
  const open = openLots(tables, holdingKey(accountId, symbol));
  return keep(tables, before, stepSplit(before, open, entry, latestMark, tables.rules.cost));
};
