import {
  absolute,
  type Cash,
  type Price,
  parseCash,
  parsePrice,
  parseQuantity,
  type Quantity,
  type Unparsable,
} from '#domain/money.ts';
import { RowTrouble } from './row-trouble.ts';

/** Which sign ends the whole digits. `either`: the text has to show it. */
export type Notation = 'point' | 'comma' | 'either';

const spaces = /[\s\u00a0\u202f\u2009']/g;
const currencySigns = /^(?:US\$|[$€£¥])|(?:[$€£¥])$/;
const whole = String.raw`\d+`;
const grouped = (separator: string) => String.raw`\d{1,3}(?:${separator}\d{3})+`;
const withPoint = new RegExp(`^(?:${whole}|${grouped(',')})?(?:\\.\\d+)?$`);
const withComma = new RegExp(`^(?:${whole}|${grouped(String.raw`\.`)})?(?:,\\d+)?$`);

const unsigned = (text: string): readonly [negative: boolean, digits: string] => {
  const inner = /^\((.*)\)$/.exec(text)?.[1];
  if (inner !== undefined) return [true, inner.replace(currencySigns, '')];
  const sign = /^[-+\u2212]|[-+\u2212]$/.exec(text)?.[0];
  const rest = sign === undefined ? text : text.replace(sign, '');
  const bare = rest.replace(currencySigns, '');
  const late = /^[-\u2212]/.test(bare) && sign === undefined; // `$-5`
  return [late || sign === '-' || sign === '\u2212', late ? bare.slice(1) : bare];
};

const plainOf = (digits: string, notation: 'point' | 'comma'): string | undefined => {
  if (!/\d/.test(digits)) return undefined;
  if (notation === 'point') {
    return withPoint.test(digits) ? digits.replaceAll(',', '') : undefined;
  }
  return withComma.test(digits) ? digits.replaceAll('.', '').replace(',', '.') : undefined;
};

/** Every plain decimal that a text may stand for: none, one, or two where `1.234` may be a thousand or a fraction. */
export const readingsOf = (text: string, notation: Notation): readonly string[] => {
  const [negative, digits] = unsigned(text.replaceAll(spaces, ''));
  const notations = notation === 'either' ? (['point', 'comma'] as const) : [notation];
  const found = new Set<string>();
  for (const one of notations) {
    const plain = plainOf(digits, one);
    // `0,123` and `.5` group nothing.
    if (plain !== undefined) found.add(plain.startsWith('.') ? `0${plain}` : plain);
  }
  const all = [...found];
  const sensible =
    all.length > 1 && /^0[.,]/.test(digits) ? all.filter((one) => /^0\./.test(one)) : all;
  return sensible.map((plain) => (negative ? `-${plain}` : plain));
};

const only = (text: string, notation: Notation, what: string): string => {
  const [first, ...others] = readingsOf(text, notation);
  if (first === undefined) throw new RowTrouble('bad_number', `${what} "${text}" is no number`);
  if (others.length > 0) {
    throw new RowTrouble(
      'bad_number',
      `${what} "${text}" may be ${[first, ...others].join(' or ')}`,
    );
  }
  return first;
};

const whys: { readonly [Why in Unparsable]: string } = {
  not_a_decimal: 'is no number',
  too_many_decimals: 'has more decimals than the ledger keeps',
  out_of_range: 'is too large',
};

/** The largest that the ledger's own API takes: a price times a quantity still fits a stored amount. */
const largest = { price: 10n ** 18n, quantity: 10n ** 19n, cash: 10n ** 33n } as const;

const read =
  <F extends bigint>(parse: (text: string) => F | Unparsable, most: bigint) =>
  (text: string, what: string, notation: Notation = 'point'): F => {
    const parsed = parse(only(text, notation, what));
    const value = typeof parsed === 'bigint' && absolute(parsed) > most ? 'out_of_range' : parsed;
    if (typeof value === 'string') {
      throw new RowTrouble('bad_number', `${what} "${text}" ${whys[value]}`);
    }
    return value;
  };

type Reader<F> = (text: string, what: string, notation?: Notation) => F;

/** Readers of a cell, exact: `$1,234.56`, `(12.30)`, `1.234,56`. They throw RowTrouble with `bad_number`. */
export const readCash: Reader<Cash> = read(parseCash, largest.cash);
export const readPrice: Reader<Price> = read(parsePrice, largest.price);
export const readQuantity: Reader<Quantity> = read(parseQuantity, largest.quantity);
