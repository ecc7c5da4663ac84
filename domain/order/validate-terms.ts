import type { OrderTerms, OrderType } from './terms.ts';

type Needs = {
  readonly limitPrice: boolean;
  readonly stopPrice: boolean;
  readonly trail: boolean;
};

const needsOf: Readonly<Record<OrderType, Needs>> = {
  market: { limitPrice: false, stopPrice: false, trail: false },
  limit: { limitPrice: true, stopPrice: false, trail: false },
  stop: { limitPrice: false, stopPrice: true, trail: false },
  stop_limit: { limitPrice: true, stopPrice: true, trail: false },
  trailing_stop: { limitPrice: false, stopPrice: false, trail: true },
};

const presence = (
  name: string,
  needed: boolean,
  given: unknown,
  type: OrderType,
): string | null => {
  if (needed && given === null) return `${type} orders need ${name}`;
  if (!needed && given !== null) return `${type} orders have no ${name}`;
  return null;
};

const oneCent = 10n ** 16n;

const amountRule = (terms: OrderTerms): string | null => {
  const { quantity, notional, type } = terms;
  if (quantity === null && notional === null) return 'an order needs quantity or notional';
  if (quantity !== null && notional !== null) return 'give quantity or notional, not both';
  if (quantity !== null && quantity <= 0n) return 'quantity must be greater than zero';
  if (notional !== null && notional <= 0n) return 'notional must be greater than zero';
  if (notional !== null && notional < oneCent) return 'notional must be at least 0.01';
  if (notional !== null && type !== 'market') return 'only market orders can be by notional';
  return null;
};

const trailRule = ({ trailAmount, trailPercent, type }: OrderTerms): string | null => {
  const needed = needsOf[type].trail;
  if (!needed) return presence('trail', false, trailAmount ?? trailPercent, type);
  if ((trailAmount === null) === (trailPercent === null)) {
    return 'trailing_stop orders need trail_price or trail_percent, not both';
  }
  if (trailPercent !== null && trailPercent >= 100n * 10n ** 9n)
    return 'trail_percent is below 100';
  return null;
};

const positiveRule = (terms: OrderTerms): string | null => {
  const { limitPrice, stopPrice, trailAmount, trailPercent } = terms;
  const given = [limitPrice, stopPrice, trailAmount, trailPercent];
  return given.some((value) => value !== null && value <= 0n)
    ? 'prices must be greater than zero'
    : null;
};

const timeRule = ({ type, timeInForce }: OrderTerms): string | null => {
  const waits = type === 'stop' || type === 'stop_limit' || type === 'trailing_stop';
  return waits && timeInForce !== 'day' && timeInForce !== 'gtc'
    ? `${type} orders are day or gtc`
    : null;
};

/** Which rule the terms break among themselves, in words; null if they fit together. */
export const brokenTerm = (terms: OrderTerms): string | null => {
  const needs = needsOf[terms.type];
  return (
    amountRule(terms) ??
    presence('limit_price', needs.limitPrice, terms.limitPrice, terms.type) ??
    presence('stop_price', needs.stopPrice, terms.stopPrice, terms.type) ??
    trailRule(terms) ??
    positiveRule(terms) ??
    timeRule(terms)
  );
};
