import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AccountId,
  type Actor,
  accountStream,
  type EventId,
  type ExecutionId,
  marketStream,
  sessionsStream,
  type Symbol as Ticker,
} from '#domain/ids.ts';
import { sessionDateOf } from '#domain/market/calendar.ts';
import { cash, price, quantity } from '#domain/money.ts';
import type { OrderFilled } from '#domain/order/events.ts';
import type { LedgerEvent, RecordedEvent } from '#domain/recorded-event.ts';
import { type Instant, instant, type SessionDate } from '#domain/time.ts';
import { foldLedger } from '#projections/fold.ts';
import type { Tables } from '#projections/tables.ts';
import { uuid } from '../support/account-histories.ts';

const account = uuid<AccountId>(1);
const symbol = 'AAPL' as Ticker;
const holding = `${account}/${symbol}`;
const day = (n: number): Instant => instant(`2024-03-${String(n).padStart(2, '0')}T20:00:00Z`);

/** A log of one account with these events, on following days from 1 March on. */
const logOf = (...events: readonly (LedgerEvent | null)[]): readonly RecordedEvent[] =>
  events.flatMap((data, index) => {
    if (data === null) return [];
    const sequence = index + 1;
    const id = uuid<EventId>(1000 + sequence);
    const stream =
      data.type === 'PriceMarked'
        ? marketStream(symbol)
        : data.type === 'SessionClosed'
          ? sessionsStream
          : accountStream(account);
    return [
      {
        id,
        effectiveAt: day(sequence),
        correlationId: id,
        causationId: null,
        commandId: null,
        commandDigest: null,
        actor: 'operator' as Actor,
        sequence,
        stream,
        revision: sequence,
        version: 1,
        recordedAt: day(sequence),
        hash: '',
        data,
      },
    ];
  });

const opened: LedgerEvent = {
  type: 'AccountOpened',
  accountId: account,
  accountNumber: 'A-1',
  userId: null,
  policy: {
    kind: 'margin',
    currency: 'USD',
    commission: { kind: 'fixed', amount: cash('0') },
    limits: { positionNotional: null, leverage: null, orderNotional: null },
    settlementDays: 0,
    broker: 'none',
  },
  openedAt: day(1),
};
const fill = (n: number, side: 'buy' | 'sell', shares: string, at: string): OrderFilled => ({
  type: 'OrderFilled',
  executionId: `x-${n}` as ExecutionId,
  orderId: null,
  symbol,
  side,
  quantity: quantity(shares),
  price: price(at),
  commission: cash('1'),
  liquidity: 'unknown',
  venue: 'test',
  executedAt: day(n),
  settlesAt: day(n),
});
const mark = (n: number, low: string, high: string, close: string): LedgerEvent => ({
  type: 'PriceMarked',
  symbol,
  session: day(n).slice(0, 10) as SessionDate,
  open: price(close),
  high: price(high),
  low: price(low),
  close: price(close),
  source: 'test',
  markedAt: day(n),
});
const busted = (undone: OrderFilled): LedgerEvent => {
  const { type: _, settlesAt: __, ...execution } = undone;
  return { ...execution, type: 'FillBusted', reason: 'erroneous', bustedAt: day(20) };
};
const corrected = (before: OrderFilled, over: Partial<OrderFilled>): LedgerEvent => {
  const { type: _, settlesAt: __, ...execution } = { ...before, ...over };
  return {
    ...execution,
    type: 'FillCorrected',
    previousQuantity: before.quantity,
    previousPrice: before.price,
    previousCommission: before.commission,
    reason: 'price',
    correctedAt: day(20),
  };
};

/** What a holding comes to, apart from which event said so. */
const outcome = (tables: Tables) => {
  const {
    sequence: _,
    lastPrice: __,
    ...position
  } = tables.positions.get(holding) ?? { sequence: 0, lastPrice: 0 };
  const bare = <Row extends { readonly sequence: number }>(rows: Iterable<Row>) =>
    [...rows].map(({ sequence: ___, ...row }) => row);
  return {
    position,
    lots: bare(tables.lots.values()),
    history: bare(tables.positionHistory.values()),
    cash: tables.accounts.get(account)?.cash,
    realized: tables.accounts.get(account)?.realizedPnl,
  };
};

describe('a fill in the middle of a cycle', () => {
  const [one, two, three] = [
    fill(2, 'buy', '10', '100'),
    fill(4, 'buy', '10', '130'),
    fill(6, 'sell', '15', '120'),
  ];
  const before = [
    opened,
    one,
    mark(3, '90', '140', '110'),
    two,
    mark(5, '80', '150', '125'),
    three,
  ];

  it('leaves nothing behind when it is busted: all is as if it had never been', () => {
    const never = foldLedger(
      logOf(opened, one, mark(3, '90', '140', '110'), null, mark(5, '80', '150', '125'), three),
    );
    deepEqual(outcome(foldLedger(logOf(...before, busted(two)))), outcome(never));
  });

  it('counts in its own place when it is corrected', () => {
    const right = { price: price('131'), quantity: quantity('12'), commission: cash('2') };
    const meant = foldLedger(
      logOf(...before.slice(0, 3), { ...two, ...right }, ...before.slice(4)),
    );
    deepEqual(outcome(foldLedger(logOf(...before, corrected(two, right)))), outcome(meant));
  });

  it('stays in the list of fills, with what it was before', () => {
    const tables = foldLedger(logOf(...before, corrected(two, { price: price('131') })));
    const row = tables.orderFills.get(`${account}/x-4`);
    deepEqual(
      [row?.status, row?.price, row?.previousPrice],
      ['corrected', price('131'), price('130')],
    );
  });

  it('is undone in cash by lines of their own, at their own time', () => {
    const lines = [...foldLedger(logOf(...before, busted(two))).transactions.values()].slice(-2);
    deepEqual(
      lines.map((line) => [line.type, line.amount, line.transactionDate]),
      [
        ['trade', cash('1300'), day(20)],
        ['commission', cash('1'), day(20)],
      ],
    );
  });
});

describe('a holding of which every fill was busted', () => {
  it('begins with the next fill, be it of an earlier session', () => {
    const [never, late, next] = [
      fill(6, 'buy', '10', '100'),
      fill(4, 'buy', '5', '90'),
      fill(6, 'buy', '1', '91'),
    ];
    const row = foldLedger(logOf(opened, never, busted(never), late, next)).positions.get(holding);
    deepEqual([row?.session, row?.sessionStartQuantity], [sessionDateOf(day(6)), quantity('5')]);
  });
});

describe('a position between marks', () => {
  it('has the high and low of later sessions in its excursions, and of its own session only the close', () => {
    const own = mark(2, '50', '200', '105');
    const tables = foldLedger(
      logOf(
        opened,
        fill(2, 'buy', '10', '100'),
        own,
        mark(4, '95', '112', '108'),
        fill(5, 'sell', '10', '110'),
      ),
    );
    const [row] = [...tables.positionHistory.values()];
    deepEqual([row?.maxFavorableExcursion, row?.maxAdverseExcursion], [cash('120'), cash('-50')]);
    equal(row?.holdSeconds, 3 * 86_400);
  });
});

describe('the close of a session', () => {
  it('writes the equity of an account at the marks known then, and its change net of deposits', () => {
    const deposit: LedgerEvent = {
      type: 'CashDeposited',
      amount: cash('5000'),
      description: '',
      externalReference: null,
      at: day(2),
    };
    const closed = (n: number): LedgerEvent => ({
      type: 'SessionClosed',
      session: day(n).slice(0, 10) as SessionDate,
      closedAt: day(n),
    });
    const tables = foldLedger(
      logOf(
        opened,
        deposit,
        fill(3, 'buy', '10', '100'),
        mark(4, '90', '110', '110'),
        closed(4),
        { ...deposit },
        mark(7, '100', '120', '115'),
        closed(7),
      ),
    );
    const points = [...tables.portfolioSnapshots.values()];
    deepEqual(
      points.map((point) => [point.equity, point.dayChange]),
      [
        [cash('5099'), cash('99')],
        [cash('10149'), cash('50')],
      ],
    );
  });
});
