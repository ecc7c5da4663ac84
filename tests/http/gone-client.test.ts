import { deepEqual, equal } from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpApiOptions } from '#api/http/server.ts';
import { defaultAccount, type HttpWorld, httpWorld } from './world.ts';

type WithLook = HttpApiOptions['withLook'];

describe('a client that goes while it waits for its turn to look', () => {
  let world: HttpWorld;
  let asked = Promise.withResolvers<void>();
  let turn = Promise.withResolvers<void>();
  let ended = Promise.withResolvers<void>();
  let touched: string[] = [];

  const snapshot = new Proxy(Object.create(null), {
    get: (_, part) => {
      touched.push(String(part));
      throw new Error('somebody looks');
    },
  });
  const withLook: WithLook = async (act) => {
    asked.resolve();
    await turn.promise;
    try {
      return await act(snapshot);
    } finally {
      ended.resolve();
    }
  };
  before(async () => {
    world = await httpWorld({ withLook });
    await world.funded();
  });
  after(() => world.close());

  const statement = {
    account_id: defaultAccount,
    statement: { source: 's', from: '2014-01-01', to: '2014-01-31', lines: [] },
  };
  for (const [method, path, body] of [
    ['GET', `/api/v1/audit/explain/accounts.cash?account_id=${defaultAccount}`],
    ['GET', `/api/v1/trading/positions?account_id=${defaultAccount}&known=1`],
    ['POST', '/api/v1/reconciliation', JSON.stringify(statement)],
  ] as const) {
    it(`costs no look: ${method} ${path.split('?')[0]}`, async () => {
      [asked, turn, ended] = [
        Promise.withResolvers(),
        Promise.withResolvers(),
        Promise.withResolvers(),
      ];
      touched = [];
      const headers = {
        authorization: `Bearer ${world.key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      const sent = request(`${world.listening.url}${path}`, { method, headers });
      sent.on('error', () => {});
      sent.end(body);
      await asked.promise;
      sent.destroy();
      await sleep(100);
      turn.resolve();
      await ended.promise;
      deepEqual(touched, []);
    });
  }

  it('is the only one who gets nothing', async () => {
    turn.resolve();
    const path = `/api/v1/audit/explain/accounts.cash?account_id=${defaultAccount}`;
    equal((await world.send('GET', path)).status, 500);
    equal(touched.length > 0, true);
  });
});
