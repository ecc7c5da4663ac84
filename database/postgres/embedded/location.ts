import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { canReach, chooseRunAs, type RunAs } from './run-as.ts';

/** Where things lie: `directory` as the caller said, `home` where the cluster really is. */
export type Location = {
  readonly directory: string;
  readonly home: string;
  readonly cluster: string;
  readonly runAs: RunAs | undefined;
  /** Whether the move must be written down once the cluster exists. */
  readonly isMoved: boolean;
};

/**
 * Decides where the cluster lies: in `directory`, or, when the user PostgreSQL runs as cannot get there
 * (root started it below a closed folder), below `elsewhere`, which the file LOCATION then remembers.
 */
export function locate(asked: string, elsewhere: string): Location {
  mkdirSync(asked, { recursive: true });
  const directory = realpathSync(asked);
  refuseForeign(directory);
  const remembered = readLocation(directory);
  if (remembered !== undefined) return at(directory, remembered, true);
  const here = at(directory, directory, false);
  if (here.runAs === undefined || canReach(directory, here.runAs)) return here;
  const home = unusedHome(join(elsewhere, hashOf(directory)));
  mkdirSync(home, { recursive: true });
  for (const folder of [elsewhere, home]) chmodSync(folder, 0o755);
  const moved = at(directory, home, true);
  if (moved.runAs === undefined || canReach(home, moved.runAs)) return moved;
  throw new Error(
    `PostgreSQL runs as user ${moved.runAs.name} here, who can enter neither ${directory} nor ${home}. Open the ` +
      'folders above one of them (`chmod o+x`), start as an ordinary user, or set DATABASE_URL.',
  );
}

/** Writes down that the cluster lies elsewhere; called once it is there. */
export function rememberLocation(location: Location, log: (line: string) => void): void {
  if (!location.isMoved || existsSync(locationFile(location.directory))) return;
  writeFileSync(locationFile(location.directory), `${location.home}\n`);
  log(
    `The database lies in ${location.home}: user ${location.runAs?.name} cannot enter ${location.directory} ` +
      '(its file LOCATION says so too).',
  );
}

function at(directory: string, home: string, isMoved: boolean): Location {
  const cluster = join(home, 'cluster');
  return { directory, home, cluster, isMoved, runAs: chooseRunAs(cluster) };
}

function refuseForeign(directory: string): void {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch {
    throw new Error(
      `You may not write in ${directory}: it belongs to another user (uid ${statSync(directory).uid}), who started it ` +
        'first. Start as that user or as root, or in another folder.',
    );
  }
}

// A cluster that no LOCATION speaks of is what a deleted data folder left: its password went with the folder, and
// whoever deleted it wants to begin anew. It is kept all the same: deleting data is not for a program to decide.
function unusedHome(wanted: string): string {
  let home = wanted;
  for (let copy = 2; existsSync(join(home, 'cluster')); copy += 1) home = `${wanted}-${copy}`;
  return home;
}

function hashOf(directory: string): string {
  return createHash('sha256').update(directory).digest('hex').slice(0, 16);
}

function readLocation(directory: string): string | undefined {
  const file = locationFile(directory);
  if (!existsSync(file)) return undefined;
  const home = readFileSync(file, 'utf8').trim();
  if (existsSync(join(home, 'cluster'))) return home;
  throw new Error(
    `${file} says that the database lies in ${home}, but none is there. Bring it back, or delete ${file} ` +
      'to begin with an empty one.',
  );
}

function locationFile(directory: string): string {
  return join(directory, 'LOCATION');
}
