import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The user PostgreSQL runs as; undefined = whoever runs this process. */
export type RunAs = { readonly uid: number; readonly gid: number; readonly name: string };

/**
 * Whom to run PostgreSQL as: it refuses to run as root. As root we take the owner of an existing cluster,
 * else `postgres`, else `nobody`: both are on nearly every machine, so that no user has to be created.
 */
export function chooseRunAs(cluster: string): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  if (existsSync(cluster)) {
    const { uid, gid } = statSync(cluster);
    if (uid !== 0) return { uid, gid, name: `uid ${uid}` };
  }
  const found = account('postgres') ?? account('nobody');
  if (found !== undefined) return found;
  throw new Error(
    'PostgreSQL does not run as root, and this machine has neither a user `postgres` nor `nobody`. ' +
      'Start as an ordinary user, create a user `postgres`, or set DATABASE_URL.',
  );
}

/** Whether that user may pass every folder above `path` and read it (and enter or run it, where it can be). */
export function canReach(path: string, runAs: RunAs): boolean {
  const real = realpathSync(path);
  const target = statSync(real);
  const wanted = target.isDirectory() || (target.mode & 0o111) !== 0 ? 0o5 : 0o4;
  if (!allows(target, runAs, wanted)) return false;
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    if (!allows(statSync(folder), runAs, 0o1)) return false;
    if (folder === dirname(folder)) return true;
  }
}

function allows(file: Stats, runAs: RunAs, wanted: number): boolean {
  const shift = file.uid === runAs.uid ? 6 : file.gid === runAs.gid ? 3 : 0;
  return ((file.mode >> shift) & wanted) === wanted;
}

function account(name: string): RunAs | undefined {
  try {
    const id = (flag: string) =>
      Number(
        execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
      );
    return { uid: id('-u'), gid: id('-g'), name };
  } catch {
    return undefined;
  }
}
