import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const operatorKeyFile = (directory: string): string => join(directory, 'operator-key');

const makeKey = (): string => `olk_operator_${randomBytes(32).toString('base64url')}`;

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** The key that opens the API: made at the first start, readable by its owner only. */
export const ownOperatorKey = (directory: string): string => {
  const file = operatorKeyFile(directory);
  try {
    const key = readFileSync(file, 'utf8').trim();
    chmodSync(file, 0o600);
    if (key.length >= 32) return key;
    throw new Error(`${file} holds no key of 32 characters or more: delete it to get a new one.`);
  } catch (error) {
    if (!isMissing(error)) throw error;
    mkdirSync(directory, { recursive: true });
    const key = makeKey();
    writeFileSync(file, `${key}\n`, { mode: 0o600, flag: 'wx' });
    return key;
  }
};
