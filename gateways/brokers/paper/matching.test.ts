import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OrderId } from '#domain/ids.ts';
import { cash, price, quantity, ratio } from '#domain/money.ts';
import type { OrderTerms } from '#domain/order/terms.ts';
import { openPaperBook, paperBook } from '#tests/support/paper-book.ts';

const limitBuy = (limit: string, more: Partial<OrderTerms> = {}): Partial<OrderTerms> => ({
  type: 'limit',
  limitPrice: price(limit),
  ...more,
});

describe('an open market', () => {
  it('fills a market order at once at the ask', () => {
    deepEqual(openPaperBook().submit('o1'), ['o1 accepted', 'o1 fill 100@10.01 removed']);
  });

  it('fills a market sell at once at the bid', () => {
    deepEqual(openPaperBook().submit('o1', { side: 'sell' }), [
      'o1 accepted',
      'o1 fill 100@9.99 removed',
    ]);
  });

  it('fills no more than the displayed size, the rest at the next quote', () => {
    const paper = openPaperBook();
    deepEqual(paper.submit('o1', { quantity: quantity('1200') }), [
      'o1 accepted',
      'o1 fill 1000@10.01 removed',
    ]);
    deepEqual(paper.quotes('11'), ['o1 fill 200@11.01 removed']);
  });

  it('lets our orders share one displayed size', () => {
    const paper = openPaperBook();
    paper.submit('o1', { quantity: quantity('950') });
    deepEqual(paper.submit('o2'), ['o2 accepted', 'o2 fill 50@10.01 removed']);
  });

  it('keeps the sizes of the two sides apart', () => {
    const paper = openPaperBook();
    paper.submit('o1', { quantity: quantity('1000') });
    deepEqual(paper.submit('o2', { side: 'sell' }), ['o2 accepted', 'o2 fill 100@9.99 removed']);
  });

  it('takes only the configured part of the displayed size', () => {
    const paper = openPaperBook({ displayedParticipation: '0.05' });
    deepEqual(paper.submit('o1'), ['o1 accepted', 'o1 fill 50@10.01 removed']);
  });

  it('fills an order by notional until the rest buys nothing', () => {
    const paper = openPaperBook();
    deepEqual(paper.submit('o1', { notional: cash('100') }), [
      'o1 accepted',
      'o1 fill 9.99000999@10.01 removed',
    ]);
    equal(paper.book.orders.size, 0);
  });

  it('fills an order by notional in parts that never exceed it', () => {
    const paper = openPaperBook();
    deepEqual(paper.submit('o1', { notional: cash('15015') }), [
      'o1 accepted',
      'o1 fill 1000@10.01 removed',
    ]);
    deepEqual(paper.quotes('5'), ['o1 fill 999.001996007@5.01 removed']);
    equal(paper.book.orders.size, 0);
  });

  it('fills a marketable limit at the ask, not at its limit', () => {
    deepEqual(openPaperBook().submit('o1', limitBuy('12')), [
      'o1 accepted',
      'o1 fill 100@10.01 removed',
    ]);
  });

  it('rests a limit until the ask comes to it, and fills better where the market gaps through', () => {
    const paper = openPaperBook();
    deepEqual(paper.submit('o1', limitBuy('9.5')), ['o1 accepted']);
    deepEqual(paper.quotes('9.5'), []);
    deepEqual(paper.quotes('9.2'), ['o1 fill 100@9.21 added']);
  });

  it('rests a sell limit until the bid comes to it', () => {
    const paper = openPaperBook();
    paper.submit('o1', { side: 'sell', type: 'limit', limitPrice: price('10.49') });
    deepEqual(paper.quotes('10.49'), []);
    deepEqual(paper.quotes('10.5'), ['o1 fill 100@10.49 added']);
  });

  it('serves market orders first, then the keener limit, then the older order', () => {
    const paper = openPaperBook();
    paper.submit('old', limitBuy('9.4'));
    paper.wait(1);
    paper.submit('young', limitBuy('9.4'));
    paper.submit('keen', limitBuy('9.5'));
    paper.submit('stop', {
      side: 'buy',
      type: 'stop',
      stopPrice: price('11'),
      timeInForce: 'gtc',
    });
    deepEqual(paper.quotes('9.3', { size: '150' }), [
      'keen fill 100@9.31 added',
      'old fill 50@9.31 added',
    ]);
    deepEqual(paper.quotes('9.3', { size: '80' }), [
      'old fill 50@9.31 added',
      'young fill 30@9.31 added',
    ]);
    deepEqual(paper.quotes('11'), ['stop triggered at 11', 'stop fill 100@11.01 removed']);
  });

  it('moves slippage against the order and stops it at the limit', () => {
    const paper = openPaperBook({ slippageBps: '100' });
    deepEqual(paper.submit('o1').at(-1), 'o1 fill 100@10.1101 removed');
    deepEqual(paper.submit('o2', { side: 'sell' }).at(-1), 'o2 fill 100@9.8901 removed');
    deepEqual(paper.submit('o3', limitBuy('10.05')).at(-1), 'o3 fill 100@10.05 removed');
  });

  it('widens the spread as configured', () => {
    const paper = openPaperBook({ extraSpreadBps: '10' });
    deepEqual(paper.submit('o1').at(-1), 'o1 fill 100@10.0201 removed');
    deepEqual(paper.submit('o2', limitBuy('10.02')), ['o2 accepted']);
  });

  it('rejects what it cannot work', () => {
    const paper = openPaperBook();
    deepEqual(paper.submit('o1', { symbol: 'NONE' as never }), ['o1 rejected unknown_symbol']);
    deepEqual(paper.submit('o2', { type: 'limit' }), ['o2 rejected unworkable_terms']);
    deepEqual(paper.submit('o2', { type: 'limit' }), []);
  });
});

describe('a market with latency', () => {
  it('fills at the quote that stands when the order arrives', () => {
    const paper = openPaperBook({ latencyMs: 1500 });
    deepEqual(paper.submit('o1'), ['o1 accepted']);
    deepEqual(paper.quotes('11'), []);
    deepEqual(paper.quotes('12'), ['o1 fill 100@11.01 removed']);
    equal(paper.reports().at(-1)?.report.at, '2014-01-03T14:30:03.500000Z');
  });
});

describe('a buy with a price cap', () => {
  const cap = { priceCap: price('10.4') };

  it('waits while the market is above the cap, and fills at it', () => {
    const paper = openPaperBook();
    paper.submit('o1', { quantity: quantity('1200') }, cap);
    deepEqual(paper.quotes('10.4'), []);
    deepEqual(paper.quotes('10.39'), ['o1 fill 200@10.4 removed']);
  });

  it('does not fill at an opening print that gapped over the cap', () => {
    const paper = openPaperBook();
    paper.submit('opg', { timeInForce: 'opg' }, cap);
    paper.closes();
    paper.submit('day', {}, cap);
    paper.opens();
    deepEqual(paper.openingPrint('12'), ['opg expired']);
    deepEqual(paper.closes(), ['day expired']);
  });

  it('ends at once where it has one chance only', () => {
    const paper = openPaperBook();
    paper.quotes('11');
    for (const timeInForce of ['ioc', 'fok'] as const) {
      deepEqual(paper.submit(timeInForce, { timeInForce }, cap), [
        `${timeInForce} accepted`,
        `${timeInForce} canceled ${timeInForce}`,
      ]);
    }
  });

  it('slips no further than the cap', () => {
    const paper = openPaperBook({ slippageBps: '1000' });
    deepEqual(paper.submit('o1', {}, cap).at(-1), 'o1 fill 100@10.4 removed');
  });

  it('waits too when a gap triggers its stop', () => {
    const paper = openPaperBook();
    paper.submit('o1', { type: 'stop', stopPrice: price('10.2') }, { priceCap: price('10.608') });
    deepEqual(paper.quotes('12'), ['o1 triggered at 12']);
    deepEqual(paper.quotes('10.5'), ['o1 fill 100@10.51 removed']);
  });

  it('still goes before limit orders', () => {
    const paper = paperBook();
    paper.submit('limit', limitBuy('11', { quantity: quantity('60') }));
    paper.submit('market', { quantity: quantity('80') }, cap);
    paper.opens();
    deepEqual(paper.openingPrint('10', { volume: '1000', size: '0' }), [
      'market fill 80@10 unknown',
      'limit fill 20@10 unknown',
    ]);
  });
});

describe('a sell by notional', () => {
  const sell = { side: 'sell', notional: cash('9600') } as const;
  const all = { closingMax: quantity('1000') };

  it('sells no more shares than it may, and then ends', () => {
    const paper = openPaperBook();
    paper.closes();
    paper.submit('o1', sell, all);
    paper.opens();
    deepEqual(paper.openingPrint('8', { volume: '20000' }), [
      'o1 fill 1000@8 unknown',
      'o1 canceled position_exhausted',
    ]);
    equal(paper.book.orders.size, 0);
  });

  it('counts the shares of all its fills', () => {
    const paper = openPaperBook({ displayedParticipation: '0.7' });
    deepEqual(paper.submit('o1', { ...sell, notional: cash('20000') }, all), [
      'o1 accepted',
      'o1 fill 700@9.99 removed',
    ]);
    deepEqual(paper.quotes('10'), ['o1 fill 300@9.99 removed', 'o1 canceled position_exhausted']);
  });

  it('is filled where the shares bring the money', () => {
    const paper = openPaperBook();
    deepEqual(paper.submit('o1', { ...sell, notional: cash('9990') }, all), [
      'o1 accepted',
      'o1 fill 1000@9.99 removed',
    ]);
    equal(paper.book.ended.get('o1' as OrderId), 'filled');
  });

  it('fok: sells nothing where the shares do not bring all the money', () => {
    const paper = openPaperBook();
    deepEqual(paper.submit('o1', { ...sell, notional: cash('9991'), timeInForce: 'fok' }, all), [
      'o1 accepted',
      'o1 canceled fok',
    ]);
  });

  it('with no share to sell ends at once', () => {
    const paper = openPaperBook();
    deepEqual(paper.submit('o1', sell, { closingMax: quantity('0') }), [
      'o1 accepted',
      'o1 canceled position_exhausted',
    ]);
  });
});

describe('stops', () => {
  it('triggers a sell stop at the last price and sells at the bid, also below the stop', () => {
    const paper = openPaperBook();
    paper.submit('o1', { side: 'sell', type: 'stop', stopPrice: price('9.5') });
    deepEqual(paper.quotes('9.51'), []);
    deepEqual(paper.quotes('9'), ['o1 triggered at 9', 'o1 fill 100@8.99 removed']);
  });

  it('triggers at once where the last price is there already', () => {
    const paper = openPaperBook();
    deepEqual(paper.submit('o1', { type: 'stop', stopPrice: price('9.5') }), [
      'o1 accepted',
      'o1 triggered at 10',
      'o1 fill 100@10.01 removed',
    ]);
  });

  it('turns a stop limit into a limit that may have to wait', () => {
    const paper = openPaperBook();
    paper.submit('o1', { type: 'stop_limit', stopPrice: price('10.5'), limitPrice: price('10.6') });
    deepEqual(paper.quotes('11'), ['o1 triggered at 11']);
    deepEqual(paper.quotes('10.55'), ['o1 fill 100@10.56 added']);
  });

  it('trails a sell below the highest price', () => {
    const paper = openPaperBook();
    deepEqual(
      paper.submit('o1', { side: 'sell', type: 'trailing_stop', trailAmount: price('0.5') }),
      ['o1 accepted', 'o1 trails 10 stop 9.5'],
    );
    deepEqual(paper.quotes('11'), ['o1 trails 11 stop 10.5']);
    deepEqual(paper.quotes('10.6'), []);
    deepEqual(paper.quotes('10.5'), ['o1 triggered at 10.5', 'o1 fill 100@10.49 removed']);
  });

  it('trails a buy above the lowest price, in percent', () => {
    const paper = openPaperBook();
    paper.submit('o1', { type: 'trailing_stop', trailPercent: ratio('2.5') });
    deepEqual(paper.quotes('8'), ['o1 trails 8 stop 8.2']);
    deepEqual(paper.quotes('8.3'), ['o1 triggered at 8.3', 'o1 fill 100@8.31 removed']);
  });

  it('triggers by a gap at the open and fills at the opening print', () => {
    const paper = paperBook();
    paper.submit('o1', { side: 'sell', type: 'stop', stopPrice: price('9.5') });
    paper.opens();
    deepEqual(paper.openingPrint('9'), ['o1 triggered at 9', 'o1 fill 100@9 unknown']);
  });
});

describe('times in force', () => {
  it('day: expires at the close, gtc lives on', () => {
    const paper = openPaperBook();
    paper.submit('day', limitBuy('5'));
    paper.submit('gtc', limitBuy('5', { timeInForce: 'gtc' }));
    paper.closingPrint('10');
    deepEqual(paper.closes(), ['day expired']);
    paper.opens();
    deepEqual(paper.openingPrint('4'), ['gtc fill 100@4 unknown']);
  });

  it('day: an order of the night is good for the next session', () => {
    const paper = paperBook();
    deepEqual(paper.submit('o1', limitBuy('5')), ['o1 accepted']);
    paper.opens();
    deepEqual(paper.openingPrint('10'), []);
    deepEqual(paper.closes(), ['o1 expired']);
  });

  it('ioc: takes what is there and cancels the rest', () => {
    const paper = openPaperBook();
    deepEqual(paper.submit('o1', { timeInForce: 'ioc', quantity: quantity('1500') }), [
      'o1 accepted',
      'o1 fill 1000@10.01 removed',
      'o1 canceled ioc',
    ]);
    deepEqual(paper.submit('o2', limitBuy('9', { timeInForce: 'ioc' })), [
      'o2 accepted',
      'o2 canceled ioc',
    ]);
  });

  it('ioc and fok: wait for the first quote, and take no part in the auction', () => {
    const paper = paperBook();
    paper.submit('o1', { timeInForce: 'ioc' });
    paper.opens();
    deepEqual(paper.submit('o2', { timeInForce: 'fok' }), ['o2 accepted']);
    deepEqual(paper.openingPrint('10').sort(), [
      'o1 fill 100@10.01 removed',
      'o2 fill 100@10.01 removed',
    ]);
  });

  it('fok: all or nothing', () => {
    const paper = openPaperBook();
    deepEqual(paper.submit('o1', { timeInForce: 'fok', quantity: quantity('1000.000000001') }), [
      'o1 accepted',
      'o1 canceled fok',
    ]);
    deepEqual(paper.submit('o2', { timeInForce: 'fok', quantity: quantity('1000') }), [
      'o2 accepted',
      'o2 fill 1000@10.01 removed',
    ]);
  });

  it('opg: fills in the next opening print only, what is left expires with it', () => {
    const paper = openPaperBook();
    deepEqual(paper.submit('o1', { timeInForce: 'opg', quantity: quantity('1500') }), [
      'o1 accepted',
    ]);
    deepEqual([...paper.quotes('9'), ...paper.closingPrint('9'), ...paper.closes()], []);
    deepEqual(
      [...paper.opens(), ...paper.openingPrint('8', { volume: '10000' })],
      ['o1 fill 1000@8 unknown', 'o1 expired'],
    );
  });

  it('cls: fills in the closing print only', () => {
    const paper = openPaperBook();
    paper.submit('o1', { timeInForce: 'cls' });
    paper.submit('o2', limitBuy('8', { timeInForce: 'cls' }));
    deepEqual(paper.quotes('7'), []);
    deepEqual(paper.closingPrint('9'), ['o1 fill 100@9 unknown', 'o2 expired']);
  });

  it('cls: too late for one close, it waits for the next', () => {
    const paper = openPaperBook();
    paper.closingPrint('10');
    deepEqual(paper.submit('o1', { timeInForce: 'cls' }), ['o1 accepted']);
    deepEqual([...paper.closes(), ...paper.opens(), ...paper.openingPrint('10')], []);
    deepEqual(paper.closingPrint('11'), ['o1 fill 100@11 unknown']);
  });
});

describe('auctions', () => {
  it('give everybody the print, by priority, up to the part of the volume', () => {
    const paper = paperBook({ slippageBps: '100', extraSpreadBps: '50' });
    paper.submit('limit', limitBuy('11', { quantity: quantity('60') }));
    paper.submit('market', { quantity: quantity('80') });
    paper.submit('low', limitBuy('9'));
    paper.opens();
    deepEqual(paper.openingPrint('10', { volume: '1000', size: '0' }), [
      'market fill 80@10 unknown',
      'limit fill 20@10 unknown',
    ]);
  });

  it('hand over to continuous trading at the open', () => {
    const paper = paperBook();
    paper.submit('o1', { quantity: quantity('150') });
    paper.opens();
    deepEqual(paper.openingPrint('10', { volume: '1000' }), [
      'o1 fill 100@10 unknown',
      'o1 fill 50@10.01 removed',
    ]);
  });

  it('leave nothing to trade after the close', () => {
    const paper = openPaperBook();
    paper.closingPrint('10');
    deepEqual(paper.submit('o1'), ['o1 accepted']);
    deepEqual(paper.closes(), ['o1 expired']);
  });
});

describe('a closed market', () => {
  it('does not trade at the quotes of the early morning', () => {
    const paper = paperBook();
    deepEqual([...paper.submit('o1'), ...paper.quotes('10')], ['o1 accepted']);
    paper.opens();
    deepEqual(paper.submit('o2'), ['o2 accepted']);
    deepEqual(paper.openingPrint('11'), ['o1 fill 100@11 unknown', 'o2 fill 100@11 unknown']);
  });
});

describe('a session that has opened without a print yet', () => {
  it("does not trade at yesterday's price", () => {
    const paper = openPaperBook();
    paper.closes();
    paper.opens();
    deepEqual(paper.submit('o1'), ['o1 accepted']);
    deepEqual(paper.openingPrint('12'), ['o1 fill 100@12 unknown']);
  });
});

describe('executions', () => {
  it('are numbered per order', () => {
    const paper = openPaperBook();
    paper.submit('o1', { quantity: quantity('1100') });
    paper.quotes('10');
    const ids = paper
      .reports()
      .flatMap(({ report }) => ('executionId' in report ? report.executionId : []));
    deepEqual(ids, ['paper-o1-1', 'paper-o1-2']);
    equal(paper.book.ended.get('o1' as OrderId), 'filled');
  });
});
