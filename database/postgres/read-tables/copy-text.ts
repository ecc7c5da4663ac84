import type { Stored } from '#projections/ports/columns.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';

const needsEscape = /[\\\t\n\r]/;
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};
const escaped = (text: string): string =>
  needsEscape.test(text) ? text.replace(/[\\\t\n\r]/g, (one) => escapes[one] ?? one) : text;

/** A value in COPY's text format. */
const cell = (value: Stored | undefined): string => {
  if (value === null || value === undefined) return '\\N';
  if (typeof value === 'string') return escaped(value);
  return typeof value === 'object' ? escaped(JSON.stringify(value)) : String(value);
};

/** A row in COPY's text format, its columns in this order. */
export const copyLine = (columns: readonly string[], row: StoredRow): string => {
  let line = '';
  for (const column of columns) line += `${cell(row[column])}\t`;
  return `${line.slice(0, -1)}\n`;
};

const CHUNK_LENGTH = 64 * 1024;

/** Rows as COPY's text, in pieces of a size that sockets like. */
export function* copyText(
  columns: readonly string[],
  rows: Iterable<StoredRow>,
): Generator<Buffer, void, void> {
  let text = '';
  for (const row of rows) {
    text += copyLine(columns, row);
    if (text.length < CHUNK_LENGTH) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}
