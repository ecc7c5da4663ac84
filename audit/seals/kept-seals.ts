import type { KeyObject } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { StoredSeal } from '../ports/seal-store.ts';
import { publicKeyOf, publicPem } from './keys.ts';

const line = z.strictObject({
  number: z.int().positive(),
  seal: z.string(),
  signature: z.string(),
  publicKey: z.string(),
});

/** Seals that somebody kept outside of the ledger, by number, and the keys that were kept with them. */
export type KeptSeals = {
  readonly seals: ReadonlyMap<number, StoredSeal>;
  readonly publicKeys: readonly KeyObject[];
};

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

const parseLine = (text: string, source: string): z.infer<typeof line> => {
  try {
    return line.parse(JSON.parse(text));
  } catch {
    throw new Error(
      `${source} holds no kept seals: each line is one that \`ledger seal --to\` wrote.`,
    );
  }
};

const filesOf = (path: string): readonly string[] => {
  if (!isFolder(path)) return existsSync(path) ? [path] : [];
  const names = readdirSync(path).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => join(path, name));
};

const linesOf = (file: string): readonly string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((one) => one.trim() !== '');

const isSame = (one: StoredSeal, other: StoredSeal): boolean =>
  one.text === other.text && one.signature === other.signature;

const keptIn = (path: string): KeptSeals => {
  const seals = new Map<number, StoredSeal>();
  const pems = new Set<string>();
  for (const file of filesOf(path)) {
    for (const { number, seal: text, signature, publicKey } of linesOf(file).map((one) =>
      parseLine(one, file),
    )) {
      const seal = { number, text, signature };
      if (!isSame(seals.get(number) ?? seal, seal)) {
        throw new Error(`${path} holds two different seals ${number}: one of them was changed.`);
      }
      seals.set(number, seal);
      pems.add(publicKey);
    }
  }
  return { seals, publicKeys: [...pems].map((pem) => publicKeyOf(pem, path)) };
};

/** Reads the seals in a file, or in the .json files of a folder. Throws where there are none, or two of one number that differ. */
export const readKeptSeals = (path: string): KeptSeals => {
  const kept = keptIn(path);
  if (kept.seals.size === 0) throw new Error(`There are no kept seals in ${path}.`);
  return kept;
};

export type Keeping =
  | { readonly kind: 'kept'; readonly file: string }
  | { readonly kind: 'there_already' }
  /** Another seal of this number was kept before. */
  | { readonly kind: 'differs' };

/** Keeps a copy of a seal with the public key: as a file of its own in a folder, or at the end of a file. */
export const keepSeal = (path: string, seal: StoredSeal, publicKey: KeyObject): Keeping => {
  const known = keptIn(path).seals.get(seal.number);
  if (known !== undefined) return { kind: isSame(known, seal) ? 'there_already' : 'differs' };
  const { number, text, signature } = seal;
  const words = { number, seal: text, signature, publicKey: publicPem(publicKey) };
  const file = isFolder(path) ? join(path, `seal-${String(number).padStart(8, '0')}.json`) : path;
  appendFileSync(file, `${JSON.stringify(words)}\n`);
  return { kind: 'kept', file };
};
