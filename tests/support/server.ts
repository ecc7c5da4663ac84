import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { scopes } from '#identity/scopes.ts';

const root = join(import.meta.dirname, '..', '..');
const readyTimeoutMs = 120_000;
const callTimeoutMs = 20_000;

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** What an answer said. `json` is `{}` where it was no JSON. */
export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
  /** What is at a path of names and numbers in the JSON. */
  readonly at: (...path: readonly (string | number)[]) => unknown;
  readonly text: (...path: readonly (string | number)[]) => string;
};

/** A server process that was told to start and may not be up yet. */
export type Starting = {
  readonly pid: number;
  readonly directory: string;
  readonly exited: Promise<Exit>;
  /** Everything it has printed so far, standard error included. */
  readonly printed: () => string;
  /** Its URL, when it serves; nothing has been asked of it yet. Rejects as `ready` does. */
  readonly serving: () => Promise<string>;
  /** Resolves when it serves; rejects, with what it printed, when it ends before. */
  readonly ready: () => Promise<RunningServer>;
  readonly stop: (signal?: NodeJS.Signals) => Promise<Exit>;
  readonly kill9: () => Promise<Exit>;
};

/** A server process that serves. */
export type RunningServer = Omit<Starting, 'ready' | 'serving'> & {
  readonly url: string;
  /** The administrator's API key, of all scopes. */
  readonly key: string;
  readonly call: Call;
};

export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>;

/** What is found in a value by a path of names and numbers. */
const found = (value: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined,
    value,
  );

const answerOf = async (response: Response): Promise<Answer> => {
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  const json: unknown = isJson ? JSON.parse(text) : {};
  const { status, headers } = response;
  const at: Answer['at'] = (...path) => found(json, path);
  return { status, headers, json, at, text: (...path) => String(at(...path)) };
};

/** Sends requests to a server under a key; a body that is a string goes out as it is. */
export const caller =
  (url: string, key: string | null): Call =>
  async (method, path, body, headers = {}) => {
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(text === undefined ? {} : { body: text }),
      signal: AbortSignal.timeout(callTimeoutMs),
    });
    return answerOf(response);
  };

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const endQuietly = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
};

/** The process that serves the database of a data directory; null when none does. */
export const postmasterOf = (directory: string): number | null => {
  const file = join(directory, 'postgres', 'cluster', 'postmaster.pid');
  if (!existsSync(file)) return null;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return Number.isInteger(pid) && pid > 0 && isAlive(pid) ? pid : null;
};

/** Ends the database of a data directory as a power cut would. */
export const killPostgres = async (directory: string): Promise<void> => {
  const pid = postmasterOf(directory);
  if (pid === null) return;
  endQuietly(pid, 'SIGKILL');
  while (isAlive(pid)) await sleep(5);
};

/** Where the embedded database of a data directory is reached. */
export const databaseOf = (directory: string): string => {
  const read = (name: string) => readFileSync(join(directory, 'postgres', name), 'utf8').trim();
  return `postgres://postgres:${read('password')}@127.0.0.1:${read('port')}/ledger`;
};

/** Servers that were started and have not ended. */
const living = new Map<
  number,
  { readonly directory: string; readonly kill9: () => Promise<Exit> }
>();

/** A data directory that goes with everything in it, servers and a database that may still run there included. */
export const dataDirectory = () => {
  const path = mkdtempSync(join(tmpdir(), 'order-ledger-'));
  // Started by root, PostgreSQL runs as another user, who has to get in.
  chmodSync(path, 0o755);
  const remove = async (): Promise<void> => {
    const servers = [...living.values()].filter(({ directory }) => directory === path);
    await Promise.all(servers.map(({ kill9 }) => kill9()));
    const pid = postmasterOf(path);
    if (pid !== null) endQuietly(pid, 'SIGINT');
    while (pid !== null && isAlive(pid)) await sleep(20);
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  };
  return { path, remove };
};

/** The administrator of each data directory that this process has started a server on. */
type Administrator = { readonly email: string; readonly password: string; key: string | null };
const administrators = new Map<string, Administrator>();

const administratorOf = (directory: string): Administrator => {
  const known = administrators.get(directory);
  if (known !== undefined) return known;
  const password = randomBytes(18).toString('base64url');
  const made = { email: 'administrator@example.org', password, key: null };
  administrators.set(directory, made);
  return made;
};

const expectStatus = (answer: Answer, status: number, what: string): Answer => {
  if (answer.status === status) return answer;
  throw new Error(`${what}: ${answer.status} ${JSON.stringify(answer.json)}`);
};

/** The address and password that `administratorKey` sets the administrator of a directory up with. */
export const administratorLogin = (directory: string) => {
  const { email, password } = administratorOf(directory);
  return { email, password };
};

/** The token that a greeting has printed; undefined where there was an administrator. */
export const setupTokenIn = (printed: string): string | undefined =>
  /"setup_token":"([^"]+)"/.exec(printed)?.[1];

/** Sets the administrator up where the greeting offers it, and answers the key made for them at the first time. */
const administratorKey = async (
  directory: string,
  url: string,
  printed: string,
): Promise<string> => {
  const administrator = administratorOf(directory);
  if (administrator.key !== null) return administrator.key;
  const { email, password } = administrator;
  const setup_token = setupTokenIn(printed);
  const stranger = caller(url, null);
  if (setup_token !== undefined) {
    const body = { setup_token, email, password, username: 'administrator' };
    expectStatus(await stranger('POST', '/api/v1/auth/setup', body), 201, 'setup');
  }
  const login = await stranger('POST', '/api/v1/auth/login', { email, password });
  const token = expectStatus(login, 200, 'login').text('access_token');
  const wanted = { name: 'tests', scopes };
  const made = await caller(url, token)('POST', '/api/v1/auth/api-keys', wanted);
  administrator.key = expectStatus(made, 201, 'API key').text('api_key');
  return administrator.key;
};

const greeted = (printed: string): boolean => printed.includes('Ctrl-C stops it');
const urlIn = (printed: string): string =>
  /(http:\/\/127\.0\.0\.1:\d+)\/docs/.exec(printed)?.[1] ?? 'no url';

const spawnServer = (
  directory: string,
  environment: Readonly<Record<string, string>>,
): ChildProcess => {
  const { NODE_TEST_CONTEXT: _, DATABASE_URL: __, ...inherited } = process.env;
  // The module makes the server end by itself when this process is gone and its pipe with it.
  const endsWithUs = join(root, 'ops', 'end-with-launcher.mjs');
  return spawn(process.execPath, ['--import', endsWithUs, join(root, 'main.ts')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: {
      ...inherited,
      LAUNCHER_PID: String(process.pid),
      DATA_DIRECTORY: directory,
      PORT: '0',
      ...environment,
    },
  });
};

/** Starts `main.ts` in a process of its own on a free port of loopback. */
export const launchServer = (
  directory: string,
  environment: Readonly<Record<string, string>> = {},
): Starting => {
  const child = spawnServer(directory, environment);
  const { pid } = child;
  if (pid === undefined) throw new Error('the server has no process id');
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => {
      printed += text;
    });
  }
  const exited = once(child, 'close').then(
    (): Exit => ({ code: child.exitCode, signal: child.signalCode }),
  );
  const signaled = (signal: NodeJS.Signals): Promise<Exit> => {
    child.kill(signal);
    return exited;
  };
  const starting = {
    pid,
    directory,
    exited,
    printed: () => printed,
    stop: (signal: NodeJS.Signals = 'SIGINT') => signaled(signal),
    kill9: () => signaled('SIGKILL'),
  };
  living.set(pid, starting);
  void exited.then(() => living.delete(pid));
  const serving = async (): Promise<string> => {
    const deadline = performance.now() + readyTimeoutMs;
    while (!greeted(printed)) {
      const ended = child.exitCode !== null || child.signalCode !== null;
      if (ended || performance.now() > deadline) {
        throw new Error(`The server is not up (code ${child.exitCode}):\n${printed}`);
      }
      await sleep(10);
    }
    return urlIn(printed);
  };
  const ready = async (): Promise<RunningServer> => {
    const url = await serving();
    const key = await administratorKey(directory, url, printed);
    return { ...starting, url, key, call: caller(url, key) };
  };
  return { ...starting, serving, ready };
};

/** Starts a server and waits until it serves. */
export const startServer = (
  directory: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningServer> => launchServer(directory, environment).ready();

/** Asks again and again until the answer is as wished; fails with the last answer after the time given. */
export const until = async <T>(
  what: string,
  ask: () => Promise<T>,
  wished: (answer: T) => boolean,
  timeoutMs = 10_000,
): Promise<T> => {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (wished(answer)) return answer;
    if (performance.now() > deadline) {
      throw new Error(`${what}: not within ${timeoutMs} ms; last: ${JSON.stringify(answer)}`);
    }
    await sleep(20);
  }
};
