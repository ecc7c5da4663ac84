import type { EventId } from '../ids.ts';
import type { Cash, Quantity } from '../money.ts';
import {
  absolute,
  add,
  negate,
  proportion,
  smaller,
  subtract,
  sum,
  zeroCash,
  zeroQuantity,
} from '../money.ts';
import type { Instant } from '../time.ts';

/** The opening part of one fill, or what is left of it. Quantity and cost are signed as the position. */
export type Lot = {
  readonly lotId: EventId;
  readonly openedAt: Instant;
  readonly quantity: Quantity;
  readonly cost: Cash;
  readonly commission: Cash;
};

/** Which lots a sale takes first. */
export type LotMethod =
  | { readonly kind: 'fifo' | 'lifo' | 'highest_cost' }
  | {
      readonly kind: 'specific';
      readonly picks: readonly { readonly lotId: EventId; readonly quantity: Quantity }[];
    };

export type LotTaken<L extends Lot> = {
  readonly lot: L;
  /** Unsigned. */
  readonly quantity: Quantity;
  /** Signed as the lot. */
  readonly cost: Cash;
  readonly commission: Cash;
};

export type LotReduction<L extends Lot> =
  | {
      readonly kind: 'reduced';
      /** In the order they were given; lots that are used up are left out. */
      readonly lots: readonly L[];
      /** In the order they were taken. */
      readonly taken: readonly LotTaken<L>[];
    }
  | { readonly kind: 'exceeds_lots'; readonly wanted: Quantity; readonly held: Quantity }
  | { readonly kind: 'unknown_lot'; readonly lotId: EventId };

// cost ÷ quantity compared without dividing.
const byUnitCost = (left: Lot, right: Lot): number => {
  const one = absolute(left.cost) * absolute(right.quantity);
  const other = absolute(right.cost) * absolute(left.quantity);
  return one === other ? 0 : one > other ? -1 : 1;
};

const inOrder = <L extends Lot>(
  lots: readonly L[],
  kind: 'fifo' | 'lifo' | 'highest_cost',
): readonly L[] => {
  if (kind === 'fifo') return lots;
  return kind === 'lifo' ? lots.toReversed() : lots.toSorted(byUnitCost);
};

/** Takes `quantity` of one lot with its share of cost and commission; what does not divide stays, the last part takes all. */
export const takeFrom = <L extends Lot>(
  lot: L,
  quantity: Quantity,
): { readonly left: L | null; readonly taken: LotTaken<L> } => {
  const held = absolute(lot.quantity);
  const cost = proportion(lot.cost, quantity, held);
  const commission = proportion(lot.commission, quantity, held);
  const rest = subtract(held, quantity);
  const left: L | null =
    rest === 0n
      ? null
      : {
          ...lot,
          quantity: lot.quantity < 0n ? negate(rest) : rest,
          cost: subtract(lot.cost, cost),
          commission: subtract(lot.commission, commission),
        };
  return { left, taken: { lot, quantity, cost, commission } };
};

type Pick<L extends Lot> = { readonly lot: L; readonly quantity: Quantity };

const picksOf = <L extends Lot>(
  lots: readonly L[],
  quantity: Quantity,
  kind: 'fifo' | 'lifo' | 'highest_cost',
): readonly Pick<L>[] => {
  const picks: Pick<L>[] = [];
  let wanted = quantity;
  for (const lot of inOrder(lots, kind)) {
    if (wanted === 0n) break;
    const taken = smaller(absolute(lot.quantity), wanted);
    picks.push({ lot, quantity: taken });
    wanted = subtract(wanted, taken);
  }
  return picks;
};

const specificPicks = <L extends Lot>(
  lots: readonly L[],
  wanted: readonly { readonly lotId: EventId; readonly quantity: Quantity }[],
): readonly Pick<L>[] | LotReduction<L> => {
  const picks: Pick<L>[] = [];
  for (const { lotId, quantity } of wanted) {
    const lot = lots.find((candidate) => candidate.lotId === lotId);
    if (lot === undefined) return { kind: 'unknown_lot', lotId };
    const held = absolute(lot.quantity);
    if (quantity > held) return { kind: 'exceeds_lots', wanted: quantity, held };
    picks.push({ lot, quantity });
  }
  return picks;
};

/**
 * Takes `quantity` (> 0) from open lots of one sign, oldest first in the list. With specific lots, the picks must add
 * up to `quantity` and name each lot once.
 */
export const reduceLots = <L extends Lot>(
  lots: readonly L[],
  quantity: Quantity,
  method: LotMethod,
): LotReduction<L> => {
  const held = absolute(sum(lots.map((lot) => lot.quantity)));
  if (quantity > held) return { kind: 'exceeds_lots', wanted: quantity, held };
  const picks =
    method.kind === 'specific'
      ? specificPicks(lots, method.picks)
      : picksOf(lots, quantity, method.kind);
  if ('kind' in picks) return picks;
  const picked = sum(picks.map((pick) => pick.quantity));
  if (picked !== quantity) return { kind: 'exceeds_lots', wanted: quantity, held: picked };
  const left = new Map<EventId, L | null>();
  const taken = picks.map((pick) => {
    const part = takeFrom(pick.lot, pick.quantity);
    left.set(pick.lot.lotId, part.left);
    return part.taken;
  });
  const remaining = lots.flatMap((lot) => {
    const rest = left.get(lot.lotId);
    if (rest === undefined) return [lot];
    return rest === null ? [] : [rest];
  });
  return { kind: 'reduced', lots: remaining, taken };
};

/**
 * Restates lots for a split so that their quantities add up to `quantityAfter` exactly: each lot ends where its share
 * of the running total does. Total cost stays: a lot too small to keep a share hands its cost to the next.
 */
export const restateLots = <L extends Lot>(
  lots: readonly L[],
  quantityAfter: Quantity,
): readonly L[] => {
  const total = sum(lots.map((lot) => lot.quantity));
  let before = zeroQuantity;
  let placed = zeroQuantity;
  let carried = { cost: zeroCash, commission: zeroCash };
  const restated = lots.map((lot): L => {
    before = add(before, lot.quantity);
    const end = total === 0n ? zeroQuantity : proportion(quantityAfter, before, total, 'down');
    const quantity = subtract(end, placed);
    placed = end;
    const cost = add(lot.cost, carried.cost);
    const commission = add(lot.commission, carried.commission);
    if (quantity === 0n) {
      carried = { cost, commission };
      return { ...lot, quantity, cost: zeroCash, commission: zeroCash };
    }
    carried = { cost: zeroCash, commission: zeroCash };
    return { ...lot, quantity, cost, commission };
  });
  if (carried.cost === 0n && carried.commission === 0n) return restated;
  const last = restated.findLastIndex((lot) => lot.quantity !== 0n);
  return restated.map((lot, index) =>
    index === last
      ? {
          ...lot,
          cost: add(lot.cost, carried.cost),
          commission: add(lot.commission, carried.commission),
        }
      : lot,
  );
};

/** Σ cost of lots. */
export const costOf = (lots: readonly Lot[]): Cash =>
  lots.length === 0 ? zeroCash : sum(lots.map((lot) => lot.cost));
