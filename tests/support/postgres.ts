import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** A database of one test's own, on a real PostgreSQL. */
export type TestDatabase = {
  readonly connectionString: string;
  /** Drops it now, cutting its sessions; without this it is dropped when the test process ends. */
  drop(): Promise<void>;
};

/**
 * A fresh empty database. All test processes share one embedded server, kept by `postgres-keeper.ts`: the first
 * to ask starts it, and it ends by itself a few seconds after the last has gone.
 */
export async function testDatabase(): Promise<TestDatabase> {
  return request('create');
}

/** A fresh database with every migration applied, copied from a template that is migrated once per set of files. */
export async function migratedTestDatabase(): Promise<TestDatabase> {
  return request('create migrated');
}

type Keeper = { ask(line: string): Promise<Record<string, string>> };

const root = join(import.meta.dirname, '..', '..');
const home = join(root, 'data', 'test-postgres');
const START_TIMEOUT_MS = 90_000;

let keeper: Promise<Keeper> | undefined;

async function request(line: string): Promise<TestDatabase> {
  keeper ??= reachKeeper();
  const { ask } = await keeper;
  const { name, connectionString } = await ask(line);
  if (name === undefined || connectionString === undefined) {
    throw new Error('the keeper answered without a database');
  }
  return {
    connectionString,
    drop: async () => {
      await ask(`drop ${name}`);
    },
  };
}

async function reachKeeper(): Promise<Keeper> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  let started: ChildProcess | undefined;
  for (;;) {
    const socket = await connected();
    if (socket) return speakTo(socket);
    // 3: another keeper holds the folder; it is starting, or just stopping, so try again.
    if (started?.exitCode === 3) started = undefined;
    if (typeof started?.exitCode === 'number' || Date.now() > deadline)
      throw new Error(keeperLog());
    started ??= startKeeper();
    await sleep(50);
  }
}

function startKeeper(): ChildProcess {
  mkdirSync(home, { recursive: true });
  const log = openSync(join(home, 'keeper.log'), 'a');
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  // Its own session and no pipes of ours: it outlives this process, and the test runner does not wait for it.
  const child = spawn(process.execPath, [join(import.meta.dirname, 'postgres-keeper.ts'), home], {
    detached: true,
    stdio: ['ignore', log, log],
    env,
  });
  closeSync(log);
  child.unref();
  return child;
}

function connected(): Promise<Socket | undefined> {
  const path = join(home, 'keeper.sock');
  const short = relative(process.cwd(), path);
  return new Promise((resolve) => {
    // A socket's path may have about 100 bytes: from the project's folder the relative one is short.
    const socket = connect(short.length < path.length ? short : path);
    socket.once('error', () => resolve(undefined));
    socket.once('connect', () => resolve(socket));
  });
}

function speakTo(socket: Socket): Keeper {
  const waiting: {
    resolve: (answer: Record<string, string>) => void;
    reject: (why: Error) => void;
  }[] = [];
  createInterface({ input: socket }).on('line', (line) => {
    const answer: Record<string, string> = JSON.parse(line);
    const next = waiting.shift();
    if (waiting.length === 0) socket.unref();
    if (answer['error'] === undefined) next?.resolve(answer);
    else next?.reject(new Error(answer['error']));
  });
  const lost = () => {
    keeper = undefined;
    for (const { reject } of waiting.splice(0)) reject(new Error(keeperLog()));
  };
  socket.on('error', lost);
  socket.on('close', lost);
  socket.unref();
  return {
    ask: (line) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        socket.ref();
        socket.write(`${line}\n`);
      }),
  };
}

function keeperLog(): string {
  const file = join(home, 'keeper.log');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return `The test database server is not there. The end of ${file}:\n${text.slice(-2000)}`;
}
