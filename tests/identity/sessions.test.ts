import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Identity } from '#identity/identity.ts';
import { createPasswords } from '#identity/passwords.ts';
import {
  bearer,
  home,
  identityWorld,
  kindsOf,
  loggedIn,
  msUntil,
  newAdmin,
  newUser,
  otherPassword,
  password,
  principalOf,
  refuses,
  type World,
} from './world.ts';

let world: World;
let identity: Identity;
/** Another process over the same database. */
let second: Identity;
before(async () => {
  world = await identityWorld();
  identity = world.identity;
  second = world.open().identity;
});
after(() => world.close());

const isIn = async (process: Identity, accessToken: string) =>
  (await bearer(process, accessToken)) !== undefined;

/** A user whose access both processes have in memory. */
const knownToBoth = async () => {
  const user = await loggedIn(world);
  const { accessToken } = user.tokens;
  assert.ok(await isIn(second, accessToken));
  assert.ok(await isIn(second, accessToken));
  return { ...user, accessToken };
};

/** What must hold of a user whose sessions have ended. */
const isOut = async (accessToken: string): Promise<void> => {
  assert.equal(await isIn(identity, accessToken), false, 'at once in this process');
  const ms = await msUntil(async () => !(await isIn(second, accessToken)));
  assert.ok(ms < 1_000, `in the other process after ${ms} ms`);
};

describe('a login', () => {
  it('gives tokens for half an hour, and says who the user is', async () => {
    const { id, tokens, principal } = await loggedIn(world);
    assert.equal(tokens.expiresIn, 1_800);
    assert.equal(principal.userId, id);
    assert.equal(principal.actor, id);
    assert.equal(principal.keyId, null);
    assert.ok(principal.scopes.has('trading:write'));
    assert.ok(!principal.scopes.has('admin'));
    assert.deepEqual(await kindsOf(world, id), ['login_succeeded', 'user_registered']);
  });

  it('is good in every process at once, also where the user was in memory before', async () => {
    const { email } = await knownToBoth();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const { accessToken } = await identity.login(email, password, home);
      assert.ok(await isIn(second, accessToken));
    }
  });

  it('takes the address in any case, with blanks around it', async () => {
    const { email } = await newUser(world);
    assert.ok(await identity.login(` ${email.toUpperCase()} `, password, home));
  });

  it('upgrades the hash to the parameters in force, and the password stays good', async () => {
    const { id, email } = await newUser(world);
    const newer = world.open({ passes: 3 });
    const before = await world.store.userById(id);
    await newer.identity.login(email, password, home);
    const upgraded = await world.store.userById(id);
    assert.match(before?.passwordHash ?? '', /,t=2,/);
    assert.match(upgraded?.passwordHash ?? '', /,t=3,/);
    await newer.identity.login(email, password, home);
    assert.equal((await world.store.userById(id))?.passwordHash, upgraded?.passwordHash);
  });

  it('works several times at once while the hash is upgraded', async () => {
    const { email } = await newUser(world);
    const newer = world.open({ passes: 3, atOnceMost: 2 }).identity;
    const logins = await Promise.all([1, 2, 3, 4].map(() => newer.login(email, password, home)));
    for (const { accessToken } of logins) assert.ok(await isIn(newer, accessToken));
  });

  it('fails where it cannot be written to the security log, and opens no session', async () => {
    const { id, email } = await newUser(world);
    await world.pool.query('ALTER TABLE identity.security_log RENAME TO away');
    try {
      await assert.rejects(identity.login(email, password, home), /security_log/);
    } finally {
      await world.pool.query('ALTER TABLE identity.away RENAME TO security_log');
    }
    assert.equal((await world.store.accessOf(id))?.sessions.size, 0);
    assert.ok(world.logged.some(({ message }) => message === 'the security log cannot be written'));
  });
});

describe('a refresh token', () => {
  it('gives new tokens of the same session, and the old access token stays good', async () => {
    const { id, tokens, principal } = await loggedIn(world);
    const next = await identity.refresh(tokens.refreshToken, home);
    assert.notEqual(next.refreshToken, tokens.refreshToken);
    assert.equal((await principalOf(identity, next)).sessionId, principal.sessionId);
    assert.ok(await isIn(identity, tokens.accessToken));
    assert.equal((await kindsOf(world, id))[0], 'token_refreshed');
  });

  it('that is used twice ends its session, for the thief and for the owner', async () => {
    const { id, tokens, accessToken } = await knownToBoth();
    const next = await identity.refresh(tokens.refreshToken, home);
    await assert.rejects(identity.refresh(tokens.refreshToken, home), refuses('invalid_token'));
    await isOut(accessToken);
    await assert.rejects(identity.refresh(next.refreshToken, home), refuses('invalid_token'));
    assert.ok((await kindsOf(world, id)).includes('refresh_token_reused'));
  });

  it('that is used twice in another process is out here within a second', async () => {
    const { tokens, accessToken } = await knownToBoth();
    await second.refresh(tokens.refreshToken, home);
    await assert.rejects(second.refresh(tokens.refreshToken, home), refuses('invalid_token'));
    assert.equal(await isIn(second, accessToken), false);
    const ms = await msUntil(async () => !(await isIn(identity, accessToken)));
    assert.ok(ms < 1_000, `after ${ms} ms`);
  });

  it('is none with another secret, and that ends nothing', async () => {
    const { tokens } = await loggedIn(world);
    const near = tokens.refreshToken.slice(0, -43) + 'A'.repeat(43);
    for (const text of [near, '', 'olr_', tokens.accessToken, `${tokens.refreshToken} `]) {
      await assert.rejects(identity.refresh(text, home), refuses('invalid_token'));
    }
    assert.ok(await isIn(identity, tokens.accessToken));
    assert.ok(await identity.refresh(tokens.refreshToken, home));
  });

  it('is no access token, and the other way round', async () => {
    const { tokens } = await loggedIn(world);
    assert.equal(await isIn(identity, tokens.refreshToken), false);
    await assert.rejects(identity.refresh(tokens.accessToken, home), refuses('invalid_token'));
  });
});

describe('what ends sessions', () => {
  it('logout ends this one and leaves the others', async () => {
    const { id, email, principal, accessToken, tokens } = await knownToBoth();
    const other = await identity.login(email, password, home);
    await identity.logout(principal, home);
    await isOut(accessToken);
    await assert.rejects(identity.refresh(tokens.refreshToken, home), refuses('invalid_token'));
    assert.ok(await isIn(identity, other.accessToken));
    assert.ok(await isIn(second, other.accessToken));
    assert.equal((await kindsOf(world, id))[0], 'logged_out');
  });

  it('a password change ends all of them', async () => {
    const { id, email, principal, accessToken, tokens } = await knownToBoth();
    await identity.changePassword(principal, password, otherPassword, home);
    await isOut(accessToken);
    await assert.rejects(identity.refresh(tokens.refreshToken, home), refuses('invalid_token'));
    await assert.rejects(identity.login(email, password, home), refuses('invalid_credentials'));
    assert.ok(await identity.login(email, otherPassword, home));
    assert.ok((await kindsOf(world, id)).includes('password_changed'));
  });

  it('deactivation ends all of them, and activation brings none back', async () => {
    const { principal: admin } = await newAdmin(world);
    const { id, email, accessToken, tokens } = await knownToBoth();
    assert.equal((await identity.setActive(admin, id, false, home)).active, false);
    await isOut(accessToken);
    await assert.rejects(identity.refresh(tokens.refreshToken, home), refuses('invalid_token'));
    await assert.rejects(identity.login(email, password, home), refuses('invalid_credentials'));
    assert.deepEqual((await kindsOf(world, id)).slice(0, 2), ['login_failed', 'user_deactivated']);
    await identity.setActive(admin, id, true, home);
    assert.equal(await isIn(identity, accessToken), false);
    assert.ok(await identity.login(email, password, home));
    const log = (await identity.securityLog({ limit: 10, userId: id })).rows;
    assert.equal(log.find(({ kind }) => kind === 'user_deactivated')?.actorId, admin.userId);
  });
});

describe('a user who logs in again and again', () => {
  it('has fifty sessions at most: the oldest end', async () => {
    const { id, email, tokens } = await loggedIn(world);
    for (let more = 0; more < 50; more += 1) await identity.login(email, password, home);
    assert.equal((await world.store.accessOf(id))?.sessions.size, 50);
    assert.equal(await isIn(identity, tokens.accessToken), false);
  });
});

describe('a password change', () => {
  it('gives way to one that was faster, such as a reset on the machine', async () => {
    const { id, email, principal } = await loggedIn(world);
    const reset = await createPasswords().hash(otherPassword);
    const slow = identity.changePassword(principal, password, 'nine unlikely words 3321', home);
    await world.store.setPassword(id, reset);
    await assert.rejects(slow, refuses('invalid_credentials'));
    assert.ok(await identity.login(email, otherPassword, home));
  });

  it('needs the current password, and a wrong one changes nothing', async () => {
    const { id, principal, tokens } = await loggedIn(world);
    await assert.rejects(
      identity.changePassword(principal, otherPassword, otherPassword, home),
      refuses('invalid_credentials'),
    );
    assert.ok(await isIn(identity, tokens.accessToken));
    assert.equal((await kindsOf(world, id))[0], 'password_change_refused');
  });

  it('refuses a weak password', async () => {
    const { principal } = await loggedIn(world);
    await assert.rejects(
      identity.changePassword(principal, password, 'qwerty', home),
      refuses('weak_password'),
    );
  });

  it('is delayed like a login after wrong passwords', async () => {
    const { email, principal } = await loggedIn(world);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await assert.rejects(
        identity.changePassword(principal, otherPassword, otherPassword, home),
        refuses('invalid_credentials'),
      );
    }
    await assert.rejects(
      identity.changePassword(principal, password, otherPassword, home),
      refuses('login_delayed'),
    );
    await assert.rejects(identity.login(email, password, home), refuses('login_delayed'));
  });

  it('is not for keys', async () => {
    const { principal } = await loggedIn(world);
    const { secret } = await identity.createKey(
      principal,
      { name: 'bot', scopes: ['account:write'], expiresInDays: null },
      home,
    );
    const key = await bearer(identity, secret);
    assert.ok(key);
    await assert.rejects(
      identity.changePassword(key, password, otherPassword, home),
      refuses('session_required'),
    );
    await assert.rejects(identity.logout(key, home), refuses('session_required'));
  });
});

describe('a process that cannot hear of changes', () => {
  it('reads afresh each time, and no revocation is missed', async () => {
    const { accessToken, principal } = await knownToBoth();
    await world.pool.query('ALTER TABLE identity.change_head RENAME TO away');
    try {
      await sleep(1_000);
      assert.ok(await isIn(second, accessToken));
      await world.pool.query('UPDATE identity.sessions SET ended_at = now() WHERE id = $1', [
        principal.sessionId,
      ]);
      assert.equal(await isIn(second, accessToken), false);
      assert.equal(await isIn(identity, accessToken), false);
    } finally {
      await world.pool.query('ALTER TABLE identity.away RENAME TO change_head');
    }
  });
});
