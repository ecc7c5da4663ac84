import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { keepSegments } from '#audit/as-of/keep-segments.ts';
import { openPast } from '#audit/as-of/past.ts';
import { createLooks, type Looks } from '#database/postgres/audit/ledger-snapshot.ts';
import { createSegmentStore } from '#database/postgres/audit/segment-store.ts';
import { findBinaries } from '#database/postgres/embedded/binaries.ts';
import { choosePort } from '#database/postgres/embedded/port.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#database/postgres/embedded.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { migrate } from '#database/postgres/migrate.ts';
import { createReadTableHost } from '#database/postgres/read-tables/host.ts';
import type { AccountId } from '#domain/ids.ts';
import { systemClock } from '#gateways/system/clock.ts';
import { ledgerSet } from '#projections/ledger.ts';
import { runProjections } from '#projections/runner.ts';
import { randomHistory } from '#tests/support/account-histories.ts';

const root = join(import.meta.dirname, '..', '..');
const log = randomHistory({ seed: 3, accounts: 3, symbols: 3, events: 600, rare: true });
const beforeTheCopy = 400;

const write = async (connectionString: string, from: number, to: number): Promise<void> => {
  const store = createPostgresEventStore({ connectionString, clock: systemClock });
  for (const event of log.slice(from, to)) {
    const { stream, revision } = event;
    await store.append([{ stream, expectedRevision: revision - 1, events: [event] }]);
  }
  const open = await createReadTableHost({ connectionString }).openLive(
    ledgerSet,
    AbortSignal.timeout(30_000),
  );
  if (open === undefined) throw new Error('no read tables');
  const ended = new AbortController();
  const onApplied = (sequence: number) => sequence === to && ended.abort();
  await runProjections({ feed: store, readTables: open.readTables, onApplied }, ended.signal);
  await open.close();
  await store.close();
};

const checkpointAt = async (connectionString: string): Promise<number> => {
  const client = new pg.Client({ connectionString });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ checkpoint: string; standby: boolean }>(
      'SELECT checkpoint, pg_is_in_recovery() AS standby FROM ledger.projection_status WHERE live',
    );
    return rows[0]?.standby === true ? Number(rows[0].checkpoint) : -1;
  } catch {
    return -1; // It is starting.
  } finally {
    await client.end().catch(() => {});
  }
};

describe('a replica that follows by streaming', () => {
  const folder = mkdtempSync(join(tmpdir(), 'order-ledger-replica-'));
  let primary: EmbeddedPostgres;
  let standby: ChildProcess;
  let replica: string;

  /** Runs `ledger` where the database itself cannot be reached, so that only the replica can answer. */
  const ledger = (...words: readonly string[]) => {
    const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
    const unreachable = 'postgres://nobody@127.0.0.1:1/none';
    const env = { ...inherited, DATABASE_URL: unreachable, AUDIT_DATABASE_URL: replica };
    const command = [join(root, 'ledger.ts'), ...words];
    return spawnSync(process.execPath, command, { cwd: root, env, encoding: 'utf8' });
  };

  before(async () => {
    // The user that PostgreSQL runs as under root has to get in.
    chmodSync(folder, 0o755);
    const directory = join(folder, 'primary');
    const options = { directory, walAheadMegabytes: 0, log: () => {} };
    const first = await startEmbeddedPostgres(options);
    const pool = new pg.Pool({ connectionString: first.connectionString, max: 1 });
    await migrate(pool);
    await pool.end();
    await write(first.connectionString, 0, beforeTheCopy);
    await first.stop();

    const copy = join(first.directory, 'standby');
    const cluster = join(first.directory, 'cluster');
    const { uid, gid } = statSync(cluster);
    // With owners and modes, on which PostgreSQL insists.
    equal(spawnSync('cp', ['-a', cluster, copy]).status, 0);
    const url = new URL(first.connectionString);
    const source = `host=127.0.0.1 port=${url.port} user=${url.username} password=${url.password}`;
    for (const file of ['standby.signal', 'postgresql.auto.conf']) {
      writeFileSync(
        join(copy, file),
        file.endsWith('conf') ? `primary_conninfo = '${source}'\n` : '',
      );
      chownSync(join(copy, file), uid, gid);
    }

    primary = await startEmbeddedPostgres(options);
    const port = await choosePort(undefined, join(folder, 'standby-port'));
    const { postgres } = findBinaries(undefined, folder, () => {});
    const settings = ['-c', `port=${port}`, '-c', 'listen_addresses=127.0.0.1'];
    standby = spawn(postgres, ['-D', copy, ...settings, '-c', 'unix_socket_directories='], {
      stdio: 'ignore',
      cwd: '/',
      env: { LC_ALL: 'C', TZ: 'UTC' },
      ...(process.getuid?.() === 0 ? { uid, gid } : {}),
    });
    replica = first.connectionString.replace(`:${url.port}/`, `:${port}/`);
    await write(primary.connectionString, beforeTheCopy, log.length);
    for (let waited = 0; (await checkpointAt(replica)) < log.length; waited += 1) {
      ok(waited < 300, 'the replica follows within half a minute');
      await sleep(100);
    }
  });
  after(async () => {
    if (standby?.exitCode === null) {
      standby.kill('SIGINT');
      await once(standby, 'exit');
    }
    await primary?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('answers every look of the auditor by itself', () => {
    const status = ledger('status', '--json');
    equal(status.status, 0, status.stderr);
    equal(JSON.parse(status.stdout).log.head, log.length);
    const account = '00000000-0000-4000-8000-000000000001';
    for (const words of [
      ['events', '--limit', '5'],
      ['account', account],
      ['portfolio', '--account', account, '--as-of', '300'],
      ['explain', 'accounts.cash', '--account', account],
    ]) {
      const { status: code, stderr } = ledger(...words);
      deepEqual([code, stderr], [0, ''], words.join(' '));
    }
  });

  it('answers about the past as the primary does, from what is kept there', async () => {
    const account = '00000000-0000-4000-8000-000000000001' as AccountId;
    const { signal } = new AbortController();
    const pool = new pg.Pool({ connectionString: primary.connectionString, max: 1 });
    const here = createLooks({ connectionString: primary.connectionString });
    const there = createLooks({ connectionString: replica });
    const ask = ({ withLook }: Looks, sequence: number) =>
      withLook(async ({ past }) => {
        const shown = { until: sequence, end: null };
        const fold = await openPast(past, account, shown, { signal });
        const base = await past.base(account, shown);
        const cash = fold?.tables.accounts.get(account)?.cash;
        const held = fold?.tables.positions.group(account) ?? [];
        const bySymbol = new Map(held.map((position) => [position.symbol, position]));
        return { through: base?.through ?? 0, cash, bySymbol };
      });
    try {
      const ports = { withPast: here.withLook, store: createSegmentStore({ pool }) };
      const before = await ask(there, 500);
      equal(before.through, 0);
      await keepSegments(ports, account, signal, { events: 20, eventsBehind: 20, logBehind: 1e5 });
      const onPrimary = await ask(here, 500);
      ok(onPrimary.through > 400);
      let onReplica = await ask(there, 500);
      for (let waited = 0; onReplica.through < onPrimary.through; waited += 1) {
        ok(waited < 300, 'the replica follows within half a minute');
        await sleep(100);
        onReplica = await ask(there, 500);
      }
      deepEqual(onReplica, onPrimary);
      deepEqual({ ...onReplica, through: 0 }, before);
    } finally {
      await there.close();
      await here.close();
      await pool.end();
    }
  });

  it('verifies there, and nothing is found', () => {
    const { status, stdout, stderr } = ledger('verify', '--json');
    equal(status, 0, stderr);
    const report = JSON.parse(stdout);
    equal(report.findings.count, 0);
    equal(report.head, log.length);
  });

  it('seals nothing: that needs the database that is written to', () => {
    const { status, stderr } = ledger('seal');
    equal(status, 2);
    match(stderr, /ECONNREFUSED/);
  });
});
