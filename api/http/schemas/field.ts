import { z } from 'zod';
import { NumberText } from '../json-body.ts';

/** What is wrong with a field: a stable code and a sentence about it. */
export class Trouble {
  readonly code: string;
  readonly message: string;

  constructor(code: string, message: string) {
    this.code = code;
    this.message = message;
  }
}

export const wrongType = (expected: string): Trouble =>
  new Trouble('wrong_type', `must be ${expected}`);

/** How a field looks to those who send it; JSON Schema. */
export type Looks = { readonly [keyword: string]: unknown };

/** A field that `read` turns from JSON into what the ledger works with, or says what is wrong with it. */
export const field = <Value>(
  looks: Looks,
  read: (json: unknown) => Value | Trouble,
): z.ZodType<Value> =>
  z
    .unknown()
    .transform((json, context): Value => {
      const value = json === undefined ? new Trouble('required', 'is required') : read(json);
      if (!(value instanceof Trouble)) return value;
      const { code, message } = value;
      context.addIssue({ code: 'custom', message, params: { code } });
      return z.NEVER;
    })
    .meta(looks);

/** The same field where it may be left out or null. */
export const maybe = <Value>(schema: z.ZodType<Value>): z.ZodType<Value | null> =>
  schema.nullish().transform((value) => value ?? null);

/** The same field with a value for where it is left out or null. */
export const otherwise = <Value>(
  schema: z.ZodType<Value>,
  value: NoInfer<Value>,
): z.ZodType<Value> => schema.nullish().transform((given) => given ?? value);

/** JSON text or number, as the text it was written in. */
export const textOfNumber = (json: unknown): string | undefined => {
  if (json instanceof NumberText) return json.source;
  return typeof json === 'string' ? json : undefined;
};

/** One of some words, in any case. */
export const oneOf = <const Word extends string>(words: readonly Word[]): z.ZodType<Word> => {
  const known = new Map<string, Word>(words.map((word) => [word, word]));
  return field({ type: 'string', enum: words }, (json) => {
    if (typeof json !== 'string') return wrongType('text');
    return (
      known.get(json.toLowerCase()) ??
      new Trouble('unknown_value', `must be one of ${words.join(', ')}`)
    );
  });
};

/** Text of `min` to `max` characters that a database can hold: no U+0000, no lone surrogates. */
export const text = (min: number, max: number): z.ZodType<string> =>
  field({ type: 'string', minLength: min, maxLength: max }, (json) => {
    if (typeof json !== 'string') return wrongType('text');
    if (json.length < min || json.length > max) {
      return new Trouble('wrong_length', `must have ${min} to ${max} characters`);
    }
    if (!json.isWellFormed() || json.includes('\0')) {
      return new Trouble('invalid_text', 'must be Unicode text without U+0000');
    }
    return json;
  });

/** Text that a pattern describes. */
export const matching = <Kind extends string>(
  pattern: RegExp,
  looks: Looks,
  expected: string,
): z.ZodType<Kind> =>
  field({ type: 'string', ...looks }, (json) => {
    if (typeof json !== 'string') return wrongType('text');
    return pattern.test(json) ? (json as Kind) : new Trouble('invalid_format', expected);
  });

// Enough for the greatest whole number that a JavaScript number holds exactly.
const digits = /^\d{1,16}$/;

/** A whole number from `min` to `max`, as a JSON number or as text. */
export const wholeNumber = (min: number, max: number): z.ZodType<number> =>
  field({ type: ['integer', 'string'], minimum: min, maximum: max }, (json) => {
    const source = textOfNumber(json);
    if (source === undefined) return wrongType('a whole number');
    const value = digits.test(source) ? Number(source) : Number.NaN;
    return value >= min && value <= max
      ? value
      : new Trouble('out_of_range', `must be a whole number from ${min} to ${max}`);
  });

/** true or false, as JSON or, in a query, as a word in any case. */
export const truth = (): z.ZodType<boolean> =>
  field({ type: 'boolean' }, (json) => {
    const word = typeof json === 'string' ? json.toLowerCase() : json;
    if (word === true || word === 'true') return true;
    return word === false || word === 'false' ? false : wrongType('true or false');
  });

/** A comma-separated list of what `item` reads. */
export const listOf = <Item>(item: z.ZodType<Item>, max: number): z.ZodType<readonly Item[]> =>
  field({ type: 'string', description: `Comma-separated, at most ${max}.` }, (json) => {
    if (typeof json !== 'string') return wrongType('a comma-separated list, given once');
    const parts = json.split(',').map((part) => part.trim());
    if (parts.length > max) return new Trouble('too_many', `at most ${max} at a time`);
    const items: Item[] = [];
    for (const part of parts) {
      const parsed = item.safeParse(part);
      if (!parsed.success) {
        return new Trouble('invalid_item', `${part}: ${parsed.error.issues[0]?.message}`);
      }
      items.push(parsed.data);
    }
    return items;
  });
