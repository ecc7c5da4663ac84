import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SavedRun } from '#audit/verify/saved-run.ts';
import { randomHistory } from '#tests/support/account-histories.ts';
import {
  appendHistory,
  comparable,
  keepTables,
  keptRun,
  partsOf,
  threadsOf,
  type VerifyWorld,
  verifyWorld,
} from './verify-world.ts';

const events = 1_200;
const log = randomHistory({ seed: 31, accounts: 7, symbols: 3, events, rare: true });

describe('a log that is verified in several threads', () => {
  let world: VerifyWorld;
  before(async () => {
    world = await verifyWorld(100);
    await appendHistory(world.store, log);
    await world.seal();
    await world.project();
  });
  after(() => world.close());

  const threads = (most: number) => threadsOf(world.connectionString, most);
  const sessions = async (): Promise<number> => {
    const { rows } = await world.sql(
      `SELECT count(*) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'order-ledger-audit'`,
    );
    return Number(rows[0]?.count);
  };

  it('comes to the same as in one, with seals', async () => {
    const seals = await world.seals(true);
    const one = await world.verify({ seals });
    const several = await world.verify({ seals, threads: threads(3) });
    deepEqual(comparable(several), comparable(one));
    deepEqual([several.findings.first, several.books?.accounts], [[], 7]);
  });

  it('comes to the same where rows were given to accounts of another thread', async () => {
    const { putBack } = await keepTables(world);
    try {
      for (const table of ['transactions', 'journal_entries', 'orders', 'order_fills', 'lots']) {
        const { rowCount } = await world.sql(
          `UPDATE read_v1.${table} SET account_id = other.account_id
           FROM (SELECT max(account_id::text)::uuid AS account_id FROM read_v1.accounts) AS other
           WHERE ctid = (SELECT ctid FROM read_v1.${table}
             ORDER BY account_id <> (SELECT min(account_id::text)::uuid FROM read_v1.accounts), ctid
             LIMIT 1)`,
        );
        equal(rowCount, 1, table);
      }
      const one = await world.verify();
      const several = await world.verify({ threads: threads(3) });
      deepEqual(comparable(several), comparable(one));
      equal(several.findings.byKind.cell_differs, several.findings.count);
      ok(several.findings.count >= 5);
    } finally {
      await putBack();
    }
  });

  it('is gone on with in another number of threads', async () => {
    let kept: SavedRun | undefined;
    const keep: NonNullable<Parameters<VerifyWorld['verify']>[0]>['keep'] = async (records) => {
      kept = await keptRun(records);
    };
    let pieces = 0;
    for (const most of [3, 2, 1, 4, 2, 3, 1, 2, 3, 4, 2, 3]) {
      const cut = new AbortController();
      const earlier = kept === undefined ? {} : { earlier: kept };
      const look = { keep, signal: cut.signal, onProgress: () => cut.abort() };
      pieces += 1;
      await rejects(world.verify({ ...earlier, ...look, threads: threads(most) }));
      if (kept?.head.at === events) break;
    }
    ok(pieces > 2);
    const report = await world.verify({
      ...(kept === undefined ? {} : { earlier: kept }),
      keep,
      threads: threads(2),
    });
    deepEqual([report.findings.first, report.log.events], [[], events]);
    deepEqual(report.books?.rowsCompared['accounts'], 7);
    equal(await sessions(), 0);
  });

  it('ends with the error of a thread, and leaves none behind', async () => {
    const { most, fromEvents, start } = threads(3);
    let started = 0;
    const broken = {
      most,
      fromEvents,
      start: (order: Parameters<typeof start>[0], momentName: string) => {
        started += 1;
        return start(order, started === 2 ? '00000000-00000000-1' : momentName);
      },
    };
    await rejects(world.verify({ threads: broken }), /snapshot/);
    equal(started, 3);
    for (let waited = 0; (await sessions()) > 0; waited += 1) ok(waited < 50, 'sessions end');
  });

  it('is done in one thread where it is short, or about one account', async () => {
    const none = {
      most: 3,
      fromEvents: events + 1,
      start: () => {
        throw new Error('Nothing is to be started.');
      },
    };
    deepEqual((await world.verify({ threads: none })).findings.first, []);
    const accountId = (log[0]?.stream ?? '').slice('account-'.length) as never;
    const one = await world.verify({ accountId, threads: { ...none, fromEvents: 0 } });
    deepEqual(one.findings.first, []);
  });

  it('comes to the same from a sequence on', async () => {
    const late = await world.look((snapshot) =>
      world.verify({ fromSequence: 300, threads: partsOf(snapshot, 3) }),
    );
    const one = await world.verify({ fromSequence: 300 });
    deepEqual(comparable(late), comparable(one));
  });
});
