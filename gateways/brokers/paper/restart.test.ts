import { deepEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { WorkingOrder } from '#commands/ports/broker.ts';
import type { OrderId } from '#domain/ids.ts';
import { cash, notional, price, quantity, ratio } from '#domain/money.ts';
import { type Instant, instant, type SessionDate } from '#domain/time.ts';
import {
  inWords,
  paperBook,
  someAccount,
  someSymbol,
  someTerms,
} from '#tests/support/paper-book.ts';
import type { Book, Shown } from './book.ts';
import { advance, createBook, freshlyShown, observe } from './matching.ts';
import { cancel, enter, replace } from './order-entry.ts';
import { brokerOrderIdOf } from './paper-order.ts';
import { paperBrokerSettings } from './settings.ts';

const settings = paperBrokerSettings.parse({});
const restartedAt = instant('2014-01-03T15:00:00Z');
const nextAt = instant('2014-01-03T15:01:00Z');

const working = (more: Partial<WorkingOrder> = {}): WorkingOrder => ({
  accountId: someAccount,
  orderId: 'o1' as OrderId,
  brokerOrderId: brokerOrderIdOf('o1' as OrderId),
  terms: someTerms(),
  submittedAt: instant('2014-01-03T14:45:00Z'),
  filledQuantity: quantity('0'),
  filledNotional: cash('0'),
  fillCount: 0,
  triggered: false,
  highWaterMark: null,
  trailedStopPrice: null,
  priceCap: null,
  closingMax: null,
  ...more,
});

const shownAt = (last: string, at: Instant): Shown => {
  const value = price(last);
  const size = quantity('1000');
  return freshlyShown(
    {
      symbol: someSymbol,
      price: value,
      bid: value,
      ask: value,
      bidSize: size,
      askSize: size,
      at,
      open: value,
      high: value,
      low: value,
      previousClose: null,
      volume: size,
    },
    settings,
  );
};

/** A book in the middle of a session at 10.00, after a restart. */
const restarted = (order: WorkingOrder): Book =>
  createBook({
    settings,
    symbols: [someSymbol],
    working: [order],
    market: {
      at: restartedAt,
      session: '2014-01-03' as SessionDate,
      shown: [shownAt('10', restartedAt)],
    },
  });

const quote = (book: Book, last: string, auction: 'open' | 'close' | null = null): string[] =>
  observe(book, {
    kind: 'quote',
    quote: shownAt(last, nextAt).quote,
    tradedVolume: quantity('10000'),
    auction,
  }).map(({ report }) => inWords(report));

describe('an order restored after a restart', () => {
  it('waits for the next quote, as it has had its chance at the one shown', () => {
    const book = restarted(working({ filledQuantity: quantity('30'), fillCount: 1 }));
    deepEqual(advance(book, restartedAt), []);
    const reports = quote(book, '10');
    deepEqual(reports, ['o1 fill 70@10 removed']);
  });

  it('goes on numbering its executions', () => {
    const book = restarted(working({ filledQuantity: quantity('30'), fillCount: 3 }));
    const reports = observe(book, {
      kind: 'quote',
      quote: shownAt('10', nextAt).quote,
      tradedVolume: quantity('1'),
      auction: null,
    });
    deepEqual(
      reports.flatMap(({ report }) => (report.type === 'Fill' ? report.executionId : [])),
      ['paper-o1-4'],
    );
  });

  it('spends no more of its notional than is left', () => {
    const terms = someTerms({ notional: cash('1000') });
    const filledNotional = notional(price('10'), quantity('90'));
    const book = restarted(working({ terms, filledNotional, fillCount: 1 }));
    deepEqual(quote(book, '20'), ['o1 fill 5@20 removed']);
  });

  it('keeps its price cap', () => {
    const book = restarted(working({ priceCap: price('10.4') }));
    deepEqual(quote(book, '10.41'), []);
    deepEqual(quote(book, '10.4'), ['o1 fill 100@10.4 removed']);
  });

  it('sells no more shares than are left to it', () => {
    const terms = someTerms({ side: 'sell', notional: cash('1000') });
    const sold = {
      filledQuantity: quantity('90'),
      filledNotional: notional(price('10'), quantity('90')),
      fillCount: 1,
      closingMax: quantity('96'),
    };
    const book = restarted(working({ terms, ...sold }));
    deepEqual(quote(book, '8'), ['o1 fill 6@8 removed', 'o1 canceled position_exhausted']);
  });

  it('that has sold all its shares ends, where its end was lost', () => {
    const terms = someTerms({ side: 'sell', notional: cash('1000') });
    const sold = { filledQuantity: quantity('96'), fillCount: 1, closingMax: quantity('96') };
    const book = restarted(working({ terms, ...sold }));
    deepEqual(quote(book, '8'), ['o1 canceled position_exhausted']);
  });

  it('keeps its water mark', () => {
    const terms = someTerms({ side: 'sell', type: 'trailing_stop', trailPercent: ratio('10') });
    const marks = { highWaterMark: price('12'), trailedStopPrice: price('10.8') };
    deepEqual(quote(restarted(working({ terms, ...marks })), '10.9'), []);
    deepEqual(quote(restarted(working({ terms, ...marks })), '10.7'), [
      'o1 triggered at 10.7',
      'o1 fill 100@10.7 removed',
    ]);
  });

  it('stays triggered', () => {
    const terms = someTerms({ type: 'stop', stopPrice: price('11') });
    deepEqual(quote(restarted(working({ terms, triggered: true })), '9'), [
      'o1 fill 100@9 removed',
    ]);
  });

  it('counts what it has filled when it is replaced', () => {
    const terms = someTerms({ type: 'limit', limitPrice: price('5'), quantity: quantity('70') });
    const book = restarted(
      working({
        terms,
        filledQuantity: quantity('20'),
        fillCount: 1,
      }),
    );
    const by = (id: string, shares: string) =>
      replace(
        book,
        'o1' as OrderId,
        {
          accountId: someAccount,
          orderId: id as OrderId,
          terms: someTerms({ quantity: quantity(shares) }),
          submittedAt: restartedAt,
          priceCap: null,
          closingMax: null,
        },
        restartedAt,
      ).map(({ report }) => inWords(report));
    deepEqual(by('o2', '20'), ['o1 replace rejected quantity_not_above_filled']);
    deepEqual(by('o3', '21'), ['o1 replaced by o3', 'o3 fill 1@10 removed']);
  });

  it('of one chance that it has had ends, where its end was lost', () => {
    const spent = { filledQuantity: quantity('30'), fillCount: 1 };
    const ioc = restarted(working({ terms: someTerms({ timeInForce: 'ioc' }), ...spent }));
    deepEqual(quote(ioc, '10'), ['o1 canceled ioc']);
    const opg = restarted(working({ terms: someTerms({ timeInForce: 'opg' }), ...spent }));
    deepEqual(quote(opg, '10', 'open'), ['o1 expired']);
  });

  it('is canceled and known as before', () => {
    const book = restarted(working());
    deepEqual(enter(book, working(), restartedAt), []);
    const reports = cancel(book, someAccount, 'o1' as OrderId, restartedAt);
    deepEqual(
      reports.map(({ report }) => inWords(report)),
      ['o1 canceled requested'],
    );
  });
});

describe('a ledger on another clock than the market', () => {
  it('does not keep a restored order in transit for years', () => {
    const book = createBook({
      settings: paperBrokerSettings.parse({ latencyMs: 100 }),
      symbols: [someSymbol],
      working: [working({ submittedAt: instant('2026-01-01T00:00:00Z') })],
      market: { at: restartedAt, session: '2014-01-03' as SessionDate, shown: [] },
    });
    deepEqual(quote(book, '10'), ['o1 fill 100@10 removed']);
  });
});

describe('the memory of ended orders', () => {
  it('forgets the oldest first', () => {
    const paper = paperBook({ endedMemory: 1 });
    paper.opens();
    paper.openingPrint('10');
    paper.submit('o1');
    paper.submit('o2');
    deepEqual(paper.cancel('o2'), ['o2 cancel rejected order_filled']);
    deepEqual(paper.cancel('o1'), ['o1 cancel rejected unknown_order']);
  });
});
