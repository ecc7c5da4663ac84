import {
  type AccountFigures,
  accountFigures,
  grossAfter,
  type Prices,
} from '../account/figures.ts';
import type { AccountPolicy } from '../account/policy.ts';
import { type AccountState, heldBy, holdingOf, type OrderState } from '../account/state.ts';
import {
  absolute,
  add,
  affordable,
  type Cash,
  formatCash,
  formatPrice,
  formatQuantity,
  formatRatio,
  larger,
  notional,
  type Price,
  type Quantity,
  ratioOf,
  scaleBy,
  smaller,
  subtract,
  zeroCash,
  zeroQuantity,
} from '../money.ts';
import { reservedCash } from '../order/reservation.ts';
import type { OrderTerms, Reservation } from '../order/terms.ts';
import { brokenTerm } from '../order/validate-terms.ts';
import type { Refusal } from '../refusals.ts';
import type { Instant } from '../time.ts';
import { isOnIncrement, priceIncrement } from './price-increment.ts';
import {
  closable,
  estimatedQuantity,
  type Market,
  requiredReservation,
  reservationPrice,
} from './requirement.ts';

/** Everything a pre-trade rule looks at. */
export type Proposal = {
  readonly state: AccountState;
  readonly policy: AccountPolicy;
  readonly terms: OrderTerms;
  readonly market: Market;
  readonly prices: Prices;
  readonly at: Instant;
  /** The order this one replaces: what it holds is free for its replacement. */
  readonly replaced: OrderState | null;
};

/** What a proposal would mean. Figures cost a walk over all positions, so they are computed when first asked for. */
type Weighed = Proposal & {
  readonly quantity: Quantity;
  readonly reservation: Reservation;
  readonly figures: () => AccountFigures;
};

type Rule = (proposal: Weighed) => Refusal | null;

const weigh = (proposal: Proposal): Weighed => {
  const { state, policy, terms, market, prices, at, replaced } = proposal;
  const released = replaced === null ? zeroQuantity : heldBy(replaced).closing;
  const free = closable(state, policy, terms, released);
  let figures: AccountFigures | undefined;
  return {
    ...proposal,
    quantity: estimatedQuantity(terms, market),
    reservation: requiredReservation(policy, terms, market, free),
    figures: () => {
      figures ??= accountFigures(state, prices, at);
      return figures;
    },
  };
};

const priceIncrementRule: Rule = ({ terms }) => {
  for (const price of [terms.limitPrice, terms.stopPrice]) {
    if (price !== null && !isOnIncrement(price)) {
      const details = {
        price: formatPrice(price),
        increment: formatPrice(priceIncrement(price) as Price),
      };
      return { code: 'invalid_price_increment', details };
    }
  }
  return null;
};

const orderNotionalRule: Rule = ({ policy, terms, quantity, market }) => {
  const limit = policy.limits.orderNotional;
  if (limit === null) return null;
  const value = terms.notional ?? notional(reservationPrice(terms, market), quantity);
  return value <= limit
    ? null
    : {
        code: 'order_notional_limit_exceeded',
        details: { order_notional: formatCash(value), limit: formatCash(limit) },
      };
};

const quantityRule: Rule = ({ state, policy, terms, quantity, reservation }) => {
  if (terms.side === 'buy') return null;
  const mayShort = policy.kind === 'margin' && terms.notional === null;
  if (mayShort || quantity === reservation.closing) return null;
  const holding = holdingOf(state, terms.symbol);
  return {
    code: 'insufficient_quantity',
    details: {
      symbol: terms.symbol,
      requested: formatQuantity(quantity),
      available: formatQuantity(reservation.closing),
      position: formatQuantity(holding.quantity),
      held_for_orders: formatQuantity(holding.closingSells),
    },
  };
};

const buyingPowerRule: Rule = ({ reservation, replaced, figures }) => {
  const required = reservedCash(reservation);
  if (required === 0n) return null;
  const freed = replaced === null ? zeroCash : heldBy(replaced).cash;
  const available = add(figures().available, freed);
  return required <= available
    ? null
    : {
        code: 'insufficient_buying_power',
        details: {
          required: formatCash(required),
          available: formatCash(available),
          buying_power: formatCash(figures().buyingPower),
        },
      };
};

/** Shares an order may still trade, at most: a replacement in flight may ask for more than the order itself. */
const stillOpen = (order: OrderState, market: Market): bigint => {
  const { terms, filledNotional, filledQuantity, bustedQuantity, replacement } = order;
  if (terms.notional !== null) {
    const left = larger(zeroCash, subtract(terms.notional, filledNotional));
    return estimatedQuantity({ ...terms, notional: left }, market);
  }
  const asked = larger(terms.quantity ?? zeroQuantity, replacement?.terms.quantity ?? zeroQuantity);
  return asked - filledQuantity - bustedQuantity;
};

/** Shares that live orders on this side would still add to the position. */
const working = ({
  state,
  terms,
  market,
  replaced,
}: Pick<Proposal, 'state' | 'terms' | 'market' | 'replaced'>): Quantity => {
  let shares = 0n;
  for (const id of state.liveOrders) {
    const order = state.orders.get(id);
    if (order === undefined || order.orderId === replaced?.orderId) continue;
    if (order.terms.symbol !== terms.symbol || order.terms.side !== terms.side) continue;
    shares += stillOpen(order, market);
  }
  return shares as Quantity;
};

/** The position if this order, and those already working on its side, fill. */
const positionAfter = (
  proposal: Weighed,
): { readonly before: Quantity; readonly after: Quantity } => {
  const before = holdingOf(proposal.state, proposal.terms.symbol).quantity;
  const shares = add(proposal.quantity, working(proposal));
  const after = proposal.terms.side === 'buy' ? add(before, shares) : subtract(before, shares);
  return { before, after };
};

const positionLimitRule: Rule = (proposal) => {
  const limit = proposal.policy.limits.positionNotional;
  if (limit === null) return null;
  const { before, after } = positionAfter(proposal);
  const value = notional(proposal.market.ask, absolute(after));
  if (value <= limit || absolute(after) <= absolute(before)) return null;
  return {
    code: 'position_limit_exceeded',
    details: { position_notional: formatCash(value), limit: formatCash(limit) },
  };
};

const leverageLimitRule: Rule = (proposal) => {
  const limit = proposal.policy.limits.leverage;
  if (limit === null) return null;
  const { before, after } = positionAfter(proposal);
  if (absolute(after) <= absolute(before)) return null;
  const figures = proposal.figures();
  const gross = grossAfter(figures, before, after, proposal.market.ask);
  const leverage = ratioOf(gross, figures.equity);
  const within = figures.equity > 0n && gross <= scaleBy(figures.equity, limit, 'down');
  return within
    ? null
    : {
        code: 'leverage_limit_exceeded',
        details: {
          leverage: figures.equity > 0n ? formatRatio(leverage) : null,
          limit: formatRatio(limit),
          equity: formatCash(figures.equity),
          gross: formatCash(gross),
        },
      };
};

/** In the order in which they are told: what is wrong with the order itself before what it would do. */
const rules: readonly Rule[] = [
  priceIncrementRule,
  orderNotionalRule,
  quantityRule,
  buyingPowerRule,
  positionLimitRule,
  leverageLimitRule,
];

/** Whether the account may trade at all. */
export const tradingRefusal = (state: AccountState): Refusal | null => {
  switch (state.status) {
    case 'unopened':
      return { code: 'account_not_found', details: {} };
    case 'suspended':
      return { code: 'account_suspended', details: {} };
    case 'closed':
      return { code: 'account_closed', details: {} };
    case 'active':
      return null;
  }
};

const termsRefusal = (terms: OrderTerms): Refusal | null => {
  const rule = brokenTerm(terms);
  return rule === null ? null : { code: 'invalid_order_terms', details: { rule } };
};

export type Assessment = {
  readonly reservation: Reservation;
  /** Estimated shares of the order. */
  readonly quantity: Quantity;
  /** The first reason to refuse, or null. */
  readonly refusal: Refusal | null;
};

/** What deciding an order needs: the reservation it would make, or the first rule it breaks. */
export const assess = (proposal: Proposal): Assessment => {
  const misfit = termsRefusal(proposal.terms);
  const weighed = weigh(proposal);
  let refusal = misfit;
  for (const rule of rules) refusal ??= rule(weighed);
  return { reservation: weighed.reservation, quantity: weighed.quantity, refusal };
};

export type RiskReport = {
  /** Every rule the order breaks. */
  readonly refusals: readonly Refusal[];
  readonly figures: AccountFigures;
  readonly reservation: Reservation;
  readonly orderNotional: Cash;
  readonly positionBefore: Quantity;
  readonly positionAfter: Quantity;
  /** Value of the position after the order ÷ equity, in 0..1 (the replaced system's definition). */
  readonly riskScore: bigint;
};

/** The same rules as `assess`, all of them, with the numbers a person wants to see: a dry run. */
export const riskReport = (proposal: Proposal): RiskReport => {
  const misfit = termsRefusal(proposal.terms);
  const weighed = weigh(proposal);
  const broken = rules.map((rule) => rule(weighed)).filter((refusal) => refusal !== null);
  const figures = weighed.figures();
  const { before, after } = positionAfter(weighed);
  const value = notional(proposal.market.ask, absolute(after));
  const one = 10n ** 9n;
  const share = figures.equity > 0n ? ratioOf(value, figures.equity) : one;
  return {
    refusals: misfit === null ? broken : [misfit, ...broken],
    figures,
    reservation: weighed.reservation,
    orderNotional:
      proposal.terms.notional ??
      notional(reservationPrice(proposal.terms, proposal.market), weighed.quantity),
    positionBefore: before,
    positionAfter: after,
    riskScore: share > one ? one : share,
  };
};

/** The largest position, of either sign, that the account's limits allow in a symbol; null = any. One may always be made smaller. */
const largestPosition = (
  { limits }: AccountPolicy,
  figures: AccountFigures,
  before: Quantity,
  ask: Price,
): Quantity | null => {
  const values: Cash[] = limits.positionNotional === null ? [] : [limits.positionNotional];
  if (limits.leverage !== null) {
    const others = grossAfter(figures, before, zeroQuantity, ask);
    const most = scaleBy(larger(zeroCash, figures.equity), limits.leverage, 'down');
    values.push(subtract(most, others));
  }
  if (values.length === 0) return null;
  const least = larger(zeroCash, values.reduce(smaller));
  return larger(absolute(before), affordable(least, ask));
};

/** Shares that may be closed for nothing, and those that what is available can open. */
const sizeByMoney = (
  policy: AccountPolicy,
  terms: OrderTerms,
  market: Market,
  free: Quantity,
  { available }: AccountFigures,
): Quantity => {
  if (terms.side === 'sell' && policy.kind === 'cash') return free;
  const { fixedCash, cashPerShare } = requiredReservation(policy, terms, market, zeroQuantity);
  const money = larger(zeroCash, subtract(available, fixedCash));
  return add(free, affordable(money, cashPerShare));
};

/** The most shares a market order could be for right now; whole multiples of the smallest quantity, never below zero. */
export const maxOrderSize = (
  proposal: Omit<Proposal, 'terms' | 'replaced'>,
  symbol: OrderTerms['symbol'],
  side: OrderTerms['side'],
): Quantity => {
  const terms: OrderTerms = {
    symbol,
    side,
    type: 'market',
    timeInForce: 'day',
    quantity: (10n ** 9n) as Quantity,
    notional: null,
    limitPrice: null,
    stopPrice: null,
    trailAmount: null,
    trailPercent: null,
  };
  const { state, policy, market, prices, at } = proposal;
  const figures = accountFigures(state, prices, at);
  const free = closable(state, policy, terms);
  const sizes = [sizeByMoney(policy, terms, market, free, figures)];
  const { orderNotional } = policy.limits;
  if (orderNotional !== null) {
    sizes.push(affordable(orderNotional, reservationPrice(terms, market)));
  }
  const before = holdingOf(state, symbol).quantity;
  const largest = largestPosition(policy, figures, before, market.ask);
  if (largest !== null) {
    const room = side === 'buy' ? subtract(largest, before) : add(largest, before);
    sizes.push(subtract(room, working({ state, terms, market, replaced: null })));
  }
  const size = larger(zeroQuantity, sizes.reduce(smaller));
  // A sale that does not pay its own commission needs money too; a smaller one would need more.
  const reservation = requiredReservation(policy, { ...terms, quantity: size }, market, free);
  const pays = side === 'buy' || reservedCash(reservation) <= larger(zeroCash, figures.available);
  return pays ? size : zeroQuantity;
};
