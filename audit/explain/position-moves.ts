import type { EventId } from '#domain/ids.ts';
import { sessionDateOf } from '#domain/market/calendar.ts';
import { type Cash, formatCash, formatQuantity, proportion, type Quantity } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import type { FillRecord } from '#projections/order-fills/table.ts';
import type { SplitRecord } from '#projections/positions/table.ts';
import { product } from './cash-moves.ts';
import type { Line } from './explanation.ts';

/** What one step does to a position. Changes are signed; `cost` and `quantity` as the position is. */
export type Move = {
  readonly kind: 'opens' | 'closes' | 'splits' | 'undone';
  /** The event that made it: names the lot that it opens and the history that it ends. */
  readonly eventId: EventId;
  readonly sequence: number;
  readonly at: Instant;
  readonly what: string;
  /** Of a fill; 0 for a split. */
  readonly price: bigint;
  readonly quantity: bigint;
  readonly cost: bigint;
  /** Before commission. */
  readonly realized: bigint;
  readonly commission: bigint;
  /** To the account, before commission. */
  readonly cash: bigint;
  /** All that the open position ever opened and closed, in today's shares. */
  readonly opened: bigint;
  readonly entryValue: bigint;
  readonly closed: bigint;
  readonly exitValue: bigint;
  /** Of a split: what was paid out instead of kept, in old shares, without a sign. */
  readonly paidOut: bigint;
  /** The latest trading day that the position had seen by then; '' before any. */
  readonly session: string;
  /** Nothing is held after it: the next fill begins a new position. */
  readonly ends: boolean;
};

/** The numbers of a move that figures are sums of. */
export type MoveNumber = {
  [Name in keyof Move]: Move[Name] extends bigint ? Name : never;
}[keyof Move];

type Held = { quantity: bigint; cost: bigint; opened: bigint; closed: bigint; session: string };

const size = (value: bigint): bigint => (value < 0n ? -value : value);

const shares = (value: bigint): string => formatQuantity(value as Quantity);
const money = (value: bigint): string => formatCash(value as Cash);

/** The cost that goes with `part` of what is held: that share of it, rounded half to even; all of it with all. */
const costOf = (held: Held, part: bigint): bigint =>
  proportion(held.cost, part, size(held.quantity));

const suffix = (fill: FillRecord): string =>
  fill.status === 'corrected' ? `, as corrected by event ${fill.sequence}` : '';

const nothing = {
  price: 0n,
  quantity: 0n,
  cost: 0n,
  realized: 0n,
  commission: 0n,
  cash: 0n,
  opened: 0n,
  entryValue: 0n,
  closed: 0n,
  exitValue: 0n,
  paidOut: 0n,
  ends: false,
} as const;

const opened = (fill: FillRecord, part: bigint, commission: bigint, { session }: Held): Move => {
  const sign = fill.side === 'buy' ? 1n : -1n;
  const quantity = part as Quantity;
  return {
    ...nothing,
    kind: 'opens',
    eventId: fill.fillId,
    sequence: fill.createdSequence,
    at: fill.executedAt,
    what: `${fill.side} ${product({ ...fill, quantity })} opens${suffix(fill)}`,
    price: fill.price,
    quantity: sign * part,
    cost: sign * part * fill.price,
    commission,
    cash: -sign * part * fill.price,
    opened: part,
    entryValue: part * fill.price,
    session,
  };
};

const closed = (fill: FillRecord, part: bigint, commission: bigint, held: Held): Move => {
  const sign = fill.side === 'buy' ? 1n : -1n;
  const quantity = part as Quantity;
  const removed = costOf(held, part);
  const brought = -sign * part * fill.price;
  const share = `cost ${money(held.cost)} × ${shares(part)} / ${shares(size(held.quantity))} = ${money(removed)}`;
  return {
    ...nothing,
    kind: 'closes',
    eventId: fill.fillId,
    sequence: fill.createdSequence,
    at: fill.executedAt,
    what: `${fill.side} ${product({ ...fill, quantity })} closes, ${share}${suffix(fill)}`,
    price: fill.price,
    quantity: sign * part,
    cost: -removed,
    realized: brought - removed,
    commission,
    cash: brought,
    closed: part,
    exitValue: part * fill.price,
    session: held.session,
    ends: part === size(held.quantity),
  };
};

const ofFill = (fill: FillRecord, held: Held): readonly Move[] => {
  if (fill.status === 'busted') {
    const what = `${fill.side} ${product(fill)} never happened: busted by event ${fill.sequence}`;
    return [{ ...opened(fill, 0n, 0n, held), kind: 'undone', what }];
  }
  const reduces = fill.side === 'buy' ? held.quantity < 0n : held.quantity > 0n;
  const closing = reduces ? [fill.quantity, size(held.quantity)].reduce(least) : 0n;
  const opening = fill.quantity - closing;
  if (closing === 0n) return [opened(fill, opening, fill.commission, held)];
  if (opening === 0n) return [closed(fill, closing, fill.commission, held)];
  // Through zero: the commission goes by quantity, what does not divide falls on the part that opens.
  const share = proportion(fill.commission, closing, fill.quantity, 'down');
  return [closed(fill, closing, share, held), opened(fill, opening, fill.commission - share, held)];
};

const least = (one: bigint, other: bigint): bigint => (one < other ? one : other);

const ofSplit = (split: SplitRecord, held: Held): readonly Move[] => {
  if (held.quantity === 0n) return [];
  const [newShares, oldShares] = [BigInt(split.newShares), BigInt(split.oldShares)];
  const paidOut = size(split.fraction);
  const removed = paidOut === 0n ? 0n : costOf(held, paidOut);
  const ends = paidOut === size(held.quantity);
  // After a bust less or more was held at the split than it says.
  const difference = held.quantity - split.quantityBefore;
  const more = (difference * newShares) / oldShares;
  const after = ends ? 0n : split.quantityAfter + more;
  const paid = paidOut === 0n ? '' : `, ${shares(split.fraction)} paid out`;
  const restated = (value: bigint): bigint => proportion(value, newShares, oldShares);
  return [
    {
      ...nothing,
      kind: 'splits',
      eventId: split.eventId,
      sequence: split.sequence,
      at: split.at,
      what: `${split.symbol} splits ${newShares} for ${oldShares}: ${shares(held.quantity)} become ${shares(after)}${paid}`,
      quantity: after - held.quantity,
      cost: -removed,
      realized: paidOut === 0n ? 0n : split.cashInLieu - removed,
      cash: split.cashInLieu,
      opened: restated(held.opened) - held.opened,
      closed: restated(held.closed + paidOut) - held.closed,
      exitValue: paidOut === 0n ? 0n : size(split.cashInLieu),
      paidOut,
      session: held.session,
      ends,
    },
  ];
};

type Entry = {
  readonly place: number;
  /** When it was so; null for what never happened. */
  readonly at: Instant | null;
  readonly moves: (held: Held) => readonly Move[];
};

const entriesOf = (
  fills: readonly FillRecord[],
  splits: readonly SplitRecord[],
): readonly Entry[] => {
  const traded = fills.filter((fill) => fill.status !== 'disputed');
  const first = Math.min(...traded.map((fill) => fill.createdSequence));
  // A split before the first fill befell nothing, until a fill is taken back and all is counted again.
  const isRestated = traded.some((fill) => fill.status !== 'booked');
  return [
    ...traded.map((fill) => ({
      place: fill.createdSequence,
      at: fill.status === 'busted' ? null : fill.executedAt,
      moves: (held: Held) => ofFill(fill, held),
    })),
    ...splits
      .filter(({ sequence }) => isRestated || sequence > first)
      .map((split) => ({
        place: split.sequence,
        at: split.at,
        moves: (held: Held) => ofSplit(split, held),
      })),
  ].toSorted((left, right) => left.place - right.place);
};

const take = (held: Held, move: Move): void => {
  held.quantity += move.quantity;
  held.cost += move.cost;
  held.opened = move.ends ? 0n : held.opened + move.opened;
  held.closed = move.ends ? 0n : held.closed + move.closed;
};

/**
 * A position's history as it stands, oldest first, recomputed from its fills and splits at average cost (trading rules:
 * adding adds the cost, closing takes its share along, a trade through zero closes first and then opens).
 */
export const movesOf = (
  fills: readonly FillRecord[],
  splits: readonly SplitRecord[],
): readonly Move[] => {
  const held: Held = { quantity: 0n, cost: 0n, opened: 0n, closed: 0n, session: '' };
  return entriesOf(fills, splits).flatMap(({ at, moves }) => {
    const session = at === null ? '' : sessionDateOf(at);
    if (session > held.session) held.session = session;
    const made = moves(held);
    for (const move of made) take(held, move);
    return made;
  });
};

/** The moves of the position that is open now. */
export const ofOpenCycle = (moves: readonly Move[]): readonly Move[] =>
  moves.slice(moves.findLastIndex(({ ends }) => ends) + 1);

/** The moves of the position that an event ended; none where it ended none. */
export const ofCycleEndedBy = (moves: readonly Move[], eventId: string): readonly Move[] => {
  const last = moves.findIndex((move) => move.ends && move.eventId === eventId);
  if (last < 0) return [];
  const before = moves.slice(0, last).findLastIndex(({ ends }) => ends);
  return moves.slice(before + 1, last + 1);
};

/** One of a move's numbers as lines; moves that leave it alone are left out, undone fills stay. */
export const linesOf = (moves: readonly Move[], number: MoveNumber): readonly Line[] =>
  moves
    .filter((move) => move[number] !== 0n || move.kind === 'undone')
    .map((move) => ({
      sequence: move.sequence,
      at: move.at,
      what: move.what,
      amount: move[number],
    }));
