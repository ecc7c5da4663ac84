import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { publicKeyOf, sealKey } from '#audit/seals/keys.ts';
import { parseSeal, sealText } from '#audit/seals/seal.ts';
import { createPostgresSealStore } from '#database/postgres/audit/seal-store.ts';
import { type SealedWorld, sealedWorld, threeSeals } from './seals-world.ts';

const worlds: SealedWorld[] = [];
const use = async (making: Promise<SealedWorld>): Promise<SealedWorld> => {
  const world = await making;
  worlds.push(world);
  return world;
};
after(async () => {
  for (const world of worlds) await world.end();
});

describe('an empty ledger', () => {
  it('has nothing to seal and nothing wrong', async () => {
    const { ledger } = await use(sealedWorld());
    const { code, out } = await ledger('seal');
    assert.deepEqual([code, out], [0, 'Nothing new: the log ends at 0.']);
    assert.equal((await ledger('verify-seals')).code, 0);
  });
});

describe('a ledger with events', () => {
  it('is sealed with a key of its own that only its owner can read', async () => {
    const { ledger, writeTo, path } = await use(sealedWorld());
    await writeTo(20);
    const { code, out, told } = await ledger('seal');
    assert.equal(code, 0);
    const seal = parseSeal(out);
    assert.deepEqual([seal?.number, seal?.from, seal?.to], [1, 1, 20]);
    assert.match(told, /BEGIN PUBLIC KEY/);
    assert.equal(statSync(path('seal-key.pem')).mode & 0o777, 0o600);
    const shown = await ledger('seal', '--show-key');
    assert.ok(told.includes(shown.out));
  });

  it('seals what came since the last seal, or says that nothing did', async () => {
    const { ledger, writeTo, pool } = await use(sealedWorld());
    await writeTo(20);
    await ledger('seal');
    assert.match((await ledger('seal')).out, /^Nothing new: the log ends at 20/);
    await writeTo(21);
    const { out } = await ledger('seal', '--json');
    const said = JSON.parse(out);
    const seal = parseSeal(said.seal.text);
    assert.deepEqual([seal?.number, seal?.from, seal?.to], [2, 21, 21]);
    const { text, signature } = said.seal;
    const key = createPublicKey(said.publicKey.pem);
    assert.ok(verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url')));
    const store = createPostgresSealStore({ pool });
    assert.deepEqual(await store.last(), { number: 2, text, signature });
    assert.equal((await store.list(1)).length, 1);
  });

  it('keeps copies in a file or a folder, the newest one also later', async () => {
    const { ledger, writeTo, path, findings } = await use(sealedWorld());
    mkdirSync(path('copies'));
    await writeTo(20);
    await ledger('seal');
    assert.equal((await ledger('seal', '--to', path('copies'))).code, 0);
    await writeTo(30);
    await ledger('seal', '--to', path('copies'));
    await ledger('seal', '--to', path('copies'));
    assert.deepEqual(readdirSync(path('copies')), ['seal-00000001.json', 'seal-00000002.json']);
    assert.deepEqual(await findings('--against', path('copies')), []);
    await assert.rejects(ledger('verify-seals', '--against', path('nowhere')), /no kept seals/);
    writeFileSync(path('other.jsonl'), '{}\n');
    await assert.rejects(ledger('verify-seals', '--against', path('other.jsonl')), /no kept seals/);
  });

  it('lets nobody change or remove a seal, nor add one that does not come next', async () => {
    const { pool } = await use(threeSeals());
    for (const text of [
      "UPDATE ledger.seals SET text = ''",
      'DELETE FROM ledger.seals',
      'TRUNCATE ledger.seals',
    ]) {
      await assert.rejects(pool.query(text), /append-only/);
    }
    const store = createPostgresSealStore({ pool });
    for (const number of [1, 3, 5]) {
      await assert.rejects(store.add({ number, text: 'x', signature: 'x' }), /does not come next/);
    }
  });

  it('does not seal what has a gap, nor what is shorter than its last seal', async () => {
    const { ledger, writeTo, tamper } = await use(sealedWorld());
    await writeTo(20);
    await ledger('seal');
    await writeTo(40);
    await tamper(['DELETE FROM ledger.events WHERE sequence = 30']);
    const gap = await ledger('seal');
    assert.deepEqual([gap.code, gap.out], [1, '']);
    assert.match(gap.told, /Event 30 is not in the log/);
    await tamper(['DELETE FROM ledger.events WHERE sequence > 15']);
    const short = await ledger('seal');
    assert.equal(short.code, 1);
    assert.match(short.told, /ends at 15, but seal 1 covers 20/);
  });

  it('has no finding while nobody changes it', async () => {
    const { findings, keptPath } = await use(threeSeals());
    assert.deepEqual(await findings(), []);
    assert.deepEqual(await findings('--against', keptPath), []);
  });
});

describe('the text of a seal', () => {
  const seal = {
    version: 1,
    number: 1,
    from: 1,
    to: 2,
    root: 'a'.repeat(64),
    previous: '0'.repeat(64),
    sealed_at: '2026-01-02T03:04:05.678Z',
    key: 'b'.repeat(64),
  } as const;

  it('has one form, and everything else is none', () => {
    const text = sealText(seal);
    assert.deepEqual(parseSeal(text), seal);
    const { number, ...others } = seal;
    for (const other of [
      `${text} `,
      text.replace(':1,', ': 1,'),
      JSON.stringify({ ...others, number }),
      JSON.stringify({ ...seal, more: 1 }),
      sealText({ ...seal, to: 0 }),
      sealText({ ...seal, from: 3 }),
      'null',
      '',
    ]) {
      assert.equal(parseSeal(other), undefined);
    }
  });
});

describe('keys', () => {
  it('are never handed out or taken as public ones where they are private', async () => {
    const { ledger, path } = await use(sealedWorld());
    await ledger('seal', '--show-key');
    const pem = readFileSync(path('seal-key.pem'), 'utf8');
    assert.throws(() => publicKeyOf(pem, 'it'), /no public key/);
    await assert.rejects(ledger('verify-seals', '--key', path('seal-key.pem')), /no public key/);
  });

  it('are not made in a file of the user’s own, and a broken one is not replaced', async () => {
    const { path } = await use(sealedWorld());
    const own = { dataDirectory: path('.'), sealKeyFile: path('mine.pem') };
    assert.throws(() => sealKey(own), /No Ed25519 private key .*ENOENT/);
    writeFileSync(path('seal-key.pem'), 'broken');
    assert.throws(() => sealKey({ ...own, sealKeyFile: null }), /No Ed25519 private key/);
  });
});
