/**
 * Exact money. A price and a quantity have nine decimals, cash has eighteen, so price × quantity
 * never rounds. Division happens in `divide` alone.
 */
declare const unit: unique symbol;
export type Fixed<Unit extends string> = bigint & { readonly [unit]: Unit };

/** Currency per share, nine decimals. */
export type Price = Fixed<'price:e9'>;
/** Shares, nine decimals. Signed where it is a position. */
export type Quantity = Fixed<'quantity:e9'>;
/** Currency, eighteen decimals: exactly wide enough for Price × Quantity. */
export type Cash = Fixed<'cash:e18'>;
/** A bare number without a unit (a percentage, a rate), nine decimals. */
export type Ratio = Fixed<'ratio:e9'>;

const nineDecimals = 10n ** 9n;
const eighteenDecimals = 10n ** 18n;

export const zeroCash = 0n as Cash;
export const zeroQuantity = 0n as Quantity;

/** price × quantity, exact. */
export const notional = (price: Price, quantity: Quantity): Cash => (price * quantity) as Cash;

export const add = <F extends bigint>(left: F, right: F): F =>
  ((left as bigint) + (right as bigint)) as F;
export const subtract = <F extends bigint>(left: F, right: F): F =>
  ((left as bigint) - (right as bigint)) as F;
export const negate = <F extends bigint>(value: F): F => -(value as bigint) as F;
export const absolute = <F extends bigint>(value: F): F => (value < 0n ? negate(value) : value);
export const smaller = <F extends bigint>(left: F, right: F): F => (left < right ? left : right);
export const larger = <F extends bigint>(left: F, right: F): F => (left > right ? left : right);
export const sum = <F extends bigint>(values: Iterable<F>): F => {
  let total = 0n;
  for (const value of values) total += value;
  return total as F;
};

/** How a quotient that does not come out even is settled. */
export type Rounding = 'half-even' | 'down' | 'up';

/** The one division: numerator ÷ denominator as an integer. `down` is toward zero, `up` away from it. */
export const divide = (
  numerator: bigint,
  denominator: bigint,
  rounding: Rounding = 'half-even',
): bigint => {
  if (denominator < 0n) return divide(-numerator, -denominator, rounding);
  const quotient = numerator / denominator;
  const remainder = numerator % denominator;
  if (remainder === 0n || rounding === 'down') return quotient;
  const away = numerator < 0n ? quotient - 1n : quotient + 1n;
  if (rounding === 'up') return away;
  const twice = 2n * absolute(remainder);
  if (twice === denominator) return quotient % 2n === 0n ? quotient : away;
  return twice > denominator ? away : quotient;
};

/** value × numerator ÷ denominator, in the unit of `value`. */
export const proportion = <F extends bigint>(
  value: F,
  numerator: bigint,
  denominator: bigint,
  rounding: Rounding = 'half-even',
): F => divide((value as bigint) * numerator, denominator, rounding) as F;

/** cash ÷ quantity, to nine decimals, half-even. Averages are derived with it and never stored as the truth. */
export const perShare = (cash: Cash, quantity: Quantity): Price => divide(cash, quantity) as Price;

/** The largest quantity whose notional at `price` stays within `cash`. */
export const affordable = (cash: Cash, price: Price): Quantity =>
  divide(cash, price, 'down') as Quantity;

/** part ÷ whole as a ratio of nine decimals; 0 where the whole is 0. */
export const ratioOf = (part: bigint, whole: bigint): Ratio =>
  (whole === 0n ? 0n : divide(part * nineDecimals, whole)) as Ratio;

/** value × ratio, half-even. */
export const scaleBy = <F extends bigint>(value: F, ratio: Ratio, rounding?: Rounding): F =>
  proportion(value, ratio, nineDecimals, rounding);

export type Unparsable = 'not_a_decimal' | 'too_many_decimals' | 'out_of_range';
const decimalPattern = /^(-?)(\d{1,60})(?:\.(\d{1,60}))?$/;

const parseOther = (text: string, decimals: number): bigint | Unparsable => {
  const match = decimalPattern.exec(text);
  if (match === null) return /^-?\d+(\.\d+)?$/.test(text) ? 'out_of_range' : 'not_a_decimal';
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > decimals) return 'too_many_decimals';
  const digits = BigInt((match[2] ?? '') + fraction.padEnd(decimals, '0'));
  return match[1] === '-' ? -digits : digits;
};

const zeros = '0'.repeat(18);
const [minus, point, nought, nine] = ['-', '.', '0', '9'].map((one) => one.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
];

/** Most texts are short and in order, and there are many of them in a log: those are read without a pattern. */
const parse = (text: string, decimals: number): bigint | Unparsable => {
  const first = text.charCodeAt(0) === minus ? 1 : 0;
  const { length } = text;
  let pointAt = length;
  for (let at = first; at < length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= nought && code <= nine) continue;
    if (code !== point || pointAt < length) return parseOther(text, decimals);
    pointAt = at;
  }
  const missing = pointAt === length ? decimals : decimals - (length - pointAt - 1);
  const isBare = pointAt === first || pointAt === length - 1;
  if (isBare || missing < 0 || length > 60) return parseOther(text, decimals);
  return BigInt(text.slice(0, pointAt) + text.slice(pointAt + 1) + zeros.slice(0, missing));
};

/** Reads a plain decimal such as `199.25`; no exponent, no sign but `-`. */
export const parsePrice = (text: string): Price | Unparsable =>
  parse(text, 9) as Price | Unparsable;
export const parseQuantity = (text: string): Quantity | Unparsable =>
  parse(text, 9) as Quantity | Unparsable;
export const parseCash = (text: string): Cash | Unparsable => parse(text, 18) as Cash | Unparsable;
export const parseRatio = (text: string): Ratio | Unparsable =>
  parse(text, 9) as Ratio | Unparsable;

const orThrow = <F extends bigint>(parsed: F | Unparsable, text: string): F => {
  if (typeof parsed === 'string') throw new RangeError(`${parsed}: ${text}`);
  return parsed;
};
/** As their `parse…` twins, for text that is known to be good; throws RangeError. */
export const price = (text: string): Price => orThrow(parsePrice(text), text);
export const quantity = (text: string): Quantity => orThrow(parseQuantity(text), text);
export const cash = (text: string): Cash => orThrow(parseCash(text), text);
export const ratio = (text: string): Ratio => orThrow(parseRatio(text), text);

const format = (value: bigint, one: bigint, decimals: number): string => {
  const magnitude = value < 0n ? -value : value;
  const whole = magnitude / one;
  const fraction = magnitude % one;
  const sign = value < 0n ? '-' : '';
  if (fraction === 0n) return `${sign}${whole}`;
  const digits = fraction.toString().padStart(decimals, '0').replace(/0+$/, '');
  return `${sign}${whole}.${digits}`;
};

/** The shortest exact decimal: `199.25`, `-0.000000001`, `0`. */
export const formatPrice = (value: Price): string => format(value, nineDecimals, 9);
export const formatQuantity = (value: Quantity): string => format(value, nineDecimals, 9);
export const formatCash = (value: Cash): string => format(value, eighteenDecimals, 18);
export const formatRatio = (value: Ratio): string => format(value, nineDecimals, 9);
