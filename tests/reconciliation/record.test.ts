import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BrokerStatement, StatementLine } from '#commands/ports/broker-statement.ts';
import type { Decided } from '#commands/reconciliation/reconciliations.ts';
import type { Actor, BreakId } from '#domain/ids.ts';
import { cash, formatCash, price, quantity } from '#domain/money.ts';
import { instant } from '#domain/time.ts';
import { foldLedger } from '#projections/fold.ts';
import {
  accountOne,
  bust,
  correct,
  deposit,
  fill,
  openAccount,
  submit,
  ticker,
  withdraw,
} from '#tests/support/makers.ts';
import { wholeLog } from '#tests/support/memory-ledger.ts';
import { reconcilingWorld } from '#tests/support/reconciling.ts';

const at = instant('2014-01-06T15:00:00Z');
const trade = (reference: string, shares = '10'): StatementLine => ({
  kind: 'trade',
  row: 1,
  reference,
  description: '',
  symbol: ticker('ACME'),
  side: 'buy',
  quantity: quantity(shares),
  price: price('9.5'),
  commission: cash('1'),
  at,
});
const wire: StatementLine = {
  kind: 'cash',
  category: 'deposit',
  row: 1,
  reference: 'wire',
  description: '',
  amount: cash('100000'),
  at: instant('2014-01-03T16:00:00Z'),
};
const told = (
  lines: readonly StatementLine[],
  over: Partial<BrokerStatement> = {},
): BrokerStatement => ({
  source: 'broker',
  lines: [wire, ...lines].map((line, index) => ({ ...line, row: index + 1 })),
  positions: null,
  cash: null,
  from: instant('2014-01-01T00:00:00Z'),
  to: instant('2014-01-31T00:00:00Z'),
  problems: [],
  ...over,
});

const opened = async () => {
  const world = reconcilingWorld();
  await world.ledger.told(openAccount(), deposit('100000'));
  const types = async () =>
    (await wholeLog(world.store))
      .filter(({ stream }) => stream.startsWith('reconciliation-'))
      .map(({ data }) => data.type);
  const cashNow = () => world.ledger.inspect(accountOne, ({ cash: held }) => formatCash(held));
  const rows = async () => [...foldLedger(await wholeLog(world.store)).breaks.values()];
  const only = async (): Promise<BreakId> => {
    const [row, ...others] = await rows();
    ok(row !== undefined && others.length === 0);
    return row.breakId;
  };
  return { ...world, types, cashNow, rows, only };
};

describe('a break that was recorded', () => {
  it('is recorded once, and again where it comes up again', async () => {
    const { record, types, only, approve, ledger, rows } = await opened();
    await record(told([trade('x1')]));
    await record(told([trade('x1')]));
    deepEqual(await types(), ['StatementReconciled', 'BreakFound']);
    const id = await only();
    equal((await approve(id)).kind, 'done');
    await record(told([trade('x1')]));
    deepEqual((await types()).slice(2), ['BreakApproved'], 'the same statement, nothing new');
    await ledger.told(bust('x1'));
    await record(told([trade('x1')]));
    deepEqual((await types()).slice(3), ['StatementReconciled', 'BreakFound']);
    deepEqual(
      (await rows()).map(({ status }) => status),
      ['open'],
    );
  });

  it('is resolved by a later statement that covers it, and by no other', async () => {
    const { record, ledger, rows } = await opened();
    const status = async () => (await rows()).map((row) => row.status);
    await record(told([trade('x1')]));
    const { kind: _, ...x1 } = trade('x1') as Extract<StatementLine, { kind: 'trade' }>;
    const { row: __, reference: ___, description: ____, ...execution } = x1;
    await ledger.told({ ...fill('x1', null, '1', '1'), ...execution });
    await record(
      told([], {
        from: instant('2014-02-01T00:00:00Z'),
        to: instant('2014-02-28T00:00:00Z'),
        lines: [],
      }),
    );
    deepEqual(await status(), ['open'], 'another month');
    await record(told([trade('x1')], { source: 'somebody else' }));
    deepEqual(await status(), ['open'], 'another source');
    await record(told([trade('x1')]), 'executions');
    deepEqual(await status(), ['resolved']);
  });

  it('is approved by two at once and booked once', async () => {
    const { record, only, approve, cashNow, types } = await opened();
    await record(told([trade('x1')]));
    const id = await only();
    const decided = await Promise.all(['a', 'b', 'c'].map((name) => approve(id, name as Actor)));
    deepEqual(
      decided.map(({ kind }) => kind),
      ['done', 'done', 'done'],
    );
    equal(await cashNow(), '99904');
    equal((await types()).filter((type) => type === 'BreakApproved').length, 1);
  });

  it('is refused where the account has changed in what the correction rests on', async () => {
    const { record, only, approve, ledger } = await opened();
    await ledger.told(fill('x1', null, '10', '9.4', { commission: '1', at }));
    await record(told([trade('x1')]));
    const id = await only();
    await ledger.told(correct('x1', '10', '9.3'));
    const decided = await approve(id);
    ok(decided.kind === 'refused');
    equal(decided.refusal.code, 'break_outdated');
  });

  it('is refused where the broker has reported it meanwhile, on its order', async () => {
    const { record, only, approve, ledger, cashNow } = await opened();
    await record(told([trade('x1')]));
    const id = await only();
    await ledger.told(
      submit('o1', { quantity: '10' }),
      fill('x1', 'o1', '10', '9.5', { commission: '1', at }),
    );
    const decided = await approve(id);
    ok(decided.kind === 'refused');
    equal(decided.refusal.code, 'break_outdated');
    equal(await cashNow(), '99904');
  });

  const gift = (reference: string): StatementLine => ({
    ...wire,
    reference,
    amount: cash('50'),
    at,
  });
  const openIds = async (rows: () => Promise<readonly { breakId: BreakId; status: string }[]>) =>
    (await rows()).filter(({ status }) => status === 'open').map(({ breakId }) => breakId);
  const codeOf = (decided: Decided): string =>
    decided.kind === 'refused' ? decided.refusal.code : decided.kind;

  it('is refused where its cash was booked by hand meanwhile, until it is seen again', async () => {
    const { record, only, approve, ledger, rows, cashNow } = await opened();
    await record(told([gift('g1')]));
    const id = await only();
    await ledger.told(deposit('50', at));
    equal(codeOf(await approve(id)), 'break_outdated');
    equal(await cashNow(), '100050');
    await record(told([gift('g1'), gift('g2')]));
    const [left, ...others] = await openIds(rows);
    ok(left !== undefined && others.length === 0);
    equal(codeOf(await approve(left)), 'done');
    equal(await cashNow(), '100100');
  });

  it('is refused where another source told the same, and that was approved', async () => {
    const { record, approve, rows, cashNow } = await opened();
    await record(told([gift('g1'), trade('x1')]));
    await record(told([gift('bank-1'), trade('b1')], { source: 'bank' }));
    const decided: string[] = [];
    for (const id of await openIds(rows)) decided.push(codeOf(await approve(id)));
    deepEqual(decided.toSorted(), ['break_outdated', 'break_outdated', 'done', 'done']);
    equal(await cashNow(), '99954');
  });

  it('is one of two alike that a source tells, and both are approved', async () => {
    const { record, approve, rows, cashNow } = await opened();
    await record(told([gift('g1'), gift('g2'), trade('x1'), trade('x2')]));
    for (const id of await openIds(rows)) equal(codeOf(await approve(id)), 'done');
    equal(await cashNow(), '99908');
  });

  it('is refused where the same booking was amended meanwhile', async () => {
    const { record, approve, rows, cashNow } = await opened();
    const less = { ...wire, amount: cash('99990') } as StatementLine;
    const only = { from: instant('2014-01-01T00:00:00Z'), lines: [less] };
    await record(told([], only));
    await record(told([], { ...only, source: 'bank', lines: [{ ...less, reference: 'bank-1' }] }));
    const decided: string[] = [];
    for (const id of await openIds(rows)) decided.push(codeOf(await approve(id)));
    deepEqual(decided, ['done', 'break_outdated']);
    equal(await cashNow(), '99990');
  });

  it('stays open where its correction is disputed, and says why', async () => {
    const { record, only, approve, ledger, rows } = await opened();
    await ledger.told(
      submit('o1', { quantity: '10' }),
      fill('x1', 'o1', '10', '9.5', { commission: '1', at }),
    );
    await record(told([trade('x1', '12')]));
    const decided = await approve(await only());
    ok(decided.kind === 'disputed');
    equal(decided.because, 'overfill');
    deepEqual(
      (await rows()).map(({ status }) => status),
      ['open'],
    );
  });

  it('books what has left although the cash is not there any more', async () => {
    const { record, only, approve, ledger, rows, cashNow } = await opened();
    await ledger.told(withdraw('99990'));
    const gone: StatementLine = {
      ...wire,
      reference: 'out',
      category: 'withdrawal',
      amount: cash('-99990'),
    } as StatementLine;
    const more: StatementLine = {
      ...wire,
      reference: 'more',
      category: 'withdrawal',
      amount: cash('-50'),
    } as StatementLine;
    await record(told([gone, more]));
    equal((await approve(await only())).kind, 'done');
    equal(await cashNow(), '-40');
    deepEqual(
      (await rows()).map(({ status }) => status),
      ['approved'],
    );
  });

  it('stays open where the account refuses its correction', async () => {
    const { record, only, approve, ledger, rows } = await opened();
    const fee = { ...wire, reference: 'fee', category: 'fee', amount: cash('-5') } as StatementLine;
    await record(told([fee]));
    await ledger.told(withdraw('100000'), {
      type: 'CloseAccount',
      reason: 'moved away',
      at,
    });
    const decided = await approve(await only());
    ok(decided.kind === 'refused');
    equal(decided.refusal.code, 'account_closed');
    deepEqual(
      (await rows()).map(({ status }) => status),
      ['open'],
    );
  });

  it('needs a person where nothing is proposed, and ends with a reason', async () => {
    const { record, only, approve, dismiss, rows } = await opened();
    await record(told([], { positions: [{ symbol: ticker('ACME'), quantity: quantity('4') }] }));
    const id = await only();
    const decided = await approve(id);
    ok(decided.kind === 'refused');
    equal(decided.refusal.code, 'break_needs_a_person');
    equal((await dismiss(id, 'in transit')).kind, 'done');
    const [row] = await rows();
    deepEqual([row?.status, row?.reason, row?.endedBy], ['dismissed', 'in transit', 'operator']);
    ok((await dismiss(id, 'in transit')).kind === 'done');
  });

  it('moves no row of the account', async () => {
    const { record, store } = await opened();
    const before = foldLedger(await wholeLog(store)).accounts.get(accountOne);
    await record(told([trade('x1')]));
    deepEqual(foldLedger(await wholeLog(store)).accounts.get(accountOne), before);
  });
});
