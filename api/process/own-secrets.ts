import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { makeSigningKey, parseSigningKeys, type SigningKeys } from '#identity/secrets.ts';
import type { Configuration } from './configuration.ts';

const secrets = z.strictObject({ jwtKeys: z.string().min(1) });

/** Where a server without JWT_KEYS keeps its own. */
export const secretsFile = (directory: string): string => join(directory, 'secrets.json');

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** Null where there is no such file. */
const readIfThere = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
};

const read = (text: string): z.infer<typeof secrets> | undefined => {
  try {
    return secrets.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // The parser's message would quote the text.
  }
};

/** Writes the file whole or not at all; one that is there already stays. */
const keep = (file: string, jwtKeys: string): void => {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify({ jwtKeys }, null, 2)}\n`, { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(draft);
  }
};

/** Made at the first start. A file that cannot be read is not replaced silently: that would end every session. */
const ownKeys = (directory: string): string => {
  const file = secretsFile(directory);
  if (readIfThere(file) === null) {
    mkdirSync(directory, { recursive: true });
    keep(file, makeSigningKey());
  }
  const kept = read(readIfThere(file) ?? '');
  if (kept === undefined) {
    throw new Error(
      `${file} holds no keys: bring the old file back, or delete it to get new ones.`,
    );
  }
  chmodSync(file, 0o600);
  return kept.jwtKeys;
};

const givenIn = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`JWT_KEYS_FILE cannot be read: ${reason}`);
  }
};

/** What signs access tokens: JWT_KEYS, what is in JWT_KEYS_FILE, or the server's own, readable by their owner only. */
export const signingKeysOf = ({
  jwtKeys,
  jwtKeysFile,
  dataDirectory,
}: Pick<Configuration, 'jwtKeys' | 'jwtKeysFile' | 'dataDirectory'>): SigningKeys => {
  if (jwtKeys !== null) return jwtKeys;
  if (jwtKeysFile !== null) return parseSigningKeys(givenIn(jwtKeysFile));
  return parseSigningKeys(ownKeys(dataDirectory));
};
