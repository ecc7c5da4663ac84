import { readDecimal } from '#api/demo/decimal-text.ts';
import { absolute, type Cash, divide, type Price, type Quantity } from '#domain/money.ts';

/** An exact fraction: what our figures are before anybody rounds them. */
export type Exact = { readonly numerator: bigint; readonly denominator: bigint };

export const exact = (numerator: bigint, denominator = 1n): Exact =>
  denominator < 0n
    ? { numerator: -numerator, denominator: -denominator }
    : { numerator, denominator };

const e9 = 10n ** 9n;
const e18 = 10n ** 18n;
export const zero = exact(0n);
export const ofCash = (amount: Cash): Exact => exact(amount, e18);
export const ofQuantity = (quantity: Quantity): Exact => exact(quantity, e9);
export const ofPrice = (price: Price): Exact => exact(price, e9);
/** |cash ÷ quantity|; 0 where there is no quantity. */
export const ofAverage = (cash: Cash, quantity: Quantity): Exact =>
  quantity === 0n ? zero : exact(absolute(cash) * e9, absolute(quantity) * e18);
export const quotient = (left: Exact, right: Exact): Exact =>
  right.numerator === 0n
    ? zero
    : exact(left.numerator * right.denominator, left.denominator * right.numerator);
export const plus = (left: Exact, right: Exact): Exact =>
  exact(
    left.numerator * right.denominator + right.numerator * left.denominator,
    left.denominator * right.denominator,
  );
export const minus = (left: Exact, right: Exact): Exact =>
  plus(left, exact(-right.numerator, right.denominator));

export const fromText = (text: string): Exact => {
  const { digits, scale } = readDecimal(text);
  return scale >= 0 ? exact(digits, 10n ** BigInt(scale)) : exact(digits * 10n ** BigInt(-scale));
};

/** Decimal text with at most 18 decimals, for people. */
export const shown = ({ numerator, denominator }: Exact): string => {
  const scaled = divide(numerator * e18, denominator);
  const digits = absolute(scaled).toString().padStart(19, '0');
  const fraction = digits.slice(-18).replace(/0+$/, '');
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, -18)}${fraction === '' ? '' : `.${fraction}`}`;
};

/** Whether |left − right| <= limit. */
export const within = (left: Exact, right: Exact, limit: Exact): boolean => {
  const distance = minus(left, right);
  return absolute(distance.numerator) * limit.denominator <= limit.numerator * distance.denominator;
};

/**
 * How near an expected number has to be met:
 * `exact`: the same number. `cents`: rounded half-even to the decimals it is stated with, two at least.
 * `stated`: rounded half-even to the decimals it is stated with; a whole number is exact.
 * `whole`: stated in whole units as tax forms want them: rounded down, a loss down or toward zero.
 */
export type Precision = 'exact' | 'cents' | 'stated' | 'whole';

/** So many digits are not a decision of a person: a double, or the expansion of a fraction cut somewhere. */
const expandedDigits = 15;
const expandedTolerance = 10n ** 12n;

const isExpanded = (digits: bigint): boolean =>
  absolute(digits).toString().replace(/0+$/, '').length >= expandedDigits;

const sameRounded = (wanted: Exact, actual: Exact, decimals: number): boolean => {
  const unit = 10n ** BigInt(decimals);
  const round = ({ numerator, denominator }: Exact): bigint =>
    divide(numerator * unit, denominator);
  return round(wanted) === round(actual);
};

const wholeUnits = ({ numerator, denominator }: Exact): readonly bigint[] => {
  const towardZero = divide(numerator, denominator, 'down');
  return [towardZero, numerator < 0n ? divide(numerator, denominator, 'up') : towardZero];
};

/** Whether a figure meets an expected number. One with 15 or more significant digits is met to 1 part in 10^12. */
export const meets = (expected: string, actual: Exact, precision: Precision): boolean => {
  const { digits, scale } = readDecimal(expected);
  const wanted = fromText(expected);
  if (minus(wanted, actual).numerator === 0n) return true;
  if (isExpanded(digits)) {
    const size = absolute(wanted.numerator);
    const limit =
      size > wanted.denominator
        ? exact(size, wanted.denominator * expandedTolerance)
        : exact(1n, expandedTolerance);
    return within(wanted, actual, limit);
  }
  switch (precision) {
    case 'exact':
      return false;
    case 'cents':
      return sameRounded(wanted, actual, Math.max(2, scale));
    case 'stated':
      return scale > 0 && sameRounded(wanted, actual, scale);
    case 'whole':
      return wholeUnits(actual).some((whole) => whole * wanted.denominator === wanted.numerator);
  }
};
