import { initialMarginPercent } from '#domain/account/figures.ts';
import type { AccountId } from '#domain/ids.ts';
import { type Cash, larger, notional, proportion, zeroCash } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import type { AccountRecord } from '#projections/accounts/table.ts';
import type { FillRecord } from '#projections/order-fills/table.ts';
import type { PositionRecord } from '#projections/positions/table.ts';
import { currentPrice } from '#projections/positions/value.ts';
import type { Tables } from '#projections/tables.ts';

/** An open position at the latest mark, as the view `positions` shows it. */
export const valued = (tables: Tables, position: PositionRecord) => {
  const price = currentPrice(position, tables.marketDataCache.get(position.symbol));
  const marketValue = notional(price, position.quantity);
  return { position, price, marketValue, unrealized: (marketValue - position.cost) as Cash };
};

/** An account's open positions by symbol. */
export const openPositions = (tables: Tables, accountId: AccountId) =>
  tables.positions
    .group(accountId)
    .toSorted((left, right) => (left.symbol < right.symbol ? -1 : 1))
    .map((position) => valued(tables, position));

/** Sales whose cash may not be used at `at`. One that cost more than it brought is paid at once. */
export const unsettledSales = (
  tables: Tables,
  accountId: AccountId,
  at: Instant,
): readonly FillRecord[] =>
  [...tables.orderFills.values()].filter(
    (fill) =>
      fill.accountId === accountId &&
      fill.side === 'sell' &&
      (fill.status === 'booked' || fill.status === 'corrected') &&
      fill.settlesAt !== null &&
      fill.settlesAt > at &&
      fill.value > fill.commission,
  );

/** Initial margin on positions of this gross value (Regulation T). */
export const marginOn = (gross: Cash): Cash => proportion(gross, initialMarginPercent, 100n, 'up');

/** An account and its positions as the views show them; `at` decides which sales have settled. */
export const portfolioOf = (tables: Tables, account: AccountRecord, at: Instant) => {
  let [positionsValue, gross, unrealized, unsettled] = [0n, 0n, 0n, 0n];
  for (const { marketValue, unrealized: one } of openPositions(tables, account.accountId)) {
    positionsValue += marketValue;
    gross += marketValue < 0n ? -marketValue : marketValue;
    unrealized += one;
  }
  for (const { value, commission } of unsettledSales(tables, account.accountId, at)) {
    unsettled += value - commission;
  }
  const equity = (account.cash + positionsValue) as Cash;
  const onMargin = account.policy.kind === 'margin';
  const marginUsed = onMargin ? marginOn(gross as Cash) : zeroCash;
  const available = onMargin ? equity - marginUsed : account.cash - unsettled;
  const usable = larger(zeroCash, (available - account.reserved) as Cash);
  return {
    positionsValue: positionsValue as Cash,
    unrealized: unrealized as Cash,
    unsettled: unsettled as Cash,
    equity,
    marginUsed,
    buyingPower: (onMargin ? 2n * usable : usable) as Cash,
  };
};
