import type { StockSplit } from '#domain/account/events.ts';
import type { EventId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import { add, type Cash, notional, type Quantity, subtract, sum, zeroCash } from '#domain/money.ts';
import { costOf, type Lot, restateLots } from '#domain/position/lots.ts';
import {
  type Booked,
  bookSplit,
  bookTrade,
  flat,
  type Position,
  type Trade,
  type TradePart,
} from '#domain/position/position.ts';
import type { SessionDate } from '#domain/time.ts';
import { type LotQueue, lotQueue } from './lot-queue.ts';

/** What a sale takes its cost from: everything held alike, or the lots that were opened first. */
export type CostMethod = 'average' | 'fifo';

/** Where something is booked: the event and the day that the books give it. */
export type Place = {
  readonly eventId: EventId;
  readonly sequence: number;
  readonly date: SessionDate;
};
export type HeldLot = Lot & Pick<Place, 'sequence' | 'date'>;

/** One account's shares of one symbol. At average cost they are one lot. */
export type Holding = {
  readonly position: Position;
  /** Oldest first. */
  readonly lots: LotQueue<HeldLot>;
  /** Of everything so far, before commission, by the method. */
  readonly realized: Cash;
  /** The same at average cost, whatever the method. */
  readonly realizedAtAverage: Cash;
};

/** Shares with their cost, both signed as the position. */
export type Part = { readonly quantity: Quantity; readonly cost: Cash };

/** What an event takes out of a holding and puts into it. */
export type Moved = {
  readonly holding: Holding;
  readonly taken: Part | null;
  readonly put: Iterable<HeldLot>;
  readonly realized: Cash;
  readonly realizedAtAverage: Cash;
};

export type PlacedTrade = { readonly trade: Trade; readonly place: Place };

export const emptyHolding: Holding = {
  position: flat,
  lots: lotQueue<HeldLot>([]),
  realized: zeroCash,
  realizedAtAverage: zeroCash,
};

/** All of it; null where nothing is held. */
export const wholeOf = ({ lots }: Holding): Part | null => {
  if (lots.size === 0) return null;
  const all = [...lots];
  return { quantity: sum(all.map((lot) => lot.quantity)), cost: costOf(all) };
};

const pooled = ({ quantity, cost }: Position, place: Place, at: Trade['at']): LotQueue<HeldLot> =>
  lotQueue(quantity === 0n ? [] : [lotOf({ quantity, cost }, place, at)]);

const lotOf = (part: Part, { eventId, ...rest }: Place, openedAt: Trade['at']): HeldLot => ({
  lotId: eventId,
  openedAt,
  commission: zeroCash,
  ...part,
  ...rest,
});

type Exit = { readonly cost: Cash; readonly realized: Cash; readonly left: LotQueue<HeldLot> };

/** Takes the closed part out of the oldest lots; `cash` is what it brought to the account. */
const exitLots = (lots: LotQueue<HeldLot>, closing: TradePart, cash: Cash): Exit => {
  const reduction = lots.taken(closing.quantity);
  invariant(reduction !== undefined, 'lots hold what the position does');
  const cost = sum(reduction.parts.map((part) => part.cost));
  return { cost, realized: subtract(cash, cost), left: reduction.left };
};

const exitOf = (
  method: CostMethod,
  lots: LotQueue<HeldLot>,
  { closing, realized }: Booked,
  cash: Cash,
): Exit => {
  if (closing === null) return { cost: zeroCash, realized: zeroCash, left: lots };
  if (method === 'fifo') return exitLots(lots, closing, cash);
  return { cost: subtract(cash, realized), realized, left: emptyHolding.lots };
};

const openedBy = (sign: bigint, { price }: Trade, { quantity }: TradePart): Part => ({
  quantity: (sign * quantity) as Quantity,
  cost: (sign * notional(price, quantity)) as Cash,
});

/** Books a trade; one through zero takes out all that was held and puts the rest in. */
export const moveTrade = (
  method: CostMethod,
  before: Holding,
  { trade, place }: PlacedTrade,
): Moved => {
  const booked = bookTrade(before.position, trade);
  const sign = trade.side === 'buy' ? 1n : -1n;
  const { closing, opening, position } = booked;
  const closed = closing === null ? 0n : closing.quantity;
  const cash = (-sign * trade.price * closed) as Cash;
  const { cost, realized, left } = exitOf(method, before.lots, booked, cash);
  const put = opening === null ? null : lotOf(openedBy(sign, trade, opening), place, trade.at);
  const lots = put === null ? left : left.added(put);
  return {
    holding: {
      position,
      lots: method === 'average' ? pooled(position, place, trade.at) : lots,
      realized: add(before.realized, realized),
      realizedAtAverage: add(before.realizedAtAverage, booked.realized),
    },
    // What closes goes against what is held: a sale out of a long, a purchase out of a short.
    taken: closing === null ? null : { quantity: (-sign * closing.quantity) as Quantity, cost },
    put: put === null ? [] : [put],
    realized,
    realizedAtAverage: booked.realized,
  };
};

const isHeld = ({ quantity }: Lot): boolean => quantity !== 0n;

/** Books a split: all old shares go out, all new ones come in at the same cost, less what a fraction took along. */
export const moveSplit = (
  method: CostMethod,
  before: Holding,
  split: StockSplit,
  place: Place,
): Moved => {
  const booked = bookSplit(before.position, split);
  const { position } = booked;
  const { realized, left } = exitOf(method, before.lots, booked, split.cashInLieu);
  const lots =
    method === 'average'
      ? pooled(position, place, split.at)
      : lotQueue(restateLots([...left], split.quantityAfter).filter(isHeld));
  return {
    holding: {
      position,
      lots,
      realized: add(before.realized, realized),
      realizedAtAverage: add(before.realizedAtAverage, booked.realized),
    },
    taken: wholeOf(before),
    put: lots,
    realized,
    realizedAtAverage: booked.realized,
  };
};

/** Replaces what is held: some of the trades that made it were taken back or corrected. */
export const moveRestated = (before: Holding, holding: Holding): Moved => ({
  holding,
  taken: wholeOf(before),
  put: holding.lots,
  realized: subtract(holding.realized, before.realized),
  realizedAtAverage: subtract(holding.realizedAtAverage, before.realizedAtAverage),
});
