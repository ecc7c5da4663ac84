import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ConfigurationError, readConfiguration } from './configuration.ts';
import { operatorKeyFile, ownOperatorKey } from './operator-key.ts';

describe('an empty environment', () => {
  it('is enough: loopback, the embedded database, the demo', () => {
    const { host, databaseUrl, demo, operatorKey } = readConfiguration({ DATABASE_URL: '' });
    assert.deepEqual([host, databaseUrl, demo, operatorKey], ['127.0.0.1', null, true, null]);
  });
});

describe('an environment with mistakes', () => {
  it('names each wrong variable and does not repeat a secret', () => {
    const read = () => readConfiguration({ PORT: 'http', OPERATOR_KEY: 'hunter2' });
    assert.throws(read, (error) => {
      assert.ok(error instanceof ConfigurationError);
      assert.match(error.message, /PORT: /);
      assert.match(error.message, /OPERATOR_KEY: must have at least 32 characters/);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
  });
});

describe('the operator key', () => {
  const directory = mkdtempSync(join(tmpdir(), 'operator-key-'));
  after(() => rmSync(directory, { recursive: true }));

  it('is made once, random, for its owner only, and found again', () => {
    const key = ownOperatorKey(join(directory, 'new'));
    assert.match(key, /^olk_operator_[\w-]{43}$/);
    assert.equal(ownOperatorKey(join(directory, 'new')), key);
    const file = operatorKeyFile(join(directory, 'new'));
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(readFileSync(file, 'utf8'), `${key}\n`);
    assert.notEqual(ownOperatorKey(join(directory, 'other')), key);
  });

  it('is never replaced silently where the file is damaged', () => {
    writeFileSync(operatorKeyFile(directory), 'short\n');
    assert.throws(() => ownOperatorKey(directory), /delete it to get a new one/);
  });
});
