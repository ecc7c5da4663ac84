import type { AccountId } from '#domain/ids.ts';
import { beforeAllSessions } from '#domain/market/calendar.ts';
import { divide } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import { type NaiveLot, splitLots, takeFirstIn } from './naive-lots.ts';
import {
  type Cycle,
  type Entry,
  type Finished,
  type Mark,
  type NaivePosition,
  newPosition,
  type Split,
  type Stepped,
  show,
  split,
  type Trade,
  trade,
} from './naive-positions.ts';

/** A position from flat to flat, as its history keeps it. `id`: the event's that ended it. */
export type NaiveHistory = {
  readonly id: string;
  readonly accountId: AccountId;
  readonly symbol: string;
  readonly cycle: Cycle;
  readonly reason: Finished['reason'];
  readonly closedAt: Instant;
  readonly createdSequence: number;
  sequence: number;
};

/** What one account has of one symbol. */
export type NaiveHolding = {
  position: NaivePosition;
  /** The open ones, oldest first. */
  lots: NaiveLot[];
  /** All it was made of, from the first on; kept only once a bust or a correction asked for it. */
  entries: Entry[] | null;
};

/** What an entry did beside the position: lots that changed, a cycle that ended. */
export type HoldingStep = {
  readonly lots: readonly NaiveLot[];
  readonly history: NaiveHistory | null;
};

export const newHolding = (
  accountId: AccountId,
  symbol: string,
  { at, sequence }: { readonly at: Instant; readonly sequence: number },
): NaiveHolding => ({
  position: newPosition(accountId, symbol, at, sequence),
  lots: [],
  entries: null,
});

const historyOf = (
  { accountId, symbol }: NaivePosition,
  { id, at: closedAt, sequence }: Entry,
  finished: Finished | null,
): NaiveHistory | null =>
  finished && { id, accountId, symbol, ...finished, closedAt, createdSequence: sequence, sequence };

const openedLot = (
  { accountId, symbol }: NaivePosition,
  { id: lotId, at: openedAt, sequence, buys, price }: Trade,
  { quantity, commission }: NonNullable<Stepped['opening']>,
): NaiveLot => {
  const signed = buys ? quantity : -quantity;
  const cost = signed * price;
  const about = { lotId, accountId, symbol, openedAt, createdSequence: sequence, sequence };
  return { ...about, quantity: signed, cost, commission, realized: 0n, closedAt: null };
};

const onlyOpen = (lots: readonly NaiveLot[]): NaiveLot[] =>
  lots.filter(({ closedAt }) => closedAt === null);

/** Books a trade: the position at average cost, the lots first in, first out. */
export const tradeHolding = (holding: NaiveHolding, entry: Trade): HoldingStep => {
  const { position } = holding;
  const { exit, opening, finished } = trade(position, entry);
  const lots: NaiveLot[] = [];
  if (exit !== null) {
    lots.push(...takeFirstIn(holding.lots, exit.quantity, exit.cash, entry));
    holding.lots = onlyOpen(holding.lots);
  }
  if (opening !== null) {
    const lot = openedLot(position, entry, opening);
    holding.lots.push(lot);
    lots.push(lot);
  }
  return { lots, history: historyOf(position, entry, finished) };
};

/** Restates position and lots in new shares. */
export const splitHolding = (
  holding: NaiveHolding,
  entry: Split,
  latestMark: Instant | null,
): HoldingStep => {
  const { position } = holding;
  const lots = position.cycle === null ? [] : holding.lots;
  const { exit, finished } = split(position, entry, latestMark);
  if (exit !== null) takeFirstIn(lots, exit.quantity, exit.cash, entry);
  splitLots(onlyOpen(lots), entry.quantityAfter, entry);
  holding.lots = onlyOpen(holding.lots);
  return { lots, history: historyOf(position, entry, finished) };
};

/** The split as it would have been, had this been held then. */
const splitOf = (entry: Split, held: bigint): Split => {
  const more = held - entry.quantityBefore;
  if (more === 0n) return entry;
  const quantityAfter =
    entry.quantityAfter + divide(more * entry.newShares, entry.oldShares, 'down');
  return { ...entry, quantityBefore: held, quantityAfter };
};

export type Refolded = {
  readonly holding: NaiveHolding;
  /** All it ever had, closed ones too. */
  readonly lots: readonly NaiveLot[];
  readonly histories: readonly NaiveHistory[];
};

/**
 * A holding from its first entry on, as a bust or a correction leaves it: entries and marks, each in the order of the
 * log. Where no trade stands any more, price and time stay what they were.
 */
export const refoldHolding = (
  before: NaivePosition,
  entries: readonly Entry[],
  marks: readonly Mark[],
  latestMark: Instant | null,
  sequence: number,
): Refolded => {
  const { accountId, symbol, updatedAt, lastPrice } = before;
  const first = entries[0] ?? { at: updatedAt, sequence };
  const holding: NaiveHolding = {
    ...newHolding(accountId, symbol, first),
    entries: [...entries],
  };
  if (entries.length === 0) holding.position.session = beforeAllSessions;
  const lots = new Map<string, NaiveLot>();
  const histories: NaiveHistory[] = [];
  let shown = 0;
  const showUpTo = (end: number): void => {
    for (let mark = marks[shown]; mark !== undefined && mark.sequence < end; mark = marks[shown]) {
      show(holding.position, mark);
      shown += 1;
    }
  };
  for (const entry of entries) {
    showUpTo(entry.sequence);
    const step =
      entry.kind === 'trade'
        ? tradeHolding(holding, entry)
        : splitHolding(holding, splitOf(entry, holding.position.quantity), latestMark);
    for (const lot of step.lots) lots.set(lot.lotId, lot);
    if (step.history !== null) histories.push(step.history);
  }
  showUpTo(Number.POSITIVE_INFINITY);
  if (!entries.some(({ kind }) => kind === 'trade')) holding.position.lastPrice = lastPrice;
  holding.position.sequence = sequence;
  holding.position.shownTo = sequence;
  for (const one of [...lots.values(), ...histories]) one.sequence = sequence;
  return { holding, lots: [...lots.values()], histories };
};
