import type { FileHandle } from 'node:fs/promises';
import { writeWhole } from './whole-files.ts';
import type { Piece } from './write-books.ts';

/** Characters that are held back to write them at once. */
const bufferMax = 256 * 1024;

type Target = { readonly handle: FileHandle; buffer: string };

const flush = async (target: Target): Promise<void> => {
  const { buffer } = target;
  target.buffer = '';
  if (buffer !== '') await target.handle.writeFile(buffer);
};

/** Writes pieces to files, `pathOf` says which; whole or not at all. `seen` is told how far it has come. */
export const writeFiles = (
  pieces: AsyncIterable<Piece>,
  pathOf: (file: string) => string,
  seen: (sequence: number) => void,
): Promise<readonly string[]> =>
  writeWhole(async (files) => {
    const targets = new Map<string, Target>();
    const targetOf = async (file: string): Promise<Target> => {
      const known = targets.get(file);
      if (known !== undefined) return known;
      const target = { handle: await files.open(pathOf(file)), buffer: '' };
      targets.set(file, target);
      return target;
    };
    for await (const { file, text, sequence } of pieces) {
      const target = targets.get(file) ?? (await targetOf(file));
      target.buffer += text;
      if (target.buffer.length >= bufferMax) await flush(target);
      seen(sequence);
    }
    for (const target of targets.values()) await flush(target);
  });
