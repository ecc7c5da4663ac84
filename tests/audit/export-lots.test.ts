import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type LotQueue, lotQueue } from '#audit/export/lot-queue.ts';
import type { EventId } from '#domain/ids.ts';
import type { Cash, Quantity } from '#domain/money.ts';
import { type Lot, reduceLots } from '#domain/position/lots.ts';
import { uuid } from '../support/account-histories.ts';
import { noon } from '../support/makers.ts';

const sign = fc.constantFrom(1n, -1n);
const step = fc.record({
  /** Which of the queues so far it goes on from. */
  from: fc.nat(),
  take: fc.boolean(),
  quantity: fc.bigInt({ min: 1n, max: 40n }),
  cost: fc.bigInt({ min: 1n, max: 1_000n }),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
/** The same lots, kept in both ways. */
type Both = { readonly queue: LotQueue<Lot>; readonly list: readonly Lot[] };

const add = ({ queue, list }: Both, lot: Lot): Both => ({
  queue: queue.added(lot),
  list: [...list, lot],
});

const take = ({ queue, list }: Both, quantity: Quantity): Both | undefined => {
  const reduced = reduceLots(list, quantity, { kind: 'fifo' });
  const taken = queue.taken(quantity);
  equal(taken === undefined, reduced.kind !== 'reduced');
  if (taken === undefined || reduced.kind !== 'reduced') return undefined;
  deepEqual(taken.parts, reduced.taken);
  return { queue: taken.left, list: reduced.lots };
};

const lotFrom = (side: bigint, { quantity, cost }: Step, index: number): Lot => ({
  lotId: uuid<EventId>(index),
  openedAt: noon,
  quantity: (side * quantity) as Quantity,
  cost: (side * cost) as Cash,
  commission: 0n as Cash,
});

const none: Both = { queue: lotQueue<Lot>([]), list: [] };

const after = (before: Both, side: bigint, next: Step, index: number): Both | undefined =>
  next.take ? take(before, next.quantity as Quantity) : add(before, lotFrom(side, next, index));

/** All that came of these steps, each of one of those before: mostly the newest, so that queues grow. */
const walked = (side: bigint, steps: readonly Step[]): readonly Both[] => {
  const all = [none];
  for (const [index, next] of steps.entries()) {
    const place = next.from % 4 === 0 ? next.from % all.length : all.length - 1;
    const made = after(all[place] ?? none, side, next, index);
    if (made !== undefined) all.push(made);
  }
  return all;
};

describe('a queue of lots', () => {
  it('takes and adds as the ledger’s own lots do, and leaves every queue of before as it was', () => {
    fc.assert(
      fc.property(sign, fc.array(step, { maxLength: 120 }), (side, steps) => {
        for (const { queue, list } of walked(side, steps)) {
          deepEqual([...queue], list);
          equal(queue.size, list.length);
        }
      }),
    );
  });
});
