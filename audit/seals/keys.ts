import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  randomUUID,
} from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Where the key that seals are signed with is kept. */
export type KeyPlace = {
  readonly dataDirectory: string;
  /** A file of the user's own instead; it is never made. */
  readonly sealKeyFile: string | null;
};

const fileOf = ({ dataDirectory, sealKeyFile }: KeyPlace): string =>
  sealKeyFile ?? join(dataDirectory, 'seal-key.pem');

const ed25519 = (key: KeyObject, source: string): KeyObject => {
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new Error(`${source} holds no Ed25519 key.`);
};

const readPrivate = (file: string): KeyObject => {
  try {
    return ed25519(createPrivateKey(readFileSync(file)), file);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new Error(`No Ed25519 private key in PEM form can be read from ${file}${why}.`);
  }
};

/** Writes the file whole or not at all; one that is there already stays. */
const keepPrivate = (file: string, pem: string): void => {
  mkdirSync(dirname(file), { recursive: true });
  // In a container every process has the same id, and one that was killed here leaves its draft.
  const draft = `${file}.${randomUUID()}`;
  const handle = openSync(draft, 'wx', 0o600);
  try {
    writeSync(handle, pem);
    // A seal must not outlive the key that it was signed with.
    fsyncSync(handle);
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    closeSync(handle);
    rmSync(draft);
  }
};

/** The private key; undefined where none was made yet. Throws for one that cannot be used. */
export const sealKey = (place: KeyPlace): KeyObject | undefined => {
  const file = fileOf(place);
  if (place.sealKeyFile === null && !existsSync(file)) return undefined;
  return readPrivate(file);
};

/** The private key, made at first use, readable by its owner only. */
export const ownSealKey = (place: KeyPlace): KeyObject => {
  const found = sealKey(place);
  if (found !== undefined) return found;
  const { privateKey } = generateKeyPairSync('ed25519');
  keepPrivate(fileOf(place), privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  return readPrivate(fileOf(place));
};

/** The public key of a PEM text; `source` is what the error names. Throws for anything but a public Ed25519 key. */
export const publicKeyOf = (pem: string, source: string): KeyObject => {
  // From a private key createPublicKey would make the public one: nobody should hand that out to be checked with.
  if (!pem.includes('-----BEGIN PUBLIC KEY-----')) {
    throw new Error(`${source} holds no public key in PEM form.`);
  }
  try {
    return ed25519(createPublicKey(pem), source);
  } catch {
    throw new Error(`${source} holds no Ed25519 public key in PEM form.`);
  }
};

/** SHA-256 of the public key in DER form (SubjectPublicKeyInfo), hex. */
export const fingerprintOf = (publicKey: KeyObject): string =>
  hash('sha256', publicKey.export({ type: 'spki', format: 'der' }), 'hex');

/** The public key as PEM text. */
export const publicPem = (publicKey: KeyObject): string =>
  publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** The public half of a private key. */
export const publicHalf = (privateKey: KeyObject): KeyObject => createPublicKey(privateKey);
