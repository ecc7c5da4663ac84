import { HttpProblem } from './problem.ts';

/** A number as the sender wrote it: `199.250` is no binary fraction that happens to be near it. */
export class NumberText {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

type Source = { readonly source?: string };
type Revive = (key: string, value: unknown, context: Source) => unknown;
/** Node 24 tells a reviver the source text of primitives (ECMA-262, JSON.parse source text access). */
const parseJson = JSON.parse as (text: string, revive: Revive) => unknown;

const revive: Revive = (_key, value, context) =>
  typeof value === 'number' ? new NumberText(context.source ?? '') : value;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !(value instanceof NumberText);

/** How many members the objects in a parsed text have together. */
const members = (value: unknown): number => {
  if (!isObject(value)) return 0;
  let count = Array.isArray(value) ? 0 : Object.keys(value).length;
  for (const member of Object.values(value)) count += members(member);
  return count;
};

const quote = 34;
const backslash = 92;
const colon = 58;

/** How many members were written down: in valid JSON, as many as there are colons outside strings. */
const written = (text: string): number => {
  let count = 0;
  let inside = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === quote) inside = !inside;
    else if (inside) at += char === backslash ? 1 : 0;
    else if (char === colon) count += 1;
  }
  return count;
};

const broken = (detail: string): HttpProblem => new HttpProblem('invalid_json', { detail });

/** Reads a JSON object with its numbers as text. Throws the problem that it has. */
export const readJsonObject = (text: string): Record<string, unknown> => {
  let value: unknown;
  let count: number;
  try {
    value = parseJson(text, revive);
    count = members(value);
  } catch {
    // A SyntaxError, or a RangeError where it is nested deeper than the stack.
    throw broken('The body is not valid JSON.');
  }
  if (!isObject(value) || Array.isArray(value)) throw broken('The body is not a JSON object.');
  if (count !== written(text)) throw broken('A name occurs twice in one object of the body.');
  return value;
};
