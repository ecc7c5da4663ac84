import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';
import pg from 'pg';
import { isRunning } from './embedded/process-facts.ts';
import { DirectoryInUse, type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.ts';

const isRoot = process.getuid?.() === 0;
const folders: string[] = [];
const lines: string[] = [];

after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('an embedded PostgreSQL', () => {
  it('listens on loopback only, asks for its own password, and keeps data and port', async () => {
    const directory = openFolder();
    const first = await start(directory);
    await query(first.connectionString, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const listens = await query(first.connectionString, 'SHOW listen_addresses');
    assert.equal(listens[0]?.['listen_addresses'], '127.0.0.1');
    const wrong = first.connectionString.replace(/:[^:@/]+@/, ':postgres@');
    await assert.rejects(query(wrong, 'SELECT 1'), /password authentication failed/);
    await first.stop();
    await first.stop();

    const second = await start(directory);
    assert.equal(second.port, first.port);
    assert.equal(
      (await query(second.connectionString, 'SELECT answer FROM kept'))[0]?.['answer'],
      42,
    );
    await second.stop();
    assert.equal(statSync(join(directory, 'password')).mode & 0o777, 0o600);
    assert.equal(existsSync(join(directory, 'lock')), false);
  });

  it('writes every commit through to the disk', async () => {
    const server = await start(openFolder());
    const rows = await query(
      server.connectionString,
      "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes')",
    );
    assert.deepEqual(new Set(rows.map((row) => row['setting'])), new Set(['on']));
    assert.equal(rows.length, 3);
    await server.stop();
  });

  it('has files ready for what the log will grow by, also after a restart, and makes them once', async () => {
    const ahead = async (server: EmbeddedPostgres): Promise<readonly unknown[]> =>
      query(
        server.connectionString,
        'SELECT name FROM pg_ls_waldir() WHERE name > pg_walfile_name(pg_current_wal_lsn()) ORDER BY name',
      );
    const directory = openFolder();
    const bare = await start(directory);
    assert.ok((await ahead(bare)).length < 4);
    await bare.stop();
    const first = await start(directory, { walAheadMegabytes: 64 });
    const made = await ahead(first);
    assert.ok(made.length >= 4);
    await first.stop();
    const second = await start(directory, { walAheadMegabytes: 64 });
    assert.deepEqual(await ahead(second), made);
    await second.stop();
    // More than the disk has: a server that fills it stops, and would not start again.
    const modest = await start(directory, { walAheadMegabytes: 2 ** 40 });
    assert.deepEqual(await ahead(modest), made);
    await modest.stop();
  });

  it('refuses a second user of the same directory and names the first', async () => {
    const directory = openFolder();
    const first = await start(directory);
    await assert.rejects(
      start(directory, { waitMs: 0 }),
      (error) => error instanceof DirectoryInUse && error.heldBy === process.pid,
    );
    await first.stop();
    await (await start(directory, { waitMs: 0 })).stop();
  });

  it('is replaced when the process that started it was killed, and loses nothing', async () => {
    const directory = openFolder();
    const { child, pid, connectionString } = await startInAnotherProcess(directory);
    await query(connectionString, 'CREATE TABLE kept AS SELECT 1 AS answer');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.ok(isRunning(pid));

    const server = await start(directory);
    assert.notEqual(server.pid, pid);
    assert.ok(!isRunning(pid));
    assert.equal(
      (await query(server.connectionString, 'SELECT answer FROM kept'))[0]?.['answer'],
      1,
    );
    await server.stop();
  });

  it('tells that the server died, and recovers at the next start', async () => {
    const directory = openFolder();
    const first = await start(directory);
    await query(first.connectionString, 'CREATE TABLE kept AS SELECT 1 AS answer');
    process.kill(first.pid, 'SIGKILL');
    assert.deepEqual(await first.exited, { code: null, signal: 'SIGKILL' });

    const second = await start(directory);
    assert.equal(
      (await query(second.connectionString, 'SELECT answer FROM kept'))[0]?.['answer'],
      1,
    );
    await second.stop();
  });

  it('is not deceived by a process id that belongs to another program by now', async () => {
    const directory = openFolder();
    await (await start(directory)).stop();
    writeFileSync(join(directory, 'cluster', 'postmaster.pid'), `${process.pid}\n`);
    await (await start(directory)).stop();
  });

  it('says what is wrong when a port is taken, a password lost, or a version too old', async () => {
    const directory = openFolder();
    const server = await start(directory);
    await assert.rejects(
      start(openFolder(), { port: server.port }),
      /Port \d+ on 127.0.0.1 is taken/,
    );
    await server.stop();
    writeFileSync(join(directory, 'cluster', 'PG_VERSION'), '9\n');
    await assert.rejects(start(directory), /made by PostgreSQL 9, and 18.* is installed/);
    rmSync(join(directory, 'password'));
    await assert.rejects(start(directory), /password .* is missing/);
  });
});

describe('an embedded PostgreSQL that root starts below a closed folder', { skip: !isRoot }, () => {
  it('keeps its data elsewhere, writes down where, and finds it again', async () => {
    const elsewhere = openFolder();
    const closed = mkdtempSync(join(tmpdir(), 'ledger-closed-'));
    folders.push(closed);
    const directory = join(closed, 'data');
    const first = await start(directory, { elsewhere });
    await query(first.connectionString, 'CREATE TABLE kept AS SELECT 1 AS answer');
    await first.stop();
    assert.equal(readFileSync(join(directory, 'LOCATION'), 'utf8'), `${first.directory}\n`);
    assert.ok(first.directory.startsWith(elsewhere));
    assert.ok(lines.some((line) => line.includes(`lies in ${first.directory}`)));

    const second = await start(directory, { elsewhere });
    assert.equal((await query(second.connectionString, 'SELECT 1 FROM kept')).length, 1);
    await second.stop();
  });

  it('begins anew after its data folder was deleted', async () => {
    const elsewhere = openFolder();
    const closed = mkdtempSync(join(tmpdir(), 'ledger-closed-'));
    folders.push(closed);
    const directory = join(closed, 'data');
    const first = await start(directory, { elsewhere });
    await first.stop();
    rmSync(directory, { recursive: true });
    const second = await start(directory, { elsewhere });
    assert.notEqual(second.directory, first.directory);
    await second.stop();
  });
});

function start(
  directory: string,
  more: { waitMs?: number; port?: number; elsewhere?: string; walAheadMegabytes?: number } = {},
): Promise<EmbeddedPostgres> {
  const log = (line: string): number => lines.push(line);
  return startEmbeddedPostgres({ directory, log, walAheadMegabytes: 0, ...more });
}

// mkdtemp makes closed folders (0700), which the server's user could not enter when root runs the tests.
function openFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-postgres-'));
  chmodSync(folder, 0o755);
  folders.push(folder);
  return folder;
}

async function query(connectionString: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function startInAnotherProcess(
  directory: string,
): Promise<{ child: ChildProcess; pid: number; connectionString: string }> {
  const program = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(join(import.meta.dirname, 'embedded.ts'))});
    const { pid, connectionString } = await startEmbeddedPostgres({ directory: ${JSON.stringify(directory)}, log() {} });
    console.log(JSON.stringify({ pid, connectionString }));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const said: { pid: number; connectionString: string } = JSON.parse(line);
    return { child, ...said };
  }
  throw new Error('the other process ended without a word');
}
