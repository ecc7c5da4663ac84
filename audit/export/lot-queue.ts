import { absolute, type Quantity, smaller, subtract } from '#domain/money.ts';
import { type Lot, type LotTaken, takeFrom } from '#domain/position/lots.ts';

/**
 * Open lots, oldest first, as a value: adding or taking leaves the queue of before as it was. Both cost no more than what
 * is added or taken, so that a holding may have any number of lots.
 */
export type LotQueue<L extends Lot> = Iterable<L> & {
  readonly size: number;
  readonly added: (lot: L) => LotQueue<L>;
  /** Takes so many shares (unsigned) of the oldest; undefined where there are not so many. */
  readonly taken: (
    quantity: Quantity,
  ) => { readonly parts: readonly LotTaken<L>[]; readonly left: LotQueue<L> } | undefined;
};

/**
 * `items` from `first` up to `end` belong to this queue, `head` stands for the first where a part of it was taken. What lies
 * beyond `end` belongs to queues that came of this one.
 */
const view = <L extends Lot>(
  items: L[],
  first: number,
  end: number,
  head: L | undefined,
): LotQueue<L> => {
  function* iterate(): Generator<L, void, void> {
    for (let place = first; place < end; place += 1) {
      const lot = place === first ? (head ?? items[place]) : items[place];
      if (lot !== undefined) yield lot;
    }
  }
  return {
    [Symbol.iterator]: iterate,
    size: end - first,
    added: (lot) => {
      // Another queue has gone on from here, or most of what is kept was taken long ago.
      if (items.length !== end || first > end - first + 16) {
        return view([...iterate(), lot], 0, end - first + 1, undefined);
      }
      items.push(lot);
      return view(items, first, end + 1, head);
    },
    taken: (quantity) => {
      const parts: LotTaken<L>[] = [];
      let rest = quantity;
      let place = first;
      let lot = head ?? items[first];
      while (rest > 0n) {
        if (lot === undefined || place >= end) return undefined;
        const held = absolute(lot.quantity);
        const { left, taken } = takeFrom(lot, smaller(rest, held));
        parts.push(taken);
        rest = subtract(rest, taken.quantity);
        if (left !== null) return { parts, left: view(items, place, end, left) };
        place += 1;
        lot = items[place];
      }
      return { parts, left: view(items, place, end, undefined) };
    },
  };
};

/** A queue of these, oldest first. */
export const lotQueue = <L extends Lot>(lots: Iterable<L>): LotQueue<L> => {
  const items = [...lots];
  return view(items, 0, items.length, undefined);
};
