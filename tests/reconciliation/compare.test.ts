import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccountCommand } from '#commands/commands.ts';
import type { BrokerStatement, StatementLine } from '#commands/ports/broker-statement.ts';
import { type Cash, cash, formatCash, formatQuantity, price, quantity } from '#domain/money.ts';
import { instant } from '#domain/time.ts';
import {
  bust,
  deposit,
  dividend,
  fill,
  openAccount,
  split,
  submit,
  ticker,
} from '#tests/support/makers.ts';
import { wholeLog } from '#tests/support/memory-ledger.ts';
import { reconcilingWorld } from '#tests/support/reconciling.ts';

type Trade = Extract<StatementLine, { kind: 'trade' }>;

const morning = instant('2014-01-06T15:00:00Z');
const days = { from: instant('2014-01-01T00:00:00Z'), to: instant('2014-01-31T00:00:00Z') };

const row = (over: Partial<Trade> = {}): Trade => ({
  kind: 'trade',
  row: 1,
  reference: 'x1',
  description: '',
  symbol: ticker('ACME'),
  side: 'buy',
  quantity: quantity('10'),
  price: price('9.5'),
  commission: cash('1'),
  at: morning,
  ...over,
});

const told = (
  lines: readonly StatementLine[],
  over: Partial<BrokerStatement> = {},
): BrokerStatement => ({
  source: 'broker',
  lines: lines.map((line, index) => ({ ...line, row: index + 1 })),
  positions: null,
  cash: null,
  ...days,
  problems: [],
  ...over,
});

const booked = (
  id: string,
  shares = '10',
  at = '9.5',
  commission = '1',
  order: string | null = null,
) => fill(id, order, shares, at, { commission, at: morning });

const worldOf = async (...commands: readonly AccountCommand[]) => {
  const world = reconcilingWorld();
  await world.ledger.told(openAccount(), deposit('100000'), ...commands);
  const breaksOf = async (statement: BrokerStatement) => {
    const scope = { ...statement, lines: statement.lines };
    // The deposit is of before: these statements are about something else.
    const { breaks, ...rest } = await world.compare(scope);
    return {
      ...rest,
      breaks: breaks.filter(
        ({ kind, cash: by }) => kind !== 'unknown_cash' || by !== cash('-100000'),
      ),
    };
  };
  return { ...world, breaksOf };
};
const kindsOf = ({ breaks }: { readonly breaks: readonly { readonly kind: string }[] }) =>
  breaks.map(({ kind }) => kind);

describe('a statement that names nothing as we do', () => {
  it('agrees where symbol, side, quantity, price and day do', async () => {
    const { breaksOf } = await worldOf(booked('x1'), booked('x2'));
    const day = instant('2014-01-06T00:00:00Z');
    const lines = [row({ reference: 'a', at: day }), row({ reference: 'b', at: day })];
    const { breaks, matched } = await breaksOf(told(lines));
    deepEqual([kindsOf({ breaks }), matched], [[], 2]);
  });

  it('takes the nearest in time, and of two of one time the one with the same fee', async () => {
    const late = instant('2014-01-06T19:00:00Z');
    const { breaksOf } = await worldOf(
      fill('early', null, '10', '9.5', { commission: '1', at: morning }),
      fill('late', null, '10', '9.5', { commission: '2', at: late }),
    );
    const lines = [
      row({ reference: 'a', at: late, commission: cash('2') }),
      row({ reference: 'b', at: morning, commission: cash('1') }),
    ];
    deepEqual(kindsOf(await breaksOf(told(lines))), []);
  });

  it('tells one row for the partial fills of an order, at their average', async () => {
    const { breaksOf } = await worldOf(
      submit('o1', { quantity: '10' }),
      booked('x1', '4', '9.51', '0.4', 'o1'),
      booked('x2', '3', '9.52', '0.3', 'o1'),
      booked('x3', '3', '9.53', '0.3', 'o1'),
      booked('other', '3', '9.6', '0.3'),
    );
    const other = row({
      reference: 'b',
      quantity: quantity('3'),
      price: price('9.6'),
      commission: cash('0.3'),
    });
    const total = row({ reference: 'a', price: price('9.519') });
    deepEqual(kindsOf(await breaksOf(told([total, other]))), []);
    // To the cent as well: 9.519 is told as 9.52.
    deepEqual(kindsOf(await breaksOf(told([row({ ...total, price: price('9.52') }), other]))), []);
    ok((await breaksOf(told([row({ ...total, price: price('9.55') }), other]))).breaks.length > 0);
  });

  it('tells another fee of such a total, which the last part takes', async () => {
    const { breaksOf } = await worldOf(
      submit('o1', { quantity: '10' }),
      booked('x1', '4', '9.5', '0.4', 'o1'),
      booked('x2', '6', '9.5', '0.6', 'o1'),
    );
    const [found] = (await breaksOf(told([row({ reference: 'a', commission: cash('1.5') })])))
      .breaks;
    equal(found?.kind, 'fee');
    equal(found?.cash, cash('-0.5'));
    const { correction } = found ?? {};
    ok(correction?.kind === 'correct_fill');
    deepEqual([correction.executionId, formatCash(correction.commission)], ['x2', '1.1']);
  });

  it('tells several rows for one fill of ours', async () => {
    const { breaksOf } = await worldOf(booked('x1'));
    const lines = [
      row({ reference: 'a', quantity: quantity('4'), commission: cash('0.4') }),
      row({ reference: 'b', quantity: quantity('6'), commission: cash('0.6') }),
    ];
    deepEqual(kindsOf(await breaksOf(told(lines))), []);
  });

  for (const [kind, over] of [
    ['price', { price: price('9.51') }],
    ['quantity', { quantity: quantity('9') }],
    ['timing', { at: instant('2014-01-08T15:00:00Z') }],
  ] as const) {
    it(`differs in its ${kind} alone, rather than in a missing and an unknown fill`, async () => {
      const { breaksOf } = await worldOf(booked('x1'));
      deepEqual(kindsOf(await breaksOf(told([row({ reference: 'a', ...over })]))), [kind]);
    });
  }

  it('is another trade where more than one thing differs', async () => {
    const { breaksOf } = await worldOf(booked('x1'));
    const line = row({ reference: 'a', price: price('9.51'), quantity: quantity('9') });
    deepEqual(kindsOf(await breaksOf(told([line]))), ['missing_fill', 'unknown_fill']);
  });
});

describe('a day with a thousand trades all alike', () => {
  it('agrees with as many of ours, and in time', async () => {
    const count = 1_000;
    const fills = Array.from({ length: count }, (_, n) => booked(`x${n}`));
    const { breaksOf } = await worldOf(...fills);
    const lines = fills.map((_, n) => row({ reference: `row ${n}` }));
    const startedAt = performance.now();
    const { breaks, matched } = await breaksOf(told(lines));
    deepEqual([kindsOf({ breaks }), matched], [[], count]);
    ok(performance.now() - startedAt < 10_000);
    const short = await breaksOf(told(lines.slice(1)));
    deepEqual(kindsOf(short), ['duplicate_fill']);
  });
});

describe('a statement that has a row twice', () => {
  it('is not told which counts, and is not believed twice', async () => {
    const { breaksOf } = await worldOf(booked('x1'));
    const { breaks } = await breaksOf(told([row(), row()]));
    deepEqual(kindsOf({ breaks }), ['duplicate_fill']);
    equal(breaks[0]?.correction, null);
    match(breaks[0]?.why ?? '', /more than once/);
  });
});

describe('an execution that we know and have not booked', () => {
  it('is missing, says so, and is booked under another id', async () => {
    const { breaksOf, record, approve } = await worldOf(booked('x1', '10', '9.5', '1', 'nobody'));
    const statement = told([row()]);
    const [found] = (await breaksOf(statement)).breaks;
    equal(found?.kind, 'missing_fill');
    equal(found?.ours?.['standing'], 'disputed');
    ok(found?.correction?.kind === 'fill');
    equal(found.correction.executionId, 'x1/rebooked');
    await record(statement);
    equal((await approve(found.breakId)).kind, 'done');
    deepEqual(kindsOf(await breaksOf(statement)), []);
  });

  it('is so too where it was taken back', async () => {
    const { breaksOf } = await worldOf(booked('x1'), bust('x1'));
    const [found] = (await breaksOf(told([row()]))).breaks;
    equal(found?.ours?.['standing'], 'busted');
  });
});

describe('a symbol that split', () => {
  const splitRow: StatementLine = {
    kind: 'split',
    row: 9,
    reference: 'split',
    description: '',
    symbol: ticker('ACME'),
    newShares: 2n,
    oldShares: 1n,
    at: instant('2014-01-08T14:00:00Z'),
  };
  const splitting = split(2n, 1n, { at: splitRow.at });

  it('lets a fill from before count in new shares, and leaves it to a person', async () => {
    const { breaksOf } = await worldOf(booked('x1'), splitting);
    const lines = [row(), row({ reference: 'lost', quantity: quantity('3') }), splitRow];
    const positions = [{ symbol: ticker('ACME'), quantity: quantity('26') }];
    const { breaks, balances } = await breaksOf(told(lines, { positions }));
    deepEqual(kindsOf({ breaks }), ['missing_fill']);
    equal(breaks[0]?.shares, quantity('6'));
    equal(breaks[0]?.correction, null);
    match(breaks[0]?.why ?? '', /split after it/);
    equal(balances.positions?.[0]?.unexplained, 0n);
  });

  it('is left to a person where it was traded since', async () => {
    const later = fill('x2', null, '1', '5', {
      at: instant('2014-01-09T15:00:00Z'),
      commission: '1',
    });
    const { breaksOf } = await worldOf(booked('x1'), later);
    const lines = [
      row(),
      row({ reference: 'x2', quantity: quantity('1'), price: price('5'), at: later.at }),
      splitRow,
    ];
    const positions = [{ symbol: ticker('ACME'), quantity: quantity('21') }];
    const { breaks } = await breaksOf(told(lines, { positions }));
    deepEqual(kindsOf({ breaks }), ['unbooked_split']);
    equal(formatQuantity(breaks[0]?.shares ?? quantity('0')), '10');
    equal(breaks[0]?.correction, null);
  });

  it('is a break where only we know of it', async () => {
    const { breaksOf } = await worldOf(booked('x1'), splitting);
    const positions = [{ symbol: ticker('ACME'), quantity: quantity('10') }];
    const { breaks } = await breaksOf(told([row()], { positions }));
    deepEqual(kindsOf({ breaks }), ['unknown_split']);
    equal(breaks[0]?.shares, quantity('-10'));
  });
});

describe('cash', () => {
  const line = (over: object): StatementLine =>
    ({
      kind: 'cash',
      row: 1,
      reference: 'r',
      description: '',
      category: 'fee',
      amount: cash('-3'),
      at: morning,
      ...over,
    }) as StatementLine;

  for (const [category, amount, command] of [
    ['deposit', '5', 'deposit_cash'],
    ['withdrawal', '-5', 'report_withdrawal'],
    ['withdrawal', '-500000', 'report_withdrawal'],
    ['conversion', '5', 'deposit_cash'],
    ['conversion', '-500000', 'report_withdrawal'],
    ['fee', '-5', 'charge_fee'],
    ['fee', '5', 'adjust_cash'],
    ['tax', '-5', 'charge_fee'],
    ['interest', '-5', 'pay_interest'],
    ['adjustment', '5', 'adjust_cash'],
  ] as const) {
    it(`that is missing: a ${category} of ${amount} is mended by ${command}`, async () => {
      const { breaksOf, record, approve } = await worldOf();
      const statement = told([line({ category, amount: cash(amount) })]);
      const [found] = (await breaksOf(statement)).breaks;
      deepEqual(
        [found?.kind, found?.correction?.kind, found?.cash],
        ['missing_cash', command, cash(amount)],
      );
      await record(statement);
      equal((await approve(found?.breakId ?? ('' as never))).kind, 'done');
      deepEqual(kindsOf(await breaksOf(statement)), []);
    });
  }

  it('of a dividend is booked as it was paid, whatever is held now', async () => {
    const { breaksOf, record, approve, store } = await worldOf(booked('x1'));
    const told5: StatementLine = {
      kind: 'dividend',
      row: 2,
      reference: 'd',
      description: '',
      symbol: ticker('ACME'),
      amount: cash('7'),
      quantity: quantity('70'),
      perShare: price('0.1'),
      at: morning,
    };
    const [found] = (await breaksOf(told([row(), told5]))).breaks;
    deepEqual([found?.kind, found?.correction?.kind], ['unbooked_dividend', 'report_dividend']);
    await record(told([row(), told5]));
    equal((await approve(found?.breakId ?? ('' as never))).kind, 'done');
    const paid = (await wholeLog(store)).find(({ data }) => data.type === 'DividendPaid')?.data;
    ok(paid?.type === 'DividendPaid');
    const { amount, quantity: on, perShare } = paid;
    deepEqual([amount, on, perShare], [cash('7'), quantity('70'), price('0.1')]);
    deepEqual(kindsOf(await breaksOf(told([row(), told5]))), []);
  });

  it('that is on another day, or of another amount', async () => {
    const { breaksOf } = await worldOf(booked('x1'), dividend('0.5'));
    const dividendRow = (over: object) =>
      line({
        kind: 'dividend',
        category: undefined,
        symbol: ticker('ACME'),
        quantity: null,
        perShare: null,
        amount: cash('5'),
        at: instant('2014-01-03T16:00:00Z'),
        ...over,
      });
    deepEqual(kindsOf(await breaksOf(told([row(), dividendRow({})]))), []);
    deepEqual(kindsOf(await breaksOf(told([row(), dividendRow({ at: morning })]))), ['timing']);
    const { breaks } = await breaksOf(told([row(), dividendRow({ amount: cash('4.5') })]));
    deepEqual(kindsOf({ breaks }), ['amount']);
    equal(breaks[0]?.cash, cash('-0.5'));
  });
});

describe('the ends of a statement', () => {
  it('leave as a break of its own what the rows do not explain', async () => {
    const { breaksOf } = await worldOf(booked('x1'));
    const positions = [{ symbol: ticker('ACME'), quantity: quantity('17') }];
    const lines = [row(), row({ reference: 'lost', quantity: quantity('3') })];
    const { breaks, balances } = await breaksOf(told(lines, { positions }));
    deepEqual(kindsOf({ breaks }), ['missing_fill', 'position']);
    const [balance] = balances.positions ?? [];
    deepEqual(
      [balance?.difference, balance?.explained, balance?.unexplained],
      [quantity('7'), quantity('3'), quantity('4')],
    );
    equal(breaks[1]?.shares, quantity('4'));
  });

  it('are those of the end of its last day, and what comes after is not of it', async () => {
    const evening = fill('x2', null, '1', '9', {
      commission: '0',
      at: instant('2014-01-31T20:00:00Z'),
    });
    const after = fill('x3', null, '1', '9', {
      commission: '0',
      at: instant('2014-02-03T15:00:00Z'),
    });
    const { breaksOf } = await worldOf(booked('x1'), evening, after);
    const lines = [
      row(),
      row({
        reference: 'x2',
        quantity: quantity('1'),
        price: price('9'),
        commission: 0n as Cash,
        at: evening.at,
      }),
    ];
    const positions = [{ symbol: ticker('ACME'), quantity: quantity('11') }];
    deepEqual(kindsOf(await breaksOf(told(lines, { positions }))), []);
  });
});

describe('a broker that tells executions alone', () => {
  it('is not compared in cash, fees and holdings', async () => {
    const { compare } = await worldOf(booked('x1'), booked('x2', '1', '2', '0.5'));
    const lines = [
      row({ commission: 0n as Cash }),
      row({ reference: 'x3', commission: 0n as Cash, side: 'sell' }),
    ];
    const { breaks } = await compare(told(lines), 'executions');
    deepEqual(kindsOf({ breaks }), ['missing_fill', 'unknown_fill']);
    ok(breaks[0]?.correction?.kind === 'fill');
    equal(breaks[0].correction.commission, null, "the account's schedule says");
  });
});

describe('the same difference', () => {
  it('has the same id in another statement, whatever else that says and in whatever order', async () => {
    const { breaksOf } = await worldOf(booked('x1'), booked('x2', '3'));
    const lost = row({ reference: 'lost', quantity: quantity('5') });
    const fee = row({ reference: 'x2', quantity: quantity('3'), commission: cash('7') });
    const today = await breaksOf(told([row(), fee, lost]));
    const tomorrow = await breaksOf(
      told([lost, fee, row()], { to: instant('2014-02-28T00:00:00Z') }),
    );
    deepEqual(kindsOf(today), ['missing_fill', 'fee']);
    deepEqual(
      tomorrow.breaks.map(({ breakId }) => breakId),
      today.breaks.map(({ breakId }) => breakId),
    );
    const other = await breaksOf(told([row(), { ...fee, commission: cash('8') }, lost]));
    equal(other.breaks[0]?.breakId, today.breaks[0]?.breakId);
    ok(
      other.breaks[1]?.breakId !== today.breaks[1]?.breakId,
      'another difference is another break',
    );
  });
});
