import type { Cash, Price, Quantity } from '../money.ts';
import {
  absolute,
  add,
  larger,
  negate,
  notional,
  proportion,
  smaller,
  subtract,
  zeroCash,
  zeroQuantity,
} from '../money.ts';
import type { Side } from '../order/terms.ts';
import type { Instant } from '../time.ts';

/** What booking a trade needs to know of it. */
export type Trade = {
  readonly side: Side;
  /** > 0 */
  readonly quantity: Quantity;
  readonly price: Price;
  readonly commission: Cash;
  readonly at: Instant;
};

/** A position from flat to flat. All figures but `realized` and the excursions are unsigned. */
export type Cycle = {
  readonly side: 'long' | 'short';
  readonly openedAt: Instant;
  /** Everything that was opened, in today's shares. */
  readonly quantityOpened: Quantity;
  readonly entryValue: Cash;
  readonly exitQuantity: Quantity;
  readonly exitValue: Cash;
  /** Before commission. */
  readonly realized: Cash;
  readonly commission: Cash;
  /** Best and worst of realized + unrealized so far: >= 0 and <= 0. */
  readonly maxFavorable: Cash;
  readonly maxAdverse: Cash;
};

/** Average cost: the cost is kept exactly, the average is derived. A short has negative quantity and cost. */
export type Position = {
  readonly quantity: Quantity;
  readonly cost: Cash;
  /** Null while flat. */
  readonly cycle: Cycle | null;
};

export type FinishedCycle = Cycle & {
  readonly closedAt: Instant;
  readonly reason: 'closed' | 'flipped' | 'split';
};

/** The part of a trade that closes what was held, or opens anew. */
export type TradePart = { readonly quantity: Quantity; readonly commission: Cash };

export type Booked = {
  readonly position: Position;
  readonly closing: TradePart | null;
  readonly opening: TradePart | null;
  /** Of this trade, before commission. */
  readonly realized: Cash;
  readonly finished: FinishedCycle | null;
};

export const flat: Position = { quantity: zeroQuantity, cost: zeroCash, cycle: null };

const signed = <F extends bigint>(side: Side, value: F): F =>
  side === 'buy' ? value : negate(value);

/** Gross P&L of the running cycle at `price`: realized in it plus unrealized; 0 while flat. */
export const cyclePnl = (position: Position, price: Price): Cash =>
  position.cycle === null
    ? zeroCash
    : ((position.cycle.realized + notional(price, position.quantity) - position.cost) as Cash);

/** Lets the position see a price: the cycle's excursions take it in. */
export const witness = (position: Position, price: Price): Position => {
  const { cycle } = position;
  if (cycle === null) return position;
  const pnl = cyclePnl(position, price);
  if (pnl <= cycle.maxFavorable && pnl >= cycle.maxAdverse) return position;
  return {
    ...position,
    cycle: {
      ...cycle,
      maxFavorable: larger(cycle.maxFavorable, pnl),
      maxAdverse: smaller(cycle.maxAdverse, pnl),
    },
  };
};

const newCycle = (trade: Trade): Cycle => ({
  side: trade.side === 'buy' ? 'long' : 'short',
  openedAt: trade.at,
  quantityOpened: zeroQuantity,
  entryValue: zeroCash,
  exitQuantity: zeroQuantity,
  exitValue: zeroCash,
  realized: zeroCash,
  commission: zeroCash,
  maxFavorable: zeroCash,
  maxAdverse: zeroCash,
});

/** Adding adds the cost exactly. */
const open = (position: Position, trade: Trade, part: TradePart): Position => {
  const cycle = position.cycle ?? newCycle(trade);
  const value = notional(trade.price, part.quantity);
  return {
    quantity: add(position.quantity, signed(trade.side, part.quantity)),
    cost: add(position.cost, signed(trade.side, value)),
    cycle: {
      ...cycle,
      quantityOpened: add(cycle.quantityOpened, part.quantity),
      entryValue: add(cycle.entryValue, value),
      commission: add(cycle.commission, part.commission),
    },
  };
};

type Exit = {
  readonly quantity: Quantity;
  /** Signed: cash that the exit brings to the account before commission. */
  readonly cash: Cash;
  readonly commission: Cash;
};

/** How much of a position's cost, signed as it, closing a quantity (> 0, at most what is held) takes along. */
export type CostTaken = (position: Position, quantity: Quantity) => Cash;

/** Closing `quantity` of Q takes quantity ÷ Q of the cost along; a full close takes all of it. */
export const atAverage: CostTaken = ({ cost, quantity: held }, quantity) =>
  proportion(cost, quantity, absolute(held));

const close = (
  position: Position,
  cycle: Cycle,
  exit: Exit,
  costTaken: CostTaken,
): { readonly position: Position; readonly cycle: Cycle; readonly realized: Cash } => {
  const removed = costTaken(position, exit.quantity);
  const realized = subtract(exit.cash, removed);
  const left = subtract(absolute(position.quantity), exit.quantity);
  const after: Cycle = {
    ...cycle,
    exitQuantity: add(cycle.exitQuantity, exit.quantity),
    exitValue: add(cycle.exitValue, absolute(exit.cash)),
    realized: add(cycle.realized, realized),
    commission: add(cycle.commission, exit.commission),
  };
  return {
    realized,
    cycle: after,
    position:
      left === 0n
        ? flat
        : {
            quantity: position.quantity < 0n ? negate(left) : left,
            cost: subtract(position.cost, removed),
            cycle: after,
          },
  };
};

const reduces = (position: Position, side: Side): boolean =>
  side === 'buy' ? position.quantity < 0n : position.quantity > 0n;

/**
 * Books a trade, at average cost where nothing else is said. One through zero closes what was held at its own cost and
 * opens the rest at the trade's price; the commission is split by quantity, what does not divide falls on the opening part.
 */
export const bookTrade = (
  before: Position,
  trade: Trade,
  costTaken: CostTaken = atAverage,
): Booked => {
  const position = witness(before, trade.price);
  const { cycle } = position;
  if (cycle === null || !reduces(position, trade.side)) {
    const opening = { quantity: trade.quantity, commission: trade.commission };
    const opened = open(position, trade, opening);
    return { position: opened, closing: null, opening, realized: zeroCash, finished: null };
  }
  const quantity = smaller(trade.quantity, absolute(position.quantity));
  const rest = subtract(trade.quantity, quantity);
  const commission =
    rest === 0n ? trade.commission : proportion(trade.commission, quantity, trade.quantity, 'down');
  const cash = negate(signed(trade.side, notional(trade.price, quantity)));
  const closed = close(position, cycle, { quantity, cash, commission }, costTaken);
  const closing = { quantity, commission };
  const finished: FinishedCycle | null =
    closed.position.cycle === null
      ? { ...closed.cycle, closedAt: trade.at, reason: rest === 0n ? 'closed' : 'flipped' }
      : null;
  if (rest === 0n) {
    return { ...closed, closing, opening: null, finished };
  }
  const opening = { quantity: rest, commission: subtract(trade.commission, commission) };
  return {
    position: open(closed.position, trade, opening),
    closing,
    opening,
    realized: closed.realized,
    finished,
  };
};

export type Split = {
  readonly newShares: bigint;
  readonly oldShares: bigint;
  readonly quantityAfter: Quantity;
  /** Signed as the position, in old shares: paid in cash instead of kept. */
  readonly fraction: Quantity;
  /** Signed: negative where a short pays. */
  readonly cashInLieu: Cash;
  readonly at: Instant;
};

const restate = (cycle: Cycle, split: Split): Cycle => ({
  ...cycle,
  quantityOpened: proportion(cycle.quantityOpened, split.newShares, split.oldShares),
  exitQuantity: proportion(cycle.exitQuantity, split.newShares, split.oldShares),
});

/** Total cost stays to the last digit; only a fraction paid in cash takes its share of the cost along. */
export const bookSplit = (
  position: Position,
  split: Split,
  costTaken: CostTaken = atAverage,
): Booked => {
  const nothing = { position, closing: null, opening: null, realized: zeroCash, finished: null };
  if (position.cycle === null) return nothing;
  const exit = {
    quantity: absolute(split.fraction),
    cash: split.cashInLieu,
    commission: zeroCash,
  };
  const kept =
    split.fraction === 0n
      ? { position, cycle: position.cycle, realized: zeroCash }
      : close(position, position.cycle, exit, costTaken);
  const cycle = restate(kept.cycle, split);
  const closing = split.fraction === 0n ? null : { quantity: exit.quantity, commission: zeroCash };
  if (kept.position.cycle === null) {
    const finished: FinishedCycle = { ...cycle, closedAt: split.at, reason: 'split' };
    return { ...nothing, position: flat, closing, realized: kept.realized, finished };
  }
  const after: Position = { ...kept.position, quantity: split.quantityAfter, cycle };
  return { ...nothing, position: after, closing, realized: kept.realized };
};
