import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { AccountId } from '#domain/ids.ts';
import type { Identity } from '#identity/identity.ts';
import type { UserId } from '#identity/ids.ts';
import { makeSetupToken } from '#identity/opaque-tokens.ts';
import {
  firstAccount,
  home,
  identityWorld,
  kindsOf,
  loggedIn,
  newAdmin,
  newEmail,
  newUser,
  otherPassword,
  password,
  principalOf,
  refuses,
  type World,
} from './world.ts';

let world: World;
let identity: Identity;
before(async () => {
  world = await identityWorld();
  identity = world.identity;
});
after(() => world.close());

const registration = (email = newEmail()) => ({
  email,
  username: 'Ada_1',
  password,
  fullName: 'Ada Lovelace',
});

describe('the first administrator', () => {
  it('is made with the setup token, once, and owns the accounts that were there', async () => {
    const own = await identityWorld();
    const { text, hash } = makeSetupToken();
    await own.store.putSetupToken(hash);
    const wrong = makeSetupToken().text;
    await assert.rejects(
      own.identity.setUp(wrong, registration(), home),
      refuses('invalid_setup_token'),
    );
    const wanted = registration();
    const admin = await own.identity.setUp(text, wanted, home);
    assert.equal(admin.admin, true);
    assert.equal('passwordHash' in admin, false);
    await assert.rejects(
      own.identity.setUp(text, registration(), home),
      refuses('invalid_setup_token'),
    );
    const principal = await principalOf(
      own.identity,
      await own.identity.login(wanted.email, password, home),
    );
    assert.ok(principal.scopes.has('admin'));
    assert.equal(principal.memberships.get(firstAccount), 'owner');
    assert.deepEqual(await kindsOf(own, null), [
      'login_succeeded',
      'setup_token_refused',
      'administrator_set_up',
      'setup_token_refused',
    ]);
    await own.close();
  });
});

describe('registering', () => {
  it('makes a user, whose address is in lower case and composed', async () => {
    const email = newEmail();
    const user = await identity.register(registration(` ${email.toUpperCase()}`), home);
    assert.equal(user.email, email);
    assert.equal(user.active, true);
    assert.equal(user.admin, false);
    assert.deepEqual(await identity.user(user.id), user);
    assert.equal('passwordHash' in user, false);
  });

  it('answers the same where the address is taken, makes nothing and leaves the password', async () => {
    const { id, email } = await newUser(world);
    const taken = { ...registration(email.toUpperCase()), password: otherPassword };
    const answer = await identity.register(taken, home);
    const real = await identity.register(registration(), home);
    assert.deepEqual(Object.keys(answer).sort(), Object.keys(real).sort());
    assert.deepEqual(
      { ...answer, id: real.id, email: real.email, createdAt: real.createdAt },
      real,
    );
    assert.equal(await world.store.userById(answer.id), undefined);
    await assert.rejects(
      identity.login(email, otherPassword, home),
      refuses('invalid_credentials'),
    );
    assert.ok(await identity.login(email, password, home));
    assert.ok((await kindsOf(world, id)).includes('registration_repeated'));
  });

  it('makes one user where two register with one address at once', async () => {
    const email = newEmail();
    const users = await Promise.all(
      [1, 2, 3].map(() => identity.register(registration(email), home)),
    );
    const found = await Promise.all(users.map(({ id }) => world.store.userById(id)));
    assert.equal(found.filter((user) => user !== undefined).length, 1);
  });

  it('refuses a weak password, also where the address is taken', async () => {
    const { email } = await newUser(world);
    for (const address of [email, newEmail()]) {
      await assert.rejects(
        identity.register({ ...registration(address), password: 'password1234' }, home),
        refuses('weak_password'),
      );
    }
  });
});

describe('administrators', () => {
  it('see users a page at a time, without hashes', async () => {
    await newUser(world);
    await newUser(world);
    const page = await identity.users({ limit: 1 });
    assert.equal(page.rows.length, 1);
    assert.ok(page.next);
    const next = await identity.users({ limit: 1, cursor: page.next });
    assert.notEqual(next.rows[0]?.id, page.rows[0]?.id);
    assert.ok([...page.rows, ...next.rows].every((user) => !('passwordHash' in user)));
  });

  it('promote and demote, at once for sessions that are open', async () => {
    const { principal: admin } = await newAdmin(world);
    const { id, tokens } = await loggedIn(world);
    assert.equal((await identity.setAdmin(admin, id, true, home)).admin, true);
    assert.ok((await principalOf(identity, tokens)).scopes.has('admin'));
    assert.equal((await identity.setAdmin(admin, id, false, home)).admin, false);
    assert.ok(!(await principalOf(identity, tokens)).scopes.has('admin'));
    assert.deepEqual((await kindsOf(world, id)).slice(0, 2), ['user_demoted', 'user_promoted']);
  });

  it('keep one of them, and know who does not exist', async () => {
    const own = await identityWorld();
    const { id, principal } = await newAdmin(own);
    await assert.rejects(
      own.identity.setAdmin(principal, id, false, home),
      refuses('last_administrator'),
    );
    await assert.rejects(
      own.identity.setActive(principal, id, false, home),
      refuses('last_administrator'),
    );
    const nobody = randomUUID() as UserId;
    await assert.rejects(
      own.identity.setActive(principal, nobody, true, home),
      refuses('user_not_found'),
    );
    await assert.rejects(own.identity.user(nobody), refuses('user_not_found'));
    await own.close();
  });
});

describe('an account', () => {
  it('belongs to who opened it, at once', async () => {
    const { id, tokens } = await loggedIn(world);
    const account = randomUUID() as AccountId;
    await identity.ownAccount(account, id);
    assert.equal((await principalOf(identity, tokens)).memberships.get(account), 'owner');
  });

  it('gets members, who change roles and leave, at once', async () => {
    const { id: ownerId, principal: owner } = await loggedIn(world);
    const { id, tokens } = await loggedIn(world);
    const account = randomUUID() as AccountId;
    await identity.ownAccount(account, ownerId);
    const member = await identity.setMember(owner, account, id, 'viewer', home);
    assert.equal(member.userId, id);
    assert.equal(member.role, 'viewer');
    const role = async () => (await principalOf(identity, tokens)).memberships.get(account);
    assert.equal(await role(), 'viewer');
    await identity.setMember(owner, account, id, 'trader', home);
    assert.equal(await role(), 'trader');
    assert.equal((await identity.members(account)).length, 2);
    await identity.removeMember(owner, account, id, home);
    assert.equal(await role(), undefined);
    const [removed, set] = (await identity.securityLog({ limit: 2, userId: id })).rows;
    assert.equal(removed?.kind, 'member_removed');
    assert.equal(removed?.actorId, ownerId);
    assert.deepEqual(set?.facts, { account_id: account, role: 'trader' });
  });

  it('keeps an owner, and knows who is no member', async () => {
    const { id, principal } = await loggedIn(world);
    const stranger = await newUser(world);
    const account = randomUUID() as AccountId;
    await identity.ownAccount(account, id);
    await assert.rejects(
      identity.removeMember(principal, account, id, home),
      refuses('last_owner'),
    );
    await assert.rejects(
      identity.setMember(principal, account, id, 'viewer', home),
      refuses('last_owner'),
    );
    await assert.rejects(
      identity.removeMember(principal, account, stranger.id, home),
      refuses('member_not_found'),
    );
    await assert.rejects(
      identity.setMember(principal, account, randomUUID() as UserId, 'viewer', home),
      refuses('user_not_found'),
    );
  });
});
