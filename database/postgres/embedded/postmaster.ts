import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine, isRunning } from './process-facts.ts';
import type { RunAs } from './run-as.ts';

/** How a server process ended. */
export type ServerExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** A running server process. */
export type Postmaster = {
  readonly pid: number;
  readonly exited: Promise<ServerExit>;
  stop(): Promise<void>;
};

/** What a server process is started with. */
export type PostmasterStart = {
  readonly program: string;
  readonly cluster: string;
  readonly arguments: readonly string[];
  readonly logFile: string;
  readonly runAs: RunAs | undefined;
};

const FAST_SHUTDOWN = 'SIGINT';
const IMMEDIATE_SHUTDOWN = 'SIGQUIT';
const STOP_TIMEOUT_MS = 60_000;

/** Starts the server and resolves when it accepts connections (after a crash: when it has recovered). */
export async function startPostmaster(start: PostmasterStart): Promise<Postmaster> {
  const log = openSync(start.logFile, 'a');
  const child = spawn(start.program, ['-D', start.cluster, ...start.arguments], {
    // Its own session: Ctrl-C in a terminal goes to every process of the foreground group, and the server
    // must outlive ours by the writes still in flight. Its log is a file, so it never blocks on a pipe of ours.
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    env: cleanEnvironment(),
    ...(start.runAs && { uid: start.runAs.uid, gid: start.runAs.gid }),
  });
  closeSync(log);
  const exited = exitOf(child);
  await once(child, 'spawn');
  await untilReady(child, start.cluster, exited);
  const pid = child.pid;
  if (pid === undefined) throw new Error('the server has no process id');
  child.unref();
  const stopWithUs = () => signalQuietly(pid, FAST_SHUTDOWN);
  process.once('exit', stopWithUs);
  void exited.then(() => process.off('exit', stopWithUs));
  return {
    pid,
    exited,
    stop: async () => {
      child.ref();
      await stopProcess(pid, () => child.exitCode !== null || child.signalCode !== null);
      await exited;
    },
  };
}

/**
 * Ends a server that a killed process of ours left behind. The caller holds the folder's lock, so nobody
 * can be using it: a fresh one is started in its place, with today's settings and without its sessions.
 */
export async function stopOrphan(cluster: string, log: (line: string) => void): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  const pid = readPid(file);
  if (pid === undefined) return;
  if (isRunning(pid) && commandLine(pid).includes(cluster)) {
    log(`A PostgreSQL left behind by an earlier run is stopped (process ${pid}).`);
    await stopProcess(pid, () => !isRunning(pid));
  } else {
    // Dead, a zombie that nobody reaps, or an id given to another program since. PostgreSQL takes the last two for
    // itself and refuses; the old server's sessions, if any still live, it finds by their shared memory.
    rmSync(file, { force: true });
  }
}

/** Environment for PostgreSQL's programs: theirs only, so that PG* variables and locales do not leak in. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const path = process.env['PATH'];
  return { LC_ALL: 'C', TZ: 'UTC', ...(path !== undefined && { PATH: path }) };
}

function exitOf(child: ChildProcess): Promise<ServerExit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

async function untilReady(
  child: ChildProcess,
  cluster: string,
  exited: Promise<ServerExit>,
): Promise<void> {
  let ended: ServerExit | undefined;
  void exited.then((exit) => {
    ended = exit;
  });
  while (!isReady(cluster, child.pid)) {
    // Recovery after a crash takes as long as it takes; only the end of the process is a failure.
    if (ended) throw new Error(`the server ended (code ${ended.code}, signal ${ended.signal})`);
    await sleep(10);
  }
}

// pg_ctl waits the same way: line 1 of postmaster.pid is the process, line 8 its state.
function isReady(cluster: string, pid: number | undefined): boolean {
  const file = join(cluster, 'postmaster.pid');
  if (!existsSync(file)) return false;
  const lines = readFileSync(file, 'utf8').split('\n');
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
}

function readPid(file: string): number | undefined {
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

async function stopProcess(pid: number, isGone: () => boolean): Promise<void> {
  signalQuietly(pid, FAST_SHUTDOWN);
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (!isGone()) {
    if (Date.now() > deadline) {
      // Like a power cut: nothing committed is lost, the next start recovers.
      signalQuietly(pid, IMMEDIATE_SHUTDOWN);
      return;
    }
    await sleep(10);
  }
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}
