import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { BarFileError } from './bar-file-error.ts';

export type Line = { readonly number: number; readonly text: string };

/** A row of a bar file has some 60 characters; a "line" this long is not one. */
const longestLine = 4096;

const chunks = (file: string): AsyncIterable<string> => {
  const source = createReadStream(file);
  if (!file.endsWith('.gz')) return source.setEncoding('utf8');
  // pipeline, not pipe: a missing file must end the reader too. The reader sees the error itself.
  return pipeline(source, createGunzip(), () => undefined).setEncoding('utf8');
};

const withoutReturn = (text: string): string => (text.endsWith('\r') ? text.slice(0, -1) : text);

async function* split(file: string): AsyncGenerator<Line> {
  let rest = '';
  let number = 0;
  for await (const chunk of chunks(file)) {
    const pieces = (rest + chunk).split('\n');
    rest = pieces.pop() ?? '';
    for (const piece of pieces) yield { number: ++number, text: withoutReturn(piece) };
    if (rest.length > longestLine) {
      throw new BarFileError('bad_columns', file, number + 1, `longer than ${longestLine}`);
    }
  }
  if (rest !== '') yield { number: ++number, text: withoutReturn(rest) };
}

/** The file's lines that are not blank, one at a time, gunzipped where the name ends in `.gz`. Throws BarFileError. */
export async function* readLines(file: string): AsyncGenerator<Line> {
  try {
    for await (const line of split(file)) if (line.text.trim() !== '') yield line;
  } catch (error) {
    if (error instanceof BarFileError) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    throw new BarFileError('file_unreadable', file, 0, detail, { cause: error });
  }
}
