import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readKeptSeals } from '#audit/seals/kept-seals.ts';
import { parseSeal } from '#audit/seals/seal.ts';
import { runLedger } from '../support/ledger-program.ts';
import { dataDirectory, startServer, until } from '../support/server.ts';
import { sealReceiver } from './seal-receiver.ts';

const directory = dataDirectory();
after(directory.remove);

const keptFile = join(directory.path, 'kept.jsonl');
const keptTo = (): number => {
  const kept = existsSync(keptFile) ? [...readKeptSeals(keptFile).seals.values()] : [];
  return Math.max(0, ...kept.map(({ text }) => parseSeal(text)?.to ?? 0));
};

describe('a server', () => {
  it('seals its log while it runs and when it stops, and delivers later what it could not', async () => {
    const receiver = await sealReceiver();
    receiver.answer(503);
    const environment = {
      SEAL_EVERY_EVENTS: '200',
      SEAL_TO: `${keptFile},http://me:hush@${receiver.host}/seals`,
      MARKET_SPEED: '0',
      NODE_ENV: 'test',
    };
    const first = await startServer(directory.path, environment);
    await until(
      'seals while it runs',
      async () => keptTo(),
      (to) => to >= 200,
      30_000,
    );
    const status = await until(
      'a failed delivery',
      () => runLedger(directory.path, ['status']),
      ({ out }) => /it answers 503/.test(out),
    );
    assert.match(status.out, /seals to .*kept\.jsonl: up to \d+ /);
    assert.match(status.out, /seals to .*\/seals: none, \d+ undelivered; since .*: it answers 503/);
    await first.stop();
    const { out } = await runLedger(directory.path, ['status', '--json']);
    const { log, seals_to } = JSON.parse(out);
    assert.equal(keptTo(), log.head);
    assert.equal(seals_to[0].undelivered, 0);
    assert.ok(seals_to[1].undelivered > 1);

    receiver.answer(null);
    const second = await startServer(directory.path, environment);
    const { size } = readKeptSeals(keptFile).seals;
    await until(
      'late delivery',
      async () => receiver.numbers(),
      (all) => all.length >= size,
    );
    await second.kill9();
    const found = await runLedger(directory.path, ['verify-seals', '--against', receiver.url]);
    assert.equal(found.code, 0, found.out + found.err);
    await receiver.end();
    const said = readFileSync(join(directory.path, 'server.log'), 'utf8');
    assert.match(said, /"number":1,"from":1,"to":200,"msg":"sealed"/);
    assert.doesNotMatch(said, /hush/);
  });
});
