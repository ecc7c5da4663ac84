import type { StoredRow } from '#projections/ports/read-tables.ts';
import type { FindingSink } from './finding.ts';

/** How a column's text is read: numbers and instants can be written in several ways. */
export type CellKind = 'text' | 'decimal' | 'instant' | 'flag' | 'json';
export type CellKinds = { readonly [column: string]: CellKind };
/** What a row has to say, in the one way that `cellText` writes it. */
export type ExpectedRow = { readonly [column: string]: string | null };

const decimal = /^-?\d+(\.\d+)?$/;
const timestamp = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/;

const shortest = (text: string): string => {
  if (!decimal.test(text)) return text;
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return short === '-0' ? '0' : short;
};

const asInstant = (text: string): string => {
  const match = timestamp.exec(text);
  if (match === null) return text;
  return `${match[1]}T${match[2]}.${(match[3] ?? '').padEnd(6, '0')}Z`;
};

/** JSON with the members of every object in the order of their names. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );

/** A cell of JSON as an object; what is none has no members. */
export const asObject = (stored: unknown): Readonly<Record<string, string>> => {
  try {
    const json: unknown = typeof stored === 'string' ? JSON.parse(stored) : stored;
    return typeof json === 'object' && json !== null ? (json as Record<string, string>) : {};
  } catch {
    return {};
  }
};

const asJson = (text: string): string => {
  try {
    return canonical(JSON.parse(text));
  } catch {
    return text;
  }
};

/** A stored cell in the one way of writing it that is compared. */
export const cellText = (kind: CellKind, stored: unknown): string | null => {
  if (stored === null || stored === undefined) return null;
  const text = typeof stored === 'string' ? stored : canonical(stored);
  switch (kind) {
    case 'text':
      return text;
    case 'decimal':
      return shortest(text);
    case 'instant':
      return asInstant(text);
    case 'flag':
      return text === 't' ? 'true' : text === 'f' ? 'false' : text;
    case 'json':
      return asJson(text);
  }
};

/** The last instant that was asked for, and how Postgres writes it: one event says the same in several cells. */
let lastInstant = '';
let lastWritten = '';

/** An instant as Postgres writes it in UTC: without the zeros behind its fraction. */
const asPostgresWrites = (instant: string): string => {
  if (instant !== lastInstant) {
    lastWritten = written(instant);
    lastInstant = instant;
  }
  return lastWritten;
};

const written = (instant: string): string => {
  let end = 26;
  while (end > 20 && instant[end - 1] === '0') end -= 1;
  const fraction = end === 20 ? '' : instant.slice(19, end);
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)}${fraction}+00`;
};

/** Mostly the texts are the same, and nothing has to be read. */
const isSameCell = (kind: CellKind, wanted: string | null, stored: unknown): boolean => {
  if (stored === wanted) return true;
  if (kind === 'instant' && wanted !== null && stored === asPostgresWrites(wanted)) return true;
  return cellText(kind, stored) === inOneWay(kind, wanted);
};

/** JSON is wanted as any text that says the same. */
const inOneWay = (kind: CellKind, wanted: string | null): string | null =>
  kind === 'json' && wanted !== null ? asJson(wanted) : wanted;

/** Whether all cells are as they have to be. */
export const isSameRow = (kinds: CellKinds, expected: ExpectedRow, stored: StoredRow): boolean => {
  for (const column in kinds) {
    const wanted = expected[column] ?? null;
    const is = stored[column];
    if (wanted !== is && !isSameCell(kinds[column] as CellKind, wanted, is)) return false;
  }
  return true;
};

export type Place = { readonly table: string; readonly key: string; readonly sequence: number };

/** Compares one row cell by cell; `sequence` is the event the row says it reflects. */
export const compareRow = (
  findings: FindingSink,
  kinds: CellKinds,
  { table, key, sequence }: Place,
  expected: ExpectedRow,
  stored: StoredRow,
): void => {
  for (const column in kinds) {
    const text = expected[column] ?? null;
    if (text === stored[column]) continue;
    const kind = kinds[column] as CellKind;
    if (isSameCell(kind, text, stored[column])) continue;
    const wanted = inOneWay(kind, text);
    const actual = cellText(kind, stored[column]);
    findings.add({
      kind: 'cell_differs',
      sequence,
      table,
      key,
      column,
      expected: wanted,
      actual,
      message: `${table}.${column} of ${key} is ${actual}, the events make it ${wanted}.`,
    });
  }
};

export const missingRow = (
  findings: FindingSink,
  { table, key, sequence }: Place,
  because = `event ${sequence} makes one`,
): void =>
  findings.add({
    kind: 'row_missing',
    sequence,
    table,
    key,
    expected: 'a row',
    actual: null,
    message: `${table} has no row ${key}, though ${because}.`,
  });

export const unexpectedRow = (findings: FindingSink, { table, key, sequence }: Place): void =>
  findings.add({
    kind: 'row_unexpected',
    ...(Number.isSafeInteger(sequence) ? { sequence } : {}),
    table,
    key,
    expected: null,
    actual: 'a row',
    message: `${table} has a row ${key} that no event makes.`,
  });
