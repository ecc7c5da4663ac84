import type { Symbol as Ticker } from '#domain/ids.ts';
import { absolute, type Quantity, subtract } from '#domain/money.ts';
import type { OrderFilled } from '#domain/order/events.ts';
import {
  type Lot,
  type LotMethod,
  type LotTaken,
  reduceLots,
  restateLots,
} from '#domain/position/lots.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Tables } from '#projections/tables.ts';
import { accountId } from './vector-account.ts';

/** What a fill closed, lot by lot, and what it opened. */
export type LotTrade = {
  readonly fill: OrderFilled;
  readonly taken: readonly LotTaken<Lot>[];
  readonly opened: Lot | null;
};

export type LotKind = 'fifo' | 'lifo' | 'highest_cost';

/** The lots of an account under a method: the table `lots` for first in, first out; else the same fills through `reduceLots`. */
export type LotBook = {
  readonly lotsOf: (symbol: Ticker) => readonly Lot[];
  /** Follows an event that the tables have taken in. */
  readonly follow: (event: RecordedEvent) => LotTrade | null;
  /** Takes lots out by another choice than the book's method, instead of the fill that will say so. */
  readonly replaceNext: (symbol: Ticker, lots: readonly Lot[]) => void;
};

const taking = (lots: readonly Lot[], quantity: Quantity, kind: LotKind) => {
  const method: LotMethod = { kind };
  const reduction = reduceLots(lots, quantity, method);
  if (reduction.kind !== 'reduced') throw new Error(`lots hold what was sold: ${reduction.kind}`);
  return reduction;
};

export const createLotBook = (tables: Tables, kind: LotKind): LotBook => {
  const book = new Map<Ticker, readonly Lot[]>();
  const chosen = new Map<Ticker, readonly Lot[]>();
  let diverged = kind !== 'fifo';

  const followFill = (event: RecordedEvent, fill: OrderFilled): LotTrade => {
    const { symbol } = fill;
    const opened = tables.lots.get(event.id) ?? null;
    const opens = opened === null ? (0n as Quantity) : absolute(opened.quantity);
    const closes = subtract(fill.quantity, opens);
    const before = book.get(symbol) ?? [];
    const reduction = closes === 0n ? { lots: before, taken: [] } : taking(before, closes, kind);
    const left = chosen.get(symbol) ?? reduction.lots;
    chosen.delete(symbol);
    book.set(symbol, opened === null ? left : [...left, opened]);
    return { fill, taken: reduction.taken, opened };
  };

  return {
    lotsOf: (symbol) =>
      diverged
        ? (book.get(symbol) ?? [])
        : tables.lots
            .group(`${accountId}/${symbol}`)
            .toSorted((left, right) => left.createdSequence - right.createdSequence),
    follow: (event) => {
      const { data } = event;
      if (data.type === 'OrderFilled') return followFill(event, data);
      if (data.type === 'StockSplit') {
        const before = book.get(data.symbol) ?? [];
        const fraction = absolute(data.fraction);
        const whole = fraction === 0n ? before : taking(before, fraction, kind).lots;
        book.set(
          data.symbol,
          restateLots(whole, data.quantityAfter).filter((lot) => lot.quantity !== 0n),
        );
      }
      return null;
    },
    replaceNext: (symbol, lots) => {
      diverged = true;
      chosen.set(symbol, lots);
    },
  };
};
