import type { StoredEvent } from '../ports/log-reader.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = { readonly [name: string]: Json };

const isObject = (json: Json | undefined): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

const named = (object: JsonObject, name: string, word: string): string | undefined => {
  const value = object[name];
  return typeof value === 'string' ? `${word} ${value}` : undefined;
};

/** An order's terms as a trader says them: `buy 100 ACME limit 9.5 day`. */
const termsInWords = (terms: JsonObject): string =>
  [
    terms['side'],
    terms['quantity'] ?? named(terms, 'notional', 'for'),
    terms['symbol'],
    terms['type'],
    terms['limitPrice'],
    named(terms, 'stopPrice', 'stop'),
    named(terms, 'trailAmount', 'trail'),
    named(terms, 'trailPercent', 'trail ratio'),
    terms['timeInForce'],
  ]
    .filter((word) => word != null)
    .join(' ');

const inWords = (name: string, value: Json): readonly string[] => {
  if (value === null) return [];
  if (!isObject(value)) {
    return [
      `${name}=${typeof value === 'string' && value.includes(' ') ? JSON.stringify(value) : value}`,
    ];
  }
  if (name === 'terms') return [termsInWords(value)];
  return Object.entries(value).flatMap(([inner, more]) => inWords(`${name}.${inner}`, more));
};

/** What a stored event says, on one line, its decimals as they are stored; the text itself where it is no event. */
export const eventInWords = ({ body }: Pick<StoredEvent, 'body'>): string => {
  try {
    const json: Json = JSON.parse(body);
    const data = isObject(json) ? json['data'] : undefined;
    if (!isObject(data)) return body;
    const { type: _, ...fields } = data;
    return Object.entries(fields)
      .flatMap(([name, value]) => inWords(name, value))
      .join(' ');
  } catch {
    return body;
  }
};

const objectStart = /^\{"/;

/** A stored event as one JSON object: its place and hash before the stored text, which is not touched. */
export const eventAsJson = (
  { sequence, hash, body }: StoredEvent,
  broken: string | null,
): string =>
  broken === null && objectStart.test(body)
    ? `{"sequence":${sequence},"hash":${JSON.stringify(hash)},${body.slice(1)}`
    : JSON.stringify({ sequence, hash, broken, body });
