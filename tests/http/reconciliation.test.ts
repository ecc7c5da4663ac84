import { deepEqual, equal, match } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { breaksPath, compareAt, fillsOf } from './reconciliation-tour.ts';
import { defaultAccount, type HttpWorld, httpWorld, pick, pickText } from './world.ts';

const account = `account_id=${defaultAccount}`;
const inBooks = { account_id: defaultAccount };

describe('an account whose broker has an execution more', () => {
  let world: HttpWorld;
  before(async () => {
    world = await httpWorld();
    await world.funded();
  });
  after(() => world.close());
  const cashNow = async () => {
    const { body } = await world.read(`/api/v1/trading/portfolio?${account}`);
    return pickText(body, 'cash');
  };
  const approve = (id: string) =>
    world.send('POST', `${breaksPath}/${id}/approve`, { body: inBooks });

  it('is told so, with what would mend it, and nothing is written', async () => {
    const head = await world.store.head();
    const { body } = await compareAt(world, fillsOf('x-77'));
    deepEqual(pick(body, 'counts'), { missing_fill: 1 });
    equal(pick(body, 'breaks', 0, 'status'), 'new');
    equal(pick(body, 'breaks', 0, 'cash'), '-304.75');
    equal(pick(body, 'breaks', 0, 'shares'), '3');
    equal(pick(body, 'breaks', 0, 'age_days'), 1);
    equal(pick(body, 'breaks', 0, 'ours'), null);
    equal(pick(body, 'breaks', 0, 'correction', 'execution_id'), 'x-77');
    equal(pick(body, 'recorded_sequence'), null);
    equal(await world.store.head(), head);
  });

  it('keeps it once however often the same is recorded, and touches no row of the account', async () => {
    const before = await world.read(`/api/v1/ledger/accounts/${defaultAccount}`);
    const first = await compareAt(world, fillsOf('x-77'), true);
    equal(first.headers.get('ledger-sequence'), String(pick(first.body, 'recorded_sequence')));
    const head = await world.store.head();
    const again = await compareAt(world, fillsOf('x-77'), true);
    equal(pick(again.body, 'recorded_sequence'), null);
    equal(pick(again.body, 'breaks', 0, 'status'), 'open');
    equal(await world.store.head(), head);
    const { body } = await world.read(`${breaksPath}?${account}&status=open&type=missing_fill`);
    equal(pick(body, 'breaks', 'length'), 1);
    equal(pick(body, 'breaks', 0, 'break_id'), pick(first.body, 'breaks', 0, 'break_id'));
    deepEqual((await world.read(`/api/v1/ledger/accounts/${defaultAccount}`)).body, before.body);
  });

  it('books it once however often it is approved, with the break as its cause', async () => {
    const { body } = await world.read(`${breaksPath}?${account}`);
    const id = pickText(body, 'breaks', 0, 'break_id');
    equal(await cashNow(), '100000');
    const first = await approve(id);
    equal(pick(first.body, 'outcome'), 'approved');
    equal(pick(first.body, 'events', 0, 'type'), 'OrderFilled');
    equal(await cashNow(), '99695.25');
    const second = await approve(id);
    equal(pick(second.body, 'outcome'), 'repeated');
    equal(await cashNow(), '99695.25');
    const kept = await world.read(`${breaksPath}/${id}?${account}`);
    equal(pick(kept.body, 'status'), 'approved');
    equal(pick(kept.body, 'corrected_by'), pick(first.body, 'events', 0, 'event_id'));
    equal(pick(kept.body, 'ended_by'), pick(first.body, 'events', 0, 'actor'));
    const log = await world.store.readAll({ after: 0, limit: 1_000 });
    const found = log.find(({ data }) => data.type === 'BreakFound');
    const booked = log.find(({ data }) => data.type === 'OrderFilled');
    equal(booked?.causationId, found?.id);
    equal(booked?.correlationId, found?.correlationId);
    const { body: after } = await compareAt(world, fillsOf('x-77'));
    deepEqual(pick(after, 'breaks'), []);
  });

  it('can dismiss another with a reason, and then not approve it', async () => {
    const { body } = await compareAt(world, fillsOf('x-77', 'x-78'), true);
    const id = pickText(body, 'breaks', 0, 'break_id');
    const dismissing = { body: { ...inBooks, reason: 'the broker takes it back' } };
    const dismissed = await world.send('POST', `${breaksPath}/${id}/dismiss`, dismissing);
    equal(pick(dismissed.body, 'outcome'), 'dismissed');
    const kept = await world.read(`${breaksPath}/${id}?${account}`);
    equal(pick(kept.body, 'status'), 'dismissed');
    equal(pick(kept.body, 'reason'), 'the broker takes it back');
    const approved = await approve(id);
    deepEqual([approved.status, approved.body['code']], [409, 'break_not_open']);
    const { body: again } = await compareAt(world, fillsOf('x-77', 'x-78'), true);
    equal(pick(again, 'breaks', 0, 'status'), 'dismissed');
  });

  it('pages through them, oldest first where asked', async () => {
    const first = await world.read(`${breaksPath}?${account}&limit=1&direction=asc`);
    const next = pick(first.body, 'next_cursor');
    const second = await world.read(
      `${breaksPath}?${account}&limit=1&direction=asc&cursor=${next}`,
    );
    equal(pick(first.body, 'breaks', 0, 'status'), 'approved');
    equal(pick(second.body, 'breaks', 0, 'status'), 'dismissed');
    equal(pick(second.body, 'next_cursor'), null);
  });

  it('has no such break, no such account, and a statement that is none', async () => {
    const unknown = await approve('0'.repeat(20));
    deepEqual([unknown.status, unknown.body['code']], [404, 'break_not_found']);
    const nobody = '00000000-0000-4000-8000-0000000000ff';
    const body = { account_id: nobody, statement: fillsOf('x') };
    const nowhere = await world.send('POST', '/api/v1/reconciliation', { body });
    deepEqual([nowhere.status, nowhere.body['code']], [404, 'account_not_found']);
    const wrong = await compareAt(world, { source: 's', lines: [{ kind: 'trade', price: '1e5' }] });
    deepEqual([wrong.status, wrong.body['code']], [422, 'validation_failed']);
    match(wrong.text, /statement\.lines\.0\.price/);
    const trade = { kind: 'trade', at: '2014-01-03', symbol: 'ACME', side: 'buy', price: '1' };
    for (const [field, over] of [
      ['statement.from', { from: '2014-02-01', to: '2014-01-01' }],
      [
        'statement.positions.1.symbol',
        { positions: ['1', '2'].map((quantity) => ({ symbol: 'acme', quantity })) },
      ],
      // No execution could be busted under such an id.
      ['statement.lines.0.reference', { lines: [{ ...trade, reference: 'é', quantity: '1' }] }],
    ] as const) {
      const odd = await compareAt(world, { source: 's', lines: [], ...over });
      deepEqual([odd.status, pick(odd.body, 'errors', 0, 'field')], [422, field]);
    }
  });
});
