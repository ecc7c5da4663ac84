import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { readKeptSeals } from '#audit/seals/kept-seals.ts';
import { ownSealKey } from '#audit/seals/keys.ts';
import { parseSeal } from '#audit/seals/seal.ts';
import { sealOver } from '#audit/seals/seal-over.ts';
import {
  runSealer,
  type SealEvery,
  type SealerPorts,
  type SealerSettings,
} from '#audit/seals/sealer.ts';
import { parseTargets } from '#audit/seals/targets.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';
import { createPostgresSealStore } from '#database/postgres/audit/seal-store.ts';
import { until } from '../support/server.ts';
import { sealReceiver } from './seal-receiver.ts';
import { type SealedWorld, sealedWorld } from './seals-world.ts';

const ends: (() => Promise<void>)[] = [];
after(async () => {
  for (const end of ends) await end();
});
const begin = async (): Promise<SealedWorld> => {
  const world = await sealedWorld();
  ends.push(world.end);
  return world;
};
const receive = async () => {
  const receiver = await sealReceiver();
  ends.push(receiver.end);
  return receiver;
};

/** A sealer that looks often, on a world's ledger; `told` is what it says. */
const sealing = (
  world: SealedWorld,
  every: SealEvery,
  to: readonly string[] = [],
  other: Partial<SealerPorts> = {},
) => {
  const seals = createPostgresSealStore({ pool: world.pool });
  const told: string[] = [];
  const tell = (level: string) => (_: object, words: string) => void told.push(`${level} ${words}`);
  const { connectionString } = world;
  const ports: SealerPorts = {
    seals,
    outbox: seals,
    withSnapshot: (look) => openLedgerSnapshot({ connectionString }, look),
    key: () => ownSealKey({ dataDirectory: world.folder, sealKeyFile: null }),
    now: () => new Date(),
    log: { info: tell('info'), warn: tell('warn'), error: tell('error') },
    ...other,
  };
  const settings: SealerSettings = {
    every,
    targets: parseTargets(to),
    lookEveryMs: 10,
    patienceMs: 50,
  };
  const stopped = new AbortController();
  const running = runSealer(ports, settings, stopped.signal);
  const stop = async (): Promise<void> => {
    stopped.abort();
    await running;
  };
  const ranges = async () =>
    (await seals.list()).map(({ text }) => {
      const seal = parseSeal(text);
      return [seal?.from, seal?.to];
    });
  const sealedTo = (to: number) =>
    until(`a seal up to ${to}`, ranges, (all) => all.at(-1)?.[1] === to);
  return { seals, told, stop, ranges, sealedTo };
};

const byEvents = { events: 10, minutes: 0 };

describe('a log that is sealed by itself', () => {
  it('gets a seal each so many events, and the rest when it stops', async () => {
    const world = await begin();
    await world.writeTo(25);
    const { sealedTo, ranges, stop } = sealing(world, byEvents);
    await sealedTo(20);
    await world.writeTo(29);
    await world.writeTo(32);
    await sealedTo(30);
    await stop();
    assert.deepEqual(await ranges(), [
      [1, 10],
      [11, 20],
      [21, 30],
      [31, 32],
    ]);
    assert.deepEqual(await world.findings(), []);
  });

  it('gets a seal after so many minutes, if anything came, whatever the clock did', async () => {
    const world = await begin();
    let now = Date.UTC(2030, 0, 1);
    const clock = { now: () => new Date(now) };
    await world.writeTo(5);
    const { sealedTo, ranges, stop } = sealing(world, { events: 0, minutes: 60 }, [], clock);
    await sealedTo(5);
    await world.writeTo(8);
    now += 59 * 60_000;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal((await ranges()).length, 1);
    now += 60_000;
    await sealedTo(8);
    now += 10 * 3_600_000;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal((await ranges()).length, 2);
    await world.writeTo(9);
    await sealedTo(9);
    now -= 100 * 3_600_000;
    await world.writeTo(10);
    await sealedTo(10);
    await stop();
  });

  it('gets each seal once from two processes that seal at the same time', async () => {
    const world = await begin();
    const all = [1, 2, 3].map(() => sealing(world, { events: 1, minutes: 0 }));
    for (let to = 1; to <= 40; to += 1) await world.writeTo(to);
    await Promise.all(all.map(({ sealedTo }) => sealedTo(40)));
    const outcomes = await Promise.allSettled([
      ...all.map(({ stop }) => stop()),
      world.ledger('seal'),
    ]);
    assert.ok(outcomes.slice(0, 3).every(({ status }) => status === 'fulfilled'));
    for (const { told } of all)
      assert.ok(
        told.every((one) => one.startsWith('info')),
        told.join(),
      );
    assert.deepEqual(await world.findings(), []);
    const ranges = await all[0]?.ranges();
    assert.equal(ranges?.at(-1)?.[1], 40);
  });

  it('is sealed with a new key from the change on, and both are told and known', async () => {
    const world = await begin();
    const first = sealing(world, byEvents, [world.keptPath]);
    await world.writeTo(10);
    await first.sealedTo(10);
    await first.stop();
    const old = (await world.ledger('seal', '--show-key')).out;
    rmSync(world.path('seal-key.pem'));
    const second = sealing(world, byEvents, [world.keptPath]);
    await world.writeTo(20);
    await second.sealedTo(20);
    await second.stop();
    assert.ok(second.told.some((one) => /warn seals are signed with another key/.test(one)));
    const now = (await world.ledger('seal', '--show-key')).out;
    writeFileSync(world.path('old.pem'), old);
    writeFileSync(world.path('new.pem'), now);
    const keys = ['--key', world.path('old.pem'), '--key', world.path('new.pem')];
    assert.deepEqual(await world.findings(...keys), []);
    assert.deepEqual(await world.findings('--against', world.keptPath), []);
    assert.deepEqual(
      (await world.findings()).map(({ seal, kind }) => [seal, kind]),
      [[1, 'key_unknown']],
    );
    assert.equal(readKeptSeals(world.keptPath).publicKeys.length, 2);
    // The old seal's key is found without being asked for.
    const proof = world.path('old.proof.json');
    assert.equal((await world.ledger('prove', '3', '--out', proof)).code, 0);
    const check = ['verify-proof', proof, '--key'] as const;
    assert.equal((await world.ledger(...check, world.path('old.pem'))).code, 0);
    assert.equal((await world.ledger(...check, world.path('new.pem'))).code, 1);
  });
});

describe('a sealer that cannot', () => {
  it('tells once why the log is not sealed, and seals it when it is whole again', async () => {
    const world = await begin();
    await world.writeTo(20);
    const { rows } = await world.pool.query('SELECT * FROM ledger.events WHERE sequence = 7');
    await world.tamper(['DELETE FROM ledger.events WHERE sequence = 7']);
    const { told, sealedTo, stop } = sealing(world, byEvents);
    await until(
      'told',
      async () => told,
      (all) => all.length > 0,
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.deepEqual(told, [
      'error not sealed: Event 7 is not in the log: what has a gap is not sealed.',
    ]);
    await world.tamper([
      'INSERT INTO ledger.events SELECT * FROM json_populate_record(NULL::ledger.events, $1)',
      JSON.stringify(rows[0]),
    ]);
    await sealedTo(20);
    await stop();
  });

  it('tells that its key cannot be read, and goes on when it can', async () => {
    const world = await begin();
    await world.writeTo(20);
    let isThere = false;
    const key = () => {
      if (!isThere) throw new Error('no key today');
      return ownSealKey({ dataDirectory: world.folder, sealKeyFile: null });
    };
    const { told, sealedTo, stop } = sealing(world, byEvents, [], { key });
    await until(
      'told',
      async () => told,
      (all) => all.includes('warn not sealed: no key today'),
    );
    isThere = true;
    await sealedTo(20);
    await stop();
  });
});

describe('seals on their way', () => {
  it('reach a place that was away, in order, and hold up no other', async () => {
    const world = await begin();
    const [good, bad] = [await receive(), await receive()];
    bad.answer(500);
    await world.writeTo(10);
    const { sealedTo, told, stop } = sealing(world, byEvents, [bad.url, good.url, world.keptPath]);
    await sealedTo(10);
    await until(
      'good',
      async () => good.numbers(),
      (all) => all.length === 1,
    );
    await world.writeTo(20);
    await sealedTo(20);
    await until(
      'good',
      async () => good.numbers(),
      (all) => all.length === 2,
    );
    assert.deepEqual(bad.numbers(), []);
    bad.answer(null);
    await until(
      'bad',
      async () => bad.numbers(),
      (all) => all.length === 2,
    );
    assert.deepEqual(bad.numbers(), [1, 2]);
    await until(
      'told',
      async () => told,
      (all) => all.includes('info seals arrive again'),
    );
    await stop();
    assert.equal(told.filter((one) => one.startsWith('warn')).length, 1);
    assert.equal(readKeptSeals(world.keptPath).seals.size, 2);
  });

  it('are not lost when the process ends before they arrived', async () => {
    const world = await begin();
    const { url, answer, numbers } = await receive();
    answer('silence');
    await world.writeTo(20);
    const first = sealing(world, byEvents, [url]);
    await first.sealedTo(20);
    const begun = performance.now();
    await first.stop();
    assert.ok(performance.now() - begun < 5_000, 'a stop does not wait for who does not answer');
    const { rows } = await world.pool.query(
      'SELECT automatic, delivered_to FROM ledger.seal_targets',
    );
    assert.deepEqual(rows, [{ automatic: true, delivered_to: '0' }]);
    answer(null);
    const second = sealing(world, byEvents, [url]);
    await until(
      'all',
      async () => numbers(),
      (all) => all.length === 2,
    );
    await second.stop();
    assert.deepEqual(numbers(), [1, 2]);
  });

  it('go no more to where they are not wanted', async () => {
    const world = await begin();
    const first = sealing(world, byEvents, [world.keptPath]);
    await world.writeTo(10);
    await first.sealedTo(10);
    await first.stop();
    const second = sealing(world, byEvents, [world.path('other.jsonl')]);
    await until(
      'automatic',
      async () => {
        const { rows } = await world.pool.query(
          'SELECT target FROM ledger.seal_targets WHERE automatic',
        );
        return rows.map(({ target }) => target);
      },
      (all) => all.join() === world.path('other.jsonl'),
    );
    await second.stop();
    assert.equal(readKeptSeals(world.path('other.jsonl')).seals.size, 1);
  });
});

describe('the seal over an event', () => {
  it('is found among many without looking at each of them', async () => {
    const world = await begin();
    const { stop, seals, sealedTo } = sealing(world, { events: 1, minutes: 0 });
    await world.writeTo(60);
    await sealedTo(60);
    await stop();
    let asked = 0;
    const counting = {
      ...seals,
      list: (after?: number, limit?: number) => {
        asked += limit ?? 1_000;
        return seals.list(after, limit);
      },
    };
    for (const sequence of [1, 2, 30, 31, 59, 60]) {
      asked = 0;
      assert.equal((await sealOver(counting, sequence))?.number, sequence);
      assert.ok(asked <= 7, `${asked} seals read`);
    }
    assert.equal(await sealOver(counting, 61), undefined);
    await world.tamper(["UPDATE ledger.seals SET text = 'nothing' WHERE number IN (30, 60)"]);
    assert.equal((await sealOver(counting, 12))?.number, 12);
    assert.equal((await sealOver(counting, 59))?.number, 59);
  });
});
