import { divide } from '#domain/money.ts';
import { toMilliseconds } from '#domain/time.ts';
import { cash, ifAny, price, shares } from './cell-texts.ts';
import { asObject, type ExpectedRow } from './cells.ts';
import type { NaiveHistory } from './naive-holdings.ts';
import type { NaiveLot } from './naive-lots.ts';
import type { NaiveQuote } from './naive-market.ts';
import type { Cycle, NaivePosition } from './naive-positions.ts';
import type { NaiveMark, NaivePoint, NaiveSplit } from './shelves.ts';

const sideOf = ({ isLong }: Cycle): string => (isLong ? 'long' : 'short');

export const positionCells = (position: NaivePosition): ExpectedRow => {
  const { cycle } = position;
  return {
    account_id: position.accountId,
    symbol: position.symbol,
    quantity: shares(position.quantity),
    cost: cash(position.cost),
    'cycle.side': ifAny(cycle, sideOf),
    'cycle.openedAt': cycle?.openedAt ?? null,
    'cycle.quantityOpened': ifAny(cycle?.opened, shares),
    'cycle.entryValue': ifAny(cycle?.entryValue, cash),
    'cycle.exitQuantity': ifAny(cycle?.exited, shares),
    'cycle.exitValue': ifAny(cycle?.exitValue, cash),
    'cycle.realized': ifAny(cycle?.realized, cash),
    'cycle.commission': ifAny(cycle?.commission, cash),
    'cycle.maxFavorable': ifAny(cycle?.maxFavorable, cash),
    'cycle.maxAdverse': ifAny(cycle?.maxAdverse, cash),
    'cycle.others': '',
    realized_pnl_lifetime: cash(position.realized),
    commission_lifetime: cash(position.commission),
    last_price: price(position.lastPrice),
    session: position.session,
    session_start_quantity: shares(position.sessionStart),
    session_cash: cash(position.sessionCash),
    split_at: position.splitAt,
    split_new_shares: String(position.splitNew),
    split_old_shares: String(position.splitOld),
    updated_at: position.updatedAt,
    changed_sequence: String(position.changedSequence),
    sequence: String(position.sequence),
  };
};

const cycleMembers: readonly string[] = [
  ...['side', 'openedAt', 'quantityOpened', 'entryValue', 'exitQuantity', 'exitValue'],
  ...['realized', 'commission', 'maxFavorable', 'maxAdverse'],
];

/** A row of `positions` with the members of its cycle as columns of their own. */
export const withCycle = <Row extends { readonly [column: string]: unknown }>(row: Row): Row => {
  const cycle = asObject(row['cycle']);
  const members = cycleMembers.map((name) => [`cycle.${name}`, cycle[name] ?? null]);
  const others = Object.keys(cycle).filter((name) => !cycleMembers.includes(name));
  // Flat is null, not an empty cycle.
  if (row['cycle'] !== null && Object.keys(cycle).length === 0) others.push(String(row['cycle']));
  return { ...row, ...Object.fromEntries(members), 'cycle.others': others.sort().join() };
};

/** To nine decimals, half-even. */
const average = (value: bigint, quantity: bigint): string =>
  price(quantity === 0n ? 0n : divide(value, quantity));

export const historyCells = (history: NaiveHistory): ExpectedRow => {
  const { cycle, closedAt } = history;
  const heldMs = toMilliseconds(closedAt) - toMilliseconds(cycle.openedAt);
  return {
    id: history.id,
    account_id: history.accountId,
    symbol: history.symbol,
    side: sideOf(cycle),
    quantity: shares(cycle.opened),
    average_entry_price: average(cycle.entryValue, cycle.opened),
    average_exit_price: average(cycle.exitValue, cycle.exited),
    entry_value: cash(cycle.entryValue),
    exit_value: cash(cycle.exitValue),
    realized_pnl: cash(cycle.realized),
    commission: cash(cycle.commission),
    max_favorable_excursion: cash(cycle.maxFavorable),
    max_adverse_excursion: cash(cycle.maxAdverse),
    opened_at: cycle.openedAt,
    closed_at: closedAt,
    hold_seconds: String(Math.max(0, Math.floor(heldMs / 1_000))),
    closing_reason: history.reason,
    created_sequence: String(history.createdSequence),
    sequence: String(history.sequence),
  };
};

export const lotCells = (lot: NaiveLot): ExpectedRow => ({
  lot_id: lot.lotId,
  account_id: lot.accountId,
  symbol: lot.symbol,
  quantity: shares(lot.quantity),
  cost: cash(lot.cost),
  commission: cash(lot.commission),
  opened_at: lot.openedAt,
  closed_at: lot.closedAt,
  realized_pnl: cash(lot.realized),
  created_sequence: String(lot.createdSequence),
  sequence: String(lot.sequence),
});

export const splitCells = (split: NaiveSplit): ExpectedRow => ({
  event_id: split.id,
  account_id: split.accountId,
  symbol: split.symbol,
  new_shares: String(split.newShares),
  old_shares: String(split.oldShares),
  quantity_before: shares(split.quantityBefore),
  quantity_after: shares(split.quantityAfter),
  fraction: shares(split.fraction),
  cash_in_lieu: cash(split.cashInLieu),
  at: split.at,
  sequence: String(split.sequence),
});

const markedCells = (mark: Omit<NaiveMark, 'type' | 'createdSequence'>): ExpectedRow => ({
  symbol: mark.symbol,
  session: mark.session,
  open: price(mark.open),
  high: price(mark.high),
  low: price(mark.low),
  close: price(mark.close),
  source: mark.source,
  marked_at: mark.markedAt,
  sequence: String(mark.sequence),
});

export const markCells = (mark: NaiveMark): ExpectedRow => markedCells(mark);

export const quoteCells = (quote: NaiveQuote): ExpectedRow => ({
  ...markedCells(quote),
  price: price(quote.close),
  prev_close: ifAny(quote.prevClose, price),
});

export const pointCells = (point: NaivePoint): ExpectedRow => ({
  account_id: point.accountId,
  session: point.session,
  at: point.at,
  cash: cash(point.cash),
  positions_value: cash(point.positionsValue),
  equity: cash(point.equity),
  net_deposits: cash(point.netDeposits),
  realized_pnl: cash(point.realized),
  unrealized_pnl: cash(point.unrealized),
  commission: cash(point.commission),
  day_change: cash(point.dayChange),
  sequence: String(point.sequence),
});
