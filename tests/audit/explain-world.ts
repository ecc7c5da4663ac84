import assert from 'node:assert/strict';
import type { ExplainSnapshot } from '#audit/explain/explain.ts';
import {
  type Explanation,
  formatIn,
  NoSuchFigure,
  type Subject,
} from '#audit/explain/explanation.ts';
import { type Figure, figures } from '#audit/explain/figures.ts';
import type { LiveRows } from '#audit/ports/live-rows.ts';
import type { AccountId, OrderId, Symbol as Ticker } from '#domain/ids.ts';
import { sessionDateOf } from '#domain/market/calendar.ts';
import type { LedgerEvent, RecordedEvent } from '#domain/recorded-event.ts';
import { fromMilliseconds, type Instant, type SessionDate, toMilliseconds } from '#domain/time.ts';
import { foldLedger } from '#projections/fold.ts';
import type { Tables } from '#projections/tables.ts';
import { snapshotOf } from './as-of-world.ts';

/** The subject that a live row's key names. */
const subjectOf = (view: string, key: readonly (string | number)[]): Subject => {
  const [accountId, first, second] = key.map(String);
  const isMarket = view === 'market_data_cache';
  return {
    accountId: accountId as AccountId,
    symbol: (isMarket ? accountId : view === 'postings' ? second : first) as Ticker,
    orderId: first as OrderId,
    id: view === 'transactions' ? `${first}-${second}` : (first ?? null),
    session: first as SessionDate,
    book: first ?? null,
    at: first as Instant,
  };
};

/** The rows of read tables that are folded in memory, as a database would show them. */
const rowsIn = (tables: Tables): LiveRows => ({
  row: async (view, key) => {
    const shown = figures.filter(({ table }) => table.view === view);
    const table = shown[0]?.table;
    assert.ok(table);
    try {
      const cells = table.row(tables, subjectOf(view, key));
      return Object.fromEntries(
        shown.map(({ column, unit }) => {
          const cell = cells[column];
          return [column, cell == null ? null : formatIn(unit, cell)];
        }),
      );
    } catch (error) {
      if (error instanceof NoSuchFigure) return undefined;
      throw error;
    }
  },
});

/** A ledger in memory whose rows can be asked for, its read tables as of `checkpoint`. */
export const lookOf = (
  log: readonly RecordedEvent[],
  checkpoint = log.length,
): ExplainSnapshot => ({
  ...snapshotOf(log, checkpoint),
  rows: rowsIn(foldLedger(log.slice(0, checkpoint))),
});

/** One of some things by a number; undefined where there are none. */
export const picked = <T>(from: Iterable<T>, pick: number): T | undefined => {
  const all = [...from];
  return all[pick % Math.max(1, all.length)];
};

/** Somewhere in an account's tables: rows that exist, as far as there are any. */
export const anySubject = (
  tables: Tables,
  accountId: AccountId,
  { table, column }: Figure,
  pick: number,
  at: Instant,
): Subject => {
  const own = <Row extends { readonly accountId: AccountId }>(rows: Iterable<Row>): Row[] =>
    [...rows].filter((row) => row.accountId === accountId);
  const ids = {
    order_fills: () => {
      const all = own(tables.orderFills.values());
      const corrected = all.filter(({ status }) => status === 'corrected');
      return picked(pick % 2 === 0 && corrected.length > 0 ? corrected : all, pick)?.executionId;
    },
    position_history: () => picked(own(tables.positionHistory.values()), pick)?.id,
    lots: () => picked(own(tables.lots.values()), pick)?.lotId,
    transactions: () => {
      const row = picked(own(tables.transactions.values()), pick);
      return row === undefined || pick % 5 === 0 ? undefined : `${row.sequence}-${row.line}`;
    },
  };
  // Few orders trail the market: those that have the figure come first, mostly.
  const orders = own(tables.orders.values());
  const having = orders.filter((order) => {
    if (table.view !== 'orders') return true;
    const { orderId } = order;
    return table.row(tables, { accountId, symbol: null, orderId, at })[column] != null;
  });
  const idOf = Object.entries(ids).find(([view]) => view === table.view)?.[1];
  const leg = picked(picked(own(tables.journalEntries.values()), pick)?.legs ?? [], pick);
  const position = picked(own(tables.positions.values()), pick);
  return {
    accountId,
    symbol: (table.view === 'postings' ? leg?.commodity : position?.symbol) as Ticker,
    orderId: picked(pick % 4 === 0 || having.length === 0 ? orders : having, pick)?.orderId ?? null,
    id: idOf?.() ?? null,
    session: picked(own(tables.portfolioSnapshots.values()), pick)?.session ?? null,
    book: leg?.book ?? null,
    at,
  };
};

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

/** A quotient to the nearest integer, whichever way halves go. */
const isNearest = (value: bigint, numerator: bigint, denominator: bigint): boolean =>
  abs(2n * (value * denominator - numerator)) <= abs(denominator);

/** Fails unless an explanation's lines and parts come to its value, and theirs to theirs; not by the explainer's own arithmetic. */
export const checkSums = (explanation: Explanation): void => {
  const { figure, formula, lines, parts, value } = explanation;
  let sum = 0n;
  for (const { amount, total } of lines) {
    sum += amount;
    assert.equal(total, sum, figure);
  }
  for (const part of parts) checkSums(part);
  const [one = 0n, two = 0n] = parts.map((part) => part.value);
  if (formula.kind !== 'sum')
    assert.equal(lines.length, 0, `${figure} has lines beside its formula`);
  switch (formula.kind) {
    case 'sum':
      assert.equal(formula.signs.length >= parts.length, true, figure);
      for (const [place, part] of parts.entries())
        sum += BigInt(formula.signs[place] ?? 0) * part.value;
      assert.equal(value, sum, figure);
      return;
    case 'product':
      assert.equal(value, one * two, figure);
      return;
    case 'quotient':
      assert.ok(two === 0n ? value === 0n : isNearest(value, one, two), figure);
      return;
    case 'percent':
      assert.equal(value % 100_000n, 0n, figure);
      assert.ok(
        two === 0n ? value === 0n : isNearest(value / 100_000n, one * 1_000_000n, abs(two)),
        figure,
      );
      return;
    case 'share': {
      const over = value * 100n - abs(one) * formula.percent;
      assert.ok(over >= 0n && over < 100n, figure);
    }
  }
};

const instantPattern = /^\d{4}-\d{2}-\d{2}T/;
const start = Date.UTC(2024, 0, 2, 15);

/** The same log over `factor` times as long a time, so that it sees several trading days. */
export const spread = (log: readonly RecordedEvent[], factor: number): readonly RecordedEvent[] => {
  const later = (at: Instant): Instant =>
    fromMilliseconds(start + (toMilliseconds(at) - start) * factor);
  return log.map((event) => {
    const effectiveAt = later(event.effectiveAt);
    const data = Object.fromEntries(
      Object.entries(event.data).map(([name, value]) => {
        if (name === 'session') return [name, sessionDateOf(effectiveAt)];
        const isInstant = typeof value === 'string' && instantPattern.test(value);
        return [name, isInstant ? later(value as Instant) : value];
      }),
    );
    return { ...event, effectiveAt, recordedAt: effectiveAt, data: data as LedgerEvent };
  });
};
