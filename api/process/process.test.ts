import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { makeSigningKey } from '#identity/secrets.ts';
import { ConfigurationError, readConfiguration } from './configuration.ts';
import { paperAccountId } from './first-accounts.ts';
import { type Greeting, greeting } from './greeting.ts';
import { secretsFile, signingKeysOf } from './own-secrets.ts';
import { offerSetupToken } from './setup-token.ts';

const complaint = (variables: Readonly<Record<string, string>>): string => {
  try {
    readConfiguration(variables);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError);
    return error.message;
  }
  return 'nothing';
};

describe('an empty environment', () => {
  it('is enough: loopback, the embedded database, the demo, no other origin, no proxy', () => {
    const read = readConfiguration({ DATABASE_URL: '', TRUST_PROXY: '' });
    assert.deepEqual([read.host, read.databaseUrl, read.demo], ['127.0.0.1', null, true]);
    assert.deepEqual([read.jwtKeys, read.redisUrl, read.trustProxy], [null, null, null]);
    assert.deepEqual(read.corsOrigins, []);
  });
});

describe('an environment with mistakes', () => {
  it('names each wrong variable and does not repeat a secret', () => {
    const message = complaint({ PORT: 'http', JWT_KEYS: 'k1:hunter2', REDIS_URL: 'hunter3' });
    assert.match(message, /PORT: /);
    assert.match(message, /JWT_KEYS: [\s\S]*REDIS_URL: must begin with redis/);
    assert.doesNotMatch(message, /hunter/);
  });

  it('is told what a variable takes', () => {
    const wrong = {
      CORS_ORIGINS: 'https://desk.example.org/page',
      RATE_LIMIT_KEY: '100',
      TRUST_PROXY: 'true',
    };
    const message = complaint(wrong);
    for (const name of Object.keys(wrong)) assert.match(message, new RegExp(`${name}: must be`));
  });
});

describe('an environment for browsers, proxies and limits', () => {
  it('is read into lists and numbers', () => {
    const read = readConfiguration({
      CORS_ORIGINS: 'https://desk.example.org, http://localhost:5173',
      TRUST_PROXY: 'loopback,10.0.0.0/8',
      RATE_LIMIT_KEY: '500/1',
    });
    assert.deepEqual(read.corsOrigins, ['https://desk.example.org', 'http://localhost:5173']);
    assert.deepEqual(read.trustProxy, ['loopback', '10.0.0.0/8']);
    assert.deepEqual(read.rateLimits.key, { requests: 500, seconds: 1 });
    assert.equal(readConfiguration({ TRUST_PROXY: '1' }).trustProxy, 1);
  });
});

describe('production', () => {
  const production = { NODE_ENV: 'production' };

  it('does not start without a key of its owner, and says how to make one', () => {
    const message = complaint(production);
    assert.match(message, /JWT_KEYS/);
    assert.match(message, /ledger secret/);
    assert.match(message, /openssl rand/);
  });

  it('starts with one', () => {
    const { jwtKeys, isProduction } = readConfiguration({
      ...production,
      JWT_KEYS: makeSigningKey(),
    });
    assert.deepEqual([jwtKeys?.length, isProduction], [1, true]);
  });
});

describe('the keys that sign access tokens', () => {
  const parent = mkdtempSync(join(tmpdir(), 'own-secrets-'));
  after(() => rmSync(parent, { recursive: true }));
  const none = { jwtKeys: null, jwtKeysFile: null };
  const own = (directory: string) => {
    const [first, ...others] = signingKeysOf({ ...none, dataDirectory: directory });
    assert.deepEqual(others, []);
    return `${first.kid}:${first.key.export().toString('base64url')}`;
  };

  it('are made once, random, for their owner only, and found again', () => {
    const directory = join(parent, 'new');
    const key = own(directory);
    assert.equal(own(directory), key);
    assert.equal(statSync(secretsFile(directory)).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(readFileSync(secretsFile(directory), 'utf8')), { jwtKeys: key });
    assert.notEqual(own(join(parent, 'other')), key);
  });

  it('are never replaced silently where their file is damaged, nor shown', () => {
    for (const text of ['', '{"jwtKeys":', '{"jwtKeys":"hunter2"}', '{"other":"hunter2"}']) {
      writeFileSync(secretsFile(parent), text);
      assert.throws(
        () => own(parent),
        (error: Error) => !/hunter2/.test(error.message),
      );
      assert.equal(readFileSync(secretsFile(parent), 'utf8'), text);
    }
  });

  it('are taken from JWT_KEYS_FILE, and then none are made', () => {
    const [file, dataDirectory] = [join(parent, 'keys'), join(parent, 'unused')];
    writeFileSync(file, `${makeSigningKey()},${makeSigningKey()}\n`);
    assert.equal(signingKeysOf({ ...none, jwtKeysFile: file, dataDirectory }).length, 2);
    assert.throws(() => statSync(secretsFile(dataDirectory)), { code: 'ENOENT' });
  });
});

describe('a start without an administrator', () => {
  it('has a new token each time, of which only the digest is kept', async () => {
    const kept: string[] = [];
    const putSetupToken = async (digest: string) => kept.push(digest) > 0;
    const [first, second] = [
      await offerSetupToken({ putSetupToken }),
      await offerSetupToken({ putSetupToken }),
    ];
    assert.ok(first !== null && second !== null);
    assert.notEqual(first, second);
    assert.ok(kept.every((digest) => /^[0-9a-f]{64}$/.test(digest)));
  });

  it('has none where the store wants none', async () => {
    assert.equal(await offerSetupToken({ putSetupToken: async () => false }), null);
  });
});

describe('the greeting', () => {
  const facts: Greeting = {
    url: 'http://127.0.0.1:3000',
    setup: { kind: 'done' },
    paperAccountId,
    demoAccountId: null,
    market: 'recorded',
    logFile: null,
  };
  const token = 'ols_not-a-real-one';

  it('fits on one screen, and shows the token once', () => {
    const printed = greeting({ ...facts, setup: { kind: 'token', token } });
    assert.ok(printed.split('\n').length <= 30);
    assert.equal(printed.split(token).length, 2);
  });

  it('says how to get a token where it is not to be shown', () => {
    const printed = greeting({ ...facts, setup: { kind: 'token_not_shown' } });
    assert.match(printed, /ledger setup-token/);
  });

  it('shows an order and its position where there is an administrator', () => {
    const printed = greeting(facts);
    assert.equal(printed.match(/ curl -s/g)?.length, 2);
    assert.doesNotMatch(printed, /setup/);
  });
});
