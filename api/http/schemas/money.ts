import type { z } from 'zod';
import {
  type Cash,
  type Price,
  parseCash,
  parsePrice,
  parseQuantity,
  parseRatio,
  type Quantity,
  type Ratio,
  type Unparsable,
} from '#domain/money.ts';
import { field, Trouble, textOfNumber, wrongType } from './field.ts';

type Sign = 'positive' | 'not_negative' | 'not_zero' | 'any';

const signs: Readonly<
  Record<Sign, { readonly fits: (value: bigint) => boolean; readonly words: string }>
> = {
  positive: { fits: (value) => value > 0n, words: 'must be greater than zero' },
  not_negative: { fits: (value) => value >= 0n, words: 'must not be below zero' },
  any: { fits: () => true, words: 'of any sign' },
  not_zero: { fits: (value) => value !== 0n, words: 'must not be zero' },
};

type Unit<Value extends bigint> = {
  readonly parse: (text: string) => Value | Unparsable;
  readonly decimals: number;
  /** Largest absolute value, in whole units. */
  readonly max: bigint;
  readonly of: string;
};

// A price times a quantity, both at their largest, still fits the 20 whole digits of a stored amount.
const prices: Unit<Price> = { parse: parsePrice, decimals: 9, max: 10n ** 9n, of: 'USD a share' };
const quantities: Unit<Quantity> = {
  parse: parseQuantity,
  decimals: 9,
  max: 10n ** 10n,
  of: 'shares',
};
const amounts: Unit<Cash> = { parse: parseCash, decimals: 18, max: 10n ** 15n, of: 'USD' };
const ratios: Unit<Ratio> = { parse: parseRatio, decimals: 9, max: 10n ** 6n, of: '' };

const unreadable = (reason: Unparsable, unit: Unit<bigint>): Trouble => {
  switch (reason) {
    case 'not_a_decimal':
      return new Trouble(reason, 'must be a plain decimal such as 199.25, without an exponent');
    case 'too_many_decimals':
      return new Trouble(reason, `has at most ${unit.decimals} decimals`);
    case 'out_of_range':
      return new Trouble(reason, `must not exceed ${unit.max}`);
  }
};

const decimal = <Value extends bigint>(unit: Unit<Value>, sign: Sign): z.ZodType<Value> => {
  const { fits, words } = signs[sign];
  const most = unit.max * 10n ** BigInt(unit.decimals);
  const description = [`A decimal${unit.of === '' ? '' : `, ${unit.of}`}; ${words}.`];
  description.push(`At most ${unit.decimals} decimals. A JSON number is read as it is written.`);
  const looks = { type: ['string', 'number'], description: description.join(' ') };
  return field(looks, (json) => {
    const source = textOfNumber(json);
    if (source === undefined) return wrongType('a decimal, as text or as a number');
    const value = unit.parse(source);
    if (typeof value === 'string') return unreadable(value, unit);
    if (!fits(value)) return new Trouble(`${sign}_expected`, words);
    return value > most || -value > most ? unreadable('out_of_range', unit) : value;
  });
};

export const price = (sign: Sign = 'positive'): z.ZodType<Price> => decimal(prices, sign);
export const quantity = (sign: Sign = 'positive'): z.ZodType<Quantity> => decimal(quantities, sign);
/** `max`: the largest amount that is taken, USD. */
export const cash = (sign: Sign = 'positive', max = amounts.max): z.ZodType<Cash> =>
  decimal({ ...amounts, max }, sign);
export const ratio = (sign: Sign = 'positive'): z.ZodType<Ratio> => decimal(ratios, sign);
