import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { EventId } from '../ids.ts';
import { type Cash, cash, perShare, price, type Quantity, quantity } from '../money.ts';
import { instant } from '../time.ts';
import { type Lot, reduceLots, restateLots } from './lots.ts';
import {
  type Booked,
  bookSplit,
  bookTrade,
  cyclePnl,
  flat,
  type Position,
  type Trade,
  witness,
} from './position.ts';

const at = instant('2024-03-01T15:00:00Z');
const trade = (side: Trade['side'], shares: string, at_: string, commission = '0'): Trade => ({
  side,
  quantity: quantity(shares),
  price: price(at_),
  commission: cash(commission),
  at,
});
const buy = (shares: string, at_: string, commission?: string) =>
  trade('buy', shares, at_, commission);
const sell = (shares: string, at_: string, commission?: string) =>
  trade('sell', shares, at_, commission);
const book = (...trades: readonly Trade[]): Booked => {
  let booked: Booked = {
    position: flat,
    closing: null,
    opening: null,
    realized: cash('0'),
    finished: null,
  };
  for (const one of trades) booked = bookTrade(booked.position, one);
  return booked;
};

describe('a long position of 10 at 100', () => {
  it('realizes a gain when it is sold higher', () => {
    equal(book(buy('10', '100'), sell('10', '120')).realized, cash('200'));
  });
  it('realizes a partial sale and keeps the average of the rest', () => {
    const { position, realized } = book(buy('10', '100'), sell('4', '120'));
    equal(realized, cash('80'));
    deepEqual([position.quantity, position.cost], [quantity('6'), cash('600')]);
  });
  it('flips: the old part closes at its own average, the rest opens at the price of the fill', () => {
    const booked = book(buy('10', '100'), sell('25', '120', '5'));
    equal(booked.realized, cash('200'));
    equal(booked.position.quantity, quantity('-15'));
    equal(perShare(booked.position.cost, booked.position.quantity), price('120'));
    equal(booked.finished?.reason, 'flipped');
    deepEqual([booked.closing?.commission, booked.opening?.commission], [cash('2'), cash('3')]);
  });
  it('reports its cycle when it is flat again', () => {
    const { position, finished } = book(
      buy('10', '100', '1'),
      buy('10', '110', '1'),
      sell('20', '120', '2'),
    );
    deepEqual(position, flat);
    equal(finished?.entryValue, cash('2100'));
    equal(finished?.exitValue, cash('2400'));
    equal(finished?.realized, cash('300'));
    equal(finished?.commission, cash('4'));
  });
  it('remembers the best and the worst it has seen', () => {
    const seen = witness(witness(book(buy('10', '100')).position, price('90')), price('130'));
    const { finished } = bookTrade(seen, sell('10', '120'));
    deepEqual([finished?.maxFavorable, finished?.maxAdverse], [cash('300'), cash('-100')]);
  });
  it('keeps its cost to the last digit through a split', () => {
    const split = {
      newShares: 7n,
      oldShares: 1n,
      quantityAfter: quantity('70'),
      fraction: 0n as Quantity,
      cashInLieu: cash('0'),
      at,
    };
    const { position } = bookSplit(book(buy('10', '100.01')).position, split);
    deepEqual([position.quantity, position.cost], [quantity('70'), cash('1000.1')]);
    equal(position.cycle?.quantityOpened, quantity('70'));
  });
  it('realizes a fraction paid in cash against its share of the cost', () => {
    const split = {
      newShares: 1n,
      oldShares: 4n,
      quantityAfter: quantity('2'),
      fraction: quantity('2'),
      cashInLieu: cash('210'),
      at,
    };
    const { position, realized } = bookSplit(book(buy('10', '100')).position, split);
    deepEqual(
      [position.quantity, position.cost, realized],
      [quantity('2'), cash('800'), cash('10')],
    );
  });
});

describe('a short position of 10 at 100', () => {
  it('realizes a gain when it is covered lower', () => {
    equal(book(sell('10', '100'), buy('10', '80')).realized, cash('200'));
  });
  it('realizes a loss when it is covered higher', () => {
    equal(book(sell('10', '100'), buy('4', '120')).realized, cash('-80'));
  });
  it('has negative quantity and cost', () => {
    const { position } = book(sell('10', '100'));
    deepEqual([position.quantity, position.cost], [quantity('-10'), cash('-1000')]);
    equal(position.cycle?.side, 'short');
  });
});

describe("the broker's worked example", () => {
  it('keeps 683.33 of cost at weighted average', () => {
    const { position } = book(
      buy('100', '10'),
      buy('50', '12'),
      buy('30', '15'),
      sell('120', '16'),
    );
    equal(perShare(position.cost, position.quantity), price('11.388888889'));
  });
  const lot = (lotId: string, shares: string, cost: string): Lot => ({
    lotId: lotId as EventId,
    openedAt: at,
    quantity: quantity(shares),
    cost: cash(cost),
    commission: cash('0'),
  });
  const lots = [lot('a', '100', '1000'), lot('b', '50', '600'), lot('c', '30', '450')];
  const left = (reduction: ReturnType<typeof reduceLots<Lot>>): bigint =>
    reduction.kind === 'reduced'
      ? reduction.lots.reduce((total, { cost }) => total + cost, 0n)
      : -1n;
  it('keeps 810 first in, first out', () => {
    equal(left(reduceLots(lots, quantity('120'), { kind: 'fifo' })), cash('810'));
  });
  it('keeps 600 last in, first out and by highest cost', () => {
    equal(left(reduceLots(lots, quantity('120'), { kind: 'lifo' })), cash('600'));
    equal(left(reduceLots(lots, quantity('120'), { kind: 'highest_cost' })), cash('600'));
  });
  it('takes the lots that are named', () => {
    const picks = [{ lotId: 'b' as EventId, quantity: quantity('50') }];
    equal(left(reduceLots(lots, quantity('50'), { kind: 'specific', picks })), cash('1450'));
  });
  it('says so when more is wanted than is held', () => {
    deepEqual(reduceLots(lots, quantity('181'), { kind: 'fifo' }), {
      kind: 'exceeds_lots',
      wanted: quantity('181'),
      held: quantity('180'),
    });
  });
});

const anyTrade: fc.Arbitrary<Trade> = fc
  .record({
    side: fc.constantFrom('buy' as const, 'sell' as const),
    quantity: fc.bigInt(1n, 10n ** 12n),
    price: fc.bigInt(1n, 10n ** 13n),
    commission: fc.bigInt(0n, 10n ** 19n),
  })
  .map((one) => ({ ...one, at }) as Trade);

const signOf = (one: Trade): bigint => (one.side === 'buy' ? 1n : -1n);
const total = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n);

/** First in, first out beside the average: what the lots are after a trade and what they realized. */
const stepLots = (lots: readonly Lot[], one: Trade, booked: Booked, id: number) => {
  let realized = 0n;
  let left = lots;
  if (booked.closing !== null) {
    const reduced = reduceLots(lots, booked.closing.quantity, { kind: 'fifo' });
    if (reduced.kind !== 'reduced') throw new Error(reduced.kind);
    left = reduced.lots;
    realized =
      -signOf(one) * booked.closing.quantity * one.price -
      total(reduced.taken.map(({ cost }) => cost));
  }
  if (booked.opening === null) return { lots: left, realized };
  const held = (signOf(one) * booked.opening.quantity) as Quantity;
  const opened: Lot = {
    lotId: `${id}` as EventId,
    openedAt: at,
    quantity: held,
    cost: (held * one.price) as Cash,
    commission: booked.opening.commission,
  };
  return { lots: [...left, opened], realized };
};

describe('any series of trades', () => {
  it('conserves cash, quantity and commission exactly, at average cost and first in, first out', () => {
    fc.assert(
      fc.property(fc.array(anyTrade, { maxLength: 40 }), (trades) => {
        let position: Position = flat;
        let lots: readonly Lot[] = [];
        let [average, fifo] = [0n, 0n];
        for (const [index, one] of trades.entries()) {
          const booked = bookTrade(position, one);
          const parts = [booked.closing?.commission ?? 0n, booked.opening?.commission ?? 0n];
          equal(total(parts), one.commission);
          const step = stepLots(lots, one, booked, index);
          average += booked.realized;
          fifo += step.realized;
          lots = step.lots;
          position = booked.position;
        }
        const flow = -total(trades.map((one) => signOf(one) * one.quantity * one.price));
        equal(average - position.cost, flow);
        equal(fifo - total(lots.map(({ cost }) => cost)), flow);
        equal(position.quantity, total(trades.map((one) => signOf(one) * one.quantity)));
        equal(position.quantity, total(lots.map(({ quantity }) => quantity)));
      }),
    );
  });
  it('never shows a price outside its excursions', () => {
    fc.assert(
      fc.property(fc.array(anyTrade, { minLength: 1, maxLength: 20 }), (trades) => {
        const { position } = book(...trades);
        const last = trades.at(-1)?.price ?? price('0');
        const pnl = cyclePnl(position, last);
        equal(pnl <= (position.cycle?.maxFavorable ?? 0n) || position.cycle === null, true);
        equal(pnl >= (position.cycle?.maxAdverse ?? 0n) || position.cycle === null, true);
      }),
    );
  });
  it('restates lots of a split to exactly what is held', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt(1n, 10n ** 12n), { minLength: 1 }),
        fc.bigInt(1n, 10n ** 13n),
        (sizes, after) => {
          const lots = sizes.map((size, index) => ({
            lotId: `${index}` as EventId,
            openedAt: at,
            quantity: size as Quantity,
            cost: 1n as Cash,
            commission: 0n as Cash,
          }));
          const restated = restateLots(lots, after as Quantity);
          equal(
            restated.reduce((total, lot) => total + lot.quantity, 0n),
            after,
          );
        },
      ),
    );
  });
});
