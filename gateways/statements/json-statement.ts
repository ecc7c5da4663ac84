import { z } from 'zod';
import type { BrokerStatement, StatementLine } from '#commands/ports/broker-statement.ts';
import type { Symbol as Ticker } from '#domain/ids.ts';
import { parseCash, parsePrice, parseQuantity, type Unparsable } from '#domain/money.ts';
import { sides } from '#domain/order/terms.ts';
import { isDate, parseInstant } from '#domain/time.ts';
import { StatementUnreadable } from './statement-unreadable.ts';

const decimal = <Value extends bigint>(
  parse: (text: string) => Value | Unparsable,
  fits: (value: Value) => boolean = () => true,
  must = 'must be a plain decimal such as "199.25"',
) =>
  z.string().transform((text, context): Value => {
    const value = parse(text);
    if (typeof value !== 'string' && fits(value)) return value;
    context.addIssue({ code: 'custom', message: must });
    return z.NEVER;
  });

const positive = 'must be a plain decimal above zero';
const price = decimal(parsePrice, (value) => value > 0n, positive);
const quantity = decimal(parseQuantity, (value) => value > 0n, positive);
const amount = decimal(parseCash);
const fee = decimal(parseCash, (value) => value >= 0n, 'must be a plain decimal, not below zero');

/** A day alone is that day at midnight UTC, which says that no time is known. */
const at = z.string().transform((text, context) => {
  const found = parseInstant(isDate(text) ? `${text}T00:00:00Z` : text);
  if (found !== undefined) return found;
  context.addIssue({
    code: 'custom',
    message: 'must be an instant such as 2014-01-03T21:00:00Z, or a date',
  });
  return z.NEVER;
});

const symbol = z
  .string()
  .regex(/^[A-Z0-9][A-Z0-9.-]{0,14}$/, 'must be a ticker in capitals')
  .transform((text) => text as Ticker);

const shares = z
  .string()
  .regex(/^[1-9]\d{0,6}$/, 'must be a whole number above zero')
  .transform(BigInt);

const line = {
  at,
  reference: z.string().min(1).max(128),
  description: z.string().max(500).default(''),
};

const lines = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('trade'),
    ...line,
    symbol,
    side: z.enum(sides),
    quantity,
    price,
    commission: fee.default(0n as z.output<typeof fee>),
  }),
  z.strictObject({
    kind: z.literal('cash'),
    ...line,
    category: z.enum(['deposit', 'withdrawal', 'fee', 'interest', 'tax', 'adjustment']),
    amount,
  }),
  z.strictObject({
    kind: z.literal('dividend'),
    ...line,
    symbol,
    amount,
    quantity: decimal(parseQuantity).nullable().default(null),
    perShare: price.nullable().default(null),
  }),
  z.strictObject({
    kind: z.literal('split'),
    ...line,
    symbol,
    newShares: shares,
    oldShares: shares,
  }),
]);

const statement = z.strictObject({
  source: z.string().min(1).max(64),
  from: at.nullable().default(null),
  to: at.nullable().default(null),
  cash: amount.nullable().default(null),
  positions: z
    .array(z.strictObject({ symbol, quantity: decimal(parseQuantity) }))
    .nullable()
    .default(null),
  lines: z.array(lines).default([]),
});

/** Node 24 tells a reviver the source text of a number: it never becomes a float. */
type Revive = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const parseJson = JSON.parse as (text: string, revive: Revive) => unknown;
const numbersAsText: Revive = (_key, value, { source }) =>
  typeof value === 'number' ? source : value;

const jsonOf = (text: string): unknown => {
  try {
    return parseJson(text, numbersAsText);
  } catch (error) {
    throw new StatementUnreadable('not_json', error instanceof Error ? error.message : '');
  }
};

const shownMost = 5;

/**
 * A statement as one JSON document: `source`, `from`, `to`, `cash`, `positions` and `lines`, with the names of
 * BrokerStatement; decimals as text or numbers, times as RFC 3339 or days. Without `from` and `to` it speaks of the
 * time from its first to its last line. Throws StatementUnreadable.
 */
export const parseJsonStatement = (text: string): BrokerStatement => {
  const read = statement.safeParse(jsonOf(text));
  if (!read.success) {
    const { issues } = read.error;
    const shown = issues
      .slice(0, shownMost)
      .map(({ path, message }) => `${path.join('.') || 'the document'} ${message}`);
    const more = issues.length > shownMost ? [`and ${issues.length - shownMost} more`] : [];
    throw new StatementUnreadable('invalid_statement', [...shown, ...more].join('; '));
  }
  const { source, from, to, cash, positions } = read.data;
  const inOrder = read.data.lines
    .map((one, index): StatementLine => ({ ...one, row: index + 1 }))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.row - b.row));
  return {
    source,
    lines: inOrder,
    positions,
    cash,
    from: from ?? inOrder[0]?.at ?? null,
    to: to ?? inOrder.at(-1)?.at ?? null,
    problems: [],
  };
};
