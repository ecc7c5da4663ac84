import { initialMarginPercent, maintenancePercent } from '#domain/account/figures.ts';
import type { AccountId } from '#domain/ids.ts';
import {
  absolute,
  type Cash,
  larger,
  notional,
  type Price,
  proportion,
  type Quantity,
  zeroCash,
} from '#domain/money.ts';
import { isLive } from '#domain/order/lifecycle.ts';
import type { Instant } from '#domain/time.ts';
import type { AccountRecord } from '#projections/accounts/table.ts';
import { extremesBetween } from '#projections/marks/extremes.ts';
import type { FillRecord } from '#projections/order-fills/table.ts';
import type { OrderRecord } from '#projections/orders/table.ts';
import { shown } from '#projections/positions/holding.ts';
import type { PositionRecord } from '#projections/positions/table.ts';
import { currentPrice } from '#projections/positions/value.ts';
import type { Tables } from '#projections/tables.ts';

/** An open position at the latest mark, as the view `positions` shows it. */
export const valued = (tables: Tables, position: PositionRecord) => {
  const price = currentPrice(position, tables.marketDataCache.get(position.symbol));
  const marketValue = notional(price, position.quantity);
  return { position, price, marketValue, unrealized: (marketValue - position.cost) as Cash };
};

/** What a position's day starts from: shares at a price, and whether what was traded since belongs to the same day. */
export const dayStartOf = (tables: Tables, position: PositionRecord) => {
  const market = tables.marketDataCache.get(position.symbol);
  const { session, quantity, sessionStartQuantity: started } = position;
  const start = (shares: Quantity, price: Price, trades: boolean) => ({ shares, price, trades });
  if (market === undefined) return start(started, position.lastPrice, true);
  if (market.session > session) return start(quantity, market.prevClose ?? market.open, false);
  if (market.session === session) return start(started, market.prevClose ?? market.open, true);
  return start(started, market.price, true);
};

/** What an open position made since its day began, as the view `positions` shows it. */
export const dayPnlOf = (tables: Tables, position: PositionRecord): Cash => {
  const { shares, price, trades } = dayStartOf(tables, position);
  const { marketValue } = valued(tables, position);
  const cash = trades ? position.sessionCash : zeroCash;
  return (marketValue - notional(price, shares) + cash) as Cash;
};

/** Best and worst of an open position, marks since its last change included. */
export const excursionsOf = (tables: Tables, position: PositionRecord) => {
  const { symbol, changedSequence: after, session } = position;
  const range = { after, before: Number.POSITIVE_INFINITY, session };
  const { cycle } = shown(position, extremesBetween(tables, symbol, range));
  return {
    maxFavorable: cycle?.maxFavorable ?? zeroCash,
    maxAdverse: cycle?.maxAdverse ?? zeroCash,
  };
};

/** The orders that keep shares of a position aside, because they would close it. */
export const closingOrders = (
  tables: Tables,
  { accountId, symbol, quantity }: PositionRecord,
): readonly OrderRecord[] =>
  [...tables.orders.values()].filter(
    (order) =>
      order.accountId === accountId &&
      order.symbol === symbol &&
      order.side === (quantity > 0n ? 'sell' : 'buy') &&
      order.status !== 'refused' &&
      isLive(order.status) &&
      order.reservedQuantity !== 0n,
  );

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

const valuesOf = (tables: Tables, accountId: AccountId) => {
  let [long, short, unrealized, day, count] = [0n, 0n, 0n, 0n, 0n];
  for (const { position, marketValue, unrealized: one } of openPositions(tables, accountId)) {
    if (position.quantity > 0n) long += marketValue;
    else short += marketValue;
    unrealized += one;
    day += dayPnlOf(tables, position);
    count += 1n;
  }
  return {
    positionCount: count,
    longMarketValue: long as Cash,
    shortMarketValue: short as Cash,
    positionsValue: (long + short) as Cash,
    unrealized: unrealized as Cash,
    dayPnl: day as Cash,
  };
};

/** Maintenance margin (FINRA Rule 4210(c)): a share of the longs and a larger one of the shorts. */
const maintenanceOn = (long: Cash, short: Cash): Cash =>
  (proportion(long, maintenancePercent.long, 100n, 'up') +
    proportion(absolute(short), maintenancePercent.short, 100n, 'up')) as Cash;

/** An account and its positions as the views show them; `at` decides which sales have settled. */
export const portfolioOf = (tables: Tables, account: AccountRecord, at: Instant) => {
  const values = valuesOf(tables, account.accountId);
  const { longMarketValue: long, shortMarketValue: short, positionsValue } = values;
  let unsettled = 0n;
  for (const { value, commission } of unsettledSales(tables, account.accountId, at)) {
    unsettled += value - commission;
  }
  const equity = (account.cash + positionsValue) as Cash;
  const onMargin = account.policy.kind === 'margin';
  const marginUsed = onMargin ? marginOn((long - short) as Cash) : zeroCash;
  const available = onMargin ? equity - marginUsed : account.cash - unsettled;
  const usable = larger(zeroCash, (available - account.reserved) as Cash);
  return {
    ...values,
    unsettled: unsettled as Cash,
    equity,
    marginUsed,
    maintenanceMargin: onMargin ? maintenanceOn(long, short) : zeroCash,
    buyingPower: (onMargin ? 2n * usable : usable) as Cash,
  };
};
