import { z } from 'zod';
import { decimalsOf, type Explained, type Unit } from '#audit/explain/explanation.ts';
import type { Figure } from '#audit/explain/figures.ts';
import { type ExplanationJson, explainedJson } from '#audit/explain/in-json.ts';
import type { AccountId } from '#domain/ids.ts';
import { decimal, id, instant, sequence } from './form.ts';

const unit = z.enum(Object.keys(decimalsOf) as [Unit, ...Unit[]]);

const line = z
  .strictObject({
    sequence: sequence
      .nullable()
      .describe('The event that it comes from; null for a step of arithmetic.'),
    at: instant.nullable(),
    what: z.string(),
    amount: decimal,
    total: decimal.describe('What the lines come to so far.'),
    lines: z.int().describe('How many lines it stands for: earlier ones are summed up in one.'),
    explained_by: z
      .strictObject({
        figure: z.string(),
        symbol: z.string().nullable(),
        order_id: id.nullable(),
        session: z.iso.date().nullable(),
      })
      .nullable()
      .describe('The figure that the amount is: ask for its own explanation.'),
  })
  .meta({ id: 'ExplanationLine' });

const explained = {
  figure: z.string().describe('As in the catalogue, or in words what no table shows.'),
  unit,
  value: decimal,
  formula: z
    .string()
    .nullable()
    .describe(
      'How the value comes from `parts` and `lines`; null where it is the sum of the lines.',
    ),
  lines: z.array(line),
};

type PartJson = ExplanationJson['parts'][number];

const part: z.ZodType<PartJson> = z
  .strictObject({
    ...explained,
    sign: z.union([z.literal(1), z.literal(-1)]).describe('How it enters a sum.'),
    get parts(): z.ZodType<PartJson[]> {
      return z.array(part);
    },
  })
  .meta({ id: 'ExplanationPart' });

export const explanationAnswer = z
  .strictObject({
    account_id: id,
    summary: z.string(),
    ...explained,
    parts: z.array(part),
    sequence: sequence.describe('The last event of the log that was looked at.'),
  })
  .meta({ id: 'Explanation' });

/** A figure and what made it, as it is told. */
export const explanationJson = (
  accountId: AccountId,
  figure: Explained,
): z.infer<typeof explanationAnswer> => ({ account_id: accountId, ...explainedJson(figure) });

export const figureAnswer = z
  .strictObject({
    figure: z.string(),
    summary: z.string(),
    unit,
    needs: z.array(z.string()).describe('Query parameters beside account_id.'),
    optional: z.array(z.string()).describe('Those that may be left out.'),
    id: z.string().nullable().describe('What `id` is.'),
  })
  .meta({ id: 'Figure' });

/** The query parameters that say which row a figure is in. */
export const parametersOf: Readonly<Record<Figure['needs'], readonly string[]>> = {
  nothing: [],
  symbol: ['symbol'],
  order: ['order_id'],
  id: ['id'],
  session: ['session'],
  book: ['book', 'symbol'],
};

/** A figure of the catalogue as it is told. */
export const figureJson = (figure: Figure): z.infer<typeof figureAnswer> => {
  const { name, summary, unit: of, needs, idIs, withoutId } = figure;
  const parameters = [...parametersOf[needs]];
  const isOptional = withoutId !== undefined;
  return {
    figure: name,
    summary,
    unit: of,
    needs: isOptional ? [] : parameters,
    optional: isOptional ? parameters : [],
    id: idIs ?? null,
  };
};
