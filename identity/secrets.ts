import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';

/** A key of access tokens and the name by which a token says that it was signed with it. */
export type SigningKey = { readonly kid: string; readonly key: KeyObject };

/** The first signs; the others are still good for verifying. */
export type SigningKeys = readonly [SigningKey, ...SigningKey[]];

const bytesLeast = 32;
const kidPattern = /^[A-Za-z0-9._-]{1,64}$/;
const howToMake = `each is a name, a colon and ${bytesLeast} random bytes or more in base64url; make one with:
  node -e "console.log('k1:' + require('node:crypto').randomBytes(${bytesLeast}).toString('base64url'))"`;

const parseKey = (text: string, index: number): SigningKey => {
  const colon = text.indexOf(':');
  const kid = text.slice(0, Math.max(0, colon));
  const secret = text.slice(colon + 1);
  const bytes = Buffer.from(secret, 'base64url');
  // The text itself must not be in the message: it may be a secret with a slip in it.
  if (!kidPattern.test(kid) || bytes.toString('base64url') !== secret) {
    throw new Error(`Key ${index + 1} of JWT_KEYS cannot be read: ${howToMake}`);
  }
  if (bytes.length < bytesLeast) {
    throw new Error(`Key ${index + 1} of JWT_KEYS has only ${bytes.length} bytes: ${howToMake}`);
  }
  return { kid, key: createSecretKey(bytes) };
};

/** Reads `kid:base64url[,kid:base64url…]`; throws, with how to make one and without the secret, where it is not that. */
export const parseSigningKeys = (text: string): SigningKeys => {
  const [first, ...others] = text.split(',').map((part, index) => parseKey(part.trim(), index));
  if (first === undefined) throw new Error(`JWT_KEYS is empty: ${howToMake}`);
  const keys: SigningKeys = [first, ...others];
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) {
    throw new Error(
      'Two keys of JWT_KEYS have the same name: a token could not say which it means.',
    );
  }
  return keys;
};

/** A new key as `JWT_KEYS` takes it, with a random name. */
export const makeSigningKey = (): string =>
  `${randomBytes(4).toString('hex')}:${randomBytes(bytesLeast).toString('base64url')}`;
