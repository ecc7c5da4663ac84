import { z } from 'zod';
import { formatCash, formatPrice, formatQuantity } from '#domain/money.ts';
import type { PositionHistoryRow, PositionRow } from '#projections/ports/queries.ts';
import { decimal, id, instant, percent, sequence } from './form.ts';

const side = z.enum(['long', 'short']);

export const positionAnswer = z
  .strictObject({
    account_id: id,
    symbol: z.string(),
    side,
    quantity: decimal.describe('Signed: a short position is negative, and so is its cost.'),
    available_quantity: decimal,
    avg_cost: decimal,
    total_cost: decimal,
    current_price: decimal,
    market_value: decimal,
    unrealized_pnl: decimal,
    unrealized_pnl_pct: decimal.describe('Percent of the cost.'),
    realized_pnl: decimal.describe('Since the position was last flat, before commission.'),
    realized_pnl_lifetime: decimal,
    total_pnl: decimal,
    day_pnl: decimal,
    day_pnl_pct: decimal,
    commission: decimal,
    max_favorable_excursion: decimal,
    max_adverse_excursion: decimal,
    opened_at: instant,
    updated_at: instant,
    sequence,
  })
  .meta({ id: 'Position' });

/** An open position as it is told. */
export const positionJson = (row: PositionRow): z.infer<typeof positionAnswer> => ({
  account_id: row.accountId,
  symbol: row.symbol,
  side: row.side,
  quantity: formatQuantity(row.quantity),
  available_quantity: formatQuantity(row.availableQuantity),
  avg_cost: formatPrice(row.averageCost),
  total_cost: formatCash(row.cost),
  current_price: formatPrice(row.currentPrice),
  market_value: formatCash(row.marketValue),
  unrealized_pnl: formatCash(row.unrealizedPnl),
  unrealized_pnl_pct: percent(row.unrealizedPnlRatio),
  realized_pnl: formatCash(row.realizedPnl),
  realized_pnl_lifetime: formatCash(row.realizedPnlLifetime),
  total_pnl: formatCash(row.totalPnl),
  day_pnl: formatCash(row.dayPnl),
  day_pnl_pct: percent(row.dayPnlRatio),
  commission: formatCash(row.commission),
  max_favorable_excursion: formatCash(row.maxFavorableExcursion),
  max_adverse_excursion: formatCash(row.maxAdverseExcursion),
  opened_at: row.openedAt,
  updated_at: row.updatedAt,
  sequence: row.sequence,
});

export const closedPositionAnswer = z
  .strictObject({
    id,
    account_id: id,
    symbol: z.string(),
    side,
    quantity: decimal,
    avg_entry_price: decimal,
    avg_exit_price: decimal,
    entry_value: decimal,
    exit_value: decimal,
    realized_pnl: decimal,
    realized_pnl_net: decimal,
    realized_pnl_pct: decimal,
    commission: decimal,
    max_favorable_excursion: decimal,
    max_adverse_excursion: decimal,
    opened_at: instant,
    closed_at: instant,
    hold_seconds: z.number(),
    closing_reason: z.enum(['closed', 'flipped', 'split']),
    sequence,
  })
  .meta({ id: 'ClosedPosition' });

/** A position from flat to flat as it is told. */
export const closedPositionJson = (
  row: PositionHistoryRow,
): z.infer<typeof closedPositionAnswer> => ({
  id: row.id,
  account_id: row.accountId,
  symbol: row.symbol,
  side: row.side,
  quantity: formatQuantity(row.quantity),
  avg_entry_price: formatPrice(row.averageEntryPrice),
  avg_exit_price: formatPrice(row.averageExitPrice),
  entry_value: formatCash(row.entryValue),
  exit_value: formatCash(row.exitValue),
  realized_pnl: formatCash(row.realizedPnl),
  realized_pnl_net: formatCash(row.realizedPnlNet),
  realized_pnl_pct: percent(row.realizedPnlRatio),
  commission: formatCash(row.commission),
  max_favorable_excursion: formatCash(row.maxFavorableExcursion),
  max_adverse_excursion: formatCash(row.maxAdverseExcursion),
  opened_at: row.openedAt,
  closed_at: row.closedAt,
  hold_seconds: row.holdSeconds,
  closing_reason: row.closingReason,
  sequence: row.sequence,
});
