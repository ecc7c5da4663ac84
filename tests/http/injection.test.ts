import { equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { routes } from '#api/http/routes.ts';
import { probe, type Subject, textFieldsOf } from './probes.ts';
import { defaultAccount, type HttpWorld, httpWorld, pick } from './world.ts';

/** A statement that went through would be seen by its effect: a table gone, five seconds lost, a number computed. */
const payloads = [
  "'; DROP SCHEMA ledger CASCADE; --",
  "' OR '1'='1",
  '1) OR pg_sleep(5) IS NULL --',
  "' || pg_sleep(5) || '",
  '"; SELECT 1; --',
  '#{process.exit(1)}',
  '{{constructor.constructor("return 7*7")()}}',
  '$(sleep 5)`sleep 5`',
  '../../../../etc/passwd',
  '<script>alert(1)</script>',
  'line\r\nSet-Cookie: a=b',
  '__proto__',
  'nul\0byte',
  'half \ud800 a character',
  'x'.repeat(10_000),
];

const slowMs = 4_000;

describe('text that is meant to be run', () => {
  let world: HttpWorld;
  const subject: Subject = {
    account: defaultAccount,
    order: randomUUID(),
    execution: 'x-1',
    symbol: 'ACME',
    user: randomUUID(),
  };
  before(async () => {
    world = await httpWorld();
    await world.funded();
  });
  after(() => world.close());

  for (const route of routes) {
    const fields = textFieldsOf(route);
    if (fields.length === 0) continue;
    it(`does nothing in any field of ${route.name}`, async () => {
      for (const field of fields) {
        for (const value of payloads) {
          const { method, path, sent } = probe(route, subject, { ...field, value });
          const startedAt = performance.now();
          const answer = await world.send(method, path, sent);
          const what = `${field.place} ${field.name} = ${JSON.stringify(value.slice(0, 40))}`;
          ok(answer.status < 500, `${what}: ${answer.text}`);
          ok(performance.now() - startedAt < slowMs, what);
          equal(answer.headers.get('set-cookie'), null, what);
        }
      }
    });
  }

  it('left everything as it was, and is text where text is kept', async () => {
    const description = payloads[0];
    const body = { account_id: defaultAccount, amount: '1', description };
    equal((await world.send('POST', '/api/v1/ledger/deposits', { body })).status, 201);
    const path = `/api/v1/trading/transactions?account_id=${defaultAccount}&limit=1`;
    const { body: found } = await world.read(path);
    equal(pick(found, 'transactions', 0, 'description'), description);
    const { body: ready } = await world.send('GET', '/ready');
    equal(ready['ready'], true);
  });
});
