import { hash, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import type { StoredSeal } from '../ports/seal-store.ts';
import { fingerprintOf, publicHalf } from './keys.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const place = z.int().positive();

const wording = z.strictObject({
  version: z.literal(1),
  number: place,
  from: place,
  to: place,
  root: digest,
  previous: digest,
  sealed_at: z.iso.datetime(),
  key: digest,
});

/** What a seal says. */
export type Seal = {
  /** Of this wording and of the leaves' data. */
  readonly version: 1;
  readonly number: number;
  /** First and last sequence under the root. */
  readonly from: number;
  readonly to: number;
  /** Merkle root over the events of the range, hex. */
  readonly root: string;
  /** `digestOf` the seal before; 64 zeros in the first. */
  readonly previous: string;
  readonly sealed_at: string;
  /** SHA-256 of the public key in DER form, hex. */
  readonly key: string;
};

/** `previous` of the first seal. */
export const noSeal = '0'.repeat(64);

/** The one text that says this: a line of JSON, its members in this order. */
export const sealText = (seal: Seal): string => {
  const { version, number, from, to, root, previous, sealed_at, key } = seal;
  return JSON.stringify({ version, number, from, to, root, previous, sealed_at, key });
};

/** What the text says; undefined where it is not exactly the text of a seal. */
export const parseSeal = (text: string): Seal | undefined => {
  try {
    const { data } = wording.safeParse(JSON.parse(text));
    return data !== undefined && data.from <= data.to && sealText(data) === text ? data : undefined;
  } catch {
    return undefined;
  }
};

/** What the next seal repeats of this one: SHA-256, hex, of its text, a line feed and its signature. */
export const digestOf = ({ text, signature }: Pick<StoredSeal, 'text' | 'signature'>): string =>
  hash('sha256', `${text}\n${signature}`, 'hex');

/** A seal as it is kept, signed. */
export const signSeal = (
  seal: Omit<Seal, 'version' | 'key'>,
  privateKey: KeyObject,
): StoredSeal => {
  const key = fingerprintOf(publicHalf(privateKey));
  const text = sealText({ version: 1, ...seal, key });
  const signature = sign(null, Buffer.from(text), privateKey).toString('base64url');
  return { number: seal.number, text, signature };
};

/** Whether the signature is this key's over exactly this text. */
export const isSignedBy = (
  { text, signature }: Pick<StoredSeal, 'text' | 'signature'>,
  publicKey: KeyObject,
): boolean => {
  const bytes = Buffer.from(signature, 'base64url');
  // Decoding skips what is no base64url: one signature, one spelling.
  if (bytes.toString('base64url') !== signature) return false;
  return verify(null, Buffer.from(text), publicKey, bytes);
};
