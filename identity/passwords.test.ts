import assert from 'node:assert/strict';
import { argon2Sync } from 'node:crypto';
import { describe, it } from 'node:test';
import { IdentityRefused } from './identity.ts';
import { createPasswords } from './passwords.ts';

const password = 'four words that rhyme';

describe('a password hash', () => {
  const passwords = createPasswords();

  it('is argon2id in PHC format at the floor of OWASP, with a salt of its own', async () => {
    const [one, other] = [await passwords.hash(password), await passwords.hash(password)];
    assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    assert.notEqual(one, other);
  });

  it('is what the algorithm yields for the parameters and the salt that it names', async () => {
    const [, , , , salt = '', hash] = (await passwords.hash(password)).split('$');
    const expected = argon2Sync('argon2id', {
      message: password,
      nonce: Buffer.from(salt, 'base64'),
      parallelism: 1,
      tagLength: 32,
      memory: 19_456,
      passes: 2,
    });
    assert.equal(hash, expected.toString('base64').replace('=', ''));
  });

  it('verifies its password and no other', async () => {
    const phc = await passwords.hash(password);
    assert.equal(await passwords.verify(password, phc), true);
    assert.equal(await passwords.verify(`${password} `, phc), false);
  });

  it('verifies a password however its accents are composed', async () => {
    const phc = await passwords.hash('caf\u00e9 caf\u00e9 caf\u00e9');
    assert.equal(await passwords.verify('cafe\u0301 cafe\u0301 cafe\u0301', phc), true);
  });

  it('is not verified where it is none', async () => {
    for (const none of ['', 'plain', '$2b$12$abc', '$argon2id$v=19$m=1,t=1,p=1$$']) {
      assert.equal(await passwords.verify(password, none), false);
    }
  });
});

describe('parameters', () => {
  it('below the floor are refused', () => {
    assert.throws(() => createPasswords({ memory: 19_455 }), /at least/);
    assert.throws(() => createPasswords({ passes: 1 }), /at least/);
  });

  it('that have changed still verify, and ask for an upgrade', async () => {
    const [older, newer] = [createPasswords(), createPasswords({ passes: 3 })];
    const phc = await older.hash(password);
    assert.equal(older.needsUpgrade(phc), false);
    assert.equal(newer.needsUpgrade(phc), true);
    assert.equal(await newer.verify(password, phc), true);
    assert.match(await newer.hash(password), /,t=3,/);
  });
});

describe('many passwords at once', () => {
  it('are hashed as far as the queue reaches; the others are refused', async () => {
    const passwords = createPasswords({ atOnceMost: 1, waitingMost: 3 });
    const tries = await Promise.allSettled(
      Array.from({ length: 50 }, () => passwords.verifyNobody(password)),
    );
    const refused = tries.filter((tried) => tried.status === 'rejected');
    assert.equal(refused.length, 46);
    for (const { reason } of refused) {
      assert.ok(reason instanceof IdentityRefused);
      assert.equal(reason.code, 'identity_busy');
    }
  });

  it('leave the event loop free', async () => {
    const passwords = createPasswords();
    let turns = 0;
    const counting = setInterval(() => {
      turns += 1;
    }, 1);
    await Promise.all(Array.from({ length: 5 }, () => passwords.hash(password)));
    clearInterval(counting);
    assert.ok(turns >= 5, `the loop turned ${turns} times`);
  });
});
