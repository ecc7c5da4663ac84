import { invariant } from '#domain/invariant.ts';
import {
  type Cash,
  formatCash,
  formatPrice,
  formatQuantity,
  formatRatio,
  type Price,
  cash as parseCash,
  price as parsePrice,
  quantity as parseQuantity,
  ratio as parseRatio,
  type Quantity,
  type Ratio,
} from '#domain/money.ts';
import { type Instant, instant as parseInstant } from '#domain/time.ts';

/** JSON as it goes into the read tables. */
export type Stored =
  | string
  | number
  | boolean
  | null
  | readonly Stored[]
  | { readonly [key: string]: Stored };

/** How one column of a read table is written as JSON and read back from JSON or from the database's text. */
export type Column<T> = {
  readonly encode: (value: T) => Stored;
  readonly decode: (stored: Stored) => T;
};
type AnyColumn = {
  readonly encode: (value: never) => Stored;
  readonly decode: (stored: Stored) => unknown;
};
export type Shape = Readonly<Record<string, AnyColumn>>;
/** The row that a set of columns describes. */
export type RowOf<S extends Shape> = {
  readonly [Name in keyof S]: S[Name] extends Column<infer T> ? T : never;
};

const asText = (stored: Stored): string => {
  invariant(typeof stored === 'string', `text in a read table: ${JSON.stringify(stored)}`);
  return stored;
};

export const text = <T extends string = string>(): Column<T> => ({
  encode: (value) => value,
  decode: (stored) => asText(stored) as T,
});

export const cash: Column<Cash> = {
  encode: formatCash,
  decode: (stored) => parseCash(asText(stored)),
};
export const price: Column<Price> = {
  encode: formatPrice,
  decode: (stored) => parsePrice(asText(stored)),
};
export const quantity: Column<Quantity> = {
  encode: formatQuantity,
  decode: (stored) => parseQuantity(asText(stored)),
};
export const ratio: Column<Ratio> = {
  encode: formatRatio,
  decode: (stored) => parseRatio(asText(stored)),
};

/** The database writes `2014-01-03 21:00:00.5+00`. */
export const instant: Column<Instant> = {
  encode: (value) => value,
  decode: (stored) => parseInstant(asText(stored).replace(' ', 'T').replace(/\+00$/, 'Z')),
};

/** A whole number within what a JavaScript number holds exactly: sequences, counts. Never money. */
export const integer: Column<number> = {
  encode: (value) => value,
  decode: (stored) => {
    const value = Number(stored);
    invariant(Number.isSafeInteger(value), `a whole number in a read table: ${stored}`);
    return value;
  },
};

export const flag: Column<boolean> = {
  encode: (value) => value,
  decode: (stored) => stored === true || stored === 't' || stored === 'true',
};

export const nullable = <T>(column: Column<T>): Column<T | null> => ({
  encode: (value) => (value === null ? null : column.encode(value)),
  decode: (stored) => (stored === null ? null : column.decode(stored)),
});

export type StoredObject = { readonly [key: string]: Stored };

/** A JSON object, or its text. */
export const asObject = (stored: Stored): StoredObject => {
  const parsed: Stored = typeof stored === 'string' ? JSON.parse(stored) : stored;
  invariant(
    typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed),
    'an object in a read table',
  );
  return parsed as StoredObject;
};

/** A nested object, kept as jsonb. */
export const record = <S extends Shape>(shape: S): Column<RowOf<S>> => {
  const columns = Object.entries(shape);
  return {
    encode: (value) =>
      Object.fromEntries(
        columns.map(([name, column]) => [name, column.encode(value[name] as never)]),
      ),
    decode: (stored) => {
      const object = asObject(stored);
      return Object.fromEntries(
        columns.map(([name, column]) => [name, column.decode(object[name] ?? null)]),
      ) as RowOf<S>;
    },
  };
};

/** A list, kept as a jsonb array. */
export const list = <T>(column: Column<T>): Column<readonly T[]> => ({
  encode: (values) => values.map(column.encode),
  decode: (stored) => {
    const parsed: Stored = typeof stored === 'string' ? JSON.parse(stored) : stored;
    invariant(Array.isArray(parsed), 'an array in a read table');
    return parsed.map((value: Stored) => column.decode(value));
  },
});

/** A JSON object of texts and nulls, as it is. */
export const details: Column<Readonly<Record<string, string | null>>> = {
  encode: (value) => inKeyOrder(value),
  decode: (stored) => inKeyOrder(asObject(stored)) as Readonly<Record<string, string | null>>,
};

// jsonb forgets the order of keys; read tables must be the same text wherever they were computed.
const inKeyOrder = <T extends object>(value: T): T =>
  Object.fromEntries(
    Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)),
  ) as T;

export const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A read table: its name and columns in the database, what a row is known by, and what rows are asked for together. */
export type TableShape<Row> = {
  readonly name: string;
  /** Names as the database has them, in the order of the shape. */
  readonly columnNames: readonly string[];
  readonly encode: (row: Row) => { readonly [column: string]: Stored };
  /** As `encode`, without the names: in the order of `columnNames`. */
  readonly cells: (row: Row) => readonly Stored[];
  readonly decode: (stored: { readonly [column: string]: Stored }) => Row;
  readonly keyOf: (row: Row) => string;
  /** The group a row is in; null for none. */
  readonly groupOf: (row: Row) => string | null;
};

/** Reads rows that the database gave as text. */
export const rowReader = <S extends Shape>(
  shape: S,
): ((stored: { readonly [column: string]: Stored }) => RowOf<S>) => {
  const columns = Object.entries(shape).map(
    ([field, column]) => [field, snakeCase(field), column] as const,
  );
  return (stored) => {
    const row: Record<string, unknown> = {};
    for (const [field, column, { decode }] of columns) row[field] = decode(stored[column] ?? null);
    return row as RowOf<S>;
  };
};

/** Declares a read table by its columns. */
export const tableShape = <S extends Shape>(
  name: string,
  shape: S,
  keyOf: (row: RowOf<S>) => string,
  groupOf: (row: RowOf<S>) => string | null = () => null,
): TableShape<RowOf<S>> => {
  const columns = Object.entries(shape).map(
    ([field, column]) => [field, snakeCase(field), column] as const,
  );
  return {
    name,
    columnNames: columns.map(([, column]) => column),
    encode: (row) => {
      const stored: Record<string, Stored> = {};
      for (const [field, column, { encode }] of columns)
        stored[column] = encode(row[field] as never);
      return stored;
    },
    cells: (row) => columns.map(([field, , { encode }]) => encode(row[field] as never)),
    decode: rowReader(shape),
    keyOf,
    groupOf,
  };
};
