import { deepEqual, equal, ok } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { defaultAccount, httpWorld } from './world.ts';

const logins = 1_000;

describe('a thousand logins at once', () => {
  let world: Awaited<ReturnType<typeof httpWorld>>;
  before(async () => {
    world = await httpWorld();
    await world.funded();
  });
  after(() => world.close());

  it('are refused or wait their turn, while each order that comes meanwhile is taken', async () => {
    let pending = logins;
    const flood = Array.from({ length: logins }, async (_, place) => {
      const body = { email: `guest-${place}@example.com`, password: 'five unlikely words 5512' };
      const response = await fetch(`${world.listening.url}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const { code }: { readonly code?: string } = JSON.parse(await response.text());
      pending -= 1;
      return code;
    });
    const statuses: number[] = [];
    while (pending > 0) {
      const order = { account_id: defaultAccount, symbol: 'PENNY', side: 'buy', quantity: 1 };
      const body = { ...order, type: 'limit', limit_price: '0.4' };
      statuses.push((await world.send('POST', '/api/v1/trading/orders', { body })).status);
    }
    const codes = new Set(await Promise.all(flood));
    for (const code of codes) {
      ok(['invalid_credentials', 'login_delayed', 'identity_busy'].includes(String(code)), code);
    }
    ok(codes.has('identity_busy'), 'the hashes are bounded');
    ok(statuses.length > 0);
    deepEqual([...new Set(statuses)], [201]);
    // Who has logged in from this address before is not kept out by those who try here.
    const { email, password } = world.admin;
    equal((await world.identity.login(email, password, '127.0.0.1')).expiresIn, 1_800);
  });
});
