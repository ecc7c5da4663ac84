import type { KeyObject } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { StoredSeal } from '../ports/seal-store.ts';
import { publicKeyOf } from './keys.ts';
import { readUrl } from './seal-http.ts';
import type { SealTarget } from './targets.ts';

const line = z.strictObject({
  number: z.int().positive(),
  seal: z.string(),
  signature: z.string(),
  publicKey: z.string(),
});
type Line = z.infer<typeof line>;

/** Seals that somebody kept outside of the ledger, by number, and the keys that were kept with them. */
export type KeptSeals = {
  readonly seals: ReadonlyMap<number, StoredSeal>;
  readonly publicKeys: readonly KeyObject[];
};

/** A seal and the public key (PEM) that it was signed with. */
export type KeptSeal = { readonly seal: StoredSeal; readonly publicKey: string };

/** How a seal is kept and sent: one line of JSON, without a line end. */
export const keptLine = ({ seal, publicKey }: KeptSeal): string => {
  const { number, text, signature } = seal;
  return JSON.stringify({ number, seal: text, signature, publicKey });
};

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

const parsed = (text: string): Line | undefined => {
  try {
    return line.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};

/** The lines of a text. A last one without an end that cannot be read was never written whole: there is no such seal. */
const linesOf = (text: string, source: string): readonly Line[] => {
  const texts = text.split('\n');
  return texts.flatMap((one, index) => {
    if (one.trim() === '') return [];
    const read = parsed(one);
    if (read !== undefined) return [read];
    if (index === texts.length - 1 && index > 0) return [];
    throw new Error(
      `${source} holds no kept seals: each line is one that \`ledger seal --to\` wrote.`,
    );
  });
};

const filesOf = (path: string): readonly string[] => {
  if (!isFolder(path)) return existsSync(path) ? [path] : [];
  const names = readdirSync(path).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => join(path, name));
};

const isSame = (one: StoredSeal, other: StoredSeal): boolean =>
  one.text === other.text && one.signature === other.signature;

const gathered = (source: string, all: Iterable<Line>): KeptSeals => {
  const seals = new Map<number, StoredSeal>();
  const pems = new Set<string>();
  for (const { number, seal: text, signature, publicKey } of all) {
    const seal = { number, text, signature };
    if (!isSame(seals.get(number) ?? seal, seal)) {
      throw new Error(`${source} holds two different seals ${number}: one of them was changed.`);
    }
    seals.set(number, seal);
    pems.add(publicKey);
  }
  return { seals, publicKeys: [...pems].map((pem) => publicKeyOf(pem, source)) };
};

function* linesIn(path: string): Generator<Line, void, void> {
  for (const file of filesOf(path)) yield* linesOf(readFileSync(file, 'utf8'), file);
}

const notNone = (kept: KeptSeals, source: string): KeptSeals => {
  if (kept.seals.size > 0) return kept;
  throw new Error(`There are no kept seals in ${source}.`);
};

/** Reads the seals in a file, or in the .json files of a folder. Throws where there are none, or two of one number that differ. */
export const readKeptSeals = (path: string): KeptSeals =>
  notNone(gathered(path, linesIn(path)), path);

/** As `readKeptSeals`; from a URL, what it answers to GET: lines as they were posted. */
export const readKeptSealsAt = async (
  target: SealTarget,
  signal: AbortSignal,
): Promise<KeptSeals> => {
  if (target.kind === 'path') return readKeptSeals(target.path);
  const lines = linesOf(await readUrl(target, signal), target.name);
  return notNone(gathered(target.name, lines), target.name);
};

export type Keeping =
  | { readonly kind: 'kept'; readonly file: string }
  | { readonly kind: 'there_already' }
  /** Another seal of this number was kept before. */
  | { readonly kind: 'differs' };

const inFull = (handle: number, text: string, at: number): void => {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(handle, bytes, done, bytes.length - done, at + done);
  }
  // What is noted as delivered must not be lost with the power.
  fsyncSync(handle);
};

const keepInFolder = (folder: string, kept: KeptSeal): Keeping => {
  const name = `seal-${String(kept.seal.number).padStart(8, '0')}.json`;
  const file = join(folder, name);
  if (existsSync(file)) {
    const known = gathered(file, linesIn(file)).seals.get(kept.seal.number);
    return { kind: known && isSame(known, kept.seal) ? 'there_already' : 'differs' };
  }
  const draft = `${file}.partial`;
  const handle = openSync(draft, 'w');
  try {
    inFull(handle, `${keptLine(kept)}\n`, 0);
    renameSync(draft, file);
  } finally {
    closeSync(handle);
    rmSync(draft, { force: true });
  }
  return { kind: 'kept', file };
};

/** Longer than any line. */
const tailBytes = 16 * 1_024;

type Tail = {
  /** The last seal; undefined where the file has none. */
  readonly last: Line | undefined;
  /** Where the next line goes: what comes after it was never written whole. */
  readonly end: number;
  /** What ends the line before, where nothing does. */
  readonly lead: '' | '\n';
};

const lineStart = '{"number":';

const tailOf = (handle: number, file: string): Tail => {
  const { size } = statSync(file);
  const from = Math.max(0, size - tailBytes);
  const bytes = Buffer.alloc(size - from);
  readSync(handle, bytes, 0, bytes.length, from);
  const whole = bytes.lastIndexOf('\n') + 1;
  const rest = bytes.toString('utf8', whole);
  if (parsed(rest) !== undefined) return { last: parsed(rest), end: size, lead: '\n' };
  const last = bytes.toString('utf8', 0, whole).trimEnd().split('\n').at(-1) ?? '';
  const read = parsed(last);
  // Only what we began ourselves is taken away: whoever names a wrong file loses nothing.
  const isOurs = rest === '' || rest.startsWith(lineStart) || lineStart.startsWith(rest);
  if (isOurs && (read !== undefined || (last === '' && from === 0))) {
    return { last: read, end: from + whole, lead: '' };
  }
  throw new Error(`${file} holds something else than kept seals; nothing was added to it.`);
};

const keepInFile = (file: string, kept: KeptSeal): Keeping => {
  const handle = openSync(file, existsSync(file) ? 'r+' : 'w+');
  try {
    const { last, end, lead } = tailOf(handle, file);
    if (last !== undefined && kept.seal.number <= last.number) {
      const known = gathered(file, linesIn(file)).seals.get(kept.seal.number);
      if (known !== undefined) {
        return { kind: isSame(known, kept.seal) ? 'there_already' : 'differs' };
      }
    }
    ftruncateSync(handle, end);
    inFull(handle, `${lead}${keptLine(kept)}\n`, end);
    return { kind: 'kept', file };
  } finally {
    closeSync(handle);
  }
};

/**
 * Keeps a seal with its public key (PEM): as a file of its own in a folder, or at the end of a file. A path with a slash
 * at its end is a folder, made where it is not there.
 */
export const keepSeal = (path: string, kept: KeptSeal): Keeping => {
  if (path.endsWith('/') && !isFolder(path)) mkdirSync(path);
  return isFolder(path) ? keepInFolder(path, kept) : keepInFile(path, kept);
};
