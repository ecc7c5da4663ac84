import { deepEqual, equal, ok } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Finding } from '#audit/verify/finding.ts';
import type { SavedRun } from '#audit/verify/saved-run.ts';
import { comparedColumns } from '#audit/verify/table-columns.ts';
import type { VerifyOptions } from '#audit/verify/verify.ts';
import type { AccountId } from '#domain/ids.ts';
import { dice, randomHistory, uuid } from '#tests/support/account-histories.ts';
import { createReconciling } from './random-reconciliations.ts';
import {
  appendHistory,
  brief,
  keepState,
  keptRun,
  tradeAtRandom,
  type VerifyWorld,
  verifyWorld,
} from './verify-world.ts';

type Keeping = { kept: SavedRun | undefined };
const keeping = (into: Keeping): Pick<VerifyOptions, 'keep' | 'keepEveryMs'> => ({
  keepEveryMs: 0,
  keep: async (records) => {
    into.kept = await keptRun(records);
  },
});

/** Verifies, and is interrupted after as many pages as `pages` says; each time it goes on from what was kept. */
const inPieces = async (world: VerifyWorld, pages: () => number): Promise<readonly Finding[]> => {
  const into: Keeping = { kept: undefined };
  for (let tries = 0; tries < 200; tries += 1) {
    let left = pages();
    const cut = new AbortController();
    const earlier = into.kept === undefined ? {} : { earlier: into.kept };
    try {
      const report = await world.verify({
        ...earlier,
        ...keeping(into),
        signal: cut.signal,
        onProgress: () => {
          left -= 1;
          if (left === 0) cut.abort();
        },
      });
      ok(tries > 0, 'it was interrupted at least once');
      equal(report.log.events, report.head, 'each event was counted once');
      return report.findings.first;
    } catch (error) {
      if (!cut.signal.aborted) throw error;
    }
  }
  throw new Error('it never came to its end');
};

/** Verifies again and again while the log grows, each time only what is new. */
const onTop = async (
  world: VerifyWorld,
  grow: () => Promise<boolean>,
): Promise<readonly Finding[]> => {
  const into: Keeping = { kept: undefined };
  const found: Finding[] = [];
  for (let more = true; more; ) {
    more = await grow();
    const earlier = into.kept === undefined ? {} : { earlier: into.kept };
    const report = await world.verify({ ...earlier, ...keeping(into) });
    found.push(...report.findings.first);
  }
  return found;
};

describe('a random ledger that nobody has touched', () => {
  for (const seed of [1, 2]) {
    it(`seed ${seed}: is clean in one go, interrupted anywhere, and piece by piece`, async () => {
      const world = await verifyWorld(150);
      const roll = dice(seed * 7);
      try {
        const accounts = await tradeAtRandom(world.store, {
          seed: seed * 1_000,
          accounts: 3,
          moves: 250,
          market: true,
        });
        await createReconciling(world.store, accounts, seed)(40);
        const { rows } = await world.sql(
          `SELECT stream, max(revision) AS last FROM ledger.events WHERE type <> 'PriceMarked'
           AND stream LIKE 'account-%' GROUP BY stream`,
        );
        for (const { stream, last } of rows) {
          await keepState(world, stream, 1 + roll(Number(last)));
        }
        await world.project();
        const whole = await world.verify();
        deepEqual(whole.findings.first, []);
        equal(whole.books?.states.checked, rows.length);
        deepEqual(await inPieces(world, () => 1 + roll(3)), []);
      } finally {
        await world.close();
      }
    });

    it(`history ${seed}: is clean while it grows, each time from where the last run ended`, async () => {
      const world = await verifyWorld(100);
      const roll = dice(seed * 11);
      const events = 1_500;
      const log = randomHistory({ seed: seed * 3, accounts: 4, symbols: 3, events, rare: true });
      let written = 0;
      const reconcile = createReconciling(world.store, [uuid<AccountId>(1)], seed);
      try {
        const grow = async (): Promise<boolean> => {
          const to = Math.min(events, written + 50 + roll(400));
          await appendHistory(world.store, log.slice(written, to));
          written = to;
          await reconcile(roll(4));
          // Now and then the read tables are behind.
          if (roll(4) > 0 || to === events) await world.project();
          return written < events;
        };
        deepEqual(await onTop(world, grow), []);
        deepEqual((await world.verify()).findings.first, []);
        deepEqual(await inPieces(world, () => 1 + roll(4)), []);
      } finally {
        await world.close();
      }
    });
  }
});

const changes: { readonly [type: string]: string } = {
  numeric: 'coalesce($c, 0) + 0.01',
  bigint: '$c + 1000000',
  integer: '$c + 1000000',
  boolean: 'NOT $c',
  uuid: 'gen_random_uuid()',
  date: 'coalesce($c, DATE $$2014-01-03$$) + 1',
  'timestamp with time zone': "coalesce($c, now()) + interval '1 microsecond'",
  text: "coalesce($c, '') || '!'",
  jsonb: `CASE jsonb_typeof($c) WHEN 'object' THEN $c || '{"more": "1"}'
    WHEN 'array' THEN jsonb_set($c, '{0,amount}', '"77"') ELSE '{"more": "1"}' END`,
};

describe('a single cell of a read table that was edited', () => {
  let world: VerifyWorld;
  const roll = dice(77);
  before(async () => {
    world = await verifyWorld();
    const options = { seed: 4_200, accounts: 2, moves: 220, market: true };
    const accounts = await tradeAtRandom(world.store, options);
    await createReconciling(world.store, accounts, 4_200)(40);
    await world.project();
    deepEqual((await world.verify()).findings.first, []);
  });
  after(() => world.close());

  const editSomewhere = async (table: string, column: string, type: string): Promise<string[]> => {
    const change = changes[type];
    ok(change !== undefined, `how a ${type} is changed`);
    const { rows } = await world.sql(`SELECT count(*) FROM read_v1.${table}`);
    ok(Number(rows[0]?.count) > 0, `${table} has rows`);
    const row = roll(Number(rows[0]?.count));
    const there = await world.sql(
      `SELECT ctid FROM read_v1.${table} ORDER BY ctid OFFSET ${row} LIMIT 1`,
    );
    const at = [there.rows[0]?.ctid];
    await world.sql(`CREATE TEMP TABLE kept AS TABLE read_v1.${table} WITH NO DATA`);
    await world.sql(`INSERT INTO kept SELECT * FROM read_v1.${table} WHERE ctid = $1`, at);
    const edited = await world.sql(
      `UPDATE read_v1.${table} SET "${column}" = ${change.replaceAll('$c', `"${column}"`)}
       WHERE ctid = $1 RETURNING ctid`,
      at,
    );
    const { first } = (await world.verify()).findings;
    await world.sql(`DELETE FROM read_v1.${table} WHERE ctid = $1`, [edited.rows[0]?.ctid]);
    await world.sql(`INSERT INTO read_v1.${table} SELECT * FROM kept`);
    await world.sql('DROP TABLE kept');
    const elsewhere = first.filter((finding) => finding.table !== table);
    deepEqual(elsewhere, [], `${table}.${column}: nothing else is blamed`);
    return first.map(brief);
  };

  for (const table of Object.keys(comparedColumns)) {
    it(`is named in ${table}, whichever row and column`, async () => {
      const { rows } = await world.sql(
        `SELECT column_name, data_type FROM information_schema.columns
         WHERE table_schema = 'read_v1' AND table_name = $1`,
        [table],
      );
      for (const { column_name: column, data_type: type } of rows) {
        const found = await editSomewhere(table, column, type);
        const isNamed = found.some((one) => {
          const cell = one.split(' ').at(-1) ?? '';
          return cell === column || cell.startsWith(`${column}.`);
        });
        // Where a key was edited there is a row too many and one too few.
        const isMoved =
          found.some((one) => one.startsWith('row_unexpected')) &&
          found.some((one) => one.startsWith('row_missing'));
        ok(isNamed || isMoved, `${table}.${column}: ${found.join(', ')}`);
        ok(found.length <= 2, `${table}.${column} alone: ${found.join(', ')}`);
      }
    });
  }
});
