import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { publicKeyOf } from '#audit/seals/keys.ts';
import { verifyProof } from '#audit/seals/proof.ts';
import { type SealedWorld, threeSeals } from './seals-world.ts';

const standalone = join(import.meta.dirname, '../../audit/verify-proof.mjs');
/** This Node, and whatever the machine has of its own. */
const nodes = [process.execPath, 'node'];
const alone = (node: string, ...argv: string[]) => {
  const { status, stdout, stderr } = spawnSync(node, [standalone, ...argv], { encoding: 'utf8' });
  return { status, stdout, stderr };
};

let world: SealedWorld;
let pem = '';
before(async () => {
  world = await threeSeals();
  pem = `${(await world.ledger('seal', '--show-key')).out}\n`;
  writeFileSync(world.path('key.pem'), pem);
});
after(() => world.end());

const prove = async (name: string, file = `${name}.json`): Promise<string> => {
  const { code } = await world.ledger('prove', name, '--out', world.path(file));
  assert.equal(code, 0);
  return world.path(file);
};

describe('an event under a seal', () => {
  it('is proven to whoever has the public key, wherever it stands', async () => {
    for (const sequence of [1, 20, 21, 33, 45, 46, 60]) {
      const file = await prove(String(sequence));
      const { code, out } = await world.ledger(
        'verify-proof',
        file,
        '--key',
        world.path('key.pem'),
      );
      assert.equal(code, 0);
      assert.match(out, new RegExp(`^VALID: event ${sequence} `));
      const checked = alone(process.execPath, file, world.path('key.pem'));
      assert.deepEqual([checked.status, checked.stderr], [0, '']);
      assert.equal(checked.stdout, `${out}\n`);
    }
  });

  it('is found by its id, too', async () => {
    const { rows } = await world.pool.query('SELECT id FROM ledger.events WHERE sequence = 33');
    const file = await prove(rows[0].id, 'by-id.json');
    assert.equal(JSON.parse(readFileSync(file, 'utf8')).event.sequence, 33);
  });

  it('is checked by the single file on any Node', async () => {
    const file = await prove('5');
    for (const node of nodes) assert.equal(alone(node, file, world.path('key.pem')).status, 0);
  });

  it('is not proven by a proof with any character changed', async () => {
    const file = await prove('7');
    const text = readFileSync(file, 'utf8');
    const key = publicKeyOf(pem, 'it');
    const verdict = (changed: string): boolean => {
      try {
        return verifyProof(JSON.parse(changed), key).valid;
      } catch {
        return false;
      }
    };
    assert.ok(verdict(text));
    const changes = [...text.matchAll(/\S/g)].map(({ index, 0: character }) => {
      const other = character === '0' ? '1' : '0';
      return text.slice(0, index) + other + text.slice(index + 1);
    });
    for (const changed of changes) assert.ok(!verdict(changed), changed);
    const step = Math.floor(changes.length / 25);
    for (const changed of changes.filter((_, index) => index % step === 0)) {
      writeFileSync(world.path('changed.json'), changed);
      const { status, stdout } = alone(
        process.execPath,
        world.path('changed.json'),
        world.path('key.pem'),
      );
      assert.notEqual(status, 0);
      assert.equal(stdout, '');
    }
  });

  it('is not proven by the path or seal of another event', async () => {
    const [one, other, later] = await Promise.all(
      ['8', '9', '50'].map(async (name) => JSON.parse(readFileSync(await prove(name), 'utf8'))),
    );
    const { seal, signature } = later;
    for (const mixed of [
      { ...one, path: other.path },
      { ...one, seal, signature },
      { ...one, event: { ...one.event, sequence: 9 } },
      { ...one, path: [...one.path, ...one.path] },
      { ...one, path: [] },
      { ...one, more: true },
    ]) {
      assert.ok(!verifyProof(mixed).valid);
      writeFileSync(world.path('mixed.json'), JSON.stringify(mixed));
      assert.equal(
        alone(process.execPath, world.path('mixed.json'), world.path('key.pem')).status,
        1,
      );
    }
  });

  it('is not proven to who expects another key', async () => {
    const file = await prove('10');
    const { privateKey, publicKey } = await import('node:crypto').then(({ generateKeyPairSync }) =>
      generateKeyPairSync('ed25519'),
    );
    writeFileSync(world.path('other.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(world.path('private.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    assert.equal(
      (await world.ledger('verify-proof', file, '--key', world.path('other.pem'))).code,
      1,
    );
    assert.equal(alone(process.execPath, file, world.path('other.pem')).status, 1);
    assert.equal(alone(process.execPath, file, world.path('private.pem')).status, 2);
  });

  it('is not said to be signed by somebody known where no key was given', async () => {
    const { code, out } = await world.ledger('verify-proof', await prove('11'));
    assert.equal(code, 0);
    assert.match(out, /The key came with the proof/);
  });

  it('has a proof that is not written over', async () => {
    const file = await prove('12');
    await assert.rejects(world.ledger('prove', '13', '--out', file), /EEXIST/);
  });
});

describe('what is no proof', () => {
  it('could not be checked', () => {
    writeFileSync(world.path('no.json'), 'no');
    assert.equal(alone(process.execPath, world.path('no.json'), world.path('key.pem')).status, 2);
    assert.equal(alone(process.execPath, world.path('nowhere'), world.path('key.pem')).status, 2);
    assert.equal(alone(process.execPath).status, 2);
  });
});

describe('an event that cannot be proven', () => {
  it('is said to be unknown, not sealed, or under a seal that the log is not any more', async () => {
    const out = ['--out', world.path('none.json')];
    await assert.rejects(world.ledger('prove', '61', ...out), /No seal covers event 61 yet/);
    const nobody = '00000000-0000-4000-8000-000000000000';
    await assert.rejects(world.ledger('prove', nobody, ...out), /There is no event/);
    await assert.rejects(world.ledger('prove', 'x', ...out), /neither a sequence nor/);
    await assert.rejects(world.ledger('prove', '5'), /--out/);
    await world.rewriteFrom(46);
    const { code, told } = await world.ledger('prove', '50', ...out);
    assert.equal(code, 1);
    assert.match(told, /not what seal 3 was put on/);
  });
});
