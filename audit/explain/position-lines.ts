import { formatCash, formatQuantity, proportion } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import type { FillRecord } from '#projections/order-fills/table.ts';
import type { SplitRecord } from '#projections/positions/table.ts';
import { product } from './cash-lines.ts';
import type { Line } from './explanation.ts';

/** What one step does to a position: shares, their cost, and what it realizes before commission. */
export type Move = {
  readonly sequence: number;
  readonly at: Instant;
  readonly what: string;
  readonly quantity: bigint;
  readonly cost: bigint;
  readonly realized: bigint;
  /** Nothing is held after it: the next fill begins a new position. */
  readonly ends: boolean;
};

type Held = { quantity: bigint; cost: bigint };

const size = (value: bigint): bigint => (value < 0n ? -value : value);

const shares = (value: bigint): string => formatQuantity(value as FillRecord['quantity']);
const money = (value: bigint): string => formatCash(value as FillRecord['value']);

/** The cost that goes with `part` of what is held: that share of it, rounded half to even; all of it with all. */
const costOf = (held: Held, part: bigint): bigint =>
  proportion(held.cost, part, size(held.quantity));

const suffix = (fill: FillRecord): string =>
  fill.status === 'corrected' ? `, as corrected by event ${fill.sequence}` : '';

const opened = (fill: FillRecord, part: bigint): Move => {
  const sign = fill.side === 'buy' ? 1n : -1n;
  const quantity = part as FillRecord['quantity'];
  return {
    sequence: fill.createdSequence,
    at: fill.executedAt,
    what: `${fill.side} ${product({ ...fill, quantity })} opens${suffix(fill)}`,
    quantity: sign * part,
    cost: sign * part * fill.price,
    realized: 0n,
    ends: false,
  };
};

const closed = (fill: FillRecord, held: Held, part: bigint): Move => {
  const sign = fill.side === 'buy' ? 1n : -1n;
  const quantity = part as FillRecord['quantity'];
  const removed = costOf(held, part);
  const brought = -sign * part * fill.price;
  const share = `cost ${money(held.cost)} × ${shares(part)} / ${shares(size(held.quantity))} = ${money(removed)}`;
  return {
    sequence: fill.createdSequence,
    at: fill.executedAt,
    what: `${fill.side} ${product({ ...fill, quantity })} closes, ${share}${suffix(fill)}`,
    quantity: sign * part,
    cost: -removed,
    realized: brought - removed,
    ends: part === size(held.quantity),
  };
};

const ofFill = (fill: FillRecord, held: Held): readonly Move[] => {
  if (fill.status === 'busted') {
    const what = `${fill.side} ${product(fill)} never happened: busted by event ${fill.sequence}`;
    return [{ ...opened(fill, 0n), what }];
  }
  const isBuy = fill.side === 'buy';
  const reduces = isBuy ? held.quantity < 0n : held.quantity > 0n;
  if (!reduces) return [opened(fill, fill.quantity)];
  const most = size(held.quantity);
  if (fill.quantity <= most) return [closed(fill, held, fill.quantity)];
  return [closed(fill, held, most), opened(fill, fill.quantity - most)];
};

const ofSplit = (split: SplitRecord, held: Held): readonly Move[] => {
  if (held.quantity === 0n) return [];
  const paidOut = size(split.fraction);
  const removed = paidOut === 0n ? 0n : costOf(held, paidOut);
  const ends = paidOut === size(held.quantity);
  // After a bust less or more was held at the split than it says.
  const difference = held.quantity - split.quantityBefore;
  const more = (difference * BigInt(split.newShares)) / BigInt(split.oldShares);
  const after = ends ? 0n : split.quantityAfter + more;
  const paid = paidOut === 0n ? '' : `, ${shares(split.fraction)} paid out`;
  return [
    {
      sequence: split.sequence,
      at: split.at,
      what: `split ${split.newShares} for ${split.oldShares}: ${shares(held.quantity)} become ${shares(after)}${paid}`,
      quantity: after - held.quantity,
      cost: -removed,
      realized: paidOut === 0n ? 0n : split.cashInLieu - removed,
      ends,
    },
  ];
};

/**
 * A position's history as it stands, oldest first, recomputed from its fills and splits at average cost (trading rules:
 * adding adds the cost, closing takes its share along, a trade through zero closes first and then opens).
 */
export const movesOf = (
  fills: readonly FillRecord[],
  splits: readonly SplitRecord[],
): readonly Move[] => {
  const entries = [
    ...fills
      .filter((fill) => fill.status !== 'disputed')
      .map((fill) => ({ place: fill.createdSequence, moves: (held: Held) => ofFill(fill, held) })),
    ...splits.map((split) => ({
      place: split.sequence,
      moves: (held: Held) => ofSplit(split, held),
    })),
  ].toSorted((left, right) => left.place - right.place);
  const held: Held = { quantity: 0n, cost: 0n };
  return entries.flatMap(({ moves }) => {
    const made = moves(held);
    for (const move of made) {
      held.quantity += move.quantity;
      held.cost += move.cost;
    }
    return made;
  });
};

/** The moves of the position that is open now. */
export const ofOpenCycle = (moves: readonly Move[]): readonly Move[] =>
  moves.slice(moves.findLastIndex(({ ends }) => ends) + 1);

/** One of a move's three numbers as lines; moves that leave it alone are left out, undone fills stay. */
export const linesOf = (
  moves: readonly Move[],
  number: 'quantity' | 'cost' | 'realized',
): readonly Line[] =>
  moves
    .map((move) => ({ ...move, amount: move[number] }))
    .filter(({ amount, quantity, cost }) => amount !== 0n || (quantity === 0n && cost === 0n))
    .map(({ sequence, at, what, amount }) => ({ sequence, at, what, amount }));
