import { deepEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { WorkingOrder } from '#commands/ports/broker.ts';
import type { OrderId } from '#domain/ids.ts';
import { cash, price, quantity } from '#domain/money.ts';
import {
  openPaperBook,
  type PaperBook,
  someAccount,
  someTerms,
} from '#tests/support/paper-book.ts';
import { brokerOrderIdOf } from './paper-order.ts';

const resting = { type: 'limit', limitPrice: price('9') } as const;

/** A limit buy of 100 at 9 of which 40 have filled. */
const partlyFilled = (): PaperBook => {
  const paper = openPaperBook();
  paper.submit('o1', resting);
  paper.quotes('8.99', { size: '40' });
  return paper;
};

describe('an order that was submitted', () => {
  it('says nothing when it is submitted again', () => {
    const paper = openPaperBook();
    paper.submit('o1', resting);
    deepEqual(paper.submit('o1', resting), []);
    paper.submit('o2');
    deepEqual(paper.submit('o2'), []);
  });

  it('is canceled once, and a repeated cancel says nothing', () => {
    const paper = openPaperBook();
    paper.submit('o1', resting);
    deepEqual(paper.cancel('o1'), ['o1 canceled requested']);
    deepEqual(paper.cancel('o1'), []);
    deepEqual(paper.quotes('8'), []);
  });

  it('is not canceled for another account', () => {
    const paper = openPaperBook();
    paper.submit('o1', resting);
    deepEqual(paper.cancel('o1', 'a2'), ['o1 cancel rejected unknown_order']);
  });
});

describe('an order that is not there', () => {
  it('rejects a cancel with how it ended', () => {
    const paper = openPaperBook();
    paper.submit('o1');
    deepEqual(paper.cancel('o1'), ['o1 cancel rejected order_filled']);
    deepEqual(paper.cancel('o9'), ['o9 cancel rejected unknown_order']);
  });

  it('rejects a replace with how it ended', () => {
    const paper = openPaperBook();
    paper.submit('o1');
    deepEqual(paper.replace('o1', 'o2', resting), ['o1 replace rejected order_filled']);
    deepEqual(paper.replace('o1', 'o2', resting), []);
    deepEqual(paper.replace('o8', 'o9', resting), ['o8 replace rejected unknown_order']);
  });
});

describe('a replace', () => {
  it('works the quantity asked less what the order it replaces has filled', () => {
    const paper = partlyFilled();
    deepEqual(paper.replace('o1', 'o2', { ...resting, quantity: quantity('150') }), [
      'o1 replaced by o2',
    ]);
    deepEqual(paper.quotes('8.99', { size: '30' }), ['o2 fill 30@9 added']);
    deepEqual(paper.replace('o2', 'o3', { ...resting, quantity: quantity('35') }), [
      'o2 replaced by o3',
    ]);
    deepEqual(paper.quotes('8.9'), ['o3 fill 5@8.91 added']);
    deepEqual(paper.replace('o1', 'o2', { ...resting, quantity: quantity('150') }), []);
  });

  it('matches at once where it is marketable', () => {
    const paper = openPaperBook();
    paper.submit('o1', resting);
    deepEqual(paper.replace('o1', 'o2', { type: 'limit', limitPrice: price('10.5') }), [
      'o1 replaced by o2',
      'o2 fill 100@10.01 removed',
    ]);
  });

  it('loses its place in the queue', () => {
    const paper = openPaperBook();
    paper.submit('o1', resting);
    paper.wait(1);
    paper.submit('o2', resting);
    paper.wait(1);
    paper.replace('o1', 'o3', resting);
    deepEqual(paper.quotes('8.99', { size: '150' }), ['o2 fill 100@9 added', 'o3 fill 50@9 added']);
  });

  it('is rejected at or below what has filled, and the order works on', () => {
    const paper = partlyFilled();
    deepEqual(paper.replace('o1', 'o2', { ...resting, quantity: quantity('40') }), [
      'o1 replace rejected quantity_not_above_filled',
    ]);
    deepEqual(paper.quotes('8.99'), ['o1 fill 60@9 added']);
  });

  it('is rejected for an order by notional, another symbol or side', () => {
    const paper = openPaperBook();
    paper.submit('o1', { notional: cash('20000') });
    deepEqual(paper.replace('o1', 'o2', {}), ['o1 replace rejected order_by_notional']);
    paper.submit('o3', resting);
    deepEqual(paper.replace('o3', 'o4', { ...resting, side: 'sell' }), [
      'o3 replace rejected other_order',
    ]);
  });
});

describe('an adjustment', () => {
  const split = (
    fillCount: number,
    filled: string,
    more: Partial<WorkingOrder> = {},
  ): WorkingOrder => ({
    accountId: someAccount,
    orderId: 'o1' as OrderId,
    brokerOrderId: brokerOrderIdOf('o1' as OrderId),
    terms: someTerms({ type: 'limit', limitPrice: price('4.5'), quantity: quantity('200') }),
    submittedAt: '2014-01-03T14:30:01.000000Z' as never,
    filledQuantity: quantity(filled),
    filledNotional: cash('0'),
    fillCount,
    triggered: false,
    highWaterMark: null,
    trailedStopPrice: null,
    priceCap: null,
    closingMax: null,
    ...more,
  });

  it('restates a working order, and again changes nothing', () => {
    const paper = partlyFilled();
    deepEqual([...paper.adjust(split(1, '80')), ...paper.adjust(split(1, '80'))], []);
    deepEqual(paper.quotes('4.4'), ['o1 fill 120@4.41 added']);
  });

  it('restates fills that the ledger has not recorded yet', () => {
    const paper = partlyFilled();
    paper.adjust(split(0, '0'));
    paper.adjust(split(0, '0'));
    deepEqual(paper.quotes('4.4'), ['o1 fill 120@4.41 added']);
  });

  it('restates the price cap and the shares that may be sold', () => {
    const paper = openPaperBook();
    paper.submit('o1', { quantity: quantity('1100') }, { priceCap: price('10.4') });
    const terms = someTerms({ quantity: quantity('2200') });
    paper.adjust(split(1, '2000', { terms, priceCap: price('5.2') }));
    deepEqual(paper.quotes('5.2'), []);
    deepEqual(paper.quotes('5.19'), ['o1 fill 200@5.2 removed']);
  });

  it('sells no more of the new shares than are left, whatever the ledger has recorded', () => {
    for (const [fillCount, filled] of [
      [1, '2000'],
      [0, '0'],
    ] as const) {
      const paper = openPaperBook();
      const terms = someTerms({ side: 'sell', notional: cash('20000') });
      paper.submit('o1', terms, { closingMax: quantity('1100') });
      const closingMax = quantity('2200');
      paper.adjust(split(fillCount, filled, { terms, closingMax }));
      paper.adjust(split(fillCount, filled, { terms, closingMax }));
      deepEqual(paper.quotes('5'), ['o1 fill 200@4.99 removed', 'o1 canceled position_exhausted']);
    }
  });

  it('ends a sell by notional that has no share left to sell', () => {
    const paper = openPaperBook();
    const terms = someTerms({ side: 'sell', notional: cash('20000') });
    paper.submit('o1', terms, { closingMax: quantity('1005') });
    const adjusted = split(1, '100', { terms, closingMax: quantity('100') });
    deepEqual(paper.adjust(adjusted), ['o1 canceled position_exhausted']);
    deepEqual(paper.adjust(adjusted), []);
  });

  it('does not bring back an order that has ended', () => {
    const paper = openPaperBook();
    paper.submit('o1');
    deepEqual([...paper.adjust(split(1, '80')), ...paper.quotes('4')], []);
  });
});
