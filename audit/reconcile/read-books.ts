import type { BrokerStatement, StatementLine } from '#commands/ports/broker-statement.ts';
import { importedReference, roundingReference } from '#commands/ports/statement-line.ts';
import type { AccountEvent } from '#domain/account/events.ts';
import { movementIn } from '#domain/account/movement.ts';
import type { AccountId, EventId, ExecutionId, Symbol as Ticker } from '#domain/ids.ts';
import type { Cash, Quantity } from '#domain/money.ts';
import { amendedBy, isBalancing } from '#domain/reconciliation/amendment.ts';
import { isBy, isNear, type Period } from '#domain/reconciliation/period.ts';
import { type EventType, isAccountEvent, type RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import type { LogReader } from '../ports/log-reader.ts';
import {
  brokersId,
  fillOf,
  movedBy,
  type OurBooks,
  type OurFill,
  type OurMovement,
  type OurSplit,
} from './books.ts';

/** What can move cash or shares, or says why an execution does not. */
const bookedTypes: readonly EventType[] = [
  'AccountOpened',
  'CashDeposited',
  'CashWithdrawn',
  'FeeCharged',
  'InterestPaid',
  'CashAdjusted',
  'DividendPaid',
  'StockSplit',
  'OrderFilled',
  'FillDisputed',
  'FillBusted',
  'FillCorrected',
];

/** There is nothing to compare a statement with. */
export class NoSuchAccount extends Error {
  override readonly name = 'NoSuchAccount';
}

type Open = {
  readonly period: Period;
  readonly slackDays: number;
  /** What the statement calls things by: what has such a name is kept however far away it is. */
  readonly references: ReadonlySet<string>;
  readonly fills: Map<ExecutionId, OurFill>;
  readonly unbooked: Map<ExecutionId, 'disputed' | 'busted'>;
  readonly movements: Map<EventId, OurMovement>;
  readonly splits: OurSplit[];
  readonly shares: Map<Ticker, Quantity>;
  readonly heldNow: Map<Ticker, Quantity>;
  readonly lastFillAt: Map<Ticker, Instant>;
  cash: bigint;
  latestAt: Instant | undefined;
  broker: string;
};

const addShares = (to: Map<Ticker, Quantity>, symbol: Ticker, shares: bigint): void => {
  to.set(symbol, ((to.get(symbol) ?? 0n) + shares) as Quantity);
};

/** When what an event moves was so in the world: a fill that was taken back was never there. */
const happenedAt = (event: AccountEvent, effectiveAt: Instant): Instant =>
  event.type === 'OrderFilled' || event.type === 'FillBusted' || event.type === 'FillCorrected'
    ? event.executedAt
    : effectiveAt;

const addTotals = (open: Open, event: AccountEvent, at: Instant): void => {
  const { cash, shares, symbol } = movedBy(event);
  if (shares !== 0n) addShares(open.heldNow, symbol as Ticker, shares);
  if (!isBy(at, open.period.to)) return;
  open.cash += cash;
  if (shares !== 0n) addShares(open.shares, symbol as Ticker, shares);
};

const keepFill = (open: Open, fill: OurFill): void => {
  const isNamed = open.references.has(brokersId(fill));
  if (isNamed || isNear(fill.at, open.period, open.slackDays)) {
    open.fills.set(fill.executionId, fill);
  }
};

const keepMovement = (open: Open, movement: OurMovement): void => {
  if (isBalancing(movement.reference)) return;
  const amended = amendedBy(movement.reference);
  if (amended !== undefined) {
    const before = open.movements.get(amended);
    if (before === undefined) return;
    const amount = (before.amount + movement.amount) as Cash;
    if (amount === 0n) open.movements.delete(amended);
    else open.movements.set(amended, { ...before, amount });
    return;
  }
  const isNamed = movement.reference !== null && open.references.has(movement.reference);
  if (isNamed || isNear(movement.at, open.period, open.slackDays)) {
    open.movements.set(movement.id, movement);
  }
};

const takeSplit = (
  open: Open,
  event: Extract<AccountEvent, { readonly type: 'StockSplit' }>,
  { id, commandId }: RecordedEvent,
): void => {
  const { symbol, newShares, oldShares, at } = event;
  for (const [key, fill] of open.fills) {
    if (fill.symbol === symbol) open.fills.set(key, { ...fill, splitSince: true });
  }
  const added = (event.quantityAfter - event.quantityBefore) as Quantity;
  // All of them: one after the period tells that earlier fills are in old shares.
  const reference = importedReference(commandId);
  open.splits.push({ id, reference, symbol, newShares, oldShares, added, at });
  if (event.cashInLieu === 0n) return;
  const description = `Cash in lieu of ${symbol}`;
  const { cashInLieu: amount } = event;
  keepMovement(open, {
    id,
    category: 'adjustment',
    symbol,
    amount,
    at,
    reference: null,
    description,
  });
};

const take = (open: Open, event: AccountEvent, recorded: RecordedEvent): void => {
  const at = happenedAt(event, recorded.effectiveAt);
  addTotals(open, event, at);
  if (open.latestAt === undefined || at > open.latestAt) open.latestAt = at;
  const movement = movementIn(event);
  if (movement !== undefined) keepMovement(open, { id: recorded.id, ...movement });
  switch (event.type) {
    case 'AccountOpened':
      open.broker = event.policy.broker;
      return;
    case 'OrderFilled': {
      const last = open.lastFillAt.get(event.symbol);
      if (last === undefined || event.executedAt > last) {
        open.lastFillAt.set(event.symbol, event.executedAt);
      }
      keepFill(open, fillOf(event));
      return;
    }
    case 'FillCorrected': {
      const before = open.fills.get(event.executionId);
      if (before === undefined) return;
      const { quantity, price, commission } = event;
      open.fills.set(event.executionId, { ...before, quantity, price, commission });
      return;
    }
    case 'FillBusted':
      if (open.fills.delete(event.executionId)) open.unbooked.set(event.executionId, 'busted');
      return;
    case 'FillDisputed':
      if (
        open.references.has(brokersId(event)) ||
        isNear(event.executedAt, open.period, open.slackDays)
      ) {
        open.unbooked.set(event.executionId, 'disputed');
      }
      return;
    case 'StockSplit':
      takeSplit(open, event, recorded);
      return;
    default: // Nothing else moves shares, or names an execution.
  }
};

/** What a line may be booked under, and what it is about. */
const namesIn = (line: StatementLine): readonly string[] => {
  switch (line.kind) {
    case 'trade':
      return [line.reference, roundingReference(line.reference)];
    case 'bust':
    case 'correction':
      return [line.trade];
    default:
      return [line.reference];
  }
};

/**
 * The books of one account as far as a statement can be compared with them. Reads its events once; what is kept is
 * the statement's time and so many days around it. Throws NoSuchAccount.
 */
export const readBooks = async (
  log: LogReader,
  accountId: AccountId,
  { from, to, lines }: BrokerStatement,
  slackDays: number,
  onEvent: (sequence: number) => void = () => {},
): Promise<OurBooks> => {
  const open: Open = {
    period: { from, to },
    slackDays,
    references: new Set(lines.flatMap(namesIn)),
    fills: new Map(),
    unbooked: new Map(),
    movements: new Map(),
    splits: [],
    shares: new Map(),
    heldNow: new Map(),
    lastFillAt: new Map(),
    cash: 0n,
    latestAt: undefined,
    broker: 'none',
  };
  let sequence = 0;
  for await (const page of log.events({ accountId, types: bookedTypes })) {
    for (const stored of page) {
      const event = log.decode(stored);
      if (isAccountEvent(event.data)) take(open, event.data, event);
      sequence = event.sequence;
    }
    onEvent(sequence);
  }
  const { latestAt } = open;
  if (latestAt === undefined) throw new NoSuchAccount(`There is no account ${accountId}.`);
  return {
    accountId,
    broker: open.broker,
    fills: [...open.fills.values()],
    unbooked: open.unbooked,
    movements: [...open.movements.values()],
    splits: open.splits,
    cash: open.cash as Cash,
    shares: open.shares,
    heldNow: open.heldNow,
    lastFillAt: open.lastFillAt,
    latestAt,
    sequence,
  };
};
