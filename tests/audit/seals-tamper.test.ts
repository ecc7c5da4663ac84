import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterEach, describe, it } from 'node:test';
import { fingerprintOf, publicHalf, publicPem } from '#audit/seals/keys.ts';
import { sealLog } from '#audit/seals/seal-log.ts';
import type { SealFinding } from '#audit/seals/verify-seals.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';
import { createPostgresSealStore } from '#database/postgres/audit/seal-store.ts';
import { type SealedWorld, threeSeals } from './seals-world.ts';

let world: SealedWorld | undefined;
const begin = async (): Promise<SealedWorld> => {
  world = await threeSeals();
  return world;
};
afterEach(async () => {
  await world?.end();
  world = undefined;
});

const brief = (findings: readonly SealFinding[]) =>
  findings.map(({ source, seal, kind, sequence }) => [source, seal, kind, sequence]);

const change: readonly (readonly [what: string, text: string, first: number])[] = [
  [
    'a byte of a payload changes',
    `UPDATE ledger.events SET body = replace(body, 'operator', 'Operator') WHERE sequence = 30`,
    30,
  ],
  ['a hash changes', `UPDATE ledger.events SET hash = repeat('a', 64) WHERE sequence = 31`, 31],
  ['an event in the middle is deleted', 'DELETE FROM ledger.events WHERE sequence = 32', 32],
  [
    'two events change places',
    `UPDATE ledger.events SET sequence = 1033 WHERE sequence = 33;
     UPDATE ledger.events SET sequence = 33 WHERE sequence = (
       SELECT min(sequence) FROM ledger.events WHERE sequence > 33 AND sequence <= 45
         AND stream = (SELECT stream FROM ledger.events WHERE sequence = 1033));
     UPDATE ledger.events SET sequence = (
       SELECT min(place) FROM generate_series(33, 60) AS place
       WHERE NOT EXISTS (SELECT FROM ledger.events WHERE sequence = place)) WHERE sequence = 1033`,
    33,
  ],
];

describe('a sealed log that somebody changed', () => {
  for (const [what, text, first] of change) {
    it(`names the seal and the event where ${what}`, async () => {
      const { tamper, findings } = await begin();
      await tamper([text]);
      assert.deepEqual(brief(await findings()), [['ledger', 2, 'log_differs', first]]);
    });
  }

  it('names the first event of a tail that was cut off', async () => {
    const { tamper, findings } = await begin();
    await tamper(['DELETE FROM ledger.events WHERE sequence > 40']);
    assert.deepEqual(brief(await findings()), [
      ['ledger', 2, 'log_differs', 41],
      ['ledger', 3, 'log_differs', 46],
    ]);
  });

  it('names the first seal over a stream whose hashes were computed anew', async () => {
    const { rewriteFrom, findings } = await begin();
    await rewriteFrom(25);
    const [first] = await findings();
    assert.deepEqual(brief(first ? [first] : []), [['ledger', 2, 'log_differs', null]]);
    assert.match(first?.message ?? '', /events 21 to 45 .* computed anew/);
  });
});

describe('a log that was changed together with its seals', () => {
  it('shows a cut tail to who kept a seal, and to nobody else', async () => {
    const { tamper, findings, keptPath } = await begin();
    await tamper(
      ['DELETE FROM ledger.events WHERE sequence > 45'],
      ['DELETE FROM ledger.seals WHERE number = 3'],
    );
    assert.deepEqual(await findings(), []);
    assert.deepEqual(brief(await findings('--against', keptPath)), [
      ['ledger', 3, 'seal_missing', null],
      ['kept', 3, 'log_differs', 46],
    ]);
  });

  it('shows a rewrite that was sealed anew with the stolen key to who kept a seal', async () => {
    const { rewriteFrom, tamper, findings, ledger, keptPath } = await begin();
    await rewriteFrom(25);
    await tamper(['DELETE FROM ledger.seals WHERE number >= 2']);
    await ledger('seal');
    assert.deepEqual(await findings(), []);
    assert.deepEqual(brief(await findings('--against', keptPath)).slice(0, 2), [
      ['ledger', 2, 'seal_differs', null],
      ['kept', 2, 'log_differs', null],
    ]);
    assert.equal((await ledger('seal', '--to', keptPath)).code, 1);
  });

  it('shows seals made anew with another key', async () => {
    const { tamper, findings, ledger, path, keptPath } = await begin();
    const { out } = await ledger('seal', '--show-key');
    await tamper(['DELETE FROM ledger.seals WHERE number = 3']);
    rmSync(path('seal-key.pem'));
    await ledger('seal');
    assert.ok(out !== (await ledger('seal', '--show-key')).out);
    const found = brief(await findings('--against', keptPath));
    assert.deepEqual(found, [['ledger', 3, 'seal_differs', null]]);
    assert.deepEqual(brief(await findings()), [
      ['ledger', 1, 'key_unknown', null],
      ['ledger', 2, 'key_unknown', null],
    ]);
  });
});

describe('a log that was sealed anew by somebody who has the database and no key', () => {
  it('does not count because they put a key of theirs among the remembered ones', async () => {
    const { pool, tamper, rewriteFrom, findings, connectionString } = await begin();
    const store = createPostgresSealStore({ pool });
    await rewriteFrom(50);
    await tamper(['DELETE FROM ledger.seals WHERE number = 3']);
    const { privateKey } = generateKeyPairSync('ed25519');
    const last = await store.last();
    const sealing = await openLedgerSnapshot({ connectionString }, ({ log }) =>
      sealLog(log, last, privateKey, () => new Date()),
    );
    assert.ok(sealing.kind === 'sealed');
    await store.add(sealing.seal);
    const theirs = publicHalf(privateKey);
    await store.keepKey(fingerprintOf(theirs), publicPem(theirs));
    assert.deepEqual(brief(await findings()), [['ledger', 3, 'key_unknown', null]]);
  });

  it('is not hidden by saying that every place has had every seal', async () => {
    const { tamper, findings, ledger, keptPath } = await begin();
    await tamper(
      ['DELETE FROM ledger.seals WHERE number = 3'],
      ['DELETE FROM ledger.events WHERE sequence > 45'],
      ['UPDATE ledger.seal_targets SET delivered_to = 1000'],
    );
    const found = brief(await findings('--against', keptPath));
    assert.deepEqual(found[0], ['ledger', 3, 'seal_missing', null]);
    // The newest goes there again in any case.
    assert.equal((await ledger('seal', '--to', keptPath)).code, 0);
  });
});

describe('seals that somebody changed', () => {
  it('are named where the text is another', async () => {
    const { tamper, findings } = await begin();
    await tamper([
      `UPDATE ledger.seals SET text = regexp_replace(text, '"sealed_at":"2', '"sealed_at":"3') WHERE number = 2`,
    ]);
    assert.deepEqual(brief(await findings()), [
      ['ledger', 2, 'signature_wrong', null],
      ['ledger', 3, 'seal_out_of_place', null],
    ]);
  });

  it('are named where one is no seal any more, and where one is gone', async () => {
    const { tamper, findings } = await begin();
    await tamper(
      [`UPDATE ledger.seals SET text = 'nothing' WHERE number = 1`],
      ['DELETE FROM ledger.seals WHERE number = 2'],
    );
    assert.deepEqual(brief(await findings()), [
      ['ledger', 1, 'seal_unreadable', null],
      ['ledger', 3, 'seal_out_of_place', null],
    ]);
  });
});
