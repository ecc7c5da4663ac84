import type { EventId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import { type Cash, formatQuantity, proportion, type Quantity } from '#domain/money.ts';
import { type Lot, reduceLots, restateLots } from '#domain/position/lots.ts';
import type { Line } from './explanation.ts';
import type { Move } from './position-moves.ts';

export type LotNumber = 'quantity' | 'cost' | 'commission' | 'realizedPnl';

type OpenLot = Lot & { readonly realizedPnl: Cash };

const size = (value: bigint): bigint => (value < 0n ? -value : value);

/** What first in, first out takes from the open lots for an exit: each with its share of the cash, the last what is left over. */
const taken = (
  open: readonly OpenLot[],
  exit: { readonly quantity: bigint; readonly cash: bigint },
): readonly OpenLot[] => {
  if (exit.quantity === 0n) return open;
  const reduction = reduceLots(open, exit.quantity as Quantity, { kind: 'fifo' });
  invariant(reduction.kind === 'reduced', 'lots hold what the position does');
  const left = new Map(reduction.lots.map((lot) => [lot.lotId, lot]));
  const changed = new Map<EventId, OpenLot>();
  let [until, paid] = [0n, 0n];
  for (const { lot, quantity, cost } of reduction.taken) {
    until += quantity;
    const upTo = proportion(exit.cash, until, exit.quantity);
    const realizedPnl = (lot.realizedPnl + upTo - paid - cost) as Cash;
    paid = upTo;
    changed.set(lot.lotId, { ...emptied(lot), ...left.get(lot.lotId), realizedPnl });
  }
  return open.map((lot) => changed.get(lot.lotId) ?? lot);
};

const emptied = (lot: OpenLot): OpenLot => ({
  ...lot,
  quantity: 0n as Quantity,
  cost: 0n as Cash,
  commission: 0n as Cash,
});

const openedBy = (move: Move): OpenLot => ({
  lotId: move.eventId,
  openedAt: move.at,
  quantity: move.quantity as Quantity,
  cost: move.cost as Cash,
  commission: move.commission as Cash,
  realizedPnl: 0n as Cash,
});

/** All lots that were open before a move, and its own, as it leaves them. */
const afterMove = (open: readonly OpenLot[], move: Move): readonly OpenLot[] => {
  switch (move.kind) {
    case 'opens':
      return [...open, openedBy(move)];
    case 'closes':
      return taken(open, { quantity: size(move.quantity), cash: move.cash });
    case 'splits': {
      const kept = taken(open, { quantity: move.paidOut, cash: move.cash });
      const rest = kept.filter(({ quantity }) => quantity !== 0n);
      const held = open.reduce((total, { quantity }) => total + quantity, 0n);
      const restated = restateLots(rest, (held + move.quantity) as Quantity);
      const now = new Map(restated.map((lot) => [lot.lotId, lot]));
      return kept.map((lot) => now.get(lot.lotId) ?? lot);
    }
    case 'undone':
      return open;
  }
};

/** What first in, first out did to one lot, move by move. `moves`: all of its position, oldest first. */
export const lotLines = (
  moves: readonly Move[],
  lotId: string,
  number: LotNumber,
): readonly Line[] => {
  const lines: Line[] = [];
  let open: readonly OpenLot[] = [];
  let before: OpenLot | null = null;
  for (const move of moves) {
    const after = afterMove(open, move);
    const lot = after.find((one) => one.lotId === lotId);
    const amount = (lot?.[number] ?? 0n) - (before?.[number] ?? 0n);
    if (lot !== undefined && (amount !== 0n || before === null)) {
      const { sequence, at, what } = move;
      const left = `${formatQuantity(lot.quantity)} of the lot left`;
      lines.push({ sequence, at, what: `${what}; ${left}`, amount });
    }
    if (lot !== undefined) before = lot;
    if (lot?.quantity === 0n) break;
    open = after.filter(({ quantity }) => quantity !== 0n);
  }
  return lines;
};
