import type { Price } from '../money.ts';

const one = 10n ** 9n;
const cent = 10n ** 7n;
const hundredthOfACent = 10n ** 5n;

/** SEC Rule 612 (17 CFR 242.612): two decimals from 1 USD on, four below. */
export const priceIncrement = (price: Price): bigint => (price >= one ? cent : hundredthOfACent);

export const isOnIncrement = (price: Price): boolean => price % priceIncrement(price) === 0n;

/** The nearest price on the increment, rounded down or up. */
export const toIncrement = (price: Price, direction: 'down' | 'up'): Price => {
  const increment = priceIncrement(price);
  const below = price - (price % increment);
  return (below === price || direction === 'down' ? below : below + increment) as Price;
};
