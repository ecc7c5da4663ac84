import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { Identity } from '#identity/identity.ts';
import type { KeyId } from '#identity/ids.ts';
import type { Principal } from '#identity/principal.ts';
import type { Scope } from '#identity/scopes.ts';
import {
  bearer,
  byKey,
  home,
  identityWorld,
  loggedIn,
  msUntil,
  newAdmin,
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

const makeKey = (
  principal: Principal,
  scopes: readonly Scope[],
  expiresInDays: number | null = null,
) => identity.createKey(principal, { name: 'bot', scopes, expiresInDays }, home);

describe('an API key', () => {
  it('is its user with its own scopes, in either header', async () => {
    const { id, principal } = await loggedIn(world);
    const { secret, key } = await makeKey(principal, ['trading:read', 'account:read']);
    for (const who of [await byKey(identity, secret), await bearer(identity, secret)]) {
      assert.equal(who?.userId, id);
      assert.equal(who?.actor, key.id);
      assert.equal(who?.keyId, key.id);
      assert.equal(who?.sessionId, null);
      assert.deepEqual([...(who?.scopes ?? [])], ['trading:read', 'account:read']);
    }
    assert.equal(JSON.stringify(key).includes(secret.slice(-43)), false);
    assert.equal('secretHash' in key, false);
  });

  it('is listed without its secret, also after it is revoked, newest first', async () => {
    const { principal } = await loggedIn(world);
    const first = await makeKey(principal, []);
    const second = await makeKey(principal, ['trading:read']);
    await identity.revokeKey(principal, first.key.id, home);
    const keys = await identity.keys(principal);
    assert.deepEqual(
      keys.map(({ id }) => id),
      [second.key.id, first.key.id],
    );
    assert.ok(keys[1]?.revokedAt);
    assert.ok(keys.every((key) => !('secretHash' in key)));
  });

  it('cannot have what its maker lacks', async () => {
    const { principal } = await loggedIn(world);
    await assert.rejects(
      makeKey(principal, ['trading:read', 'admin']),
      refuses('scope_not_granted'),
    );
  });

  it('makes no other key, which would outlive its revocation', async () => {
    const { principal } = await loggedIn(world);
    const { secret } = await makeKey(principal, ['account:write']);
    const key = await byKey(identity, secret);
    assert.ok(key);
    await assert.rejects(makeKey(key, ['account:write']), refuses('session_required'));
  });

  it('is one of a hundred at most', async () => {
    const { principal } = await loggedIn(world);
    for (let made = 0; made < 100; made += 1) await makeKey(principal, ['trading:read']);
    await assert.rejects(makeKey(principal, ['trading:read']), refuses('limit_reached'));
  });

  it('loses what its user loses', async () => {
    const { id, principal: admin } = await newAdmin(world);
    const other = await newAdmin(world);
    const { secret } = await makeKey(admin, ['admin', 'audit:read', 'trading:read']);
    assert.ok((await byKey(identity, secret))?.scopes.has('admin'));
    await identity.setAdmin(other.principal, id, false, home);
    assert.deepEqual([...((await byKey(identity, secret))?.scopes ?? [])], ['trading:read']);
    await identity.setActive(other.principal, id, false, home);
    assert.equal(await byKey(identity, secret), undefined);
  });

  it('is out at once where it is revoked, and within a second in another process', async () => {
    const { principal } = await loggedIn(world);
    const second = world.open().identity;
    const { secret, key } = await makeKey(principal, ['trading:read']);
    for (const process of [identity, second]) assert.ok(await byKey(process, secret));
    await identity.revokeKey(principal, key.id, home);
    assert.equal(await byKey(identity, secret), undefined);
    const ms = await msUntil(async () => (await byKey(second, secret)) === undefined);
    assert.ok(ms < 1_000, `after ${ms} ms`);
    await assert.rejects(identity.revokeKey(principal, key.id, home), refuses('key_not_found'));
  });

  it('is out where it has expired', async () => {
    const { principal } = await loggedIn(world);
    const { secret, key } = await makeKey(principal, ['trading:read'], 1);
    assert.ok(await byKey(identity, secret));
    await world.pool.query(
      "UPDATE identity.api_keys SET expires_at = now() - '1s'::interval WHERE id = $1",
      [key.id],
    );
    const fresh = world.open().identity;
    assert.equal(await byKey(fresh, secret), undefined);
  });

  it('is revoked by its owner and by administrators, and is unknown to everybody else', async () => {
    const owner = await loggedIn(world);
    const stranger = await loggedIn(world);
    const { key, secret } = await makeKey(owner.principal, []);
    for (const id of [key.id, randomUUID() as KeyId]) {
      await assert.rejects(
        identity.revokeKey(stranger.principal, id, home),
        refuses('key_not_found'),
      );
    }
    assert.ok(await byKey(identity, secret));
    const admin = await newAdmin(world);
    await identity.revokeKey(admin.principal, key.id, home);
    assert.equal(await byKey(identity, secret), undefined);
    const [entry] = (await identity.securityLog({ limit: 1, userId: owner.id })).rows;
    assert.equal(entry?.kind, 'key_revoked');
    assert.equal(entry?.actorId, admin.id);
  });
});

describe('guessing at a key', () => {
  it('finds nothing by near misses, and the log counts them', async () => {
    const { id, principal } = await loggedIn(world);
    const { secret, key } = await makeKey(principal, ['trading:read']);
    const [start, own] = [secret.slice(0, -43), secret.slice(-43)];
    const near = Array.from(own, (character, place) => {
      const other = character === 'A' ? 'B' : 'A';
      return start + own.slice(0, place) + other + own.slice(place + 1);
    });
    for (const text of near) assert.equal(await byKey(identity, text), undefined);
    for (const text of [
      `olk_${'0'.repeat(32)}_${own}`,
      secret.slice(0, -1),
      `${secret}A`,
      secret.toLowerCase(),
    ]) {
      assert.equal(await byKey(identity, text), undefined);
    }
    assert.ok(await byKey(identity, secret));

    const refusals = async () =>
      (await identity.securityLog({ limit: 10, userId: id })).rows.filter(
        ({ kind }) => kind === 'key_refused',
      );
    const counted = async () =>
      (await refusals()).reduce((sum, { facts }) => sum + Number(facts['count'] ?? 1), 0);
    // The 43, and the one in lower case.
    await msUntil(async () => (await counted()) === 44);
    const [refused] = await refusals();
    assert.equal(refused?.keyId, key.id);
    assert.equal(refused?.address, home);
  });

  it('does not take an access token for a key', async () => {
    const { tokens } = await loggedIn(world);
    assert.equal(await byKey(identity, tokens.accessToken), undefined);
  });
});

describe('the use of a key', () => {
  it('is noted at close, and an address that is new goes to the security log', async () => {
    const { id, principal } = await loggedIn(world);
    const { secret, key } = await makeKey(principal, ['trading:read']);
    const process = world.open();
    for (const address of [home, home, '198.51.100.7', home]) {
      assert.ok(await process.identity.authenticate({ scheme: 'api_key', text: secret }, address));
    }
    await process.identity.close();
    assert.ok((await world.store.keyById(key.id))?.lastUsedAt);
    const seen = (await identity.securityLog({ limit: 10, userId: id })).rows
      .filter(({ kind }) => kind === 'key_used_from_new_address')
      .map(({ keyId, address }) => `${keyId} ${address}`);
    assert.deepEqual(seen.sort(), [`${key.id} 192.0.2.1`, `${key.id} 198.51.100.7`]);
  });

  it('goes on where it cannot be noted', async () => {
    const { principal } = await loggedIn(world);
    const { secret, key } = await makeKey(principal, ['trading:read']);
    const process = world.open();
    await world.pool.query('ALTER TABLE identity.api_key_addresses RENAME TO away');
    try {
      assert.ok(await byKey(process.identity, secret));
      await msUntil(async () =>
        world.logged.some(({ message }) => message === 'uses of keys cannot be noted'),
      );
      assert.ok(await byKey(process.identity, secret));
    } finally {
      await world.pool.query('ALTER TABLE identity.away RENAME TO api_key_addresses');
    }
    await process.identity.close();
    assert.ok((await world.store.keyById(key.id))?.lastUsedAt, 'noted when it could be');
  });
});
