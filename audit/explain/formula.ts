import { type Cash, divide, perShare, proportion, type Quantity } from '#domain/money.ts';
import { unreachable } from '#domain/unreachable.ts';
import type { Explanation, Formula } from './explanation.ts';

export const sumOfLines: Formula = { kind: 'sum', signs: [] };

type Worked = Pick<Explanation, 'formula' | 'lines' | 'parts'>;

const size = (value: bigint): bigint => (value < 0n ? -value : value);

/** Units of a percentage's last shown decimal: it carries nine and shows four. */
const shownPercent = 100_000n;

const percentOf = (part: bigint, whole: bigint): bigint =>
  whole === 0n ? 0n : divide(part * 1_000_000n, size(whole)) * shownPercent;

/** What a formula comes to. */
export const evaluate = (
  formula: Formula,
  parts: readonly Pick<Explanation, 'value'>[],
  lines: readonly { readonly amount: bigint }[],
): bigint => {
  const [first = { value: 0n }, second = { value: 0n }] = parts;
  switch (formula.kind) {
    case 'sum': {
      let total = 0n;
      for (const [place, { value }] of parts.entries()) {
        total += formula.signs[place] === -1 ? -value : value;
      }
      for (const { amount } of lines) total += amount;
      return total;
    }
    case 'product':
      return first.value * second.value;
    case 'quotient':
      return second.value === 0n ? 0n : perShare(first.value as Cash, second.value as Quantity);
    case 'percent':
      return percentOf(first.value, second.value);
    case 'share':
      return proportion(size(first.value) as Cash, formula.percent, 100n, 'up');
    default:
      return unreachable(formula);
  }
};

const sumInWords = (
  signs: readonly (1 | -1)[],
  names: readonly string[],
  hasLines: boolean,
): string => {
  const terms = [...names, ...(hasLines ? ['the lines'] : [])];
  return terms
    .map((name, place) => {
      if (signs[place] === -1) return place === 0 ? `-${name}` : ` - ${name}`;
      return place === 0 ? name : ` + ${name}`;
    })
    .join('');
};

/** A formula as people write it; null where the value is just the sum of its lines. */
export const inWords = ({ formula, lines, parts }: Worked): string | null => {
  const names = parts.map(({ figure }) => figure);
  const [first = '0', second = '0'] = names;
  switch (formula.kind) {
    case 'sum': {
      const { note } = formula;
      if (names.length === 0) return note ?? null;
      const words = sumInWords(formula.signs, names, lines.length > 0);
      return note === undefined ? words : `${words}; ${note}`;
    }
    case 'product':
      return `${first} × ${second}`;
    case 'quotient':
      return `${first} / ${second}, to nine decimals`;
    case 'percent':
      return `100 × ${first} / |${second}|, to four decimals`;
    case 'share':
      return `${formula.percent} % of |${first}|`;
    default:
      return unreachable(formula);
  }
};
