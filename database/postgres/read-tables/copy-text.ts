import type { Stored } from '#projections/ports/columns.ts';

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
const cell = (value: Stored): string => {
  if (value === null) return '\\N';
  if (typeof value === 'string') return escaped(value);
  return typeof value === 'object' ? escaped(JSON.stringify(value)) : String(value);
};

/** A row in COPY's text format. */
export const copyLine = (cells: readonly Stored[]): string => {
  let line = '';
  for (const value of cells) line += `${cell(value)}\t`;
  return `${line.slice(0, -1)}\n`;
};

const CHUNK_LENGTH = 64 * 1024;

/** Rows as COPY's text, in pieces of a size that sockets like. */
export function* copyText(rows: Iterable<readonly Stored[]>): Generator<Buffer, void, void> {
  let text = '';
  for (const row of rows) {
    text += copyLine(row);
    if (text.length < CHUNK_LENGTH) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}
