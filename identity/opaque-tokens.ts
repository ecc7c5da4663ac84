import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { KeyId, RefreshTokenId } from './ids.ts';

/** A token that means nothing by itself: an id to find it by, and what is kept of its secret. */
export type OpaqueToken<Id> = { readonly id: Id; readonly secretHash: string };

/** A new one, with the text that only its owner ever has. */
export type MadeToken<Id> = OpaqueToken<Id> & { readonly text: string };

/** 256 bits: 43 characters of base64url. */
const secretBytes = 32;

const tokenPattern =
  /^(ol[rk])_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

/** SHA-256 of the secret part's text, hexadecimal. 256 random bits need no slow hash: nobody can guess at them. */
const hashOf = (secret: string): string => hash('sha256', secret, 'hex');

const makeSecret = (): string => randomBytes(secretBytes).toString('base64url');

const make = <Id extends string>(prefix: 'olr' | 'olk', id: Id): MadeToken<Id> => {
  const secret = makeSecret();
  return {
    id,
    secretHash: hashOf(secret),
    text: `${prefix}_${id.replaceAll('-', '')}_${secret}`,
  };
};

const parse = <Id extends string>(
  prefix: 'olr' | 'olk',
  text: string,
): OpaqueToken<Id> | undefined => {
  const match = tokenPattern.exec(text);
  if (match === null || match[1] !== prefix) return undefined;
  return { id: match.slice(2, 7).join('-') as Id, secretHash: hashOf(match[7] ?? '') };
};

/** `olr_<id>_<secret>`. The id is a uuid. */
export const makeRefreshToken = (id: RefreshTokenId): MadeToken<RefreshTokenId> => make('olr', id);

/** Undefined where a text does not have the form of a refresh token. */
export const parseRefreshToken = (text: string): OpaqueToken<RefreshTokenId> | undefined =>
  parse('olr', text);

/** `olk_<id>_<secret>`. The id is a uuid. */
export const makeApiKey = (id: KeyId): MadeToken<KeyId> => make('olk', id);

/** Undefined where a text does not have the form of an API key. */
export const parseApiKey = (text: string): OpaqueToken<KeyId> | undefined => parse('olk', text);

/** Whether a text behind `Bearer` is meant as an API key. */
export const looksLikeApiKey = (text: string): boolean => text.startsWith('olk_');

/** `ols_<secret>`: what makes the first administrator, once. */
export const makeSetupToken = (): { readonly text: string; readonly hash: string } => {
  const text = `ols_${makeSecret()}`;
  return { text, hash: setupTokenHash(text) };
};

/** What is kept of a setup token: SHA-256, hexadecimal, of all of it. */
export const setupTokenHash = (text: string): string => hashOf(text.trim());

/** Compares two hashes in a time that does not tell where they differ. */
export const sameHash = (left: string, right: string): boolean => {
  const [one, other] = [Buffer.from(left), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
};
