import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { createLoginDelays, type LoginDelays } from './login-delays.ts';

const ada = 'ada@example.com';
const home = '192.0.2.1';
const elsewhere = '198.51.100.7';

let delays: LoginDelays;
beforeEach(() => {
  mock.timers.enable({ apis: ['Date', 'setTimeout'], now: Date.parse('2026-01-01T00:00:00Z') });
  delays = createLoginDelays();
});
afterEach(() => mock.timers.reset());

const pass = (seconds: number) => mock.timers.tick(seconds * 1_000);

/** Attempts that fail, each after the wait before it; the waits. */
const fail = async (times: number, email: string, address: string): Promise<number[]> => {
  const waits: number[] = [];
  for (let attempt = 0; attempt < times; attempt += 1) {
    const wait = await delays.before(email, address);
    waits.push(wait);
    if (wait > 0) {
      pass(wait);
      assert.equal(await delays.before(email, address), 0, 'after the wait the turn has come');
    }
    await delays.failed(email, address);
  }
  return waits;
};

/** Failures of a user at many addresses. */
const attack = async (email: string, times: number): Promise<void> => {
  for (let attempt = 0; attempt < times; attempt += 1) {
    await delays.failed(email, `203.0.113.${attempt}`);
  }
};

describe('a user at one address', () => {
  it('waits twice as long after each failure from the third on, up to a minute', async () => {
    assert.deepEqual(await fail(11, ada, home), [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]);
  });

  it('gets one attempt for each wait, however many are sent at once', async () => {
    await fail(5, ada, home);
    pass(4);
    const waits = await Promise.all(Array.from({ length: 20 }, () => delays.before(ada, home)));
    assert.equal(waits.filter((wait) => wait === 0).length, 1);
  });

  it('is never locked out: after the longest wait the next attempt counts', async () => {
    await fail(30, ada, home);
    pass(60);
    assert.equal(await delays.before(ada, home), 0);
    await delays.succeeded(ada, home);
    assert.equal(await delays.before(ada, home), 0);
  });

  it('does not wait for what others failed at', async () => {
    await fail(12, ada, home);
    assert.equal(await delays.before('bob@example.com', home), 0);
    assert.equal(await delays.before(ada, elsewhere), 0);
  });

  it('starts anew after a success', async () => {
    await fail(8, ada, home);
    await delays.succeeded(ada, home);
    assert.deepEqual(await fail(4, ada, home), [0, 0, 0, 1]);
  });

  it('starts anew an hour after the first failure', async () => {
    await fail(4, ada, home);
    pass(3_600);
    assert.deepEqual(await fail(4, ada, home), [0, 0, 0, 1]);
  });
});

describe('a user who is attacked from many addresses', () => {
  it('is not kept out at an address that was good before', async () => {
    await delays.succeeded(ada, home);
    await attack(ada, 500);
    assert.equal(await delays.before(ada, home), 0);
  });

  it('waits once at a new address, at most half a minute, whatever the others send meanwhile', async () => {
    await attack(ada, 500);
    const wait = await delays.before(ada, elsewhere);
    assert.equal(wait, 30);
    for (let second = 0; second < 30; second += 1) {
      pass(1);
      await attack(ada, 10);
    }
    assert.equal(await delays.before(ada, elsewhere), 0);
  });

  it('makes each further address wait before its first attempt, and between attempts', async () => {
    await attack(ada, 100);
    for (const address of ['192.0.2.50', '192.0.2.51', '192.0.2.52']) {
      assert.deepEqual(await fail(2, ada, address), [30, 30]);
    }
  });
});

describe('an address that tries many users', () => {
  const spray = async (times: number, address: string) => {
    for (let user = 0; user < times; user += 1)
      await delays.failed(`user${user}@example.com`, address);
  };

  it('waits after twenty failures, up to a minute, also with a success of its own in between', async () => {
    await spray(19, home);
    assert.equal(await delays.before('one@example.com', home), 0);
    await spray(40, home);
    await delays.succeeded('mallory@example.com', home);
    assert.equal(await delays.before('two@example.com', home), 60);
  });

  it('gets one attempt for each wait', async () => {
    await spray(100, home);
    pass(60);
    const waits = await Promise.all(
      Array.from({ length: 20 }, (_, user) => delays.before(`new${user}@example.com`, home)),
    );
    assert.equal(waits.filter((wait) => wait === 0).length, 1);
  });

  it('does not keep out who was let in there before', async () => {
    await delays.succeeded(ada, home);
    await spray(100, home);
    assert.equal(await delays.before(ada, home), 0);
  });

  it('is the same address within a /64, and as IPv4 within IPv6', async () => {
    await spray(100, '2001:db8:0:1::1');
    assert.equal(await delays.before(ada, '2001:0db8:0000:0001:ffff::2'), 60);
    assert.equal(await delays.before(ada, '2001:db8:0:2::1'), 0);
    await spray(100, '::ffff:192.0.2.1');
    assert.equal(await delays.before('bob@example.com', home), 60);
  });
});
