import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

export type NamedBytes = { readonly name: string; readonly bytes: Uint8Array };

/** How statements are to be read: as which layout, where not as their headers tell, and with which table of symbols. */
export type ReadingOptions = {
  readonly layout: string | undefined;
  readonly symbols: NamedBytes | null;
};

/** Files by their own names where these differ, else by the paths that were given. */
export const readFiles = async (paths: readonly string[]): Promise<readonly NamedBytes[]> => {
  const names = paths.map((path) => basename(path));
  const own = new Set(names).size === names.length;
  const bytes = await Promise.all(paths.map((path) => readFile(path)));
  return bytes.map((one, place) => ({
    name: (own ? names[place] : paths[place]) ?? '',
    bytes: one,
  }));
};

/** The file of `--symbols`; null where it was not given. */
export const readSymbols = async (path: string | undefined): Promise<NamedBytes | null> => {
  if (path === undefined) return null;
  const [file] = await readFiles([path]);
  return file ?? null;
};
