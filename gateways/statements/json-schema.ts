import { z } from 'zod';
import { cashCategories } from '#commands/ports/broker-statement.ts';
import { sides } from '#domain/order/terms.ts';
import { plainDecimal, wholeShares } from './json-fields.ts';

const decimal = (meaning: string) => plainDecimal.describe(meaning);
const text = (max: number) => z.string().max(max);
const name = text(80).regex(
  /^[\x21-\x7e]+$/,
  'must be 1 to 80 printable characters without spaces',
);

const base = {
  at: z.string().describe('When it happened: RFC 3339 with an offset, to the microsecond.'),
  reference: name.describe('Your id of it, for ever its own: the same line again books nothing.'),
  description: text(500).default(''),
};
const symbol = z.string().describe('A ticker such as `AAPL`.');
const trade = name.describe('The `reference` of the trade it is about.');
const reason = text(500).default('imported');
const shares = wholeShares.describe('A whole number, as text.');

/** One line of our own JSON lines. Decimals are texts, as everywhere. */
export const jsonLine = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('trade'),
    ...base,
    symbol,
    side: z.enum(sides),
    quantity: decimal('Shares, more than zero; up to nine decimals.'),
    price: decimal('USD a share; up to nine decimals.'),
    commission: decimal('USD, zero or more.').default('0'),
    amount: decimal(
      'Signed: what it did to the cash, if that differs from price × quantity.',
    ).optional(),
  }),
  z.strictObject({
    kind: z.literal('cash'),
    ...base,
    category: z.enum(cashCategories),
    amount: decimal('USD, signed: what it did to the cash. A fee or a tax is negative.'),
  }),
  z.strictObject({
    kind: z.literal('dividend'),
    ...base,
    symbol,
    amount: decimal('USD, signed: negative where it was paid on a short.'),
    quantity: decimal('The shares it was paid on, if known.').nullable().default(null),
    per_share: decimal('USD a share, if known.').nullable().default(null),
  }),
  z.strictObject({
    kind: z.literal('split'),
    ...base,
    symbol,
    new_shares: shares,
    old_shares: shares,
    whole_shares: z.boolean().default(false).describe('Fractions of a share were paid in cash.'),
    fraction_price: decimal('USD an old share, in what was paid for fractions.').optional(),
  }),
  z.strictObject({
    kind: z.literal('split_shares'),
    ...base,
    symbol,
    change: decimal('Shares that came, or went (negative); the ratio is found from what is held.'),
  }),
  z.strictObject({ kind: z.literal('bust'), ...base, trade, reason }),
  z.strictObject({
    kind: z.literal('correction'),
    ...base,
    trade,
    quantity: decimal('Corrected.'),
    price: decimal('Corrected.'),
    commission: decimal('Corrected.'),
    reason,
  }),
]);

export type JsonLine = z.infer<typeof jsonLine>;
