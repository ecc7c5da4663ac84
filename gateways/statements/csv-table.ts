import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { StatementUnreadable } from './statement-unreadable.ts';

export type CsvRow = {
  /** The line of the file on which the row begins, from 1. */
  readonly number: number;
  /** Trimmed; as many as the file gives. */
  readonly cells: readonly string[];
};

export type CsvTable = { readonly header: readonly string[]; readonly rows: readonly CsvRow[] };

/** Larger than twenty years of a busy account; a file is read as a whole. */
const bytesMost = 256 * 1024 * 1024;

/** UTF-8 or UTF-16 with a byte order mark, UTF-8 without, and what is not UTF-8 as Windows-1252, of which Latin-1 is a part. */
export const textOfFile = (bytes: Uint8Array): string => {
  if (bytes.length > bytesMost) {
    throw new StatementUnreadable(`It has more than ${bytesMost / 1024 / 1024} MB. Split it.`);
  }
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
};

/** The sign that parts the most cells of the first line, outside quotes. */
const separatorOf = (text: string): string => {
  const line = (/^[^\r\n]*/.exec(text)?.[0] ?? '').replaceAll(/"[^"]*"/g, '');
  const counted = [',', ';', '\t'].map((sign) => [line.split(sign).length, sign] as const);
  return counted.toSorted(([left], [right]) => right - left)[0]?.[1] ?? ',';
};

type Parsed = { readonly record: string[]; readonly info: { readonly lines: number } };

/** Rows of a CSV text: quotes, CRLF and the separator are found out. Throws StatementUnreadable where the quotes do not match. */
export const csvTable = (text: string): CsvTable => {
  try {
    // With `info` each record comes with its place; the library's types do not say so.
    const parsed = parse(text, {
      bom: true,
      delimiter: separatorOf(text),
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as Parsed[];
    const rows = parsed.map(({ record, info }) => ({
      // What is told is the line on which a row ends.
      number: info.lines - record.reduce((breaks, cell) => breaks + cell.split('\n').length - 1, 0),
      cells: record.map((cell) => cell.trim()),
    }));
    const [header, ...others] = rows;
    return { header: header?.cells ?? [], rows: others };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : undefined;
    throw new StatementUnreadable(`It is no CSV: ${error.message}`, { line });
  }
};
