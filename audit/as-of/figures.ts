import { initialMarginPercent, maintenancePercent } from '#domain/account/figures.ts';
import type { Symbol as Ticker } from '#domain/ids.ts';
import {
  absolute,
  type Cash,
  larger,
  notional,
  type Price,
  perShare,
  proportion,
  type Quantity,
  ratioOf,
  subtract,
  zeroCash,
} from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import type { AccountRecord } from '#projections/accounts/table.ts';
import { extremesBetween, sinceKey } from '#projections/marks/extremes.ts';
import type { MarketRecord } from '#projections/marks/table.ts';
import type { OrderRecord } from '#projections/orders/table.ts';
import { price } from '#projections/ports/columns.ts';
import type { AccountRow, PortfolioSummary, PositionRow } from '#projections/ports/queries.ts';
import { shown as witnessed } from '#projections/positions/holding.ts';
import type { PositionRecord } from '#projections/positions/table.ts';
import { currentPrice } from '#projections/positions/value.ts';
import type { Fold } from './fold-state.ts';
import { openOrders } from './pages.ts';
import { presentIn } from './present.ts';
import { settlesLater } from './segment.ts';

/** What the views `positions` and `accounts` compute when they are read, as of a view. */

/** What the session began with and has moved since, at the market of the view. */
const dayOf = (position: PositionRecord, market: MarketRecord | undefined) => {
  const { quantity, session, sessionStartQuantity, sessionCash, lastPrice } = position;
  const worth = (at: Price, held: Quantity) => ({ start: notional(at, held), cash: sessionCash });
  if (market === undefined) return worth(lastPrice, sessionStartQuantity);
  const opening = market.prevClose ?? market.open;
  if (market.session > session) return { ...worth(opening, quantity), cash: zeroCash };
  return worth(market.session === session ? opening : market.price, sessionStartQuantity);
};

/** What orders at work keep aside of a position. */
const asideOf = (position: PositionRecord, orders: readonly OrderRecord[]): Quantity => {
  const side = position.quantity > 0n ? 'sell' : 'buy';
  let aside = 0n;
  for (const order of orders) {
    if (order.symbol === position.symbol && order.side === side) aside += order.reservedQuantity;
  }
  return aside as Quantity;
};

const positionRow = (
  fold: Fold,
  position: PositionRecord,
  orders: readonly OrderRecord[],
): PositionRow | undefined => {
  const { tables } = fold;
  const { accountId, symbol, quantity, changedSequence: after, session } = position;
  const market = tables.marketDataCache.get(symbol);
  const range = { after, before: Number.MAX_SAFE_INTEGER, session };
  const { cost, cycle } = witnessed(position, extremesBetween(tables, symbol, range));
  if (cycle === null) return undefined;
  const price = currentPrice(position, market);
  const marketValue = notional(price, quantity);
  const unrealizedPnl = subtract(marketValue, cost);
  const { start, cash } = dayOf(position, market);
  const dayPnl = (marketValue - start + cash) as Cash;
  return {
    accountId,
    symbol,
    side: quantity > 0n ? 'long' : 'short',
    quantity,
    availableQuantity: subtract(absolute(quantity), asideOf(position, orders)),
    cost,
    averageCost: perShare(cost, quantity),
    currentPrice: price,
    marketValue,
    unrealizedPnl,
    unrealizedPnlRatio: ratioOf(unrealizedPnl, absolute(cost)),
    realizedPnl: cycle.realized,
    totalPnl: (cycle.realized + unrealizedPnl) as Cash,
    dayPnl,
    dayPnlRatio: ratioOf(dayPnl, absolute(start)),
    commission: cycle.commission,
    realizedPnlLifetime: position.realizedPnlLifetime,
    maxFavorableExcursion: cycle.maxFavorable,
    maxAdverseExcursion: cycle.maxAdverse,
    openedAt: cycle.openedAt,
    updatedAt: position.updatedAt,
    sequence: position.sequence,
  };
};

/** Brings what marks before the fold's own have shown to positions that have not changed since. */
const loadExtremes = async (fold: Fold, held: readonly PositionRecord[]): Promise<void> => {
  const { tables, reader, marksFrom, shown } = fold;
  const asked = held.flatMap(({ symbol, changedSequence: after, session }) => {
    const until = marksFrom.get(symbol) ?? 0;
    return after < until ? [{ symbol, after, until, session }] : [];
  });
  for (const row of await reader.extremes(asked, shown)) {
    const key = sinceKey(String(row['symbol']) as Ticker, Number(row['after']));
    const [high, low] = [row['high'] ?? null, row['low'] ?? null];
    tables.earlierExtremes.set(key, { high: price.decode(high), low: price.decode(low) });
  }
};

/** Open positions by symbol, at the marks of the view. */
export const positionRows = async (fold: Fold): Promise<readonly PositionRow[]> => {
  const held = fold.tables.positions.group(fold.accountId);
  if (held.length === 0) return [];
  await loadExtremes(fold, held);
  const orders = await openOrders(fold);
  return held
    .toSorted((left, right) => (left.symbol < right.symbol ? -1 : 1))
    .flatMap((position) => positionRow(fold, position, orders) ?? []);
};

/** Cash of sales that have not settled at `at`. */
const unsettledAt = async (fold: Fold, at: Instant): Promise<Cash> => {
  const { tables, reader, base } = fold;
  const { decode, keyOf } = tables.orderFills.shape;
  const changes = tables.orderFills.changes();
  const { settles = null } = base ?? {};
  const kept =
    settles === null || settles <= at ? [] : await reader.unsettled(fold.at, at, settles);
  const before = kept.map(decode).filter((fill) => !changes.has(keyOf(fill)));
  let total = 0n;
  for (const fill of [...before, ...changes.values()]) {
    if (fill === null || !settlesLater(fill)) continue;
    if (fill.settlesAt !== null && fill.settlesAt > at) total += fill.value - fill.commission;
  }
  return total as Cash;
};

const percentOf = (value: Cash, percent: bigint): Cash => proportion(value, percent, 100n, 'up');

type Values = { readonly total: Cash; readonly long: Cash; readonly short: Cash };

const valuesOf = (positions: readonly PositionRow[]): Values & { readonly unrealized: Cash } => {
  let [total, long, short, unrealized] = [0n, 0n, 0n, 0n];
  for (const { marketValue, quantity, unrealizedPnl } of positions) {
    total += marketValue;
    if (quantity > 0n) long += marketValue;
    else short += marketValue;
    unrealized += unrealizedPnl;
  }
  return {
    total: total as Cash,
    long: long as Cash,
    short: short as Cash,
    unrealized: unrealized as Cash,
  };
};

// The same figures as domain/account/figures.ts computes from an account's state.
const marginsOf = (account: AccountRecord, { total, long, short }: Values, unsettled: Cash) => {
  const equity = (account.cash + total) as Cash;
  if (account.policy.kind === 'cash') {
    const usable = (account.cash - unsettled - account.reserved) as Cash;
    const buyingPower = larger(zeroCash, usable);
    return { equity, buyingPower, marginUsed: zeroCash, maintenanceMargin: zeroCash };
  }
  const marginUsed = percentOf(subtract(long, short), initialMarginPercent);
  const available = larger(zeroCash, (equity - marginUsed - account.reserved) as Cash);
  const ofLong = percentOf(long, maintenancePercent.long);
  const ofShort = percentOf(absolute(short), maintenancePercent.short);
  return {
    equity,
    buyingPower: (2n * available) as Cash,
    marginUsed,
    maintenanceMargin: (ofLong + ofShort) as Cash,
  };
};

const accountOf = async (
  fold: Fold,
  at: Instant,
  positions: readonly PositionRow[],
): Promise<{ readonly record: AccountRecord; readonly row: AccountRow } | undefined> => {
  const record = fold.tables.accounts.get(fold.accountId);
  if (record === undefined) return undefined;
  const values = valuesOf(positions);
  const presentAt = presentIn(record, at, fold.shown.end);
  const unsettled = await unsettledAt(fold, presentAt);
  const { lastSession: _, lastSessionEquity: __, lastSessionNetDeposits: ___, ...rest } = record;
  const { createdSequence: ____, ...facts } = rest;
  const row: AccountRow = {
    ...facts,
    presentAt,
    unsettled,
    positionsValue: values.total,
    longMarketValue: values.long,
    shortMarketValue: values.short,
    ...marginsOf(record, values, unsettled),
    unrealizedPnl: values.unrealized,
  };
  return { record, row };
};

/** The account with its figures; `at`: the instant of the view. */
export const accountRow = async (fold: Fold, at: Instant): Promise<AccountRow | undefined> =>
  (await accountOf(fold, at, await positionRows(fold)))?.row;

/** The portfolio in figures; `at`: the instant of the view. */
export const summaryOf = async (fold: Fold, at: Instant): Promise<PortfolioSummary | undefined> => {
  const positions = await positionRows(fold);
  const found = await accountOf(fold, at, positions);
  if (found === undefined) return undefined;
  const { record, row: account } = found;
  // Before the first close the day began with nothing, so that only deposits are taken out.
  const before = record.lastSession === null ? zeroCash : record.lastSessionEquity;
  const deposited = subtract(record.netDeposits, record.lastSessionNetDeposits);
  const dayChange = (account.equity - before - deposited) as Cash;
  let dayPnl = 0n;
  for (const position of positions) dayPnl += position.dayPnl;
  const gross = subtract(account.longMarketValue, account.shortMarketValue);
  return {
    account,
    positionCount: positions.length,
    totalPnl: (account.realizedPnl + account.unrealizedPnl) as Cash,
    dayChange,
    dayChangeRatio: ratioOf(dayChange, before),
    dayPnl: dayPnl as Cash,
    leverage: ratioOf(gross, account.equity),
  };
};
