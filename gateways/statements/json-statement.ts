import { z } from 'zod';
import {
  type BrokerStatement,
  cashCategories,
  type StatementLine,
} from '#commands/ports/broker-statement.ts';
import { sides } from '#domain/order/terms.ts';
import {
  cashField,
  momentField,
  priceField,
  quantityField,
  storableText,
  tickerField,
  wholeShares,
} from './json-fields.ts';
import { placesIn } from './json-places.ts';
import { StatementUnreadable } from './statement-unreadable.ts';

const positive = 'must be a plain decimal above zero';
const price = priceField((value) => value > 0n, positive);
const quantity = quantityField((value) => value > 0n, positive);
const amount = cashField();
const fee = cashField((value) => value >= 0n, 'must be a plain decimal, not below zero');
const shares = wholeShares.transform(BigInt);

const line = {
  at: momentField,
  reference: storableText(128).min(1),
  description: storableText(500).default(''),
};

const lines = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('trade'),
    ...line,
    symbol: tickerField,
    side: z.enum(sides),
    quantity,
    price,
    commission: fee.default(0n as z.output<typeof fee>),
  }),
  z.strictObject({
    kind: z.literal('cash'),
    ...line,
    category: z.enum(cashCategories),
    amount,
  }),
  z.strictObject({
    kind: z.literal('dividend'),
    ...line,
    symbol: tickerField,
    amount,
    quantity: quantityField().nullable().default(null),
    perShare: price.nullable().default(null),
  }),
  z.strictObject({
    kind: z.literal('split'),
    ...line,
    symbol: tickerField,
    newShares: shares,
    oldShares: shares,
  }),
]);

const statement = z.strictObject({
  source: storableText(64).min(1),
  from: momentField.nullable().default(null),
  to: momentField.nullable().default(null),
  cash: amount.nullable().default(null),
  positions: z
    .array(z.strictObject({ symbol: tickerField, quantity: quantityField() }))
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
    if (!(error instanceof SyntaxError)) throw error;
    const line = placesIn(text).brokenAt ?? undefined;
    throw new StatementUnreadable(`The file is not JSON: ${error.message}`, { line });
  }
};

/** The line of a value, or of what should hold it. */
const lineOf = (text: string, path: readonly PropertyKey[]): number => {
  const { lines } = placesIn(text);
  for (let depth = path.length; depth > 0; depth -= 1) {
    const line = lines.get(path.slice(0, depth).join('.'));
    if (line !== undefined) return line;
  }
  return 1;
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
    const detail = [...shown, ...more].join('; ');
    const line = lineOf(text, issues[0]?.path ?? []);
    throw new StatementUnreadable(`The statement is not what it should be: ${detail}`, { line });
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
