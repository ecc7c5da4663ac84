import type { Symbol } from '../ids.ts';
import {
  absolute,
  type Cash,
  larger,
  notional,
  type Price,
  proportion,
  type Quantity,
  smaller,
  zeroCash,
} from '../money.ts';
import type { Instant } from '../time.ts';
import { type AccountState, type Holding, settledCash } from './state.ts';

/** What one share was worth and when the market said so; undefined where it has no quote. */
export type Prices = (
  symbol: Symbol,
) => { readonly price: Price; readonly at: Instant } | undefined;

/** Regulation T (12 CFR 220.12): half of a position's value has to be the customer's own. */
export const initialMarginPercent = 50n;
/** FINRA Rule 4210(c): 25 % of a long position's value; 30 % of a short one's from 5 USD a share on. */
export const maintenancePercent = { long: 25n, short: 30n } as const;

const percentOf = (value: Cash, percent: bigint): Cash => proportion(value, percent, 100n, 'up');

export type PositionValues = {
  readonly longValue: Cash;
  /** Zero or negative. */
  readonly shortValue: Cash;
};

/** A quote from before the position's split counts in old shares and is restated; the last own fill stands in for none. */
const priceOf = (holding: Holding, quote: ReturnType<Prices>): Price => {
  if (quote === undefined) return holding.lastPrice;
  const { split } = holding;
  return split !== null && quote.at <= split.at
    ? proportion(quote.price, split.oldShares, split.newShares)
    : quote.price;
};

/** Market values of all positions. */
export const positionValues = (state: AccountState, prices: Prices): PositionValues => {
  let longValue = 0n;
  let shortValue = 0n;
  for (const [symbol, holding] of state.holdings) {
    if (holding.quantity === 0n) continue;
    const value = notional(priceOf(holding, prices(symbol)), holding.quantity);
    if (value >= 0n) longValue += value;
    else shortValue += value;
  }
  return { longValue: longValue as Cash, shortValue: shortValue as Cash };
};

export type AccountFigures = PositionValues & {
  readonly cash: Cash;
  readonly settledCash: Cash;
  readonly reservedCash: Cash;
  /** cash + long value + short value */
  readonly equity: Cash;
  readonly initialMargin: Cash;
  readonly maintenanceMargin: Cash;
  /** What an intention may still take: of own money. Negative only through what others reported. */
  readonly available: Cash;
  /** The value of stock that `available` can open, never below zero. */
  readonly buyingPower: Cash;
  /** Cash that may leave the account. */
  readonly withdrawable: Cash;
};

/**
 * The figures that decide what an account may do at `at`. Cash account: available = settled − reserved.
 * Margin account: available = equity − 50 % of all positions − reserved; buying power is twice that.
 */
export const accountFigures = (
  state: AccountState,
  prices: Prices,
  at: Instant,
): AccountFigures => {
  const { longValue, shortValue } = positionValues(state, prices);
  const { cash, reservedCash } = state;
  const settled = settledCash(state, at);
  const free = (settled - reservedCash) as Cash;
  const equity = (cash + longValue + shortValue) as Cash;
  const onMargin = state.policy?.kind === 'margin';
  const gross = (longValue - shortValue) as Cash;
  const initialMargin = onMargin ? percentOf(gross, initialMarginPercent) : zeroCash;
  const maintenanceMargin = onMargin
    ? ((percentOf(longValue, maintenancePercent.long) +
        percentOf(absolute(shortValue), maintenancePercent.short)) as Cash)
    : zeroCash;
  const available = onMargin ? ((equity - initialMargin - reservedCash) as Cash) : free;
  const usable = larger(zeroCash, available);
  return {
    cash,
    settledCash: settled,
    reservedCash,
    longValue,
    shortValue,
    equity,
    initialMargin,
    maintenanceMargin,
    available,
    buyingPower: onMargin ? ((usable * 2n) as Cash) : usable,
    withdrawable: larger(zeroCash, smaller(free, available)),
  };
};

/** Gross value of all positions after `symbol` moved to `quantity`, at the same prices. */
export const grossAfter = (
  values: PositionValues,
  before: Quantity,
  after: Quantity,
  price: Price,
): Cash =>
  (values.longValue -
    values.shortValue -
    notional(price, absolute(before)) +
    notional(price, absolute(after))) as Cash;
