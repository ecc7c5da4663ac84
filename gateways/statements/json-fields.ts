import { z } from 'zod';
import type { Symbol as Ticker } from '#domain/ids.ts';
import { type Instant, isDate, parseInstant } from '#domain/time.ts';
import { readCash, readPrice, readQuantity } from './decimals.ts';
import { RowTrouble } from './row-trouble.ts';
import { tickerPattern } from './symbols.ts';

/** A decimal as JSON has it, whatever it counts. */
export const plainDecimal = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/, 'must be a decimal as text, such as "12.30"');

/** One side of a split's ratio. */
export const wholeShares = z
  .string()
  .regex(/^[1-9]\d{0,11}$/, 'must be a whole number as text, such as "2"');

export const tickerField = z
  .string()
  .regex(tickerPattern, 'must be a ticker in capitals')
  .transform((text) => text as Ticker);

/** The latest that can be booked: a trade settles after it. */
const lastYear = '9998';

/** A moment as JSON has it, within what the ledger can tell; undefined where it is none. */
export const momentOf = (text: string): Instant | undefined => {
  const at = parseInstant(text);
  return at !== undefined && at < lastYear ? at : undefined;
};

/** A moment, or a day: that day at midnight UTC, which says that no time is known. */
export const momentField = z.string().transform((text, context) => {
  const found = momentOf(isDate(text) ? `${text}T00:00:00Z` : text);
  if (found !== undefined) return found;
  const message = 'must be an instant such as 2014-01-03T21:00:00Z, or a date';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const field =
  <Value extends bigint>(read: (text: string, what: string) => Value) =>
  (fits: (value: Value) => boolean = () => true, must = 'is out of range') =>
    plainDecimal.transform((text, context): Value => {
      try {
        const value = read(text, '');
        if (fits(value)) return value;
        context.addIssue({ code: 'custom', message: must });
      } catch (error) {
        if (!(error instanceof RowTrouble)) throw error;
        context.addIssue({ code: 'custom', message: error.message.trim() });
      }
      return z.NEVER;
    });

/** Decimals as exact values, within what the ledger holds. `must`: what is said where one does not fit. */
export const cashField = field(readCash);
export const priceField = field(readPrice);
export const quantityField = field(readQuantity);

/** Text that an event can hold. */
export const storableText = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), {
      message: 'must be Unicode without U+0000',
    });
