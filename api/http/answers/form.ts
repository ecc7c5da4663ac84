import { z } from 'zod';
import { formatRatio, type Ratio } from '#domain/money.ts';
import type { AnswerForm } from '../route.ts';

/** A decimal in an answer: exact, as text. */
export const decimal = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/)
  .meta({ id: 'Decimal' });
export const instant = z.iso.datetime({ offset: true }).meta({ id: 'Instant' });
export const id = z.uuid().meta({ id: 'Id' });
export const sequence = z.int().min(0).meta({ id: 'Sequence' });
export const nextCursor = z
  .int()
  .nullable()
  .describe('Send it as `cursor` for the following page; null at the end.');

/** A ratio as percent: 0.05 is 5. */
export const percent = (ratio: Ratio): string => formatRatio((ratio * 100n) as Ratio);

/** null stays null. */
export const ifAny = <Value, Out>(
  value: Value | null,
  format: (value: Value) => Out,
): Out | null => (value === null ? null : format(value));

export const form = (name: string, description: string, schema: z.ZodType): AnswerForm => ({
  name,
  description,
  schema,
});
