import type { AccountId } from '#domain/ids.ts';
import { sessionDateOf } from '#domain/market/calendar.ts';
import { divide } from '#domain/money.ts';
import type { Instant, SessionDate } from '#domain/time.ts';

/** What a holding is made of. All bigints as in domain/money: quantity e9, price e9, cash e18. `id`: its event's. */
export type Trade = {
  readonly kind: 'trade';
  readonly id: string;
  readonly executionId: string;
  readonly sequence: number;
  readonly at: Instant;
  readonly buys: boolean;
  readonly quantity: bigint;
  readonly price: bigint;
  readonly commission: bigint;
};
export type Split = {
  readonly kind: 'split';
  readonly id: string;
  readonly sequence: number;
  readonly at: Instant;
  readonly newShares: bigint;
  readonly oldShares: bigint;
  readonly quantityBefore: bigint;
  readonly quantityAfter: bigint;
  readonly fraction: bigint;
  readonly cashInLieu: bigint;
};
export type Entry = Trade | Split;

/** From flat to flat. */
export type Cycle = {
  readonly isLong: boolean;
  readonly openedAt: Instant;
  opened: bigint;
  entryValue: bigint;
  exited: bigint;
  exitValue: bigint;
  realized: bigint;
  commission: bigint;
  /** Best and worst of realized and unrealized together. */
  maxFavorable: bigint;
  maxAdverse: bigint;
};

/** A cycle that has ended. */
export type Finished = { readonly cycle: Cycle; readonly reason: 'closed' | 'flipped' | 'split' };

export type NaivePosition = {
  readonly accountId: AccountId;
  readonly symbol: string;
  /** Signed: a short is negative, its cost too. */
  quantity: bigint;
  cost: bigint;
  cycle: Cycle | null;
  /** Over all cycles, before commission. */
  realized: bigint;
  commission: bigint;
  lastPrice: bigint;
  /** Of the last entry, what was held when it began, and its net cash before commission. */
  session: SessionDate;
  sessionStart: bigint;
  sessionCash: bigint;
  splitAt: Instant | null;
  splitNew: bigint;
  splitOld: bigint;
  updatedAt: Instant;
  changedSequence: number;
  sequence: number;
  /** Highest and lowest price that marks have shown it since it last changed; null: none. */
  shownHigh: bigint | null;
  shownLow: bigint | null;
  /** The last event whose mark it has been shown, or that changed it. */
  shownTo: number;
};

/** What one session's mark shows. */
export type Mark = {
  readonly sequence: number;
  readonly session: SessionDate;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
};

/** What an entry took out of the position and put into it: for the lots. */
export type Stepped = {
  readonly exit: { readonly quantity: bigint; readonly cash: bigint } | null;
  readonly opening: { readonly quantity: bigint; readonly commission: bigint } | null;
  readonly finished: Finished | null;
};

const size = (value: bigint): bigint => (value < 0n ? -value : value);
const least = (one: bigint, other: bigint): bigint => (one < other ? one : other);

export const newPosition = (
  accountId: AccountId,
  symbol: string,
  at: Instant,
  sequence: number,
): NaivePosition => ({
  accountId,
  symbol,
  quantity: 0n,
  cost: 0n,
  cycle: null,
  realized: 0n,
  commission: 0n,
  lastPrice: 0n,
  session: sessionDateOf(at),
  sessionStart: 0n,
  sessionCash: 0n,
  splitAt: null,
  splitNew: 1n,
  splitOld: 1n,
  updatedAt: at,
  changedSequence: sequence,
  sequence,
  shownHigh: null,
  shownLow: null,
  shownTo: sequence,
});

/** Shows an open position a mark. High and low of the session it changed in may lie before the change: only the close counts. */
export const show = (position: NaivePosition, mark: Mark): void => {
  if (position.cycle === null) return;
  const whole = mark.session > position.session;
  const high = whole ? mark.high : mark.close;
  const low = whole ? mark.low : mark.close;
  const { shownHigh, shownLow } = position;
  if (shownHigh === null || high > shownHigh) position.shownHigh = high;
  if (shownLow === null || low < shownLow) position.shownLow = low;
};

/** The gain of the running cycle at a price, against its best and worst so far. */
const see = ({ cycle, quantity, cost }: NaivePosition, price: bigint): void => {
  if (cycle === null) return;
  const gain = cycle.realized + price * quantity - cost;
  if (gain > cycle.maxFavorable) cycle.maxFavorable = gain;
  if (gain < cycle.maxAdverse) cycle.maxAdverse = gain;
};

const seeShown = (position: NaivePosition): void => {
  if (position.shownHigh !== null) see(position, position.shownHigh);
  if (position.shownLow !== null) see(position, position.shownLow);
  position.shownHigh = null;
  position.shownLow = null;
};

/** Sessions change on the hour: the one of the last hour that was asked for. */
let lastHour = '';
let lastSession = '' as SessionDate;

const sessionOf = (at: Instant): SessionDate => {
  if (lastHour !== '' && at.startsWith(lastHour)) return lastSession;
  lastHour = at.slice(0, 13);
  lastSession = sessionDateOf(at);
  return lastSession;
};

const enterSession = (position: NaivePosition, at: Instant): void => {
  const session = sessionOf(at);
  if (session <= position.session) return;
  position.session = session;
  position.sessionStart = position.quantity;
  position.sessionCash = 0n;
};

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
    maxFavorable: 0n,
    maxAdverse: 0n,
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

const changed = (position: NaivePosition, { at, sequence }: Entry): void => {
  position.updatedAt = at;
  position.changedSequence = sequence;
  position.sequence = sequence;
  position.shownTo = sequence;
};

/** A trade at average cost; one through zero closes what was held and opens the rest at its own price. */
export const trade = (position: NaivePosition, entry: Trade): Stepped => {
  seeShown(position);
  enterSession(position, entry.at);
  const { buys, quantity, price, commission } = entry;
  see(position, price);
  const { cycle } = position;
  const closes = cycle !== null && buys !== position.quantity > 0n;
  const closing = closes ? least(quantity, size(position.quantity)) : 0n;
  const opening = quantity - closing;
  // One that goes through zero is charged in proportion; what does not divide falls on the opening part.
  const paid = opening === 0n ? commission : divide(commission * closing, quantity, 'down');
  const cash = buys ? -closing * price : closing * price;
  if (cycle !== null && closing > 0n) leave(position, cycle, closing, cash, paid);
  const isFlat = cycle !== null && position.cycle === null;
  const charged = commission - (closing > 0n ? paid : 0n);
  if (opening > 0n) enter(position, entry, opening, charged);
  position.commission += commission;
  position.lastPrice = price;
  position.sessionCash += buys ? -quantity * price : quantity * price;
  changed(position, entry);
  return {
    exit: closing > 0n ? { quantity: closing, cash } : null,
    opening: opening > 0n ? { quantity: opening, commission: charged } : null,
    finished: isFlat ? { cycle, reason: opening > 0n ? 'flipped' : 'closed' } : null,
  };
};

/** Splits add up until a mark that was made after them knows the new price. */
const noteSplit = (
  position: NaivePosition,
  { at, newShares, oldShares }: Split,
  latestMark: Instant | null,
): void => {
  const { splitAt } = position;
  const known = splitAt === null || (latestMark !== null && latestMark > splitAt);
  position.splitNew = newShares * (known ? 1n : position.splitNew);
  position.splitOld = oldShares * (known ? 1n : position.splitOld);
  position.splitAt = at;
};

/** Total cost stays; a fraction of a share that is paid in cash leaves like a sale of it. `latestMark`: when the symbol was last marked. */
export const split = (
  position: NaivePosition,
  entry: Split,
  latestMark: Instant | null,
): Stepped => {
  seeShown(position);
  enterSession(position, entry.at);
  const { newShares, oldShares, fraction, cashInLieu, quantityAfter } = entry;
  const { cycle } = position;
  const exit =
    cycle === null || fraction === 0n ? null : { quantity: size(fraction), cash: cashInLieu };
  if (cycle !== null) {
    if (exit !== null) leave(position, cycle, exit.quantity, exit.cash, 0n);
    cycle.opened = divide(cycle.opened * newShares, oldShares);
    cycle.exited = divide(cycle.exited * newShares, oldShares);
    if (position.cycle !== null) position.quantity = quantityAfter;
  }
  position.lastPrice = (position.lastPrice * oldShares) / newShares;
  position.sessionCash += cashInLieu;
  noteSplit(position, entry, latestMark);
  changed(position, entry);
  const finished =
    cycle !== null && position.cycle === null ? ({ cycle, reason: 'split' } as const) : null;
  return { exit, opening: null, finished };
};
