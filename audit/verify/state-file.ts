import { createHash, type KeyObject, sign, verify } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { fingerprintOf, publicHalf } from '../seals/keys.ts';
import { type RunRecord, runOf, runVersion, type SavedRun } from './saved-run.ts';

/**
 * A run of verify in a file: a line of JSON a record, and a last line with the digest of all before it, signed with
 * the key of the seals. In the JSON `n123` is a whole number of any size and `stext` a text.
 */

const format = 'order-ledger-verify-state';

const encoded = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return `n${value}`;
  if (typeof value === 'string') return `s${value}`;
  if (value instanceof Map) return { map: [...value] };
  return value;
};

const decoded = (_key: string, value: unknown): unknown => {
  if (typeof value === 'string') {
    return value.startsWith('n') ? BigInt(value.slice(1)) : value.slice(1);
  }
  if (typeof value !== 'object' || value === null || !('map' in value)) return value;
  return Array.isArray(value.map) ? new Map(value.map as [unknown, unknown][]) : value;
};

const lastLine = z.strictObject({
  format: z.literal(format),
  sha256: z.string(),
  key: z.string(),
  signature: z.string(),
});

/** A record on one line: JSON lets two characters stand that end a line for whoever reads line by line. */
const lineOf = (record: RunRecord): string =>
  JSON.stringify(record, encoded).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

const bytesHeld = 1_000_000;

/** Writes the run whole or not at all: a file that is there stays until the new one is. */
export const writeRun = async (
  path: string,
  records: AsyncIterable<RunRecord>,
  privateKey: KeyObject,
): Promise<void> => {
  const draft = `${path}.${process.pid}.draft`;
  const handle = openSync(draft, 'w', 0o600);
  try {
    const digest = createHash('sha256');
    let held = '';
    const flush = (): void => {
      digest.update(held);
      writeSync(handle, held);
      held = '';
    };
    for await (const record of records) {
      held += `${lineOf(record)}\n`;
      if (held.length > bytesHeld) flush();
    }
    flush();
    const sha256 = digest.digest('hex');
    const signature = sign(null, Buffer.from(`${format}\n${sha256}`), privateKey);
    const key = fingerprintOf(publicHalf(privateKey));
    const end = { format, sha256, key, signature: signature.toString('base64url') };
    writeSync(handle, `${JSON.stringify(end)}\n`);
    fsyncSync(handle);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(handle);
  }
  renameSync(draft, path);
};

/** Whether the file begins as one that `writeRun` wrote. */
export const holdsRun = async (path: string): Promise<boolean> => {
  for await (const line of createInterface({ input: createReadStream(path) })) {
    return line.startsWith('{"kind":"srun"');
  }
  return false;
};

const signedEnd = (line: string): z.infer<typeof lastLine> | undefined => {
  try {
    return lastLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
};

const refused = (path: string, why: string): Error =>
  new Error(`${path} ${why}: remove it and verify from the beginning.`);

/** Reads a run back. Throws where it is none, is not whole, was changed, or is not signed with this key. */
export const readRun = async (path: string, publicKey: KeyObject): Promise<SavedRun> => {
  const digest = createHash('sha256');
  const records: RunRecord[] = [];
  let last: string | undefined;
  try {
    for await (const line of createInterface({ input: createReadStream(path) })) {
      if (last !== undefined) {
        digest.update(`${last}\n`);
        records.push(JSON.parse(last, decoded) as RunRecord);
      }
      last = line;
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw refused(path, 'holds no state of verify');
    throw error;
  }
  const end = last === undefined ? undefined : signedEnd(last);
  if (end === undefined) throw refused(path, 'is not whole, or no state of verify');
  const sha256 = digest.digest('hex');
  const signature = Buffer.from(end.signature, 'base64url');
  const isOurs = verify(null, Buffer.from(`${format}\n${sha256}`), publicKey, signature);
  if (end.sha256 !== sha256 || !isOurs) {
    throw refused(path, 'was changed, or was signed with another key than the one for seals');
  }
  const run = runOf(records);
  if (run.head.version !== runVersion) {
    throw refused(path, `is of version ${run.head.version} and not ${runVersion}`);
  }
  return run;
};
