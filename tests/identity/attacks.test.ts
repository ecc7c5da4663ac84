import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Identity, IdentityRefused } from '#identity/identity.ts';
import {
  home,
  identityWorld,
  loggedIn,
  newEmail,
  newUser,
  otherPassword,
  password,
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

/** A network address that nobody has used yet. */
const newAddress = (() => {
  let last = 0;
  return () => {
    last += 1;
    return `10.${last >> 16}.${(last >> 8) & 255}.${last & 255}`;
  };
})();

const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;

const refusalOf = async (login: Promise<unknown>) => {
  const began = performance.now();
  const error = await login.then(
    () => undefined,
    (refusal: unknown) => refusal,
  );
  assert.ok(error instanceof IdentityRefused);
  const { code, message, retryAfterSeconds } = error;
  return { ms: performance.now() - began, answer: { code, message, retryAfterSeconds } };
};

describe('whether an address belongs to somebody', () => {
  const isLike = (left: readonly number[], right: readonly number[]) => {
    const ratio = median(left) / median(right);
    assert.ok(ratio > 0.5 && ratio < 2, `the medians differ by a factor of ${ratio}`);
  };

  it('shows neither in the answer to a login nor in its time', async () => {
    const known = await newUser(world);
    const inactive = await newUser(world);
    await world.store.setActive(inactive.id, false);
    const times: Record<'known' | 'unknown' | 'inactive', number[]> = {
      known: [],
      unknown: [],
      inactive: [],
    };
    const answers = new Set<string>();
    for (let round = 0; round < 9; round += 1) {
      for (const [kind, email, tried] of [
        ['known', known.email, otherPassword],
        ['unknown', newEmail(), otherPassword],
        ['inactive', inactive.email, password],
      ] as const) {
        const { ms, answer } = await refusalOf(identity.login(email, tried, newAddress()));
        times[kind].push(ms);
        answers.add(JSON.stringify(answer));
      }
    }
    assert.equal(answers.size, 1);
    isLike(times.known, times.unknown);
    isLike(times.inactive, times.unknown);
  });

  it('does not show in the time of registering', async () => {
    const { email } = await newUser(world);
    const times: { taken: number[]; free: number[] } = { taken: [], free: [] };
    for (let round = 0; round < 9; round += 1) {
      for (const [kind, address] of [
        ['taken', email],
        ['free', newEmail()],
      ] as const) {
        const began = performance.now();
        await identity.register(
          { email: address, username: 'Ada', password, fullName: null },
          home,
        );
        times[kind].push(performance.now() - began);
      }
    }
    isLike(times.taken, times.free);
  });

  it('does not show in the delays', async () => {
    const { email } = await newUser(world);
    for (const tried of [email, newEmail()]) {
      const address = newAddress();
      for (let attempt = 0; attempt < 3; attempt += 1) {
        await assert.rejects(
          identity.login(tried, otherPassword, address),
          refuses('invalid_credentials'),
        );
      }
      const { answer } = await refusalOf(identity.login(tried, otherPassword, address));
      assert.equal(answer.code, 'login_delayed');
      assert.equal(answer.retryAfterSeconds, 1);
    }
  });
});

describe('a login that could never be right', () => {
  it('is refused before anything is hashed, like all others', async () => {
    const { email } = await newUser(world);
    // Whoever needs a hash is told that there is no room for one.
    const full = world.open({ atOnceMost: 0, waitingMost: 0 }).identity;
    const { answer: turned } = await refusalOf(full.login(email, otherPassword, home));
    assert.equal(turned.code, 'identity_busy');
    for (const [address, tried] of [
      [email, 'x'.repeat(257)],
      [email, 'x'.repeat(5_000_000)],
      ["x' OR 1=1 --", password],
      ['ada\u0000@example.com', password],
      ['', ''],
    ] as const) {
      const { answer } = await refusalOf(full.login(address, tried, home));
      assert.equal(answer.code, 'invalid_credentials');
    }
  });
});

describe('a user whose password is guessed at', () => {
  it('is delayed there, but not at the address that was good before', async () => {
    const { email } = await loggedIn(world);
    const attacker = newAddress();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await assert.rejects(
        identity.login(email, otherPassword, attacker),
        refuses('invalid_credentials'),
      );
    }
    await assert.rejects(identity.login(email, password, attacker), refuses('login_delayed'));
    assert.ok(await identity.login(email, password, home));
  });
});

describe('the security log', () => {
  it('holds no password, no token and no secret of a key', async () => {
    const own = await identityWorld();
    const { email, tokens, principal } = await loggedIn(own);
    const { secret } = await own.identity.createKey(
      principal,
      { name: 'bot', scopes: ['trading:read'], expiresInDays: null },
      home,
    );
    const next = await own.identity.refresh(tokens.refreshToken, home);
    const secrets = [password, otherPassword, secret, secret.slice(-43), tokens.accessToken];
    secrets.push(tokens.refreshToken, next.accessToken, next.refreshToken);
    await assert.rejects(own.identity.refresh(tokens.refreshToken, home));
    await assert.rejects(own.identity.login(email, otherPassword, home));
    await own.identity.authenticate({ scheme: 'api_key', text: `${secret.slice(0, -1)}_` }, home);
    await own.identity.authenticate({ scheme: 'api_key', text: secret }, home);
    await own.identity.close();
    const { rows } = await own.pool.query(
      'SELECT log::text AS line FROM identity.security_log AS log',
    );
    const text = rows.map(({ line }) => line).join('\n') + JSON.stringify(own.logged);
    assert.ok(rows.length >= 7, text);
    for (const one of secrets) assert.equal(text.includes(one), false);
    await own.close();
  });
});
