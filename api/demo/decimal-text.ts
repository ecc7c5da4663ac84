import { type Cash, divide, type Price, type Quantity } from '#domain/money.ts';

const pattern = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** A decimal as it is written: digits ÷ 10^scale; a negative scale multiplies. */
export type DecimalText = { readonly digits: bigint; readonly scale: number };

/** Reads a decimal from its source text, with or without an exponent. Throws RangeError. */
export const readDecimal = (text: string): DecimalText => {
  const match = pattern.exec(text);
  if (match === null) throw new RangeError(`not a decimal: ${text}`);
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = BigInt(whole + fraction);
  return { digits: sign === '-' ? -digits : digits, scale: fraction.length - Number(exponent) };
};

/** The decimal as an integer of 10^-decimals, half-even where it has more of them. */
export const roundedTo = (text: string, decimals: number): bigint => {
  const { digits, scale } = readDecimal(text);
  return scale <= decimals
    ? digits * 10n ** BigInt(decimals - scale)
    : divide(digits, 10n ** BigInt(scale - decimals));
};

export const roundedPrice = (text: string): Price => roundedTo(text, 9) as Price;
export const roundedQuantity = (text: string): Quantity => roundedTo(text, 9) as Quantity;
/** Nine decimals, not eighteen: what the double of a commission or a deposit says beyond them is noise. */
export const roundedCash = (text: string): Cash => (roundedTo(text, 9) * 10n ** 9n) as Cash;
