import { existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Binaries, findBinaries } from './embedded/binaries.ts';
import { takeFolderLock } from './embedded/folder-lock.ts';
import { initializeOnce, ownPassword, SUPERUSER } from './embedded/initialize.ts';
import { type Location, locate, rememberLocation } from './embedded/location.ts';
import { choosePort } from './embedded/port.ts';
import {
  type Postmaster,
  type ServerExit,
  startPostmaster,
  stopOrphan,
} from './embedded/postmaster.ts';
import {
  asArguments,
  ledgerSettings,
  type Settings,
  WAL_AHEAD_MEGABYTES,
} from './embedded/settings.ts';
import { prepareWal } from './embedded/wal-ahead.ts';

export type EmbeddedPostgresOptions = {
  /** Where data, password and port are kept, for example `data/postgres`. */
  readonly directory: string;
  /** A fixed port; without it a free one is found at the first start and kept. */
  readonly port?: number;
  /** The database to make and to connect to. */
  readonly database?: string;
  /** Settings that differ from `ledgerSettings()`. */
  readonly settings?: Settings;
  /** Where data and programs go when root runs us below a folder that PostgreSQL's user cannot enter. */
  readonly elsewhere?: string;
  /** How long to wait for a process that is just ending in the same directory; 5 s without it. */
  readonly waitMs?: number;
  /** How far the write-ahead log can grow before a commit waits for a new file; 256 without it, 0 for none ahead. */
  readonly walAheadMegabytes?: number;
  readonly log: (line: string) => void;
};

export type EmbeddedPostgres = {
  readonly connectionString: string;
  readonly port: number;
  /** The folder that really holds the cluster. */
  readonly directory: string;
  readonly pid: number;
  /** Resolves when the server process ends, whether asked to or not. */
  readonly exited: Promise<ServerExit>;
  /** Fast shutdown: sessions are cut, everything committed is on disk. May be called twice. */
  stop(): Promise<void>;
};

/** Another living process uses the directory. */
export class DirectoryInUse extends Error {
  readonly heldBy: number;

  constructor(directory: string, heldBy: number) {
    super(
      `Process ${heldBy} is using the database in ${directory}. Stop it first, or start this one in another folder.`,
    );
    this.heldBy = heldBy;
  }
}

/**
 * Starts the PostgreSQL that npm brought, on loopback only, and resolves when it accepts connections.
 * One process at a time may use a directory: a second one gets `DirectoryInUse`. A server that
 * a killed process left behind is stopped and replaced.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  if (process.platform === 'win32') {
    throw new Error(
      'The embedded PostgreSQL runs on Linux and macOS: set DATABASE_URL on Windows.',
    );
  }
  const elsewhere = options.elsewhere ?? '/var/lib/order-ledger';
  const location = locate(options.directory, elsewhere);
  const lock = await takeLock(location, options.waitMs ?? 5000);
  try {
    const binaries = findBinaries(location.runAs, elsewhere, options.log);
    const password = ownPassword(location);
    await stopOrphan(location.cluster, options.log);
    await initializeOnce(location, binaries, password);
    rememberLocation(location, options.log);
    const { postmaster, port } = await startServer(location, binaries, options);
    const database = options.database ?? 'ledger';
    const url = (name: string) => `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${name}`;
    await prepare(
      url('postgres'),
      location.cluster,
      database,
      options.walAheadMegabytes ?? WAL_AHEAD_MEGABYTES,
    );
    void postmaster.exited.then(lock.release);
    return {
      connectionString: url(database),
      port,
      directory: location.home,
      pid: postmaster.pid,
      exited: postmaster.exited,
      stop: postmaster.stop,
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function takeLock(location: Location, waitMs: number): Promise<{ release: () => void }> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const lock = takeFolderLock(join(location.home, 'lock'));
    if ('release' in lock) return lock;
    if (performance.now() >= deadline) throw new DirectoryInUse(location.directory, lock.heldBy);
    await sleep(100);
  }
}

const START_ATTEMPTS = 50;

async function startServer(
  location: Location,
  binaries: Binaries,
  options: EmbeddedPostgresOptions,
): Promise<{ postmaster: Postmaster; port: number }> {
  const logFile = join(location.home, 'server.log');
  rotate(logFile);
  for (let attempt = 1; ; attempt += 1) {
    const port = await choosePort(options.port, join(location.home, 'port'));
    const settings = { ...ledgerSettings(), ...options.settings, port: String(port) };
    const logged = sizeOf(logFile);
    try {
      const postmaster = await startPostmaster({
        program: binaries.postgres,
        cluster: location.cluster,
        arguments: asArguments(settings),
        logFile,
        runAs: location.runAs,
      });
      options.log(
        `PostgreSQL ${binaries.version} runs on 127.0.0.1:${port}, data in ${location.home}.`,
      );
      return { postmaster, port };
    } catch (error) {
      const said = readFileSync(logFile).subarray(logged).toString('utf8');
      // A killed server's sessions may hold its shared memory for a moment, and a port may be taken under our eyes.
      const isPassing =
        /pre-existing shared memory|Address already in use|postmaster.pid" already/.test(said);
      if (!isPassing || attempt === START_ATTEMPTS) throw startFailure(error, said, logFile);
      await sleep(200);
    }
  }
}

function startFailure(error: unknown, said: string, logFile: string): Error {
  const reason = error instanceof Error ? error.message : String(error);
  const lines = said.trim().split('\n').slice(-10).join('\n');
  return new Error(`PostgreSQL did not start: ${reason}. From ${logFile}:\n${lines}`);
}

async function prepare(
  connectionString: string,
  cluster: string,
  database: string,
  walAheadMegabytes: number,
): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await prepareWal(client, cluster, walAheadMegabytes);
    await createDatabase(client, database);
  } finally {
    await client.end();
  }
}

async function createDatabase(client: pg.Client, name: string): Promise<void> {
  const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  if (found.rowCount === 0) {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  }
}

const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

function rotate(logFile: string): void {
  if (sizeOf(logFile) > LOG_LIMIT_BYTES) renameSync(logFile, `${logFile}.1`);
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
