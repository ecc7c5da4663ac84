import type { AccountId, OrderId, Symbol as Ticker } from '#domain/ids.ts';
import {
  type Cash,
  formatCash,
  formatPrice,
  formatQuantity,
  type Price,
  type Quantity,
} from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import type { Tables } from '#projections/tables.ts';

/** cash carries 18 decimals, prices and quantities 9. */
export type Unit = 'cash' | 'price' | 'quantity';

/** One step of the arithmetic; `sequence` and `at` are those of the event it comes from, where it comes from one. */
export type Line = {
  readonly sequence: number | null;
  readonly at: Instant | null;
  readonly what: string;
  readonly amount: bigint;
};

export type Totaled = Line & { readonly total: bigint };

/** What a figure is of. */
export type Subject = {
  readonly accountId: AccountId;
  readonly symbol: Ticker | null;
  readonly orderId: OrderId | null;
  /** Decides which sales have settled. */
  readonly at: Instant;
};

/** The lines of a figure; `quotient` where their sum is still to be divided. */
export type Told = {
  readonly lines: readonly Line[];
  readonly unit: 'cash' | 'quantity';
  readonly quotient?: { readonly divisor: Quantity; readonly of: string };
};

/** How one figure is explained. A run of it sees every event after it was folded, then tells its lines. */
export type Figure = {
  readonly name: string;
  readonly summary: string;
  readonly needs: 'symbol' | 'order' | 'nothing';
  /** Names of the read tables that the figure is in. */
  readonly tables: readonly (keyof Tables)[];
  /** The figure as the read tables have it. Throws NoSuchFigure where they have none. */
  readonly cell: (tables: Tables, subject: Subject) => bigint;
  readonly begin: (subject: Subject) => {
    readonly see?: (event: RecordedEvent, tables: Tables) => void;
    readonly tell: (tables: Tables) => Told;
  };
};

export type Explanation = {
  readonly figure: string;
  readonly unit: Unit;
  readonly lines: readonly Totaled[];
  readonly sum: bigint;
  readonly sumUnit: 'cash' | 'quantity';
  readonly quotient: { readonly divisor: Quantity; readonly of: string } | null;
  readonly value: bigint;
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
      return formatCash(value as Cash);
    case 'price':
      return formatPrice(value as Price);
    case 'quantity':
      return formatQuantity(value as Quantity);
  }
};
