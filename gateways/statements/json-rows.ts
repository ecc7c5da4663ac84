import type { z } from 'zod';
import { RowTrouble } from './row-trouble.ts';

export type JsonRow = { readonly number: number; readonly text: string };

/** The lines of a text that hold something. */
export const jsonRows = (text: string): readonly JsonRow[] =>
  text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line, place) => ({ number: place + 1, text: line.trim() }))
    .filter((row) => row.text !== '');

/** The object that a line holds; throws RowTrouble `bad_json`. */
export const jsonObject = ({ text }: JsonRow): Readonly<Record<string, unknown>> => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new RowTrouble('bad_json', error instanceof Error ? error.message : String(error));
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new RowTrouble('bad_json', 'the line holds no object');
  }
  return json as Readonly<Record<string, unknown>>;
};

/** An object as a schema has it; throws RowTrouble `bad_field` that names every field. */
export const asSchema = <T>(schema: z.ZodType<T>, json: unknown): T => {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const said = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'line'}: ${message}`,
  );
  throw new RowTrouble('bad_field', said.join('; '));
};
