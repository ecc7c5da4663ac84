import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { after, describe, it } from 'node:test';
import { readConfiguration } from '#api/process/configuration.ts';
import { deliverSeals } from '#audit/seals/deliver.ts';
import { readKeptSeals } from '#audit/seals/kept-seals.ts';
import { digestOf } from '#audit/seals/seal.ts';
import { parseTarget, parseTargets } from '#audit/seals/targets.ts';
import { createPostgresSealStore } from '#database/postgres/audit/seal-store.ts';
import { type SealReceiver, sealReceiver } from './seal-receiver.ts';
import { type SealedWorld, sealedWorld, threeSeals } from './seals-world.ts';

const ends: (() => Promise<void>)[] = [];
const use = async (making: Promise<SealedWorld>): Promise<SealedWorld> => {
  const world = await making;
  ends.push(world.end);
  return world;
};
const receive = async (): Promise<SealReceiver> => {
  const receiver = await sealReceiver();
  ends.push(receiver.end);
  return receiver;
};
after(async () => {
  for (const end of ends) await end();
});

const portsOf = ({ pool }: SealedWorld) => {
  const seals = createPostgresSealStore({ pool });
  return { seals, outbox: seals };
};
const never = new AbortController().signal;

describe('seals that go to a URL', () => {
  it('arrive in order as lines of a kept file, each with a key of its own', async () => {
    const world = await use(threeSeals());
    const { url, posts, numbers } = await receive();
    const { code, told } = await world.ledger('seal', '--to', url);
    assert.equal(code, 0, told);
    assert.deepEqual(numbers(), [1, 2, 3]);
    const stored = await portsOf(world).seals.list();
    assert.deepEqual(
      posts.map(({ headers }) => headers['idempotency-key']),
      stored.map(digestOf),
    );
    assert.ok(posts.every(({ headers }) => headers['content-type'] === 'application/json'));
    const kept = readFileSync(world.keptPath, 'utf8').trimEnd().split('\n');
    assert.deepEqual(
      posts.map(({ body }) => body),
      kept,
    );
    assert.deepEqual(await world.findings('--against', url), []);
  });

  it('are sent again from the first that failed, and no other', async () => {
    const world = await use(threeSeals());
    const receiver = await receive();
    const target = parseTarget(receiver.url);
    const ports = portsOf(world);
    receiver.answer(503);
    const failed = await deliverSeals(ports, target, never);
    assert.deepEqual(failed, { kind: 'failed', number: 1, why: 'it answers 503' });
    receiver.answer(null);
    const delivered = await deliverSeals(ports, target, never);
    assert.deepEqual(delivered, { kind: 'delivered', to: 3, count: 3 });
    assert.deepEqual(await deliverSeals(ports, target, never), {
      kind: 'delivered',
      to: 3,
      count: 0,
    });
    assert.equal(receiver.posts.length, 4);
  });

  it('follow no redirect', async () => {
    const world = await use(threeSeals());
    const { url, posts, answer } = await receive();
    for (const status of [301, 307]) {
      answer(status);
      const outcome = await deliverSeals(portsOf(world), parseTarget(url), never);
      assert.deepEqual(outcome, {
        kind: 'failed',
        number: 1,
        why: `it answers ${status}; redirects are not followed`,
      });
    }
    assert.equal(posts.length, 2);
  });

  it('bring a user and password that is shown and kept nowhere', async () => {
    const world = await use(threeSeals());
    const { host, posts } = await receive();
    const secret = `http://ann:hush%20hush@${host}/seals?token=quiet`;
    const { told, out } = await world.ledger('seal', '--to', secret);
    const basic = `Basic ${Buffer.from('ann:hush hush').toString('base64')}`;
    assert.equal(posts[0]?.headers.authorization, basic);
    const { rows } = await world.pool.query('SELECT * FROM ledger.seal_targets');
    const said = JSON.stringify([rows, told, out]);
    assert.match(said, new RegExp(`http://${host}/seals\\?token`));
    assert.doesNotMatch(said, /hush|quiet|ann/);
  });

  it('meet who holds another seal of their number', async () => {
    const world = await use(threeSeals());
    const receiver = await receive();
    assert.equal((await world.ledger('seal', '--to', receiver.url)).code, 0);
    receiver.lines.set(3, receiver.lines.get(2) ?? '');
    const { code, told } = await world.ledger('seal', '--to', receiver.url);
    assert.equal(code, 1);
    assert.match(told, /ANOTHER seal 3/);
  });

  it('are missed by whoever had more of them than the ledger has now', async () => {
    const world = await use(threeSeals());
    const { url } = await receive();
    const target = parseTarget(url);
    await deliverSeals(portsOf(world), target, never);
    await world.tamper(['DELETE FROM ledger.seals WHERE number = 3']);
    const outcome = await deliverSeals(portsOf(world), target, never);
    assert.deepEqual(outcome, { kind: 'differs', number: 3 });
  });

  it('are not waited for where nobody listens: the seal is made, the command tells', async () => {
    const world = await use(sealedWorld());
    await world.writeTo(20);
    const receiver = await receive();
    await receiver.end();
    ends.splice(ends.indexOf(receiver.end), 1);
    const { code, told } = await world.ledger('seal', '--to', receiver.url);
    assert.equal(code, 2);
    assert.match(told, /Seal 1 did not get to .*: ECONNREFUSED/);
    assert.equal((await portsOf(world).seals.last())?.number, 1);
  });

  it('show what was cut off to whoever asks that URL', async () => {
    const world = await use(threeSeals());
    const { url } = await receive();
    await world.ledger('seal', '--to', url);
    await world.tamper(
      ['DELETE FROM ledger.events WHERE sequence > 45'],
      ['DELETE FROM ledger.seals WHERE number = 3'],
    );
    const found = await world.findings('--against', url);
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ['seal_missing', 'log_differs'],
    );
  });

  it('cannot be read from where there are none', async () => {
    const world = await use(threeSeals());
    const { url } = await receive();
    await assert.rejects(world.ledger('verify-seals', '--against', url), /There are no kept seals/);
    const nowhere = 'http://127.0.0.1:1/seals';
    await assert.rejects(
      world.ledger('verify-seals', '--against', nowhere),
      /cannot be read from http:\/\/127\.0\.0\.1:1\/seals: ECONNREFUSED/,
    );
  });
});

describe('seals that go to a file or folder', () => {
  it('are all brought to a new place, and one by one later', async () => {
    const world = await use(threeSeals());
    const folder = `${world.path('copies')}/`;
    assert.equal((await world.ledger('seal', '--to', folder)).code, 0);
    assert.deepEqual(
      readdirSync(folder),
      [1, 2, 3].map((number) => `seal-0000000${number}.json`),
    );
    assert.deepEqual(await world.findings('--against', folder), []);
  });

  it('go on after a line that was never written whole', async () => {
    const world = await use(threeSeals());
    const whole = readFileSync(world.keptPath, 'utf8');
    truncateSync(world.keptPath, whole.length - 100);
    assert.equal(readKeptSeals(world.keptPath).seals.size, 2);
    assert.equal((await world.ledger('seal', '--to', world.keptPath)).code, 0);
    assert.equal(readFileSync(world.keptPath, 'utf8'), whole);
    truncateSync(world.keptPath, whole.length - 1);
    await world.ledger('seal', '--to', world.keptPath);
    assert.equal(readFileSync(world.keptPath, 'utf8').trimEnd(), whole.trimEnd());
  });

  it('change nothing in a file of something else', async () => {
    const world = await use(threeSeals());
    for (const [name, content] of Object.entries({
      'notes.txt': 'dear diary',
      'table.csv': 'a,b\r\n1,2\r\n',
      'large.bin': 'x'.repeat(50_000),
    })) {
      const path = world.path(name);
      writeFileSync(path, content);
      const { code, told } = await world.ledger('seal', '--to', path);
      assert.equal(code, 2);
      assert.match(told, /holds something else than kept seals/);
      assert.equal(readFileSync(path, 'utf8'), content);
    }
  });

  it('wait for a folder that is not there yet', async () => {
    const world = await use(threeSeals());
    const path = world.path('away/seals.jsonl');
    assert.equal((await world.ledger('seal', '--to', path)).code, 2);
    assert.ok(!existsSync(path));
    mkdirSync(world.path('away'));
    assert.equal((await world.ledger('seal', '--to', path)).code, 0);
    assert.equal(readKeptSeals(path).seals.size, 3);
  });

  it('are not taken for whole where a line in the middle cannot be read', async () => {
    const world = await use(threeSeals());
    const text = readFileSync(world.keptPath, 'utf8');
    writeFileSync(world.keptPath, text.replace('"number":2', '"number":"2'));
    appendFileSync(world.keptPath, '');
    assert.throws(() => readKeptSeals(world.keptPath), /no kept seals/);
  });
});

describe('places for seals', () => {
  it('are files, folders and http or https, each with a name of its own', () => {
    assert.deepEqual(
      parseTargets(['/a/b/', '/a/c.jsonl', 'https://x.example/s#part']).map(({ name }) => name),
      ['/a/b', '/a/c.jsonl', 'https://x.example/s'],
    );
    for (const wrong of ['ftp://user:hush@x/y', 's3://bucket/hush', '', 'http://[hush']) {
      assert.throws(
        () => parseTarget(wrong),
        (error) => error instanceof Error && !error.message.includes('hush'),
        wrong,
      );
    }
    assert.throws(
      () => readConfiguration({ SEAL_TO: '/a/b, ftp://me:hush@x/y' }),
      (error) =>
        error instanceof Error &&
        /SEAL_TO: .*ftp/.test(error.message) &&
        !/hush/.test(error.message),
    );
    assert.deepEqual(readConfiguration({ SEAL_TO: '/a/b, https://x/y' }).sealTo, [
      '/a/b',
      'https://x/y',
    ]);
    assert.deepEqual(readConfiguration({}).sealEvery, { events: 10_000, minutes: 60 });
    assert.throws(() => parseTargets(['https://x/s?t=1', 'https://x/s?t=2']), /twice/);
    assert.throws(() => parseTargets(['/a/b', '/a/b/']), /twice/);
  });
});
