import assert from 'node:assert/strict';
import { createHmac, createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import jsonwebtoken from 'jsonwebtoken';
import { manualTime } from '#tests/support/manual-time.ts';
import { createAccessTokens } from './access-tokens.ts';
import type { SessionId, UserId } from './ids.ts';
import type { SigningKeys } from './secrets.ts';

const secret = randomBytes(32);
const [newKey, oldKey] = [
  { kid: 'new', key: createSecretKey(secret) },
  { kid: 'old', key: createSecretKey(randomBytes(32)) },
];
const keys: SigningKeys = [newKey, oldKey];
const subject = {
  userId: randomUUID() as UserId,
  sessionId: randomUUID() as SessionId,
  tokenId: randomUUID(),
};
const world = (signing: SigningKeys = keys, rememberMost?: number) => {
  const time = manualTime();
  const parts = { keys: signing, clock: time.clock };
  return {
    time,
    tokens: createAccessTokens(rememberMost === undefined ? parts : { ...parts, rememberMost }),
  };
};

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const decode = (part: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString());
/** A token of any header and payload, signed by whoever has `key`. */
const forge = (
  header: object,
  payload: object,
  key: Buffer = secret,
  digest = 'sha256',
): string => {
  const body = `${encode(header)}.${encode(payload)}`;
  return `${body}.${createHmac(digest, key).update(body).digest('base64url')}`;
};

describe('an access token', () => {
  it('says who, in which session, for whom and until when', () => {
    const { tokens } = world();
    const [header, payload] = tokens
      .sign(subject)
      .split('.')
      .map((part, index) => (index < 2 ? decode(part) : {}));
    assert.deepEqual(header, { alg: 'HS256', typ: 'JWT', kid: 'new' });
    const iat = Date.parse('2026-01-01T00:00:00Z') / 1_000;
    assert.deepEqual(payload, {
      sub: subject.userId,
      sid: subject.sessionId,
      jti: subject.tokenId,
      iss: 'order-ledger',
      aud: 'order-ledger-api',
      iat,
      exp: iat + 1_800,
    });
  });

  it('is good for 30 minutes, also where it is remembered', async () => {
    const { time, tokens } = world();
    const [used, unused] = [
      tokens.sign(subject),
      tokens.sign({ ...subject, tokenId: randomUUID() }),
    ];
    assert.equal(tokens.verify(used)?.userId, subject.userId);
    await time.pass(1_799_000);
    assert.equal(tokens.verify(used)?.sessionId, subject.sessionId);
    await time.pass(1_000);
    assert.equal(tokens.verify(used), undefined);
    assert.equal(tokens.verify(unused), undefined);
  });

  it('is good while its key is among the keys', () => {
    const text = world([oldKey]).tokens.sign(subject);
    assert.equal(world().tokens.verify(text)?.userId, subject.userId);
    assert.equal(world([newKey]).tokens.verify(text), undefined);
  });

  it('is verified the same when more are used than are remembered', () => {
    const { tokens } = world(keys, 2);
    const texts = Array.from({ length: 5 }, () =>
      tokens.sign({ ...subject, tokenId: randomUUID() }),
    );
    for (const text of [...texts, ...texts]) assert.ok(tokens.verify(text));
  });
});

describe('a forged access token', () => {
  const { tokens } = world();
  const good = tokens.sign(subject);
  const [header, payload, signature] = good.split('.');
  const [head, body] = [decode(header), decode(payload)];
  const without = (name: string) => {
    const { [name]: _, ...rest } = body;
    return rest;
  };

  const forgeries: Record<string, string> = {
    'without a signature (alg none)': `${encode({ ...head, alg: 'none' })}.${payload}.`,
    'with alg none and the signature left': `${encode({ ...head, alg: 'none' })}.${payload}.${signature}`,
    'with alg NoNe': `${encode({ ...head, alg: 'NoNe' })}.${payload}.`,
    'signed with another key': forge(head, body, randomBytes(32)),
    'signed with an empty key': forge(head, body, Buffer.alloc(0)),
    'signed with HS512 and our key': forge({ ...head, alg: 'HS512' }, body, secret, 'sha512'),
    'that claims HS384 with our key': forge({ ...head, alg: 'HS384' }, body, secret, 'sha384'),
    'that claims RS256': forge({ ...head, alg: 'RS256' }, body),
    'of a key nobody knows': forge({ ...head, kid: 'other' }, body),
    'of the other key': forge({ ...head, kid: 'old' }, body),
    'whose kid is a path': forge({ ...head, kid: '../../dev/null' }, body),
    'whose kid is the name of an object member': forge({ ...head, kid: '__proto__' }, body),
    'without a kid': forge({ alg: 'HS256', typ: 'JWT' }, body),
    'for another audience': forge(head, { ...body, aud: 'somebody-else' }),
    'without an audience': forge(head, without('aud')),
    'of another issuer': forge(head, { ...body, iss: 'somebody-else' }),
    'without an issuer': forge(head, without('iss')),
    'that has expired': forge(head, { ...body, exp: Number(body['iat']) - 1 }),
    'that never expires': forge(head, without('exp')),
    'whose expiry is a text': forge(head, { ...body, exp: '9999999999' }),
    'that is good only later': forge(head, { ...body, nbf: Number(body['iat']) + 60 }),
    'without a subject': forge(head, without('sub')),
    'without a session': forge(head, without('sid')),
    'without an id': forge(head, without('jti')),
    'whose subject is no uuid': forge(head, { ...body, sub: "x' OR true --" }),
    'with another payload': `${header}.${encode({ ...body, sub: randomUUID() })}.${signature}`,
    'with a longer life': `${header}.${encode({ ...body, exp: Number(body['exp']) + 1 })}.${signature}`,
    'with half a signature': good.slice(0, -20),
    'whose payload is a text': `${header}.${Buffer.from('hello').toString('base64url')}.${signature}`,
  };
  for (const [how, text] of Object.entries(forgeries)) {
    it(`${how} is none`, () => assert.equal(tokens.verify(text), undefined));
  }

  it('is none, whatever text it is', () => {
    for (const text of [
      '',
      '.',
      '..',
      'a.b.c',
      '{}',
      'null',
      `${good}.`,
      ` ${good}`,
      `${good} `,
      '🐢',
      '\u0000',
      'x'.repeat(1_000_000),
    ]) {
      assert.equal(tokens.verify(text), undefined);
    }
  });

  it('would be good with our key and nothing changed: the forgeries fail for what they change', () => {
    assert.ok(tokens.verify(forge(head, body)));
    assert.ok(tokens.verify(jsonwebtoken.sign(body, newKey.key, { keyid: 'new' })));
  });
});
