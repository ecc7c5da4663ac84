import { z } from 'zod';
import { formatCash, formatRatio, larger, subtract, zeroCash } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import type { PortfolioPoint, PortfolioSummary } from '#projections/ports/queries.ts';
import { decimal, id, instant, percent, sequence } from './form.ts';

export const portfolioAnswer = z.strictObject({
  account_id: id,
  total_value: decimal.describe('Cash and positions.'),
  cash: decimal,
  positions_value: decimal,
  long_market_value: decimal,
  short_market_value: decimal,
  buying_power: decimal,
  reserved: decimal,
  net_deposits: decimal,
  unrealized_pnl: decimal,
  realized_pnl: decimal,
  total_pnl: decimal,
  commission: decimal,
  dividends: decimal,
  interest: decimal,
  fees: decimal,
  day_change: decimal.describe(
    'Since the last session closed, deposits and withdrawals taken out.',
  ),
  day_change_percent: decimal,
  day_pnl: decimal,
  leverage: decimal.describe('Gross value of the positions divided by the total value.'),
  position_count: z.int(),
  sequence,
});

/** A portfolio as it is told. */
export const portfolioJson = (summary: PortfolioSummary): z.infer<typeof portfolioAnswer> => {
  const { account } = summary;
  return {
    account_id: account.accountId,
    total_value: formatCash(account.equity),
    cash: formatCash(account.cash),
    positions_value: formatCash(account.positionsValue),
    long_market_value: formatCash(account.longMarketValue),
    short_market_value: formatCash(account.shortMarketValue),
    buying_power: formatCash(account.buyingPower),
    reserved: formatCash(account.reserved),
    net_deposits: formatCash(account.netDeposits),
    unrealized_pnl: formatCash(account.unrealizedPnl),
    realized_pnl: formatCash(account.realizedPnl),
    total_pnl: formatCash(summary.totalPnl),
    commission: formatCash(account.commission),
    dividends: formatCash(account.dividends),
    interest: formatCash(account.interest),
    fees: formatCash(account.fees),
    day_change: formatCash(summary.dayChange),
    day_change_percent: percent(summary.dayChangeRatio),
    day_pnl: formatCash(summary.dayPnl),
    leverage: formatRatio(summary.leverage),
    position_count: summary.positionCount,
    sequence: account.sequence,
  };
};

export const accountSummaryAnswer = z.strictObject({
  account_id: id,
  cash_balance: decimal,
  equity: decimal,
  buying_power: decimal,
  positions_value: decimal,
  unrealized_pnl: decimal,
  realized_pnl: decimal,
  total_pnl: decimal,
  margin_used: decimal,
  margin_available: decimal.describe('Equity that neither positions nor open orders use.'),
  maintenance_margin: decimal,
  position_count: z.int(),
  timestamp: instant,
  sequence,
});

/** The account's side of a portfolio as it is told. */
export const accountSummaryJson = (
  { account, totalPnl, positionCount }: PortfolioSummary,
  timestamp: Instant,
): z.infer<typeof accountSummaryAnswer> => {
  const { equity, marginUsed, reserved } = account;
  const available = larger(zeroCash, subtract(subtract(equity, marginUsed), reserved));
  return {
    account_id: account.accountId,
    cash_balance: formatCash(account.cash),
    equity: formatCash(equity),
    buying_power: formatCash(account.buyingPower),
    positions_value: formatCash(account.positionsValue),
    unrealized_pnl: formatCash(account.unrealizedPnl),
    realized_pnl: formatCash(account.realizedPnl),
    total_pnl: formatCash(totalPnl),
    margin_used: formatCash(marginUsed),
    margin_available: formatCash(available),
    maintenance_margin: formatCash(account.maintenanceMargin),
    position_count: positionCount,
    timestamp,
    sequence: account.sequence,
  };
};

export const portfolioPointAnswer = z
  .strictObject({
    session: z.iso.date(),
    timestamp: instant,
    equity: decimal,
    cash: decimal,
    positions_value: decimal,
    net_deposits: decimal,
    realized_pnl: decimal,
    unrealized_pnl: decimal,
    commission: decimal,
    day_change: decimal,
    sequence,
  })
  .meta({ id: 'PortfolioPoint' });

/** One session's close of the equity curve as it is told. */
export const portfolioPointJson = (
  point: PortfolioPoint,
): z.infer<typeof portfolioPointAnswer> => ({
  session: point.session,
  timestamp: point.at,
  equity: formatCash(point.equity),
  cash: formatCash(point.cash),
  positions_value: formatCash(point.positionsValue),
  net_deposits: formatCash(point.netDeposits),
  realized_pnl: formatCash(point.realizedPnl),
  unrealized_pnl: formatCash(point.unrealizedPnl),
  commission: formatCash(point.commission),
  day_change: formatCash(point.dayChange),
  sequence: point.sequence,
});
