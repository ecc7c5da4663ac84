import type { AccountId, OrderId, Symbol as Ticker } from '#domain/ids.ts';
import {
  type Cash,
  formatCash,
  formatPrice,
  formatQuantity,
  formatRatio,
  type Price,
  type Quantity,
  type Ratio,
} from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant, SessionDate } from '#domain/time.ts';
import { unreachable } from '#domain/unreachable.ts';
import type { Tables } from '#projections/tables.ts';
import type { TruthEnd } from '../as-of/truth.ts';
import type { LiveKey, LiveView } from '../ports/live-rows.ts';

/** How many decimals the integer of each unit carries; of a percentage the views show four. */
export const decimalsOf = {
  cash: 18,
  /** Of a commodity: currency or shares. */
  amount: 18,
  price: 9,
  quantity: 9,
  percent: 9,
  count: 0,
  seconds: 0,
} as const;
export type Unit = keyof typeof decimalsOf;

/** What a figure is of; what it does not need is null or left out. */
export type Subject = {
  readonly accountId: AccountId;
  /** Also the commodity of a posting. */
  readonly symbol: Ticker | null;
  readonly orderId: OrderId | null;
  /** Of the row: an execution, a closed position, a lot, a line of the statement. */
  readonly id?: string | null;
  readonly session?: SessionDate | null;
  readonly book?: string | null;
  /** The instant of the view: decides with the account's last event which sales have settled. */
  readonly at: Instant;
  /** Where a view of what was true by then ends; null or left out where there is none. */
  readonly end?: TruthEnd | null;
};

/** Where something is explained further. */
export type Reference = {
  readonly figure: string;
  readonly symbol?: Ticker;
  readonly orderId?: OrderId;
  readonly session?: SessionDate;
};

/** One step of the arithmetic; `sequence` and `at` are those of the event it comes from, where it comes from one. */
export type Line = {
  readonly sequence: number | null;
  readonly at: Instant | null;
  readonly what: string;
  readonly amount: bigint;
  /** The figure that the amount is. */
  readonly see?: Reference;
  /** Lines that this one stands for, where it is more than one. */
  readonly count?: number;
};

export type Totaled = Line & { readonly total: bigint };

/** How parts and lines make a value. */
export type Formula =
  /** Each part by its sign, and all lines. */
  | { readonly kind: 'sum'; readonly signs: readonly (1 | -1)[]; readonly note?: string }
  /** The first part (a quantity) times the second (a price): exact. */
  | { readonly kind: 'product' }
  /** The first part (cash) by the second (a quantity): nine decimals, half to even; 0 by 0. */
  | { readonly kind: 'quotient' }
  /** 100 × the first part by the size of the second: four decimals, halves away from zero; 0 by 0. */
  | { readonly kind: 'percent' }
  /** So many percent of the size of the only part, rounded up to the last digit that cash has. */
  | { readonly kind: 'share'; readonly percent: bigint };

/** How a figure comes about: by a formula over its parts, and lines. */
export type Told = {
  readonly formula: Formula;
  readonly lines: readonly Line[];
  readonly parts: readonly Explanation[];
};

/** A figure, or an operand of one, and what it comes from. */
export type Explanation = {
  /** As in the catalogue; of an operand that no table shows, what it is. */
  readonly figure: string;
  readonly unit: Unit;
  readonly value: bigint;
  readonly formula: Formula;
  readonly lines: readonly Totaled[];
  readonly parts: readonly Explanation[];
};

/** A figure that was asked for. */
export type Explained = Explanation & {
  readonly summary: string;
  /** The last event of the log that was looked at. */
  readonly sequence: number;
};

/** A run sees every event after it was folded, then tells. */
export type Run = {
  readonly see?: (event: RecordedEvent, tables: Tables) => void;
  readonly tell: (tables: Tables) => Told;
};

/** How one figure is explained, or an operand of one; it keeps no more than `most` lines, and the sum of the earlier ones. */
export type Definition = {
  readonly name: string;
  readonly summary: string;
  readonly unit: Unit;
  readonly begin: (subject: Subject, most: number) => Run;
};

/** The numbers of a row by the names of the view's columns; null where it has none. */
export type Cells = Readonly<Record<string, bigint | null>>;

/** What of a subject says which row is meant. */
export type Need = 'nothing' | 'symbol' | 'order' | 'id' | 'session' | 'book';

/** The figures of one read table. */
export type FigureTable = {
  /** Of the public view. */
  readonly view: LiveView;
  readonly needs: Need;
  /** What `id` is. */
  readonly idIs?: string;
  /** Which row is meant where no `id` is given; none where this is left out. */
  readonly withoutId?: string;
  /** The row as the projections have it. Throws NoSuchFigure. */
  readonly row: (tables: Tables, subject: Subject) => Cells;
  /** What the live row is known by; null where nothing can be known by what was asked for. `tables`: once they are folded. */
  readonly key: (subject: Subject, tables: Tables | null) => LiveKey | null;
  readonly figures: readonly Definition[];
};

/** The figure was not there: nothing held, no such order. */
export class NoSuchFigure extends Error {
  override readonly name = 'NoSuchFigure';
}

/** The lines do not come to the figure: the read tables, or the explanation, are wrong. */
export class Unexplained extends Error {
  override readonly name = 'Unexplained';
}

export const formatIn = (unit: Unit, value: bigint): string => {
  switch (unit) {
    case 'cash':
    case 'amount':
      return formatCash(value as Cash);
    case 'price':
      return formatPrice(value as Price);
    case 'quantity':
      return formatQuantity(value as Quantity);
    case 'percent':
      return formatRatio(value as Ratio);
    case 'count':
    case 'seconds':
      return String(value);
    default:
      return unreachable(unit);
  }
};
