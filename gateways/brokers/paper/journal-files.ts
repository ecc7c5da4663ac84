import { createReadStream } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Instant, instant } from '#domain/time.ts';
import { type JournalLine, readLine } from './journal-lines.ts';

/** What a record starts with: what happened before is not in it. */
export const beginningFile = 'begins.json';
const dayFile = /^(\d{4}-\d{2}-\d{2})\.jsonl$/;

/** The file of the day, UTC, on which something was executed. */
export const fileOf = (directory: string, at: Instant): string =>
  join(directory, `${at.slice(0, 10)}.jsonl`);

/** The journal cannot be read: somebody else wrote in it. */
export class JournalDamaged extends Error {
  override readonly name = 'JournalDamaged';
  readonly code = 'paper_journal_damaged';
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** When the record begins; undefined where there is none. */
export const beginningOf = async (directory: string): Promise<Instant | undefined> => {
  try {
    const { begins } = JSON.parse(await readFile(join(directory, beginningFile), 'utf8'));
    return instant(String(begins));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

/** The days that have a file, oldest first. */
export const daysIn = async (directory: string): Promise<readonly string[]> => {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return names.flatMap((name) => dayFile.exec(name)?.[1] ?? []).sort();
};

/** The lines of one day. The end of a line that a crash cut off was never told to anybody and is left out. */
export async function* linesOf(directory: string, day: string): AsyncGenerator<JournalLine> {
  const file = join(directory, `${day}.jsonl`);
  const { size } = await stat(file);
  if (size === 0) return;
  const whole = await wholeBytes(file, size);
  if (whole === 0) return;
  const input = createReadStream(file, { encoding: 'utf8', end: whole - 1 });
  let number = 0;
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    try {
      yield readLine(text);
    } catch {
      throw new JournalDamaged(`${file}, line ${number} is no line of the paper broker's journal.`);
    }
  }
}

const lineFeed = 10;
/** A line of the journal is shorter than this, but for one that tells of very many. */
const tailBytes = 65_536;

/** How many bytes of a file are whole lines. */
export const wholeBytes = async (file: string, size: number): Promise<number> => {
  const handle = await open(file, 'r');
  try {
    for (let end = size; end > 0; ) {
      const length = Math.min(tailBytes, end);
      const { buffer } = await handle.read(Buffer.alloc(length), 0, length, end - length);
      const at = buffer.lastIndexOf(lineFeed);
      if (at >= 0) return end - length + at + 1;
      end -= length;
    }
    return 0;
  } finally {
    await handle.close();
  }
};
