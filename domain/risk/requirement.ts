import { initialMarginPercent } from '../account/figures.ts';
import type { AccountPolicy } from '../account/policy.ts';
import { type AccountState, holdingOf } from '../account/state.ts';
import { commissionOn } from '../commission.ts';
import {
  add,
  affordable,
  type Cash,
  divide,
  larger,
  notional,
  type Price,
  proportion,
  type Quantity,
  smaller,
  subtract,
  zeroCash,
  zeroQuantity,
} from '../money.ts';
import type { OrderTerms, Reservation } from '../order/terms.ts';

/** The market an order is judged against. */
export type Market = { readonly bid: Price; readonly ask: Price };

const fiftyDollars = 50n * 10n ** 9n;
const oneShare = 10n ** 9n;

/**
 * How far an unpriced order may run from its reference: 4 % below 50 USD, 2.5 % from there on, as
 * Alpaca collars buy stops.
 */
export const collared = (reference: Price, direction: 'up' | 'down'): Price => {
  const perMille = reference < fiftyDollars ? 40n : 25n;
  return proportion(
    reference,
    direction === 'up' ? 1000n + perMille : 1000n - perMille,
    1000n,
    'up',
  );
};

/** A short sale is valued at 3 % above the ask, or at its limit if that is higher (Alpaca's rule). */
const shortPrice = (terms: OrderTerms, market: Market): Price =>
  larger(proportion(market.ask, 103n, 100n, 'up'), terms.limitPrice ?? (0n as Price));

const trailDistance = (terms: OrderTerms, reference: Price): Price =>
  terms.trailAmount ?? proportion(reference, terms.trailPercent ?? 0n, 100n * oneShare, 'up');

/** The price at which an order's opening shares are kept aside. */
export const reservationPrice = (terms: OrderTerms, market: Market): Price => {
  if (terms.side === 'sell') return shortPrice(terms, market);
  switch (terms.type) {
    case 'limit':
    case 'stop_limit':
      return terms.limitPrice ?? market.ask;
    case 'stop':
      return collared(terms.stopPrice ?? market.ask, 'up');
    case 'trailing_stop':
      return collared(add(market.ask, trailDistance(terms, market.ask)), 'up');
    case 'market':
      return collared(market.ask, 'up');
  }
};

/** Shares an order would trade: its own, or what its notional comes to at the price least in its favour. */
export const estimatedQuantity = (terms: OrderTerms, market: Market): Quantity => {
  if (terms.quantity !== null) return terms.quantity;
  const amount = terms.notional ?? zeroCash;
  if (terms.side === 'buy') return affordable(amount, market.ask);
  return divide(amount, collared(market.bid, 'down'), 'up') as Quantity;
};

/**
 * Shares the account could close with a new order on this side: held, and not promised to another
 * order. `released` = what the order it replaces was promised. A buy in a cash account always needs
 * its money, whatever it closes.
 */
export const closable = (
  state: AccountState,
  policy: AccountPolicy,
  terms: OrderTerms,
  released: Quantity = zeroQuantity,
): Quantity => {
  if (policy.kind === 'cash' && terms.side === 'buy') return zeroQuantity;
  const holding = holdingOf(state, terms.symbol);
  const held = terms.side === 'sell' ? holding.quantity : (-holding.quantity as Quantity);
  const promised = terms.side === 'sell' ? holding.closingSells : holding.closingBuys;
  return larger(zeroQuantity, subtract(held, subtract(promised, released)));
};

const ofOwnMoney = (policy: AccountPolicy, value: Price): Price =>
  policy.kind === 'margin' ? proportion(value, initialMarginPercent, 100n, 'up') : value;

/** Commission that grows with the shares, per share; what does not grow is in the fixed part. */
const commissionPerShare = (policy: AccountPolicy, price: Price): Price => {
  const { commission } = policy;
  switch (commission.kind) {
    case 'basis_points':
      return proportion(price, commission.rate, 10_000n * oneShare, 'up');
    case 'per_share':
      return commission.rate;
    case 'fixed':
      return 0n as Price;
  }
};

const fixedCommission = (policy: AccountPolicy): Cash => {
  const { commission } = policy;
  if (commission.kind === 'fixed') return commission.amount;
  return commission.kind === 'per_share' ? commission.minimum : zeroCash;
};

/** Commission of a closing order that its own proceeds, at the price least in its favour, do not pay. */
const unpaidCommission = (
  policy: AccountPolicy,
  terms: OrderTerms,
  market: Market,
  quantity: Quantity,
): Cash => {
  if (terms.side === 'buy') return zeroCash;
  const worst = collared(market.bid, 'down');
  const proceeds = notional(smaller(terms.limitPrice ?? worst, worst), quantity);
  const commission = commissionOn(policy.commission, { quantity, notional: proceeds });
  return larger(zeroCash, subtract(commission, proceeds));
};

const byNotional = (policy: AccountPolicy, amount: Cash, opening: Quantity): Cash => {
  const commission = commissionOn(policy.commission, { quantity: opening, notional: amount });
  const value =
    policy.kind === 'margin' ? proportion(amount, initialMarginPercent, 100n, 'up') : amount;
  return add(value, commission);
};

/**
 * What an order has to keep aside. `free` = shares it may close. Shares beyond that open a position and
 * need money: in full in a cash account, half of it on margin; the commission on top.
 */
export const requiredReservation = (
  policy: AccountPolicy,
  terms: OrderTerms,
  market: Market,
  free: Quantity,
): Reservation => {
  const quantity = estimatedQuantity(terms, market);
  const closing = smaller(free, quantity);
  const opening = subtract(quantity, closing);
  if (terms.notional !== null) {
    const fixedCash =
      opening === 0n
        ? zeroCash
        : byNotional(
            policy,
            closing === 0n ? terms.notional : notional(market.ask, opening),
            opening,
          );
    return { closing, opening: zeroQuantity, cashPerShare: 0n as Price, fixedCash };
  }
  const price = reservationPrice(terms, market);
  return {
    closing,
    opening,
    cashPerShare: add(ofOwnMoney(policy, price), commissionPerShare(policy, price)),
    fixedCash:
      opening === 0n ? unpaidCommission(policy, terms, market, closing) : fixedCommission(policy),
  };
};
