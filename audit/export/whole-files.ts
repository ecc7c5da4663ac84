import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

const partialOf = (path: string): string => `${path}.partial`;

export type WholeFiles = {
  /** The file to write, made at its first use. */
  readonly open: (path: string) => Promise<FileHandle>;
};

/**
 * Lets `write` fill files that get their names when all of them are whole: what breaks off leaves nothing that looks like
 * one. Answers their paths in the order in which they were opened.
 */
export const writeWhole = async (
  write: (files: WholeFiles) => Promise<void>,
): Promise<readonly string[]> => {
  const handles = new Map<string, FileHandle>();
  const files: WholeFiles = {
    open: async (path) => {
      const known = handles.get(path);
      if (known !== undefined) return known;
      await mkdir(dirname(path), { recursive: true });
      const handle = await open(partialOf(path), 'w');
      handles.set(path, handle);
      return handle;
    },
  };
  try {
    await write(files);
    for (const handle of handles.values()) await handle.close();
    for (const path of handles.keys()) await rename(partialOf(path), path);
    return [...handles.keys()];
  } catch (error) {
    for (const [path, handle] of handles) {
      await handle.close().catch(() => {}); // It may be closed already; what went wrong is told below.
      await rm(partialOf(path), { force: true });
    }
    throw error;
  }
};
