import type {
  AccountId,
  Actor,
  BreakId,
  BrokerOrderId,
  ClientOrderId,
  CommandId,
  EventId,
  ExecutionId,
  OrderId,
  StreamName,
  Symbol as Ticker,
} from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import {
  type Cash,
  formatCash,
  formatPrice,
  formatQuantity,
  formatRatio,
  type Price,
  parseCash,
  parsePrice,
  parseQuantity,
  parseRatio,
  type Quantity,
  type Ratio,
  type Unparsable,
} from '#domain/money.ts';
import { type Instant, parseInstant, type SessionDate } from '#domain/time.ts';

/** Why stored JSON is not what its kind says. Becomes a CorruptEvent where the sequence is known. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

export type FieldDescription = {
  readonly name: string;
  readonly kind: string;
  /** The fields of an object; for a choice between objects, those of every one that it may be. */
  readonly fields?: readonly FieldDescription[];
};

/**
 * How one field's value is written as JSON text and read back from parsed JSON. Whatever `encode`
 * lets through, `decode` accepts: an event that could be written but not read would be lost.
 */
export type Kind<T> = {
  /** Its name in the catalogue of events. */
  readonly name: string;
  readonly fields?: readonly FieldDescription[];
  readonly encode: (value: T) => string;
  /** Throws Malformed; `field` is for its message. */
  readonly decode: (json: unknown, field: string) => T;
};

/** A kind for every field of T. A field that T gains, loses or changes fails to compile where its table is. */
export type Fields<T> = { readonly [Name in keyof T]-?: Kind<T[Name]> };

const fail = (field: string, reason: string, json: unknown): never => {
  throw new Malformed(`${field}: ${reason}: ${JSON.stringify(json)?.slice(0, 80)}`);
};

// Printable ASCII but " and \ stands for itself in JSON.
const needsNoEscape = /^[ !#-[\]-~]*$/;

/** A JSON string. Refuses what Postgres cannot hold as text or jsonb: U+0000 and lone surrogates. */
export const quote = (text: string): string => {
  if (needsNoEscape.test(text)) return `"${text}"`;
  invariant(text.isWellFormed() && !text.includes('\0'), 'text is well-formed and without U+0000');
  return JSON.stringify(text);
};

const notEmpty = (text: string): boolean => text !== '';

/** Text of any characters, under a rule. */
const words = <T extends string>(name: string, accepts: (text: string) => boolean): Kind<T> => ({
  name,
  encode: (value) => {
    invariant(accepts(value), `${name}: ${value}`);
    return quote(value);
  },
  decode: (json, field) =>
    typeof json === 'string' && accepts(json) ? (json as T) : fail(field, `not a ${name}`, json),
});

/** Text whose rule lets no character through that JSON would escape. */
const token = <T extends string>(name: string, accepts: (text: string) => boolean): Kind<T> => ({
  ...words<T>(name, accepts),
  encode: (value) => {
    invariant(accepts(value), name);
    return `"${value}"`;
  },
});

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const uuid = <T extends string>(name: string): Kind<T> =>
  token(`${name} (uuid)`, (text) => uuidPattern.test(text));

export const text: Kind<string> = words('text', () => true);
export const accountId: Kind<AccountId> = uuid('account id');
export const orderId: Kind<OrderId> = uuid('order id');
export const eventId: Kind<EventId> = uuid('event id');
export const commandId: Kind<CommandId> = words('command id', notEmpty);
export const clientOrderId: Kind<ClientOrderId> = words('client order id', notEmpty);
export const executionId: Kind<ExecutionId> = words('execution id', notEmpty);
export const brokerOrderId: Kind<BrokerOrderId> = words('broker order id', notEmpty);
export const symbol: Kind<Ticker> = words('symbol', notEmpty);
export const actor: Kind<Actor> = words('actor', notEmpty);
export const streamName: Kind<StreamName> = words('stream', notEmpty);
const breakPattern = /^[0-9a-f]{20}$/;
export const breakId: Kind<BreakId> = token('break id', (value) => breakPattern.test(value));
const digestPattern = /^[0-9a-f]{64}$/;
export const digest: Kind<string> = token('SHA-256', (value) => digestPattern.test(value));

const instantPattern =
  /^\d{4}-(?:0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/;
const isInstant = (value: string): boolean => {
  if (!instantPattern.test(value)) return false;
  // Only the last days of a month need a calendar, which costs as much as all the rest of an event.
  return value.slice(8, 10) <= '28' || parseInstant(value) === value;
};
export const instant: Kind<Instant> = token('instant', isInstant);
export const sessionDate: Kind<SessionDate> = token('session date', (value) =>
  isInstant(`${value}T00:00:00.000000Z`),
);

const decimal = <T extends bigint>(
  name: string,
  decimals: number,
  parse: (value: string) => T | Unparsable,
  format: (value: T) => string,
): Kind<T> => {
  const limit = 10n ** BigInt(60 + decimals); // The parsers read 60 digits before the point.
  return {
    name,
    encode: (value) => {
      invariant(value < limit && value > -limit, `${name} of at most 60 whole digits`);
      return `"${format(value)}"`;
    },
    decode: (json, field) => {
      if (typeof json !== 'string') return fail(field, `not a ${name}`, json);
      const parsed = parse(json);
      return typeof parsed === 'string' ? fail(field, parsed, json) : parsed;
    },
  };
};
export const price: Kind<Price> = decimal('price', 9, parsePrice, formatPrice);
export const quantity: Kind<Quantity> = decimal('quantity', 9, parseQuantity, formatQuantity);
export const cash: Kind<Cash> = decimal('cash', 18, parseCash, formatCash);
export const ratio: Kind<Ratio> = decimal('ratio', 9, parseRatio, formatRatio);

const wholePattern = /^-?\d{1,20}$/;
/** A whole number of shares in a split's ratio. */
export const wholeNumber: Kind<bigint> = decimal(
  'whole number',
  0,
  (value) => (wholePattern.test(value) ? BigInt(value) : 'not_a_decimal'),
  String,
);

/** A small whole number that is neither money nor shares: days, revisions. A JSON number. */
export const count: Kind<number> = {
  name: 'count',
  encode: (value) => {
    invariant(Number.isSafeInteger(value) && value >= 0, `a count: ${value}`);
    return String(value);
  },
  decode: (json, field) =>
    typeof json === 'number' && Number.isSafeInteger(json) && json >= 0
      ? json
      : fail(field, 'not a count', json),
};

/** One of some words. */
export const oneOf = <const T extends string>(...choices: readonly T[]): Kind<T> => {
  const known: ReadonlySet<string> = new Set(choices);
  return words(`one of ${choices.join(' | ')}`, (value) => known.has(value));
};

/** A value that may be absent. */
export const nullable = <T>(kind: Kind<T>): Kind<T | null> => ({
  ...kind,
  name: `${kind.name} or null`,
  encode: (value) => (value === null ? 'null' : kind.encode(value)),
  decode: (json, field) => (json === null ? null : kind.decode(json, field)),
});

/** Several values of one kind, in their order. */
export const list = <T>(kind: Kind<T>): Kind<readonly T[]> => ({
  ...kind,
  name: `list of ${kind.name}`,
  encode: (values) => `[${values.map(kind.encode).join(',')}]`,
  decode: (json, field) =>
    Array.isArray(json)
      ? json.map((value, place) => kind.decode(value, `${field}.${place}`))
      : fail(field, 'not a list', json),
});

export type JsonObject = { readonly [name: string]: unknown };

/** The JSON as an object; throws Malformed if it is none. */
export const objectOf = (json: unknown, field: string): JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as JsonObject)
    : fail(field, 'not an object', json);

/** Names mapped to texts or null; written in the order of the names, so that equal maps are equal bytes. */
export const textMap: Kind<Readonly<Record<string, string | null>>> = {
  name: 'texts by name',
  encode: (value) => {
    const names = Object.keys(value).sort();
    const nullableText = nullable(text);
    return `{${names.map((name) => `${quote(name)}:${nullableText.encode(value[name] ?? null)}`).join(',')}}`;
  },
  decode: (json, field) => {
    const map = objectOf(json, field);
    for (const value of Object.values(map)) {
      if (value !== null && typeof value !== 'string') fail(field, 'not a text or null', value);
    }
    return map as Readonly<Record<string, string | null>>;
  },
};

/** An object's members as JSON without the braces, and back. */
export type Members<T> = {
  readonly description: readonly FieldDescription[];
  readonly encode: (value: T) => string;
  /**
   * Turns a freshly parsed object, in place, into what it stands for: most of its fields are already
   * their own value, and a copy of each object would double the cost of reading. Throws Malformed
   * unless it has exactly these fields and `others` more.
   */
  readonly decode: (json: JsonObject, others: number) => T;
};

const describe = (name: string, kind: Kind<unknown>): FieldDescription =>
  kind.fields === undefined
    ? { name, kind: kind.name }
    : { name, kind: kind.name, fields: kind.fields };

/** Turns a field table into the two functions that write and read it, in the table's order. */
export const members = <T>(fields: Fields<T>): Members<T> => {
  const table = Object.entries(fields) as unknown as readonly (readonly [string, Kind<unknown>])[];
  const names = table.map(([name]) => name);
  const kinds = table.map(([, kind]) => kind);
  const openings = names.map((name, index) => `${index === 0 ? '' : ','}"${name}":`);
  const size = names.length;
  return {
    description: table.map(([name, kind]) => describe(name, kind)),
    encode: (value) => {
      const source = value as JsonObject;
      let out = '';
      for (let index = 0; index < size; index++) {
        const encode = (kinds[index] as Kind<unknown>).encode;
        out += (openings[index] as string) + encode(source[names[index] as string]);
      }
      return out;
    },
    decode: (json, others) => {
      const found = Object.keys(json);
      if (found.length !== size + others) {
        throw new Malformed(
          `${found.length} fields instead of ${size + others}: ${found.join(' ')}`,
        );
      }
      const target = json as Record<string, unknown>;
      for (let index = 0; index < size; index++) {
        const name = names[index] as string;
        const raw = target[name];
        const value = (kinds[index] as Kind<unknown>).decode(raw, name);
        if (value !== raw) target[name] = value;
      }
      return target as T;
    },
  };
};

/** An object of its own within an event. */
export const object = <T>(name: string, fields: Fields<T>): Kind<T> => {
  const inner = members(fields);
  return {
    name,
    fields: inner.description,
    encode: (value) => `{${inner.encode(value)}}`,
    decode: (json, field) => inner.decode(objectOf(json, field), 0),
  };
};

/** One of several objects, told apart by their `kind`. */
export const choice = <T extends { readonly kind: string }>(
  name: string,
  options: {
    readonly [Key in T['kind']]: Fields<Omit<Extract<T, { readonly kind: Key }>, 'kind'>>;
  },
): Kind<T> => {
  const table = Object.entries(options) as unknown as readonly (readonly [
    string,
    Fields<object>,
  ])[];
  const byKind = new Map(table.map(([kind, fields]) => [kind, members<object>(fields)]));
  return {
    name,
    fields: table.flatMap(([kind]) =>
      (byKind.get(kind)?.description ?? []).map((field) => ({
        ...field,
        name: `${kind}.${field.name}`,
      })),
    ),
    encode: (value) => {
      const option = byKind.get(value.kind);
      invariant(option !== undefined, `${name} of a known kind: ${value.kind}`);
      return `{"kind":${quote(value.kind)},${option.encode(value)}}`;
    },
    decode: (json, field) => {
      const source = objectOf(json, field);
      const kind = source['kind'];
      const option = typeof kind === 'string' ? byKind.get(kind) : undefined;
      if (option === undefined) return fail(field, `not a ${name}`, kind);
      return option.decode(source, 1) as T;
    },
  };
};
