import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Route } from '#api/http/route.ts';
import { routes } from '#api/http/routes.ts';
import { probe, type Subject } from './probes.ts';
import { breaksPath, compareAt, fillsOf } from './reconciliation-tour.ts';
import {
  defaultAccount,
  type HttpWorld,
  httpWorld,
  pick,
  pickText,
  type Received,
} from './world.ts';

const trading = '/api/v1/trading';
const reads = routes.filter(({ kind }) => kind === 'read');
const withPast = reads.filter(({ hasPast }) => hasPast === true);

const with_ = (path: string, query: string): string =>
  `${path}${path.includes('?') ? '&' : '?'}${query}`;

/** What an answer says, but for the time at which it is said: that of a view is the time of the view. */
const said = ({ status, body }: Received): unknown => [status, { ...body, timestamp: null }];

describe('reads about the past', () => {
  let world: HttpWorld;
  let subject: Subject;
  /** Sequences: an order at work; after its fill and a mark's worth of trading; after the bust. */
  let opened = 0;
  let filled = 0;
  let busted = 0;
  const then = new Map<string, Received>();

  const get = (path: string): Promise<Received> => world.send('GET', path);
  const pathOf = (route: Route): string => probe(route, subject).path;
  const report = (execution: string, hour: number, over = {}) =>
    world.send('POST', '/api/v1/ledger/fills', {
      body: {
        account_id: defaultAccount,
        execution_id: execution,
        symbol: 'ACME',
        side: 'buy',
        quantity: '10',
        price: '100',
        executed_at: `2014-01-03T${hour}:00:00Z`,
        ...over,
      },
    });

  before(async () => {
    world = await httpWorld();
    await world.funded();
    const order = { symbol: 'ACME', side: 'buy', type: 'limit', quantity: '1', limit_price: '90' };
    const { body } = await world.send('POST', `${trading}/orders`, { body: order });
    const { body: differs } = await compareAt(world, fillsOf('their own'), true);
    subject = {
      account: defaultAccount,
      order: String(body['order_id']),
      execution: 'x-1',
      symbol: 'ACME',
      user: randomUUID(),
      break: pickText(differs, 'breaks', 0, 'break_id'),
    };
    opened = await world.store.head();
    equal((await report('x-1', 18)).status, 201);
    filled = await world.store.head();
    // Every answer as it was then, to compare with what is said of then later.
    for (const route of withPast) {
      then.set(route.name, await get(with_(pathOf(route), `min_sequence=${filled}`)));
    }
    await report('x-2', 17, { quantity: '7' });
    const dismissing = { body: { account_id: defaultAccount, reason: 'theirs is wrong' } };
    await world.send('POST', `${breaksPath}/${subject.break}/dismiss`, dismissing);
    await world.send('POST', '/api/v1/ledger/fills/x-1/bust', {
      body: {
        account_id: defaultAccount,
        reason: 'erroneous',
        busted_at: '2014-01-03T19:00:00Z',
      },
    });
    busted = await world.store.head();
    await get(`${trading}/portfolio?account_id=${defaultAccount}&min_sequence=${busted}`);
  });
  after(() => world.close());

  it('are every read but those that only the present can answer, or that look back by themselves', () => {
    const named = (past: Route['hasPast']) =>
      reads.filter(({ hasPast }) => hasPast === past).map(({ name }) => name);
    deepEqual(named(undefined), ['getMaxOrderSize']);
    deepEqual(named('by itself'), ['explainFigure']);
  });

  it('agree with how a figure of then is explained', async () => {
    for (const view of [`known=${filled}`, `as_of=${filled}`, 'as_of=2014-01-03T17:30:00Z']) {
      const { body } = await get(`${trading}/portfolio?account_id=${defaultAccount}&${view}`);
      const path = `/api/v1/audit/explain/accounts.cash?account_id=${defaultAccount}&${view}`;
      const explained = await get(path);
      equal(explained.body['value'], body['cash'], view);
    }
  });

  it('show a break as it stood then', async () => {
    const path = `${breaksPath}?account_id=${defaultAccount}`;
    const status = async (view: string) =>
      pick((await get(with_(path, view))).body, 'breaks', 0, 'status') ?? null;
    equal(await status(`known=${opened}`), 'open');
    equal(await status(`known=${filled}`), 'open');
    equal(await status(`known=${busted}`), 'dismissed');
    equal(await status(`as_of=${filled}`), 'dismissed');
    equal(await status('as_of=2014-01-03T15:59:59Z&known=1'), null);
    equal(await status(`known=${opened}&status=dismissed`), null);
  });

  it('say as known then what they said then, route by route', async () => {
    for (const route of withPast) {
      const answer = await get(with_(pathOf(route), `known=${filled}`));
      deepEqual(said(answer), said(then.get(route.name) as Received), route.name);
      equal(answer.headers.get('ledger-sequence'), String(filled), route.name);
      equal(answer.headers.get('ledger-as-of'), '2014-01-03T18:00:00.000000Z', route.name);
    }
    ok(withPast.every(({ name }) => world.succeeded.has(name)));
  });

  it('say as of the end of the log what they say now, route by route', async () => {
    for (const route of withPast) {
      const now = await get(pathOf(route));
      for (const view of [
        `as_of=${busted}`,
        `known=${busted}`,
        `as_of=${busted}&known=${busted}`,
      ]) {
        const answer = await get(with_(pathOf(route), view));
        // What buying power is decided by are quotes now, and were marks then; here there are none.
        if (route.name === 'getBuyingPower') equal(answer.status, now.status);
        else deepEqual(said(answer), said(now), `${route.name} ${view}`);
      }
    }
  });

  it('tell what was true then from what was known then', async () => {
    const held = async (view: string): Promise<unknown> => {
      const { body } = await get(`${trading}/positions?account_id=${defaultAccount}&${view}`);
      return pick(body, 'positions', 0, 'quantity') ?? null;
    };
    equal(await held(`known=${filled}`), '10');
    equal(await held(`known=${filled + 1}`), '17');
    // The bust tells what was true since the fill, and the late fill counts from its execution on.
    equal(await held('as_of=2014-01-03T18:30:00Z'), '7');
    equal(await held(`as_of=2014-01-03T18:30:00Z&known=${filled}`), '10');
    equal(await held('as_of=2014-01-03T17:30:00Z'), '7');
    equal(await held(`as_of=2014-01-03T17:30:00Z&known=${filled}`), null);
    equal(await held('as_of=2014-01-03T16:30:00Z'), null);
    equal(await held(`as_of=${filled}`), '7');
    equal(await held(`as_of=${filled}&known=${filled + 1}`), '17');
  });

  it('show of an order the events of then', async () => {
    const path = `${trading}/orders/${subject.order}?account_id=${defaultAccount}`;
    await world.send('DELETE', path);
    const types = async (view: string): Promise<unknown> => {
      const { body } = await get(with_(path, view));
      const timeline = body['timeline'] as readonly { readonly type: string }[];
      return [pick(body, 'order', 'status'), timeline.map(({ type }) => type)];
    };
    const head = await world.store.head();
    await get(with_(path, `min_sequence=${head}`));
    for (const view of [`as_of=${opened}`, `known=${opened}`]) {
      // The cancel took effect at the same instant: as of a sequence it counts, known then it was not.
      const asked = view.startsWith('known') ? [] : ['OrderCancelRequested', 'OrderCanceled'];
      const [status, shown] = (await types(view)) as [string, readonly string[]];
      deepEqual(shown.slice(0, 1), ['OrderSubmitted'], view);
      ok(
        shown.slice(1).every((type) => asked.includes(type)),
        `${view}: ${status} ${shown}`,
      );
    }
    deepEqual(await types(`known=${opened}`), ['submitted', ['OrderSubmitted']]);
  });

  it('refuse what is no place in time, and what the log has not come to', async () => {
    const path = `${trading}/portfolio?account_id=${defaultAccount}`;
    const refused = async (query: string) => {
      const { status, body } = await get(with_(path, query));
      return [
        status,
        body['code'],
        pick(body, 'errors', 0, 'field'),
        pick(body, 'errors', 0, 'code'),
      ];
    };
    deepEqual(await refused('as_of=yesterday'), [
      422,
      'validation_failed',
      'as_of',
      'invalid_format',
    ]);
    deepEqual(await refused('known=2014-01-03'), [
      422,
      'validation_failed',
      'known',
      'invalid_format',
    ]);
    deepEqual(await refused('known=0'), [422, 'validation_failed', 'known', 'out_of_range']);
    deepEqual(await refused('as_of=1&as_of=2'), [422, 'validation_failed', 'as_of', 'wrong_type']);
    for (const query of [
      'as_of=999999',
      'known=999999',
      'as_of=2999-01-01T00:00:00Z',
      'known=2999-01-01T00:00:00Z',
    ]) {
      deepEqual((await refused(query)).slice(0, 2), [422, 'no_such_past'], query);
    }
    const early = await get(with_(path, 'as_of=2001-01-01T00:00:00Z'));
    equal(early.body['code'], 'account_not_found');
  });

  it('have no past where only the present can answer', async () => {
    const views = [`as_of=${filled}`, `known=${filled}`];
    for (const route of reads.filter(({ hasPast }) => hasPast === undefined)) {
      for (const view of views) {
        const { status, body } = await get(with_(pathOf(route), view));
        deepEqual([status, body['code']], [422, 'no_past'], route.name);
      }
    }
    const plain = routes.filter(({ kind, method }) => kind === 'plain' && method === 'get');
    for (const route of plain.filter(({ params }) => params === undefined)) {
      const { status, body } = await get(with_(pathOf(route), `as_of=${filled}`));
      if (status === 422) equal(pick(body, 'errors', 0, 'code'), 'unknown_field', route.name);
      notEqual(status, 500, route.name);
    }
  });

  it('are for members alone, as reads of the present are', async () => {
    const stranger = await world.person('stranger');
    const headers = { authorization: `Bearer ${stranger.accessToken}` };
    const path = `${trading}/portfolio?account_id=${defaultAccount}&known=${filled}`;
    const { status, body } = await world.send('GET', path, { headers });
    deepEqual([status, body['code']], [404, 'account_not_found']);
  });

  it('keep what a long account is folded on from, and are the same without', async () => {
    const count = async (): Promise<number> => {
      const { rows } = await world.pool.query(
        'SELECT count(*)::int AS n FROM ledger.as_of_segments',
      );
      return rows[0].n;
    };
    equal(await count(), 0);
    for (let n = 0; n < 60; n += 1) {
      await Promise.all(
        Array.from({ length: 10 }, (_, i) => report(`long-${n}-${i}`, 20, { quantity: '1' })),
      );
    }
    const head = await world.store.head();
    const path = `${trading}/positions?account_id=${defaultAccount}&as_of=${head - 100}`;
    const first = await get(with_(path, `min_sequence=${head}`));
    equal(first.status, 200, first.text);
    await world.segments.idle();
    ok((await count()) > 1);
    deepEqual(said(await get(path)), said(first));
    await world.pool.query('DELETE FROM ledger.as_of_segments');
    deepEqual(said(await get(path)), said(first));
    match(String(pick(first.body, 'positions', 0, 'quantity')), /^\d+$/);
  });

  it('stop for a client that has gone', async () => {
    await world.pool.query('DELETE FROM ledger.as_of_segments');
    const url = `${world.listening.url}${trading}/positions?account_id=${defaultAccount}&known=100`;
    const asked = request(url, { headers: { authorization: `Bearer ${world.key}` } });
    asked.on('error', () => {});
    asked.end();
    await once(asked, 'socket');
    await sleep(5);
    asked.destroy();
    // Both looks are free again at once.
    const answers = await Promise.all(
      Array.from({ length: 4 }, () =>
        get(`${trading}/portfolio?known=${filled}&account_id=${defaultAccount}`),
      ),
    );
    deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  });
});
