import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Binaries } from './binaries.ts';
import type { Location } from './location.ts';
import { cleanEnvironment } from './postmaster.ts';

export const SUPERUSER = 'postgres';

/** Reads the password made at the first start, or makes it: 256 random bits, in a file only its owner may read. */
export function ownPassword(location: Location): string {
  const file = join(location.directory, 'password');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  if (existsSync(location.cluster)) {
    throw new Error(
      `The password of the database in ${location.cluster} is missing: bring back ${file}.`,
    );
  }
  const password = randomBytes(32).toString('base64url');
  writeFileSync(file, `${password}\n`, { mode: 0o600, flag: 'wx' });
  return password;
}

/** Makes the cluster when there is none yet; a start that died half-way leaves nothing that looks like one. */
export async function initializeOnce(
  location: Location,
  binaries: Binaries,
  password: string,
): Promise<void> {
  if (existsSync(location.cluster)) {
    checkMajorVersion(location.cluster, binaries.version);
    return;
  }
  const draft = join(location.home, 'cluster.unfinished');
  const passwordFolder = join(location.home, 'password.unfinished');
  for (const folder of [draft, passwordFolder]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { mode: 0o700 });
  }
  const passwordFile = join(passwordFolder, 'password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (location.runAs) {
    const { uid, gid } = location.runAs;
    for (const path of [draft, passwordFolder, passwordFile]) chownSync(path, uid, gid);
  }
  try {
    await runInitdb(binaries.initdb, draft, passwordFile, location);
  } finally {
    rmSync(passwordFolder, { recursive: true, force: true });
  }
  renameSync(draft, location.cluster);
}

async function runInitdb(
  program: string,
  cluster: string,
  passwordFile: string,
  location: Location,
): Promise<void> {
  const child = spawn(
    program,
    [
      `--pgdata=${cluster}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      // PostgreSQL's own collation: text sorts the same on every machine, whatever its C library does.
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: '/',
      env: cleanEnvironment(),
      ...(location.runAs && { uid: location.runAs.uid, gid: location.runAs.gid }),
    },
  );
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const [code, complaint] = await Promise.all([ended, buffer(child.stderr)]);
  if (code !== 0)
    throw new Error(`initdb failed in ${cluster}: ${complaint.toString('utf8').trim()}`);
}

function checkMajorVersion(cluster: string, version: string): void {
  const made = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
  if (version.split('.')[0] === made) return;
  throw new Error(
    `The database in ${cluster} was made by PostgreSQL ${made}, and ${version} is installed. Dump it with the old ` +
      'version and load it into the new one (pg_upgrade in PostgreSQL’s manual).',
  );
}
