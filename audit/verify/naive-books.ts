import type { AccountEvent, AccountOpened } from '#domain/account/events.ts';
import type { AccountId } from '#domain/ids.ts';
import type {
  Execution,
  FillBusted,
  FillCorrected,
  FillDisputed,
  OrderFilled,
} from '#domain/order/events.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import { type Moves, movesOf } from './naive-moves.ts';
import {
  isWorking,
  keptAside,
  type NaiveOrder,
  type OrderStep,
  refusedOrder,
  replacementOrder,
  stepNaively,
  submittedOrder,
  tradeOrder,
} from './naive-orders.ts';
import { type Entry, type NaivePosition, positionOf, type Split } from './naive-positions.ts';

export type NaiveExecution = {
  readonly fillId: string;
  readonly execution: Execution;
  readonly status: 'booked' | 'corrected' | 'busted' | 'disputed';
  readonly disputedBecause: string | null;
  readonly previous: Pick<
    FillCorrected,
    'previousQuantity' | 'previousPrice' | 'previousCommission'
  > | null;
  readonly restatedReason: string | null;
  readonly restatedAt: Instant | null;
  readonly settlesAt: Instant | null;
  readonly createdSequence: number;
  readonly sequence: number;
};

export type NaiveAccount = {
  readonly id: AccountId;
  opened: (AccountOpened & { readonly sequence: number }) | null;
  status: 'active' | 'suspended' | 'closed';
  statusReason: string | null;
  closedAt: Instant | null;
  /** What each book has with the account, cash of 18 decimals and shares too, by `book commodity`. */
  readonly books: Map<string, bigint>;
  readonly orders: Map<string, NaiveOrder>;
  readonly executions: Map<string, NaiveExecution>;
  readonly splits: Map<string, Split[]>;
  /** The last event that touched a holding. */
  readonly touched: Map<string, number>;
  lastActivityAt: Instant;
  sequence: number;
  /** An event of it could not be read or is not there: its figures are not known. */
  isUnknown: boolean;
};

/** What an event did that nothing before it allows. */
export type Contradiction = {
  readonly expected: string;
  readonly actual: string;
  readonly message: string;
};

export const newNaiveAccount = (id: AccountId): NaiveAccount => ({
  id,
  opened: null,
  status: 'active',
  statusReason: null,
  closedAt: null,
  books: new Map(),
  orders: new Map(),
  executions: new Map(),
  splits: new Map(),
  touched: new Map(),
  lastActivityAt: '' as Instant,
  sequence: 0,
  isUnknown: false,
});

/** The balance of one book with the account; `account USD` is the account's cash. */
export const bookOf = (account: NaiveAccount, book: string): bigint =>
  account.books.get(book) ?? 0n;

/** Cash that all working orders together keep aside. */
export const reservedOf = (account: NaiveAccount): bigint => {
  let total = 0n;
  for (const order of account.orders.values()) if (isWorking(order)) total += keptAside(order).cash;
  return total;
};

/** Every holding the account ever had, folded from the executions that stand and the splits. */
export const positionsOf = (account: NaiveAccount): ReadonlyMap<string, NaivePosition> => {
  const entries = new Map<string, Entry[]>();
  for (const symbol of account.touched.keys()) {
    entries.set(symbol, [...(account.splits.get(symbol) ?? [])]);
  }
  for (const { execution, status, createdSequence } of account.executions.values()) {
    if (status !== 'booked' && status !== 'corrected') continue;
    const { side, quantity, price, commission, executedAt: at, symbol } = execution;
    const trade = { quantity, price, commission, at, sequence: createdSequence };
    entries.get(symbol)?.push({ kind: 'trade', buys: side === 'buy', ...trade });
  }
  const positions = new Map<string, NaivePosition>();
  for (const [symbol, list] of entries) positions.set(symbol, positionOf(list));
  return positions;
};

type FillEvent = OrderFilled | FillDisputed | FillBusted | FillCorrected;

const executionAfter = (
  { id, sequence }: RecordedEvent,
  event: FillEvent,
  before: NaiveExecution | undefined,
): NaiveExecution => {
  const first = {
    fillId: id,
    execution: event,
    disputedBecause: null,
    previous: null,
    restatedReason: null,
    restatedAt: null,
    settlesAt: null,
    createdSequence: sequence,
    sequence,
  };
  switch (event.type) {
    case 'OrderFilled':
      return { ...first, status: 'booked', settlesAt: event.settlesAt };
    case 'FillDisputed':
      return { ...first, status: 'disputed', disputedBecause: event.because };
    case 'FillBusted': {
      const { reason: restatedReason, bustedAt: restatedAt } = event;
      return { ...(before ?? first), status: 'busted', restatedReason, restatedAt, sequence };
    }
    case 'FillCorrected': {
      const { reason: restatedReason, correctedAt: restatedAt } = event;
      const { fillId, settlesAt, createdSequence } = before ?? first;
      const kept = { fillId, settlesAt, createdSequence };
      return {
        ...first,
        ...kept,
        status: 'corrected',
        previous: event,
        restatedReason,
        restatedAt,
      };
    }
  }
};

const unknownOrder = (orderId: string): Contradiction => ({
  expected: 'an order that was submitted before',
  actual: orderId,
  message: `Nobody submitted order ${orderId} before this event.`,
});

/** What a bust or correction undoes has to be what was booked. */
const undoes = (
  event: FillBusted | FillCorrected,
  before: NaiveExecution | undefined,
): Contradiction | null => {
  const undone =
    event.type === 'FillBusted'
      ? [event.quantity, event.price, event.commission]
      : [event.previousQuantity, event.previousPrice, event.previousCommission];
  const stands = before?.status === 'booked' || before?.status === 'corrected';
  const { quantity, price, commission } = before?.execution ?? {};
  const booked = stands ? [quantity, price, commission] : ['nothing'];
  if (undone.join() === booked.join()) return null;
  const { executionId } = event;
  const message = `Execution ${executionId} does not stand in the books as this event undoes it.`;
  return { expected: booked.join(' '), actual: undone.join(' '), message };
};

const applyFill = (
  account: NaiveAccount,
  recorded: RecordedEvent,
  event: FillEvent,
): Contradiction | null => {
  const { executionId, orderId, symbol } = event;
  const before = account.executions.get(executionId);
  account.executions.set(executionId, executionAfter(recorded, event, before));
  if (event.type === 'FillDisputed') return null;
  account.touched.set(symbol, recorded.sequence);
  const wrong = event.type === 'OrderFilled' ? null : undoes(event, before);
  if (orderId === null) return wrong;
  const order = account.orders.get(orderId);
  if (order === undefined) return unknownOrder(orderId);
  tradeOrder(order, event, recorded.sequence);
  return wrong;
};

const applyStep = (
  account: NaiveAccount,
  sequence: number,
  event: OrderStep,
): Contradiction | null => {
  const order = account.orders.get(event.orderId);
  if (order === undefined) return unknownOrder(event.orderId);
  stepNaively(order, event, sequence);
  if (event.type === 'OrderReplaced') {
    account.orders.set(event.replacementId, replacementOrder(order, event, sequence));
  }
  return null;
};

const applySplit = (
  account: NaiveAccount,
  sequence: number,
  event: Extract<AccountEvent, { type: 'StockSplit' }>,
): Contradiction | null => {
  const { symbol, newShares, oldShares, quantityBefore, quantityAfter, fraction } = event;
  const held = bookOf(account, `account ${symbol}`) / 10n ** 9n;
  // A symbol that never traded here has no holding that a split could restate.
  if (account.touched.has(symbol)) {
    const { cashInLieu, at } = event;
    const shares = { newShares, oldShares, quantityAfter, fraction };
    const list = account.splits.get(symbol) ?? [];
    list.push({ kind: 'split', sequence, at, cashInLieu, ...shares });
    account.splits.set(symbol, list);
    account.touched.set(symbol, sequence);
  }
  if (held === quantityBefore) return null;
  const message = `The split restates another holding of ${symbol} than there is (in 0.000000001 share).`;
  return { expected: `${held}`, actual: `${quantityBefore}`, message };
};

const setStatus = (
  account: NaiveAccount,
  status: NaiveAccount['status'],
  reason: string,
  closedAt: Instant | null,
): null => {
  account.status = status;
  account.statusReason = reason;
  account.closedAt = closedAt;
  return null;
};

const applyOther = (
  account: NaiveAccount,
  recorded: RecordedEvent,
  event: AccountEvent,
): Contradiction | null => {
  const { sequence } = recorded;
  switch (event.type) {
    case 'AccountOpened':
      account.opened = { ...event, sequence };
      return null;
    case 'AccountSuspended':
      return setStatus(account, 'suspended', event.reason, null);
    case 'AccountReinstated':
      return setStatus(account, 'active', event.reason, null);
    case 'AccountClosed':
      return setStatus(account, 'closed', event.reason, event.at);
    case 'OrderSubmitted':
      account.orders.set(event.orderId, submittedOrder(account.id, event, sequence));
      return null;
    case 'OrderRefused':
      account.orders.set(event.orderId, refusedOrder(account.id, event, sequence));
      return null;
    case 'OrderFilled':
    case 'FillDisputed':
    case 'FillBusted':
    case 'FillCorrected':
      return applyFill(account, recorded, event);
    case 'StockSplit':
      return applySplit(account, sequence, event);
    case 'ReportDisputed':
    case 'CashDeposited':
    case 'CashWithdrawn':
    case 'FeeCharged':
    case 'InterestPaid':
    case 'CashAdjusted':
    case 'DividendPaid':
      return null;
    default:
      return applyStep(account, sequence, event);
  }
};

/** Books one event of the account. Never throws: what cannot be is said, and the rest is booked as far as it goes. */
export const bookNaively = (
  account: NaiveAccount,
  recorded: RecordedEvent,
  event: AccountEvent,
): { readonly moves: Moves | null; readonly contradiction: Contradiction | null } => {
  const contradiction = applyOther(account, recorded, event);
  const moves = movesOf(event);
  for (const [book, amount] of moves?.legs ?? []) {
    account.books.set(book, bookOf(account, book) + amount);
  }
  // Nothing but its opening says when an account was last active before it did anything.
  account.lastActivityAt = event.type === 'AccountOpened' ? event.openedAt : recorded.effectiveAt;
  account.sequence = recorded.sequence;
  return { moves, contradiction };
};
