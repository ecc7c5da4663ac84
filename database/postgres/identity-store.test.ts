import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import pg from 'pg';
import type { AccountId } from '#domain/ids.ts';
import type { KeyId, RefreshTokenId, SessionId, UserId } from '#identity/ids.ts';
import type {
  IdentityStore,
  NewKey,
  NewRefreshToken,
  NewUser,
  SecurityEvent,
  StoredUser,
} from '#identity/ports/identity-store.ts';
import { migratedTestDatabase } from '#tests/support/postgres.ts';
import { createPostgresIdentityStore } from './identity-store.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const now = new Date('2026-03-02T14:30:00.000Z');
const later = (ms: number): Date => new Date(now.getTime() + ms);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

let store: IdentityStore;
/** What the store has: the rights of `ledger_app`, so that each test is one of its grants too. */
let pool: pg.Pool;
/** Owns the tables. */
let owner: pg.Pool;
const pools: pg.Pool[] = [];

const opened = async (): Promise<void> => {
  const { connectionString } = await migratedTestDatabase();
  pool = new pg.Pool({ connectionString, max: 10, options: '-c role=ledger_app' });
  owner = new pg.Pool({ connectionString, max: 2 });
  pools.push(pool, owner);
  store = createPostgresIdentityStore({ pool });
};

after(async () => {
  for (const open of pools) await open.end();
});

const newUser = (facts: Partial<NewUser> = {}): NewUser => {
  const id = randomUUID();
  return {
    id: id as UserId,
    email: `${id}@example.com`,
    username: 'Ada',
    fullName: null,
    passwordHash: `$argon2id$v=19$m=19456,t=2,p=1$${id}`,
    createdAt: now,
    ...facts,
  };
};

const addUser = async (facts: Partial<NewUser> = {}): Promise<StoredUser> => {
  const user = await store.addUser(newUser(facts));
  assert.ok(user);
  return user;
};

const addAdmin = async (): Promise<StoredUser> => {
  const { id } = await addUser();
  assert.equal(await store.setAdmin(id, true), true);
  const user = await store.userById(id);
  assert.ok(user);
  return user;
};

const newToken = (issuedAt = now): NewRefreshToken => ({
  id: randomUUID() as RefreshTokenId,
  secretHash: sha256(randomUUID()),
  issuedAt,
  expiresAt: new Date(issuedAt.getTime() + 7 * DAY_MS),
});

const openSession = async (user: StoredUser, token = newToken()): Promise<SessionId> => {
  const id = randomUUID() as SessionId;
  const { id: userId, passwordHash } = user;
  assert.ok(
    await store.openSession({ id, userId, startedAt: token.issuedAt, passwordHash }, token),
  );
  return id;
};

const newKey = (userId: UserId, facts: Partial<NewKey> = {}): NewKey => ({
  id: randomUUID() as KeyId,
  userId,
  name: 'bot',
  secretHash: sha256(randomUUID()),
  scopes: ['trading:read', 'trading:write'],
  createdAt: now,
  expiresAt: null,
  ...facts,
});

const newAccount = (): AccountId => randomUUID() as AccountId;

const sessionsOf = async (id: UserId): Promise<readonly SessionId[]> => [
  ...((await store.accessOf(id))?.sessions ?? []),
];

const place = async (): Promise<number> => (await store.changesAfter(0)).place;

/** Whom or what the work said to have changed. */
const changedBy = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
  const from = await place();
  await work();
  return (await store.changesAfter(from)).subjects;
};

describe('users', () => {
  before(opened);

  it('are found by their address in any case, and by id', async () => {
    const user = await addUser({ email: 'Grace.ÉCOLE@Example.com', fullName: 'Grace Hopper' });
    assert.equal(user.email, 'grace.école@example.com');
    assert.deepEqual(await store.userByEmail('GRACE.école@example.COM'), user);
    assert.deepEqual(await store.userById(user.id), user);
    assert.equal(user.active, true);
    assert.equal(user.admin, false);
    assert.equal(user.lastLoginAt, null);
    assert.equal(await store.userByEmail('nobody@example.com'), undefined);
    assert.equal(await store.userById(randomUUID() as UserId), undefined);
  });

  it('have an address that nobody else gets, and a name that others may have', async () => {
    const email = 'only@example.com';
    const attempts = await Promise.all(
      [1, 2, 3, 4].map((n) =>
        store.addUser(newUser({ email: n % 2 ? email : 'ONLY@example.com' })),
      ),
    );
    assert.equal(attempts.filter((user) => user !== undefined).length, 1);
    assert.equal((await addUser({ username: 'Ada' })).username, 'Ada');
  });

  it('are never stored with a password that was not hashed', async () => {
    await assert.rejects(addUser({ passwordHash: 'correct horse battery' }), /password_hash_check/);
  });

  it('cannot be deleted by the program', async () => {
    await assert.rejects(pool.query('DELETE FROM identity.users'), /permission denied/);
    await assert.rejects(pool.query('DELETE FROM identity.api_keys'), /permission denied/);
  });

  it('get a better hash only while they have the one it replaces, and nobody is told', async () => {
    const user = await addUser();
    const told = await changedBy(async () => {
      await store.upgradeHash(user.id, user.passwordHash, '$argon2id$better');
      await store.upgradeHash(user.id, user.passwordHash, '$argon2id$too-late');
    });
    assert.equal((await store.userById(user.id))?.passwordHash, '$argon2id$better');
    assert.deepEqual(told, []);
  });
});

describe('a list of users', () => {
  before(opened);

  it('is newest first and paged without loss or repeat', async () => {
    const ids: UserId[] = [];
    for (const age of [3, 3, 3, 2, 1]) {
      ids.push((await addUser({ createdAt: later(-age * DAY_MS) })).id);
    }
    const seen: UserId[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listUsers({ limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.rows.map((user) => user.id));
      cursor = page.next ?? undefined;
      assert.ok(cursor === undefined || page.rows.length === 2);
    } while (cursor !== undefined);
    assert.deepEqual(seen, [ids[4], ids[3], ...ids.slice(0, 3).sort().reverse()]);
  });

  it('begins at the beginning with a cursor that is none of ours', async () => {
    const first = await store.listUsers({ limit: 1 });
    for (const cursor of ['', 'x', '%%', btoa('9 9'), btoa(`${'9'.repeat(30)} ${randomUUID()}`)]) {
      assert.deepEqual(await store.listUsers({ limit: 1, cursor }), first, cursor);
    }
    const log = await store.readLog({ limit: 1, cursor: btoa(`1 ${'9'.repeat(30)}`) });
    assert.deepEqual(log, { rows: [], next: null });
  });
});

describe('a database without an administrator', () => {
  beforeEach(opened);

  it('gets its first with the token that was put last, who owns what was named', async () => {
    const accounts = [newAccount(), newAccount()];
    assert.equal(await store.putSetupToken(sha256('first')), true);
    assert.equal(await store.putSetupToken(sha256('second')), true);
    assert.equal(await store.addFirstAdmin(sha256('first'), newUser(), accounts), undefined);
    const admin = await store.addFirstAdmin(sha256('second'), newUser(), accounts);
    assert.ok(admin?.admin);
    const access = await store.accessOf(admin.id);
    assert.deepEqual(access?.memberships, new Map(accounts.map((id) => [id, 'owner'])));
    assert.equal((await owner.query('SELECT FROM identity.setup_token')).rowCount, 0);
  });

  it('gets one only, however many ask at once', async () => {
    await store.putSetupToken(sha256('token'));
    const admins = await Promise.all(
      [1, 2, 3, 4, 5].map(() => store.addFirstAdmin(sha256('token'), newUser(), [])),
    );
    assert.equal(admins.filter((admin) => admin !== undefined).length, 1);
    assert.equal((await store.listUsers({ limit: 10 })).rows.length, 1);
    assert.equal(await store.putSetupToken(sha256('another')), false);
    assert.equal(await store.addFirstAdmin(sha256('another'), newUser(), []), undefined);
  });

  it('keeps its token where the address is taken', async () => {
    const { email } = await addUser();
    await store.putSetupToken(sha256('token'));
    assert.equal(await store.addFirstAdmin(sha256('token'), newUser({ email }), []), undefined);
    assert.ok(await store.addFirstAdmin(sha256('token'), newUser(), []));
  });

  it('takes no token any more once somebody was promoted', async () => {
    await store.putSetupToken(sha256('token'));
    await addAdmin();
    assert.equal(await store.addFirstAdmin(sha256('token'), newUser(), []), undefined);
    assert.equal(await store.putSetupToken(sha256('next')), false);
    assert.equal((await owner.query('SELECT FROM identity.setup_token')).rowCount, 0);
  });
});

describe('the last active administrator', () => {
  beforeEach(opened);

  it('can be neither demoted nor deactivated, others can', async () => {
    const [one, two] = [await addAdmin(), await addAdmin()];
    assert.equal(await store.setActive(two.id, false), true);
    assert.equal(await store.setAdmin(one.id, false), false);
    assert.equal(await store.setActive(one.id, false), false);
    assert.equal((await store.userById(one.id))?.admin, true);
    assert.equal(await store.setAdmin(two.id, false), true);
    assert.equal(await store.setActive((await addUser()).id, false), true);
    assert.equal(await store.setAdmin(randomUUID() as UserId, true), false);
    assert.equal(await store.setActive(randomUUID() as UserId, true), false);
  });

  it('remains, however many administrators remove each other at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const admins = await Promise.all([addAdmin(), addAdmin(), addAdmin(), addAdmin()]);
      await Promise.all(
        admins.map(({ id }, n) => (n % 2 ? store.setAdmin(id, false) : store.setActive(id, false))),
      );
      const { rows } = await owner.query('SELECT id FROM identity.users WHERE admin AND active');
      assert.equal(rows.length, 1);
      await owner.query('UPDATE identity.users SET admin = false, active = true');
    }
  });
});

describe('a session', () => {
  before(opened);

  it('opens with its first token and notes the login', async () => {
    const user = await addUser();
    const told = await changedBy(() => openSession(user));
    assert.equal((await store.userById(user.id))?.lastLoginAt?.getTime(), now.getTime());
    assert.equal((await sessionsOf(user.id)).length, 1);
    assert.deepEqual(told, []);
  });

  it('does not open for a user who is not active, or whose password is another by now', async () => {
    const user = await addUser();
    const session = { id: randomUUID() as SessionId, userId: user.id, startedAt: now };
    const other = { ...session, passwordHash: '$argon2id$other' };
    assert.equal(await store.openSession(other, newToken()), false);
    await store.setActive(user.id, false);
    const inactive = { ...session, passwordHash: user.passwordHash };
    assert.equal(await store.openSession(inactive, newToken()), false);
    assert.deepEqual(await sessionsOf(user.id), []);
    assert.equal((await store.userById(user.id))?.lastLoginAt, null);
  });

  it('ends with a change of password or a deactivation, even one that comes as it opens', async () => {
    const revoke: readonly ((id: UserId) => Promise<unknown>)[] = [
      (id) => store.setPassword(id, '$argon2id$next'),
      (id) => store.setActive(id, false),
    ];
    for (const revoked of revoke) {
      for (let round = 0; round < 10; round += 1) {
        const user = await addUser();
        await openSession(user);
        const startedAt = now;
        const { id: userId, passwordHash } = user;
        await Promise.all([
          ...[1, 2, 3].map(() =>
            store.openSession(
              { id: randomUUID() as SessionId, userId, startedAt, passwordHash },
              newToken(),
            ),
          ),
          revoked(userId),
        ]);
        assert.deepEqual(await sessionsOf(userId), []);
      }
    }
  });

  it('ends for itself and tells once', async () => {
    const user = await addUser();
    const [one, two] = [await openSession(user), await openSession(user)];
    assert.deepEqual(await changedBy(() => store.endSession(one)), [user.id]);
    assert.deepEqual(await changedBy(() => store.endSession(one)), []);
    assert.deepEqual(await changedBy(() => store.endSession(randomUUID() as SessionId)), []);
    assert.deepEqual(await sessionsOf(user.id), [two]);
  });
});

describe('a refresh token', () => {
  before(opened);

  it('is exchanged for the next, which is exchanged in turn', async () => {
    const user = await addUser();
    const tokens = [
      newToken(),
      newToken(later(MINUTE_MS)),
      newToken(later(2 * MINUTE_MS)),
    ] as const;
    const sessionId = await openSession(user, tokens[0]);
    const rotated = { kind: 'rotated', userId: user.id, sessionId };
    assert.deepEqual(await store.rotate(tokens[0], tokens[1]), rotated);
    assert.deepEqual(await store.rotate(tokens[1], tokens[2]), rotated);
  });

  it('ends its session when it is used again, and nothing of it is good then', async () => {
    const user = await addUser();
    const [first, second] = [newToken(), newToken()];
    const sessionId = await openSession(user, first);
    const other = await openSession(user);
    await store.rotate(first, second);
    const told = await changedBy(async () => {
      const reused = { kind: 'reused', userId: user.id, sessionId };
      assert.deepEqual(await store.rotate(first, newToken(later(30 * DAY_MS))), reused);
    });
    assert.deepEqual(told, [user.id]);
    assert.deepEqual(await store.rotate(second, newToken()), { kind: 'void' });
    assert.deepEqual(await store.rotate(first, newToken()), { kind: 'void' });
    assert.deepEqual(await sessionsOf(user.id), [other]);
  });

  it('used by two at once is exchanged once and found reused once', async () => {
    for (let round = 0; round < 20; round += 1) {
      const user = await addUser();
      const first = newToken();
      await openSession(user, first);
      const both = await Promise.all([
        store.rotate(first, newToken()),
        store.rotate(first, newToken()),
      ]);
      assert.deepEqual(both.map(({ kind }) => kind).sort(), ['reused', 'rotated']);
      assert.deepEqual(await sessionsOf(user.id), []);
    }
  });

  it('is void with a wrong secret, unknown or expired, and that ends nothing', async () => {
    const user = await addUser();
    const first = newToken();
    const sessionId = await openSession(user, first);
    const wrong = { id: first.id, secretHash: sha256('guess') };
    const unknown = { id: randomUUID() as RefreshTokenId, secretHash: first.secretHash };
    for (const guess of [wrong, unknown]) {
      assert.deepEqual(await store.rotate(guess, newToken()), { kind: 'void' });
    }
    assert.deepEqual(await store.rotate(first, newToken(first.expiresAt)), { kind: 'void' });
    await store.rotate(first, newToken());
    assert.deepEqual(await store.rotate(wrong, newToken()), { kind: 'void' });
    assert.deepEqual(await sessionsOf(user.id), [sessionId]);
  });

  it('is void once its user was deactivated, and stays so', async () => {
    const user = await addUser();
    const first = newToken();
    await openSession(user, first);
    await store.setActive(user.id, false);
    assert.deepEqual(await store.rotate(first, newToken()), { kind: 'void' });
    await store.setActive(user.id, true);
    assert.deepEqual(await store.rotate(first, newToken()), { kind: 'void' });
  });

  it('is never stored as it is', async () => {
    const user = await addUser();
    await assert.rejects(
      openSession(user, { ...newToken(), secretHash: 'a-secret' }),
      /secret_hash_check/,
    );
    assert.deepEqual(await sessionsOf(user.id), []);
  });
});

describe('an API key', () => {
  before(opened);

  it('is listed newest first, with its scopes and when it expires', async () => {
    const user = await addUser();
    const expiresAt = later(DAY_MS);
    const old = await store.addKey(newKey(user.id, { createdAt: later(-DAY_MS), expiresAt }));
    const young = await store.addKey(newKey(user.id, { scopes: [] }));
    await store.addKey(newKey((await addUser()).id));
    assert.deepEqual(await store.keysOf(user.id), [young, old]);
    assert.deepEqual(await store.keyById(old.id), old);
    assert.equal(await store.keyById(randomUUID() as KeyId), undefined);
  });

  it('is revoked once, by its user only, and stays listed', async () => {
    const user = await addUser();
    const key = await store.addKey(newKey(user.id));
    assert.equal(await store.revokeKey(key.id, (await addUser()).id, now), false);
    const told = await changedBy(async () => {
      const both = await Promise.all([1, 2].map(() => store.revokeKey(key.id, user.id, now)));
      assert.deepEqual(both.sort(), [false, true]);
    });
    assert.deepEqual(new Set(told), new Set([user.id, key.id]));
    assert.deepEqual(await store.keysOf(user.id), [{ ...key, revokedAt: now }]);
  });

  it('tells each address at which it was not seen before, once', async () => {
    const user = await addUser();
    const [one, two] = [await store.addKey(newKey(user.id)), await store.addKey(newKey(user.id))];
    const use = (keyId: KeyId, address: string, at: Date) => ({ keyId, address, at });
    const uses = [
      use(one.id, '127.0.0.1', later(2_000)),
      use(one.id, '127.0.0.1', later(1_000)),
      use(one.id, '::1', later(3_000)),
      use(two.id, '127.0.0.1', later(1_000)),
      use(randomUUID() as KeyId, '127.0.0.1', now),
    ];
    const fresh = [uses[1], uses[2], uses[3]];
    assert.deepEqual(new Set(await store.noteKeyUses(uses)), new Set(fresh));
    assert.deepEqual(await store.noteKeyUses(uses), []);
    await store.noteKeyUses([use(one.id, '::1', now)]);
    assert.deepEqual(await store.noteKeyUses([]), []);
    assert.deepEqual((await store.keyById(one.id))?.lastUsedAt, later(3_000));
  });

  it('is noted by many processes at once without one waiting for another for ever', async () => {
    const user = await addUser();
    const keys = await Promise.all([1, 2, 3, 4].map(() => store.addKey(newKey(user.id))));
    const uses = keys.map((key) => ({ keyId: key.id, address: '10.0.0.1', at: now }));
    const noted = await Promise.all(
      Array.from({ length: 20 }, (_, n) => store.noteKeyUses(n % 2 ? uses : [...uses].reverse())),
    );
    assert.equal(noted.flat().length, keys.length);
  });
});

describe('the members of an account', () => {
  before(opened);

  it('have one role each, which can change', async () => {
    const [one, two, account] = [await addUser(), await addUser(), newAccount()];
    assert.equal(await store.setMember(account, one.id, 'owner'), true);
    assert.equal(await store.setMember(account, two.id, 'viewer'), true);
    assert.deepEqual(await changedBy(() => store.setMember(account, two.id, 'trader')), [two.id]);
    assert.deepEqual(await changedBy(() => store.setMember(account, two.id, 'trader')), []);
    const members = await store.membersOf(account);
    assert.deepEqual(
      members.map(({ since: _, ...member }) => member),
      [
        { userId: one.id, username: 'Ada', role: 'owner' },
        { userId: two.id, username: 'Ada', role: 'trader' },
      ],
    );
    assert.deepEqual((await store.accessOf(two.id))?.memberships, new Map([[account, 'trader']]));
    assert.deepEqual(await changedBy(() => store.removeMember(account, two.id)), [two.id]);
    assert.equal(await store.removeMember(account, two.id), false);
    assert.deepEqual(await store.membersOf(newAccount()), []);
  });

  it('always include an owner once there is one', async () => {
    const [one, two, account] = [await addUser(), await addUser(), newAccount()];
    await store.setMember(account, one.id, 'owner');
    await store.setMember(account, two.id, 'trader');
    assert.equal(await store.removeMember(account, one.id), false);
    assert.equal(await store.setMember(account, one.id, 'viewer'), false);
    await store.setMember(account, two.id, 'owner');
    assert.equal(await store.setMember(account, one.id, 'viewer'), true);
  });

  it('include an owner, however many owners leave at once', async () => {
    const users = await Promise.all([addUser(), addUser(), addUser(), addUser()]);
    for (let round = 0; round < 10; round += 1) {
      const account = newAccount();
      for (const { id } of users) await store.setMember(account, id, 'owner');
      await Promise.all(
        users.map(({ id }, n) =>
          n % 2 ? store.removeMember(account, id) : store.setMember(account, id, 'viewer'),
        ),
      );
      const owners = (await store.membersOf(account)).filter(({ role }) => role === 'owner');
      assert.equal(owners.length, 1);
    }
  });

  it('are users', async () => {
    const nobody = randomUUID() as UserId;
    await assert.rejects(store.setMember(newAccount(), nobody, 'viewer'), /foreign key/);
    assert.equal(await store.accessOf(nobody), undefined);
  });
});

describe('changes', () => {
  beforeEach(opened);

  it('name each user whose rights changed', async () => {
    const user = await addUser();
    await addAdmin();
    for (const change of [
      () => store.setPassword(user.id, '$argon2id$next'),
      () => store.setAdmin(user.id, true),
      () => store.setAdmin(user.id, false),
      () => store.setActive(user.id, false),
      () => store.setActive(user.id, true),
    ]) {
      assert.deepEqual(await changedBy(change), [user.id]);
      assert.equal(await changedBy(async () => {}).then(({ length }) => length), 0);
    }
    const nothing = () => store.setPassword(randomUUID() as UserId, '$argon2id$x');
    assert.deepEqual(await changedBy(nothing), []);
  });

  it('are never missed by one who asks for more while many are made', async () => {
    const users = await Promise.all(Array.from({ length: 40 }, () => addUser()));
    const seen: string[] = [];
    let at = 0;
    const look = async () => {
      const { place: next, subjects } = await store.changesAfter(at);
      assert.ok(next >= at);
      assert.ok(subjects.length <= next - at);
      seen.push(...subjects);
      at = next;
    };
    let done = false;
    const reader = (async () => {
      while (!done) await look();
      await look();
    })();
    await Promise.all(users.map(({ id }) => store.setPassword(id, '$argon2id$next')));
    done = true;
    await reader;
    assert.equal(at, users.length);
    assert.deepEqual(seen.sort(), users.map(({ id }) => id).sort());
  });

  it('take no number with them when they are taken back', async () => {
    const [user, other] = [await addUser(), await addUser()];
    const client = await owner.connect();
    await client.query('BEGIN');
    await client.query('LOCK TABLE identity.changes');
    const impatient = new pg.Pool({
      connectionString: owner.options.connectionString,
      options: '-c lock_timeout=100',
    });
    pools.push(impatient);
    const hurried = createPostgresIdentityStore({ pool: impatient });
    await assert.rejects(hurried.setPassword(user.id, '$argon2id$lost'), /lock timeout/);
    await client.query('ROLLBACK');
    client.release();
    assert.equal((await store.userById(user.id))?.passwordHash, user.passwordHash);
    await store.setPassword(other.id, '$argon2id$next');
    assert.deepEqual(await store.changesAfter(0), { place: 1, subjects: [other.id] });
  });

  it('stand for everything where some are gone, too many, or not reached yet', async () => {
    const user = await addUser();
    for (const n of [1, 2, 3]) await store.setPassword(user.id, `$argon2id$${n}`);
    assert.deepEqual(await store.changesAfter(1), { place: 3, subjects: [user.id] });
    assert.deepEqual(await store.changesAfter(3), { place: 3, subjects: [] });
    assert.deepEqual(await store.changesAfter(4), { place: 3, subjects: ['*'] });
    await owner.query('DELETE FROM identity.changes WHERE place = 2');
    assert.deepEqual(await store.changesAfter(1), { place: 3, subjects: ['*'] });
    assert.deepEqual(await store.changesAfter(2), { place: 3, subjects: [user.id] });
    await owner.query('UPDATE identity.change_head SET place = 20000');
    assert.deepEqual(await store.changesAfter(3), { place: 20_000, subjects: ['*'] });
  });
});

describe('the security log', () => {
  before(opened);

  const entry = (facts: Partial<SecurityEvent>): SecurityEvent => ({
    at: now,
    kind: 'login_failed',
    userId: null,
    actorId: null,
    keyId: null,
    address: null,
    facts: {},
    ...facts,
  });

  it('is read newest first, in pages, of all or of one user', async () => {
    const [userId, actorId] = [randomUUID() as UserId, randomUUID() as UserId];
    const keyId = randomUUID() as KeyId;
    const entries = [
      entry({ at: later(1_000), userId, kind: 'login_succeeded', address: '::1' }),
      entry({ at: later(1_000), userId, kind: 'key_revoked', keyId }),
      entry({ at: later(3_000), actorId, userId, kind: 'member_set', facts: { role: 'viewer' } }),
      entry({ at: later(2_000) }),
    ];
    await store.record(entries);
    const read = async (whose: { userId?: UserId }) => {
      const seen: SecurityEvent[] = [];
      let cursor: string | undefined;
      do {
        const from = cursor === undefined ? {} : { cursor };
        const page = await store.readLog({ limit: 1, ...from, ...whose });
        seen.push(...page.rows.map(({ id: _, ...event }) => event));
        cursor = page.next ?? undefined;
      } while (cursor !== undefined);
      return seen;
    };
    assert.deepEqual(await read({}), [entries[2], entries[3], entries[1], entries[0]]);
    assert.deepEqual(await read({ userId }), [entries[2], entries[1], entries[0]]);
    assert.deepEqual(await read({ userId: actorId }), []);
  });

  it("takes strangers' words as far as the database can keep them", async () => {
    const facts = { email: 'a\0b\ud800c"\\\'; DROP TABLE identity.users; --' };
    await store.record([entry({ at: later(DAY_MS), facts, address: 'x\0' }), entry({})]);
    await store.record([]);
    const { rows } = await store.readLog({ limit: 1 });
    const kept = 'a\uFFFDb\uFFFDc"\\\'; DROP TABLE identity.users; --';
    assert.deepEqual(rows[0]?.facts, { email: kept });
    assert.equal(rows[0]?.address, 'x\uFFFD');
  });

  it('cannot be changed, by the program or by the owner of its table', async () => {
    const changes = [
      "UPDATE identity.security_log SET kind = 'x'",
      'DELETE FROM identity.security_log',
      'TRUNCATE identity.security_log',
    ];
    for (const change of changes) {
      await assert.rejects(pool.query(change), /permission denied/);
      await assert.rejects(owner.query(change), /append-only/);
      const replica = `SET LOCAL session_replication_role = replica; ${change}`;
      await assert.rejects(owner.query(`BEGIN; ${replica}`), /append-only/);
      await owner.query('ROLLBACK');
    }
  });
});

describe('what nobody needs any more', () => {
  before(opened);

  const count = async (table: string): Promise<number> => {
    const { rows } = await owner.query(`SELECT count(*)::int AS n FROM ${table}`);
    return rows[0].n;
  };

  it('goes: sessions and tokens after 30 days, changes after a day; the rest stays', async () => {
    const user = await addUser();
    const today = new Date();
    const ago = (days: number) => newToken(new Date(today.getTime() - days * DAY_MS));
    await openSession(user, ago(40));
    const recent = await openSession(user, ago(20));
    const used = ago(50);
    const open = await openSession(user, used);
    await store.rotate(used, ago(45));
    // One that is in use all the time.
    let young = ago(46);
    await openSession(user, young);
    for (const days of [41, 36, 31, 26, 21, 16, 11, 6, 1]) {
      const next = ago(days);
      assert.equal((await store.rotate(young, next)).kind, 'rotated');
      young = next;
    }
    await store.setMember(newAccount(), user.id, 'owner');
    assert.equal((await sessionsOf(user.id)).includes(open), true);

    const told = await changedBy(() => store.prune(today));
    assert.deepEqual(told, []);
    assert.equal((await sessionsOf(user.id)).length, 1);
    assert.equal(await count('identity.sessions'), 2);
    const kept = await owner.query('SELECT ended_at FROM identity.sessions WHERE id = $1', [
      recent,
    ]);
    assert.equal(kept.rows[0].ended_at.getTime(), today.getTime() - 13 * DAY_MS);
    // Of the one in use those that expired less than 30 days ago, and the other's.
    assert.equal(await count('identity.refresh_tokens'), 8 + 1);
    assert.equal((await store.rotate(young, newToken(today))).kind, 'rotated');
    assert.equal(await count('identity.changes'), 1);

    await store.prune(new Date(today.getTime() + 2 * DAY_MS));
    assert.equal(await count('identity.changes'), 0);
    assert.deepEqual(await store.changesAfter(0), { place: 1, subjects: ['*'] });
  });

  it('takes nothing with it but the tokens of a session', async () => {
    const { rows } = await owner.query(
      `SELECT conrelid::regclass::text AS from_table FROM pg_constraint
       WHERE contype = 'f' AND confdeltype <> 'a' AND connamespace = 'identity'::regnamespace`,
    );
    assert.deepEqual(rows, [{ from_table: 'identity.refresh_tokens' }]);
  });
});

describe('a broken connection', () => {
  before(opened);

  it('is told to the caller, and the next call gets another', async () => {
    const user = await addUser();
    const client = await owner.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM identity.users WHERE id = $1 FOR UPDATE', [user.id]);
    const waiting = store.setPassword(user.id, '$argon2id$next');
    const failed = assert.rejects(waiting, /terminat|Connection/i);
    let cut = 0;
    while (cut === 0) {
      const { rowCount } = await owner.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      cut = rowCount ?? 0;
    }
    await failed;
    await client.query('ROLLBACK');
    client.release();
    assert.equal((await store.userById(user.id))?.passwordHash, user.passwordHash);
  });
});
