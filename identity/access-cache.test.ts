import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { type AccessCache, createAccessCache } from './access-cache.ts';
import type { KeyId, SessionId, UserId } from './ids.ts';
import type { Access, StoredKey } from './ports/identity-store.ts';

const userId = randomUUID() as UserId;
const session = randomUUID() as SessionId;
const start = Date.parse('2026-01-01T00:00:00Z');
const access = (facts: Partial<Access> = {}): Access => ({
  userId,
  active: true,
  admin: false,
  sessions: new Set([session]),
  memberships: new Map(),
  opened: new Set(),
  ...facts,
});

/** A store whose rows and changes a test sets, and whose reads it can hold back. */
const world = async (usersMost = 10) => {
  const users = new Map<UserId, Access>([[userId, access()]]);
  const changes: string[][] = [];
  const state = {
    reads: 0,
    down: false,
    held: [] as (() => void)[],
    hold: false,
    now: 0,
    all: false,
  };
  const read = async <Value>(value: Value): Promise<Value> => {
    state.reads += 1;
    if (state.hold) await new Promise<void>((resolve) => state.held.push(resolve));
    if (state.down) throw new Error('the database is down');
    return value;
  };
  const cache = createAccessCache({
    store: {
      accessOf: (id) => read(users.get(id)),
      keyById: (id): Promise<StoredKey | undefined> => read(keyOf(id)),
      changesAfter: async (place) => {
        if (state.down) throw new Error('the database is down');
        const subjects = state.all ? ['*'] : changes.slice(place).flat();
        return { place: changes.length, subjects };
      },
    },
    log: { warn: () => undefined },
    monotonic: () => state.now,
    wallClock: () => start + state.now,
    pollEvery: null,
    usersMost,
  });
  await cache.poll();
  /** Sets rows, and says so as another process would. */
  const change = (facts: Partial<Access>) => {
    users.set(userId, access(facts));
    changes.push([userId]);
  };
  const release = async () => {
    state.hold = false;
    for (const go of state.held.splice(0)) go();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { cache, state, users, changes, change, release };
};

const keyOf = (id: KeyId): StoredKey => ({
  id,
  userId,
  name: 'bot',
  secretHash: '',
  scopes: [],
  createdAt: new Date(start),
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
});

const isActive = async (cache: AccessCache) => (await cache.accessOf(userId))?.active;

describe('access in memory', () => {
  it('is read once, also where many ask at once, and then answered without a promise', async () => {
    const { cache, state } = await world();
    await Promise.all(Array.from({ length: 10 }, () => cache.accessOf(userId)));
    assert.equal(state.reads, 1);
    assert.deepEqual(cache.accessOf(userId), access());
    assert.deepEqual(cache.accessInSession(userId, session, start), access());
    assert.equal(state.reads, 1);
  });

  it('is read again after a change that a poll brought', async () => {
    const { cache, change } = await world();
    assert.equal(await isActive(cache), true);
    change({ active: false });
    assert.equal(await isActive(cache), true);
    await cache.poll();
    assert.equal(await isActive(cache), false);
  });

  it('is read again for all where a poll cannot name what changed', async () => {
    const { cache, change, changes, state } = await world();
    await isActive(cache);
    change({ active: false });
    changes[0] = [];
    state.all = true;
    await cache.poll();
    assert.equal(await isActive(cache), false);
  });

  it('is read again for all where the log of changes went back', async () => {
    const { cache, change, changes, users } = await world();
    change({});
    await cache.poll();
    await isActive(cache);
    changes.length = 0;
    users.set(userId, access({ active: false }));
    await cache.poll();
    assert.equal(await isActive(cache), false);
  });

  it('is not kept where the change came while it was read', async () => {
    const { cache, state, change, release } = await world();
    state.hold = true;
    const before = cache.accessOf(userId);
    change({ active: false });
    await cache.poll();
    await release();
    assert.equal((await before)?.active, true);
    assert.equal(await isActive(cache), false);
  });

  it('is not joined by those who ask after the change came', async () => {
    const { cache, state, change, release } = await world();
    state.hold = true;
    const before = cache.accessOf(userId);
    change({ active: false });
    await cache.poll();
    const after = cache.accessOf(userId);
    await release();
    assert.equal((await before)?.active, true);
    assert.equal((await after)?.active, false);
  });

  it('is not kept where this process changed it while it was read', async () => {
    const { cache, state, users, release } = await world();
    state.hold = true;
    const before = cache.accessOf(userId);
    users.set(userId, access({ active: false }));
    cache.forget(userId);
    await release();
    await before;
    assert.equal(await isActive(cache), false);
  });

  it('is bounded', async () => {
    const { cache, state, users } = await world(2);
    const ids = Array.from({ length: 5 }, () => randomUUID() as UserId);
    for (const id of ids) {
      users.set(id, access({ userId: id }));
      await cache.accessOf(id);
    }
    assert.equal(state.reads, 5);
    await cache.accessOf(ids[4] as UserId);
    assert.equal(state.reads, 5);
    await cache.accessOf(ids[0] as UserId);
    assert.equal(state.reads, 6);
  });

  it('holds keys as well', async () => {
    const { cache, state, changes } = await world();
    const id = randomUUID() as KeyId;
    await cache.keyOf(id);
    assert.deepEqual(cache.keyOf(id), keyOf(id));
    changes.push([id]);
    await cache.poll();
    await cache.keyOf(id);
    assert.equal(state.reads, 2);
  });
});

describe('a memory that hears of no changes', () => {
  it('answers for 900 ms, then reads each time, and fails where the store fails', async () => {
    const { cache, state, users } = await world();
    await isActive(cache);
    users.set(userId, access({ active: false }));
    state.now = 900;
    assert.equal(await isActive(cache), true);
    state.now = 901;
    assert.equal(await isActive(cache), false);
    assert.equal(await isActive(cache), false);
    assert.equal(state.reads, 3);
    state.down = true;
    await assert.rejects(async () => cache.accessOf(userId), /down/);
    await assert.rejects(async () => cache.accessInSession(userId, session, start), /down/);
    await assert.rejects(async () => cache.keyOf(randomUUID() as KeyId), /down/);
  });

  it('answers again, with what changed meanwhile, after the next good poll', async () => {
    const { cache, state, change } = await world();
    await isActive(cache);
    state.down = true;
    state.now = 2_000;
    await cache.poll();
    change({ active: false });
    state.down = false;
    await cache.poll();
    assert.equal(await isActive(cache), false);
    assert.equal(cache.accessOf(userId) instanceof Promise, false);
  });
});

describe('a session that memory does not know', () => {
  const opened = randomUUID() as SessionId;

  it('is looked for again, once for all who ask, for another process may have opened it', async () => {
    const { cache, state, users } = await world();
    await isActive(cache);
    users.set(userId, access({ sessions: new Set([session, opened]) }));
    state.now = 300;
    const found = await Promise.all(
      Array.from({ length: 10 }, () => cache.accessInSession(userId, opened, start)),
    );
    assert.ok(found.every((one) => one?.sessions.has(opened)));
    assert.equal(state.reads, 2);
  });

  it('waits for its turn to look where the user was read within 250 ms', async () => {
    const { cache, state, users } = await world();
    await isActive(cache);
    users.set(userId, access({ sessions: new Set([opened]) }));
    state.now = 200;
    const began = performance.now();
    assert.ok(await cache.accessInSession(userId, opened, start));
    assert.ok(performance.now() - began >= 45);
    assert.equal(state.reads, 2);
  });

  it('has ended where the user was read long after it was open: nothing is read', async () => {
    const { cache, state } = await world();
    state.now = 6_000;
    await cache.poll();
    await isActive(cache);
    assert.equal(await cache.accessInSession(userId, opened, start), undefined);
    assert.equal(state.reads, 1);
  });

  it('has ended where a reading since the question does not find it', async () => {
    const { cache, state } = await world();
    assert.equal(await cache.accessInSession(userId, opened, start), undefined);
    assert.equal(state.reads, 1);
    state.now = 300;
    assert.equal(await cache.accessInSession(userId, opened, start), undefined);
    assert.equal(state.reads, 2);
  });
});
