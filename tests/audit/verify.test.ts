import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadDemo } from '#api/demo/load-demo.ts';
import { runQuotes } from '#api/demo/run-quotes.ts';
import { runPolicy } from '#api/demo/run-steps.ts';
import { readBuyapple } from '#api/demo/zipline-run.ts';
import { comparedColumns, notCompared } from '#audit/verify/table-columns.ts';
import type { VerifyReport } from '#audit/verify/verify-report.ts';
import { createMarketLedger } from '#commands/market/market-ledger.ts';
import { createLedger } from '#commands/pipeline.ts';
import { createMemorySnapshotStore } from '#database/memory/snapshot-store.ts';
import type { AccountId, Actor } from '#domain/ids.ts';
import { createUuids } from '#gateways/system/ids.ts';
import { randomHistory } from '#tests/support/account-histories.ts';
import { sha256 } from '#tests/support/memory-ledger.ts';
import { createReconciling } from './random-reconciliations.ts';
import { appendHistory, tradeAtRandom, verifyWorld } from './verify-world.ts';

const told = ({ findings }: VerifyReport): readonly string[] =>
  findings.first.map(({ message }) => message);

describe('a ledger that nobody has touched', () => {
  for (const seed of [11, 12, 13, 14]) {
    it(`seed ${seed}: has no finding after random commands`, async () => {
      const world = await verifyWorld();
      try {
        await tradeAtRandom(world.store, { seed: seed * 100, accounts: 2, moves: 350 });
        await world.project();
        const report = await world.verify();
        deepEqual(told(report), []);
        ok(report.log.events > 300 && report.log.events === report.head);
        ok((report.books?.rowsCompared['orders'] ?? 0) > 50);
        equal(report.books?.accountsNotCompared, 0);
      } finally {
        await world.close();
      }
    });
  }

  for (const seed of [1, 2]) {
    it(`history ${seed}: has none with marks and closed sessions in the log`, async () => {
      const world = await verifyWorld();
      try {
        const events = 1_500;
        await appendHistory(
          world.store,
          randomHistory({ seed, accounts: 4, symbols: 3, events, rare: true }),
        );
        await world.project();
        deepEqual(told(await world.verify()), []);
      } finally {
        await world.close();
      }
    });
  }

  it('has none where it is the demo', async () => {
    const world = await verifyWorld();
    try {
      const run = readBuyapple();
      const quotes = runQuotes(run);
      const ids = createUuids();
      const { store } = world;
      const snapshots = createMemorySnapshotStore();
      const ledger = createLedger({ store, snapshots, quotes, ids, digest: sha256 });
      const market = createMarketLedger(store, ids, sha256, 'demo' as Actor);
      const accountId = '0192d4b6-0000-7000-8000-00000000de30' as AccountId;
      const account = {
        accountId,
        accountNumber: 'DEMO-1',
        policy: runPolicy('cash'),
        fills: 'of_orders',
      } as const;
      const actor = 'demo' as Actor;
      await loadDemo({ ledger, market, quotes, account, run, actor, source: 'demo' });
      await world.project();
      const report = await world.verify();
      deepEqual(told(report), []);
      ok(report.head > 500);
    } finally {
      await world.close();
    }
  });

  it('has none while the read tables are behind the log', async () => {
    const world = await verifyWorld();
    try {
      const log = randomHistory({ seed: 5, accounts: 2, symbols: 2, events: 400, rare: true });
      await appendHistory(world.store, log.slice(0, 300));
      await world.project();
      await appendHistory(world.store, log.slice(300));
      const report = await world.verify();
      deepEqual([told(report), report.head, report.books?.checkpoint], [[], 400, 300]);
    } finally {
      await world.close();
    }
  });

  it('is looked at account by account, or the log from a sequence on', async () => {
    const world = await verifyWorld();
    try {
      const accounts = await tradeAtRandom(world.store, { seed: 77, accounts: 2, moves: 150 });
      await createReconciling(world.store, accounts, 77)(10);
      await world.project();
      const whole = await world.verify();
      const one = await world.verify({ accountId: accounts[0] as AccountId });
      deepEqual(told(one), []);
      ok(one.log.events < whole.log.events && one.books?.accounts === 1);
      ok((one.books?.rowsCompared['breaks'] ?? 0) > 0);
      const late = await world.verify({ fromSequence: 20 });
      deepEqual([told(late), late.books, late.log.events], [[], null, whole.head - 19]);
      equal(late.log.onTrust, 1);
    } finally {
      await world.close();
    }
  });
});

describe('the report', () => {
  it('names every column of the read tables as compared or not', async () => {
    const world = await verifyWorld();
    try {
      const { rows } = await world.sql(`SELECT table_name, column_name
        FROM information_schema.columns WHERE table_schema = 'read_v1'`);
      const compared: { readonly [table: string]: object } = comparedColumns;
      const names = (table: string): ReadonlySet<string> =>
        new Set(
          [...Object.keys(compared[table] ?? {}), ...(notCompared[table] ?? [])].map((name) =>
            name.startsWith('cycle.') ? 'cycle' : name,
          ),
        );
      const unnamed = rows.filter(({ table_name: table, column_name: column }) => {
        const known = names(table);
        // What a build says of itself is no figure: `ledger diff` shows it.
        if (table === 'build') return false;
        return !known.has(column) && !known.has('every column');
      });
      deepEqual(unnamed, []);
    } finally {
      await world.close();
    }
  });

  it('stops where it is told to', async () => {
    const world = await verifyWorld();
    try {
      const log = randomHistory({ seed: 5, accounts: 2, symbols: 2, events: 50, rare: false });
      await appendHistory(world.store, log);
      await world.project();
      const stopped = world.verify({ signal: AbortSignal.abort() });
      equal(await Promise.race([stopped.catch(() => 'stopped'), sleep(5_000)]), 'stopped');
    } finally {
      await world.close();
    }
  });
});
