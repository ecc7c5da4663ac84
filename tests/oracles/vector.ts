import { roundedTo } from '#api/demo/decimal-text.ts';
import type { Cash, Price, Quantity } from '#domain/money.ts';

/** The published schema "order-ledger-vectors/1". Numbers are decimal strings. */
export const vectorSchema = 'order-ledger-vectors/1';

export type Fields = Readonly<Record<string, unknown>>;

export type Vector = {
  readonly id: string;
  readonly title: string;
  /** How cost is matched: `average`, `fifo`, `lifo`, `flat-to-flat`, with `fees in cost` behind it, … */
  readonly method: string;
  readonly tags: readonly string[];
  readonly note: string;
  readonly start: Fields;
  readonly events: readonly Fields[];
  readonly expect: readonly Fields[];
  /** What the vector says beyond that: nothing we know how to read. */
  readonly unknown: readonly string[];
};

const known = new Set([
  'id',
  'title',
  'source',
  'method',
  'currency',
  'tags',
  'note',
  'start',
  'events',
  'expect',
]);

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object, or a TypeError that names where it was wanted. */
export const fields = (value: unknown, where: string): Fields => {
  if (!isFields(value)) throw new TypeError(`${where}: not an object`);
  return value;
};

/** The list of objects, or a TypeError. */
export const listOf = (value: unknown, where: string): readonly Fields[] => {
  if (!Array.isArray(value)) throw new TypeError(`${where}: not a list`);
  return value.map((item: unknown, index) => fields(item, `${where}[${index}]`));
};

/** A text or a number as text. */
export const text = (value: unknown, where: string): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw new TypeError(`${where}: not a text`);
};

export const optionalText = (value: unknown, where: string): string | null =>
  value === undefined || value === null ? null : text(value, where);

/** Numbers with more decimals than the ledger's are rounded half-even to its own. */
export const toPrice = (value: unknown, where: string): Price =>
  roundedTo(text(value, where), 9) as Price;
export const toQuantity = (value: unknown, where: string): Quantity =>
  roundedTo(text(value, where), 9) as Quantity;
export const toCash = (value: unknown, where: string): Cash =>
  roundedTo(text(value, where), 18) as Cash;

/** A TypeError that names every field which is not among `names`. */
export const onlyKnown = (item: Fields, names: readonly string[], where: string): void => {
  const strange = Object.keys(item).filter((name) => !names.includes(name));
  if (strange.length > 0) throw new TypeError(`${where}: unknown field ${strange.join(', ')}`);
};

const vectorOf = (item: Fields): Vector => {
  const id = text(item['id'], 'id');
  const tags = item['tags'] ?? [];
  if (!Array.isArray(tags)) throw new TypeError(`${id}.tags: not a list`);
  return {
    id,
    title: optionalText(item['title'], `${id}.title`) ?? '',
    method: optionalText(item['method'], `${id}.method`) ?? 'average',
    tags: tags.map((tag: unknown) => text(tag, `${id}.tags`)),
    note: optionalText(item['note'], `${id}.note`) ?? '',
    start: fields(item['start'] ?? {}, `${id}.start`),
    events: listOf(item['events'], `${id}.events`),
    expect: listOf(item['expect'], `${id}.expect`),
    unknown: Object.keys(item).filter((name) => !known.has(name)),
  };
};

/** Reads a file of vectors. Throws where it is of another schema. */
export const parseVectors = (json: string): readonly Vector[] => {
  const file = fields(JSON.parse(json), 'file');
  if (file['schema'] !== vectorSchema) {
    throw new TypeError(`schema: expected ${vectorSchema}, got ${String(file['schema'])}`);
  }
  return listOf(file['vectors'], 'vectors').map(vectorOf);
};
