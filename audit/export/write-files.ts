import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Piece } from './write-books.ts';

/** Characters that are held back to write them at once. */
const bufferMax = 256 * 1024;

type Target = { readonly handle: FileHandle; readonly path: string; buffer: string };

const partialOf = (path: string): string => `${path}.partial`;

const flush = async (target: Target): Promise<void> => {
  const { buffer } = target;
  target.buffer = '';
  if (buffer !== '') await target.handle.writeFile(buffer);
};

/**
 * Writes pieces to files, `pathOf` says which. They get their names when all are whole: an export that breaks off leaves
 * nothing that looks like one. `seen` is told how far it has come.
 */
export const writeFiles = async (
  pieces: AsyncIterable<Piece>,
  pathOf: (file: string) => string,
  seen: (sequence: number) => void,
): Promise<readonly string[]> => {
  const targets = new Map<string, Target>();
  const targetOf = async (file: string): Promise<Target> => {
    const known = targets.get(file);
    if (known !== undefined) return known;
    const path = pathOf(file);
    await mkdir(dirname(path), { recursive: true });
    const target = { handle: await open(partialOf(path), 'w'), path, buffer: '' };
    targets.set(file, target);
    return target;
  };
  try {
    for await (const { file, text, sequence } of pieces) {
      const target = await targetOf(file);
      target.buffer += text;
      if (target.buffer.length >= bufferMax) await flush(target);
      seen(sequence);
    }
    for (const target of targets.values()) {
      await flush(target);
      await target.handle.close();
    }
    for (const { path } of targets.values()) await rename(partialOf(path), path);
    return [...targets.values()].map(({ path }) => path);
  } catch (error) {
    for (const { handle, path } of targets.values()) {
      await handle.close().catch(() => {}); // It may be closed already; what went wrong is told below.
      await rm(partialOf(path), { force: true });
    }
    throw error;
  }
};
