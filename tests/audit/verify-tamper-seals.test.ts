import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { Finding } from '#audit/verify/finding.ts';
import type { RunRecord, SavedRun } from '#audit/verify/saved-run.ts';
import { randomHistory } from '#tests/support/account-histories.ts';
import {
  appendHistory,
  brief,
  keepTables,
  keptRun,
  rehash,
  type VerifyWorld,
  verifyWorld,
} from './verify-world.ts';

const log = randomHistory({ seed: 7, accounts: 3, symbols: 2, events: 300, rare: true });

/** Seals over 1 to 100, 101 to 200 and 201 to 300, each kept elsewhere too. */
const sealedWorld = async (eventsInPage?: number): Promise<VerifyWorld> => {
  const world = await verifyWorld(eventsInPage);
  for (const to of [100, 200, 300]) {
    await appendHistory(world.store, log.slice(to - 100, to));
    await world.seal();
  }
  await world.project();
  return world;
};

let world: VerifyWorld;
before(async () => {
  world = await sealedWorld(40);
});
after(() => world.close());

const verified = async (against: boolean): Promise<readonly Finding[]> =>
  (await world.verify({ seals: await world.seals(against) })).findings.first;

/** As `verified`, interrupted after every page. */
const verifiedInPieces = async (against: boolean): Promise<readonly Finding[]> => {
  let kept: SavedRun | undefined;
  const keep = async (records: AsyncIterable<RunRecord>): Promise<void> => {
    kept = await keptRun(records);
  };
  for (let tries = 0; tries < 50; tries += 1) {
    const cut = new AbortController();
    const earlier = kept === undefined ? {} : { earlier: kept };
    const seals = await world.seals(against);
    const settings = { ...earlier, seals, keep, signal: cut.signal };
    const onProgress = () => cut.abort();
    try {
      const report = await world.verify({ ...settings, onProgress });
      return report.findings.first;
    } catch (error) {
      if (!cut.signal.aborted) throw error;
    }
  }
  throw new Error('it never came to its end');
};

const afterwards = async (
  tamper: () => Promise<unknown>,
  look: () => Promise<readonly Finding[]> = () => verified(true),
): Promise<readonly Finding[]> => {
  const { putBack } = await keepTables(world);
  try {
    await tamper();
    return await look();
  } finally {
    await putBack();
  }
};

const ofSeals = (findings: readonly Finding[]): readonly string[] =>
  findings.filter(({ seal }) => seal !== undefined).map(brief);

/** The end of the log away, with all that would tell of it inside the database. */
const cutTail = async (after: number): Promise<void> => {
  await world.sql('DELETE FROM ledger.events WHERE sequence > $1', [after]);
  await world.sql('UPDATE ledger.log_head SET sequence = $1', [after]);
  await world.sql(`
    DELETE FROM ledger.streams;
    INSERT INTO ledger.streams (stream, revision, written, hash, recorded_at)
      SELECT DISTINCT ON (stream) stream, revision, 1, hash, recorded_at
      FROM ledger.events ORDER BY stream, revision DESC`);
  await world.projectAnew();
};

const fillAfter = async (sequence: number) => {
  const { rows } = await world.sql(
    `SELECT sequence, stream, revision, body FROM ledger.events
     WHERE type = 'OrderFilled' AND sequence > $1 ORDER BY sequence LIMIT 1`,
    [sequence],
  );
  ok(rows[0] !== undefined);
  return { ...rows[0], sequence: Number(rows[0].sequence), revision: Number(rows[0].revision) };
};

/** A better price, with every hash behind it computed anew, and the read tables with it. */
const rewrite = async (from: number): Promise<number> => {
  const { sequence, stream, revision, body } = await fillAfter(from);
  const better = body.replace(/"price":"(\d+)/, '"price":"9$1');
  await world.sql('UPDATE ledger.events SET body = $2 WHERE sequence = $1', [sequence, better]);
  await rehash(world.sql, stream, revision);
  await world.projectAnew();
  return sequence;
};

describe('a sealed ledger that nobody has touched', () => {
  it('has no finding, in one go or in pieces', async () => {
    deepEqual(await verified(true), []);
    deepEqual(await verifiedInPieces(true), []);
    const report = await world.verify({ seals: await world.seals(true) });
    deepEqual(
      [report.seals?.count, report.seals?.sealedTo, report.seals?.kept],
      [3, 300, [1, 2, 3]],
    );
  });
});

describe('a sealed log that somebody changed', () => {
  const changes: readonly (readonly [what: string, first: number, ...text: readonly string[]])[] = [
    [
      'a byte of a payload',
      130,
      `UPDATE ledger.events SET body = replace(body, 'operator', 'Operator') WHERE sequence = 130`,
    ],
    ['a hash', 131, `UPDATE ledger.events SET hash = repeat('a', 64) WHERE sequence = 131`],
    ['an event that is gone', 132, 'DELETE FROM ledger.events WHERE sequence = 132'],
  ];
  for (const [what, first, ...statements] of changes) {
    it(`names the event and its seal: ${what}`, async () => {
      const tamper = async () => {
        for (const text of statements) await world.sql(text);
      };
      for (const look of [() => verified(false), () => verifiedInPieces(false)]) {
        const found = await afterwards(tamper, look);
        equal(found[0]?.sequence, first, found.map(brief).join());
        deepEqual(ofSeals(found), ['seal_log_differs seal 2']);
        equal(found.find(({ seal }) => seal === 2)?.sequence, first);
      }
    });
  }

  it('names two events of one stream that changed places', async () => {
    const { sequence: one, stream } = await fillAfter(110);
    const { rows } = await world.sql(
      'SELECT min(sequence) AS next FROM ledger.events WHERE stream = $1 AND sequence > $2',
      [stream, one],
    );
    const other = Number(rows[0]?.next);
    const found = await afterwards(async () => {
      const move = 'UPDATE ledger.events SET sequence = $2 WHERE sequence = $1';
      await world.sql(move, [one, -1]);
      await world.sql(move, [other, one]);
      await world.sql(move, [-1, other]);
    });
    equal(found[0]?.sequence, one);
    equal(found.find(({ seal }) => seal === 2)?.sequence, one);
  });

  it('names two events of different streams that changed places, by the seal alone', async () => {
    const { rows } = await world.sql(`
      SELECT one.sequence FROM ledger.events AS one JOIN ledger.events AS other
        ON other.sequence = one.sequence + 1 AND other.stream <> one.stream
      WHERE one.sequence > 150 AND one.type = 'OrderAccepted' ORDER BY one.sequence LIMIT 1`);
    const one = Number(rows[0]?.sequence);
    const found = await afterwards(async () => {
      const move = 'UPDATE ledger.events SET sequence = $2 WHERE sequence = $1';
      await world.sql(move, [one, -1]);
      await world.sql(move, [one + 1, one]);
      await world.sql(move, [-1, one + 1]);
      await world.projectAnew();
    });
    deepEqual(found.map(brief), ['seal_log_differs seal 2']);
  });

  it('names the seal over a stream rewritten with recomputed hashes', async () => {
    for (const look of [() => verified(true), () => verifiedInPieces(true)]) {
      const found = await afterwards(() => rewrite(120), look);
      ok(found.length >= 1 && found.every(({ kind }) => kind === 'seal_log_differs'));
      equal(brief(found[0] as Finding), 'seal_log_differs seal 2');
      match(found[0]?.message ?? '', /^Seal 2: events 101 to 200 .* computed anew/);
    }
  });
});

describe('a log that was changed together with its seals', () => {
  it('shows a cut tail to who kept a seal, and to nobody else', async () => {
    const cut = async () => {
      await cutTail(200);
      await world.sql('DELETE FROM ledger.seals WHERE number = 3');
    };
    deepEqual(await afterwards(cut, () => verified(false)), []);
    for (const look of [() => verified(true), () => verifiedInPieces(true)]) {
      const found = await afterwards(cut, look);
      deepEqual(found.map(brief), ['seal_missing seal 3', 'seal_log_differs seal 3']);
      deepEqual(
        found.map(({ source, sequence }) => [source, sequence]),
        [
          ['ledger', undefined],
          ['kept', 201],
        ],
      );
    }
  });

  it('shows a tail that was cut in the middle of a seal', async () => {
    const found = await afterwards(
      () => cutTail(250),
      () => verified(false),
    );
    deepEqual(found.map(brief), ['seal_log_differs seal 3']);
    equal(found[0]?.sequence, 251);
  });

  it('shows a rewrite that was sealed anew with the stolen key to who kept a seal', async () => {
    const anew = async () => {
      await rewrite(120);
      await world.sql('DELETE FROM ledger.seals WHERE number >= 2');
      await world.seal('insider');
    };
    const found = await afterwards(anew);
    const [first, second] = ofSeals(found);
    deepEqual([first, second], ['seal_differs seal 2', 'seal_missing seal 3']);
    ok(
      found.some(
        ({ kind, source, seal }) => kind === 'seal_log_differs' && source === 'kept' && seal === 2,
      ),
    );
  });

  it('shows a seal made with another key', async () => {
    const found = await afterwards(async () => {
      await world.sql('DELETE FROM ledger.seals WHERE number = 3');
      await world.seal(generateKeyPairSync('ed25519').privateKey);
    });
    deepEqual(ofSeals(found), ['seal_differs seal 3', 'seal_key_unknown seal 3']);
  });
});

describe('seals that somebody changed', () => {
  it('are named where the text is another', async () => {
    const tamper = () =>
      world.sql(`UPDATE ledger.seals SET text = regexp_replace(text, '"sealed_at":"2', '"sealed_at":"3')
        WHERE number = 2`);
    deepEqual((await afterwards(tamper, () => verified(false))).map(brief), [
      'seal_signature_wrong seal 2',
      'seal_out_of_place seal 3',
    ]);
    deepEqual((await afterwards(tamper, () => verifiedInPieces(true))).map(brief), [
      'seal_differs seal 2',
      'seal_signature_wrong seal 2',
      'seal_out_of_place seal 3',
    ]);
  });

  it('are named where one is no seal any more, and where one is gone', async () => {
    const found = await afterwards(
      async () => {
        await world.sql(`UPDATE ledger.seals SET text = 'nothing' WHERE number = 1`);
        await world.sql('DELETE FROM ledger.seals WHERE number = 2');
      },
      () => verified(false),
    );
    deepEqual(found.map(brief), ['seal_unreadable seal 1', 'seal_out_of_place seal 3']);
  });

  it('are named where they claim another range', async () => {
    const found = await afterwards(
      () =>
        world.sql(
          `UPDATE ledger.seals SET text = replace(text, '"from":101', '"from":51') WHERE number = 2`,
        ),
      () => verified(false),
    );
    const kinds = found.filter(({ seal }) => seal === 2).map(({ kind }) => kind);
    deepEqual(kinds, ['seal_out_of_place', 'seal_signature_wrong', 'seal_log_differs']);
  });
});

describe('a ledger that was changed since it was last verified', () => {
  it('is told by the last event, by what new events go on from, and by new seals', async () => {
    const grown = await verifyWorld();
    try {
      const more = randomHistory({ seed: 8, accounts: 2, symbols: 2, events: 500, rare: true });
      await appendHistory(grown.store, more.slice(0, 300));
      await grown.seal();
      await grown.project();
      let kept: SavedRun | undefined;
      const keep = async (records: AsyncIterable<RunRecord>): Promise<void> => {
        kept = await keptRun(records);
      };
      const seals = () => grown.seals(true);
      equal((await grown.verify({ keep, seals: await seals() })).findings.count, 0);
      const earlier = kept as unknown as SavedRun;
      await appendHistory(grown.store, more.slice(300));
      await grown.project();
      await grown.seal();
      const since = async () =>
        grown.verify({ earlier: structuredClone(earlier), seals: await seals() });
      const clean = await since();
      deepEqual([clean.findings.first, clean.log.events, clean.scope.since], [[], 200, 300]);

      // A stream from before, rewritten with new hashes: its next event does not follow what was verified.
      const { rows } = await grown.sql(
        `SELECT stream, revision, sequence, body FROM ledger.events
         WHERE type = 'OrderAccepted' AND sequence < 250 ORDER BY sequence LIMIT 1`,
      );
      const event = rows[0];
      await grown.sql('UPDATE ledger.events SET body = $2 WHERE sequence = $1', [
        event.sequence,
        event.body.replace('"brokerOrderId":"b', '"brokerOrderId":"B'),
      ]);
      await rehash(grown.sql, event.stream, Number(event.revision));
      const found = (await since()).findings.first.map(({ kind }) => kind);
      ok(found.includes('hash_differs') || found.includes('base_differs'), found.join());
    } finally {
      await grown.close();
    }
  });
});
