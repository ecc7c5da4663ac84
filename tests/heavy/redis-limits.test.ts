import { deepEqual, equal, ok } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectRedis, createCounter } from '#api/http/rate-limits.ts';

const allowance = { requests: 3, seconds: 30 };

/** A log that counts what it is told. */
const countingLog = () => {
  const told = { info: 0, warn: 0 };
  const log = {
    info: () => {
      told.info += 1;
    },
    warn: () => {
      told.warn += 1;
    },
  };
  return { told, log };
};

const until = async (what: string, holds: () => boolean): Promise<void> => {
  for (let waitedMs = 0; waitedMs < 15_000; waitedMs += 20) {
    if (holds()) return;
    await sleep(20);
  }
  throw new Error(`in 15 seconds it did not happen: ${what}`);
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

describe('a Redis that cannot be reached', () => {
  it('is said once, and each process counts for itself', async () => {
    const { told, log } = countingLog();
    const redis = connectRedis(`redis://127.0.0.1:${await freePort()}`, log);
    try {
      const count = createCounter('test', allowance, redis);
      const counts = [await count('a'), await count('a'), await count('a'), await count('a')];
      deepEqual(
        counts.map(({ remaining, exceeded }) => [remaining, exceeded]),
        [
          [2, false],
          [1, false],
          [0, false],
          [0, true],
        ],
      );
      equal((await count('b')).exceeded, false);
      await until('a second attempt', () => redis.status === 'reconnecting' && told.warn > 0);
      await sleep(1_200);
      equal(told.warn, 1);
    } finally {
      redis.disconnect();
    }
  });
});

describe('a Redis that accepts and says nothing', () => {
  let server: Server;
  const sockets = new Set<Socket>();
  before(async () => {
    server = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('keeps no request waiting', async () => {
    const { port } = server.address() as AddressInfo;
    const redis = connectRedis(`redis://127.0.0.1:${port}`, countingLog().log);
    try {
      await until('a connection', () => sockets.size > 0);
      const count = createCounter('test', allowance, redis);
      const started = performance.now();
      equal((await count('a')).remaining, 2);
      ok(performance.now() - started < 2_000);
    } finally {
      redis.disconnect();
    }
  });
});

describe('a Redis that serves', () => {
  let port: number;
  let server: ChildProcess;
  const start = async (): Promise<void> => {
    const options = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
    ];
    server = spawn('redis-server', options, { stdio: 'ignore' });
  };
  const stop = async (): Promise<void> => {
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  };
  const { log, told } = countingLog();
  let one: ReturnType<typeof connectRedis>;
  let two: ReturnType<typeof connectRedis>;
  const bothReady = () => one.status === 'ready' && two.status === 'ready';

  before(async () => {
    port = await freePort();
    await start();
    one = connectRedis(`redis://127.0.0.1:${port}`, log);
    two = connectRedis(`redis://127.0.0.1:${port}`, log);
    await until('two connections', bothReady);
  });
  after(async () => {
    one.disconnect();
    two.disconnect();
    await stop();
  });

  it('counts for all processes together', async () => {
    const [first, second] = [
      createCounter('shared', allowance, one),
      createCounter('shared', allowance, two),
    ];
    equal((await first('a')).remaining, 2);
    equal((await second('a')).remaining, 1);
    equal((await first('a')).remaining, 0);
    const refused = await second('a');
    equal(refused.exceeded, true);
    ok(refused.resetSeconds > 0 && refused.resetSeconds <= allowance.seconds);
    equal((await second('b')).remaining, 2);
  });

  it('keeps requests waiting for a moment only when it hangs, and none while it is down', async () => {
    const count = createCounter('hanging', { requests: 1_000, seconds: 30 }, one);
    await count('a');
    server.kill('SIGSTOP');
    const started = performance.now();
    equal((await count('a')).remaining, 999);
    ok(performance.now() - started < 5_000);
    equal((await count('a')).remaining, 998);
    server.kill('SIGCONT');
    await until('the connection again', bothReady);
    const before = told.info;
    await stop();
    await until('both connections lost', () => one.status !== 'ready' && two.status !== 'ready');
    equal((await count('a')).exceeded, false);
    await start();
    await until('both connections again', bothReady);
    ok(told.info > before);
    equal((await count('a')).remaining, 999);
  });
});
