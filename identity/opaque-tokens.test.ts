import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import type { KeyId, RefreshTokenId } from './ids.ts';
import {
  makeApiKey,
  makeRefreshToken,
  makeSetupToken,
  parseApiKey,
  parseRefreshToken,
  sameHash,
  setupTokenHash,
} from './opaque-tokens.ts';
import { makeSigningKey, parseSigningKeys } from './secrets.ts';

describe('an API key', () => {
  const id = randomUUID() as KeyId;
  const made = makeApiKey(id);

  it('names its id and holds 256 random bits', () => {
    assert.match(made.text, /^olk_[0-9a-f]{32}_[A-Za-z0-9_-]{43}$/);
    assert.ok(made.text.includes(id.replaceAll('-', '')));
    assert.notEqual(makeApiKey(id).text, made.text);
  });

  it('is kept as the SHA-256 of its secret', () => {
    assert.equal(made.secretHash, createHash('sha256').update(made.text.slice(-43)).digest('hex'));
  });

  it('is read back', () => {
    assert.deepEqual(parseApiKey(made.text), { id, secretHash: made.secretHash });
  });

  it('is none with anything added, missing or exchanged', () => {
    const refresh = makeRefreshToken(id as string as RefreshTokenId).text;
    for (const text of [
      '',
      'olk_',
      ` ${made.text}`,
      `${made.text}\n`,
      made.text.slice(0, -1),
      `${made.text}A`,
      made.text.toUpperCase(),
      refresh,
    ]) {
      assert.equal(parseApiKey(text), undefined, text);
    }
    assert.equal(parseRefreshToken(made.text), undefined);
  });

  it('has another hash with one bit more or less, also in the bits that base64url does not use', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const last of alphabet) {
      const text = made.text.slice(0, -1) + last;
      assert.equal(parseApiKey(text)?.secretHash === made.secretHash, text === made.text);
    }
  });
});

describe('hashes', () => {
  it('are the same or not, whatever their lengths', () => {
    assert.equal(sameHash('ab', 'ab'), true);
    assert.equal(sameHash('ab', 'ac'), false);
    assert.equal(sameHash('ab', 'abc'), false);
  });
});

describe('a setup token', () => {
  it('is known by its hash, also with a line end from a copy', () => {
    const { text, hash } = makeSetupToken();
    assert.match(text, /^ols_[A-Za-z0-9_-]{43}$/);
    assert.equal(setupTokenHash(`${text}\n`), hash);
  });
});

describe('signing keys', () => {
  it('are read in order, the first of which signs', () => {
    const [one, other] = [makeSigningKey(), makeSigningKey()];
    const keys = parseSigningKeys(`${one}, ${other}`);
    assert.deepEqual(
      keys.map(({ kid }) => kid),
      [one.split(':')[0], other.split(':')[0]],
    );
    assert.equal(keys[0].key.symmetricKeySize, 32);
  });

  it('are refused with how to make one, and without the secret in the message', () => {
    const secret = 'c2hvcnQ';
    for (const bad of [
      '',
      secret,
      `k1:${secret}`,
      `k 1:${secret}`,
      `k1:${secret}=`,
      `k1:${'A'.repeat(42)}+`,
      ':',
    ]) {
      assert.throws(
        () => parseSigningKeys(bad),
        (error: unknown) =>
          error instanceof Error &&
          /make one with/.test(error.message) &&
          !error.message.includes(secret),
        bad,
      );
    }
  });

  it('have different names', () => {
    const key = makeSigningKey();
    assert.throws(() => parseSigningKeys(`${key},${key}`), /same name/);
  });
});
