import type { AccountId } from '#domain/ids.ts';
import { divide } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';

/** What one fill opened, or what is left of it. Quantity (e9) and cost (e18) are signed as the position. */
export type NaiveLot = {
  readonly lotId: string;
  readonly accountId: AccountId;
  readonly symbol: string;
  readonly openedAt: Instant;
  readonly createdSequence: number;
  quantity: bigint;
  cost: bigint;
  commission: bigint;
  realized: bigint;
  closedAt: Instant | null;
  sequence: number;
};

/** When and by which event. */
type By = { readonly at: Instant; readonly sequence: number };

const size = (value: bigint): bigint => (value < 0n ? -value : value);

const least = (one: bigint, other: bigint): bigint => (one < other ? one : other);

const close = (lot: NaiveLot, { at }: By): void => {
  lot.quantity = 0n;
  lot.cost = 0n;
  lot.commission = 0n;
  lot.closedAt = at;
};

const takePart = (lot: NaiveLot, part: bigint, cash: bigint, by: By): void => {
  const held = size(lot.quantity);
  const cost = divide(lot.cost * part, held);
  const commission = divide(lot.commission * part, held);
  lot.realized += cash - cost;
  lot.sequence = by.sequence;
  if (part === held) {
    close(lot, by);
    return;
  }
  lot.quantity += lot.quantity < 0n ? part : -part;
  lot.cost -= cost;
  lot.commission -= commission;
};

/**
 * First in, first out: takes `quantity` from the open lots, oldest first. Each part gets its share of the cash that
 * the exit brings, counted by what was taken so far, so that the parts sum to it. Returns the lots that changed.
 */
export const takeFirstIn = (
  open: readonly NaiveLot[],
  quantity: bigint,
  cash: bigint,
  by: By,
): readonly NaiveLot[] => {
  const changed: NaiveLot[] = [];
  let taken = 0n;
  let paid = 0n;
  for (const lot of open) {
    if (taken === quantity) break;
    const part = least(size(lot.quantity), quantity - taken);
    if (part === 0n) continue;
    taken += part;
    const upTo = divide(cash * taken, quantity);
    takePart(lot, part, upTo - paid, by);
    paid = upTo;
    changed.push(lot);
  }
  return changed;
};

/**
 * Lots in new shares: each ends where its share of the running total does, cut. A lot that keeps no share is closed
 * and hands its cost to the next one; after the last it goes back to the last that keeps some.
 */
export const splitLots = (open: readonly NaiveLot[], quantityAfter: bigint, by: By): void => {
  const total = open.reduce((sum, { quantity }) => sum + quantity, 0n);
  let before = 0n;
  let placed = 0n;
  let cost = 0n;
  let commission = 0n;
  let lastKept: NaiveLot | null = null;
  for (const lot of open) {
    before += lot.quantity;
    const end = total === 0n ? 0n : divide(quantityAfter * before, total, 'down');
    const quantity = end - placed;
    placed = end;
    cost += lot.cost;
    commission += lot.commission;
    lot.sequence = by.sequence;
    if (quantity === 0n) {
      close(lot, by);
      continue;
    }
    Object.assign(lot, { quantity, cost, commission });
    cost = 0n;
    commission = 0n;
    lastKept = lot;
  }
  if (lastKept === null) return;
  lastKept.cost += cost;
  lastKept.commission += commission;
};
