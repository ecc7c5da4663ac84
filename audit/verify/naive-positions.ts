import { divide } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';

/** What a holding is made of. All bigints as in domain/money: quantity e9, price e9, cash e18. */
export type Trade = {
  readonly kind: 'trade';
  readonly sequence: number;
  readonly at: Instant;
  readonly buys: boolean;
  readonly quantity: bigint;
  readonly price: bigint;
  readonly commission: bigint;
};
export type Split = {
  readonly kind: 'split';
  readonly sequence: number;
  readonly at: Instant;
  readonly newShares: bigint;
  readonly oldShares: bigint;
  readonly quantityAfter: bigint;
  readonly fraction: bigint;
  readonly cashInLieu: bigint;
};
export type Entry = Trade | Split;

/** From flat to flat. */
type Cycle = {
  readonly isLong: boolean;
  readonly openedAt: Instant;
  opened: bigint;
  entryValue: bigint;
  exited: bigint;
  exitValue: bigint;
  realized: bigint;
  commission: bigint;
};

export type NaivePosition = {
  /** Signed: a short is negative, its cost too. */
  quantity: bigint;
  cost: bigint;
  cycle: Cycle | null;
  /** Over all cycles, before commission. */
  realized: bigint;
  commission: bigint;
  lastPrice: bigint;
  updatedAt: Instant | null;
  changedSequence: number;
  /** Executions that stand. */
  trades: number;
};

const size = (value: bigint): bigint => (value < 0n ? -value : value);
const least = (one: bigint, other: bigint): bigint => (one < other ? one : other);

const enter = (position: NaivePosition, trade: Trade, quantity: bigint, paid: bigint): void => {
  const { buys, price, at } = trade;
  position.cycle ??= {
    isLong: buys,
    openedAt: at,
    opened: 0n,
    entryValue: 0n,
    exited: 0n,
    exitValue: 0n,
    realized: 0n,
    commission: 0n,
  };
  position.quantity += buys ? quantity : -quantity;
  position.cost += buys ? quantity * price : -quantity * price;
  position.cycle.opened += quantity;
  position.cycle.entryValue += quantity * price;
  position.cycle.commission += paid;
};

/** Average cost: what leaves takes its share of the cost along, rounded half-even; all of it takes all. */
const leave = (
  position: NaivePosition,
  cycle: Cycle,
  quantity: bigint,
  cash: bigint,
  paid: bigint,
): void => {
  const held = size(position.quantity);
  const cost = quantity === held ? position.cost : divide(position.cost * quantity, held);
  const gain = cash - cost;
  position.cost -= cost;
  position.quantity += position.quantity < 0n ? quantity : -quantity;
  position.realized += gain;
  cycle.realized += gain;
  cycle.exited += quantity;
  cycle.exitValue += size(cash);
  cycle.commission += paid;
  if (position.quantity === 0n) position.cycle = null;
};

const trade = (position: NaivePosition, entry: Trade): void => {
  const { buys, quantity, price, commission } = entry;
  const { cycle } = position;
  const closes = cycle !== null && buys !== position.quantity > 0n;
  const held = size(position.quantity);
  const closing = closes ? least(quantity, held) : 0n;
  const opening = quantity - closing;
  // One that goes through zero is charged in proportion; what does not divide falls on the opening part.
  const paid = opening === 0n ? commission : divide(commission * closing, quantity, 'down');
  if (cycle !== null && closing > 0n) {
    leave(position, cycle, closing, buys ? -closing * price : closing * price, paid);
  }
  if (opening > 0n) enter(position, entry, opening, commission - (closing > 0n ? paid : 0n));
  position.commission += commission;
  position.lastPrice = price;
  position.trades += 1;
};

const split = (position: NaivePosition, entry: Split): void => {
  const { newShares, oldShares, fraction, cashInLieu, quantityAfter } = entry;
  position.lastPrice = (position.lastPrice * oldShares) / newShares;
  const { cycle } = position;
  if (cycle === null) return;
  if (fraction !== 0n) leave(position, cycle, size(fraction), cashInLieu, 0n);
  if (position.cycle === null) return;
  cycle.opened = divide(cycle.opened * newShares, oldShares);
  cycle.exited = divide(cycle.exited * newShares, oldShares);
  position.quantity = quantityAfter;
};

/** What the entries come to, from the first on, in the order of the log: total cost stays exact over a split. */
export const positionOf = (entries: readonly Entry[]): NaivePosition => {
  const position: NaivePosition = {
    quantity: 0n,
    cost: 0n,
    cycle: null,
    realized: 0n,
    commission: 0n,
    lastPrice: 0n,
    updatedAt: null,
    changedSequence: 0,
    trades: 0,
  };
  for (const entry of entries.toSorted((one, other) => one.sequence - other.sequence)) {
    if (entry.kind === 'trade') trade(position, entry);
    else split(position, entry);
    position.updatedAt = entry.at;
    position.changedSequence = entry.sequence;
  }
  return position;
};
