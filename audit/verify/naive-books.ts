import type { AccountEvent, StockSplit } from '#domain/account/events.ts';
import type { AccountId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import type { Contradiction } from './contradiction.ts';
import { bookOf, type NaiveAccount } from './naive-accounts.ts';
import { executionAfter, type FillEvent, tradeOf, undoes } from './naive-executions.ts';
import {
  type HoldingStep,
  type NaiveHolding,
  newHolding,
  refoldHolding,
  splitHolding,
  tradeHolding,
} from './naive-holdings.ts';
import type { NaiveQuote } from './naive-market.ts';
import { bookKey, type Leg, type Moves, movesOf } from './naive-moves.ts';
import {
  isWorking,
  type NaiveOrder,
  type OrderStep,
  refusedOrder,
  replacementOrder,
  stepNaively,
  submittedOrder,
  tradeOrder,
} from './naive-orders.ts';
import type { Entry, Mark, Split } from './naive-positions.ts';
import type { Shelves } from './shelves.ts';
import { showWaiting, type Waiting } from './waiting-marks.ts';

/** All that the fold remembers. What becomes a row and is done with is only on the shelves. */
export type NaiveBooks = {
  readonly accounts: Map<AccountId, NaiveAccount>;
  readonly quotes: Map<string, NaiveQuote>;
  /** Accounts of whose reconciliations an event could not be read: their breaks are not known. */
  readonly unreadReconciliations: Set<AccountId>;
  readonly shelves: Shelves;
} & Waiting;

/** Notes whether marks have to be shown to a holding from now on. */
export const noteOpen = (
  { open }: NaiveBooks,
  holding: NaiveHolding,
  before?: NaiveHolding,
): void => {
  const { symbol, cycle } = holding.position;
  const holders = open.get(symbol) ?? new Set();
  open.set(symbol, holders);
  if (before !== undefined) holders.delete(before);
  if (cycle === null) holders.delete(holding);
  else holders.add(holding);
};

const keepOrder = ({ shelves }: NaiveBooks, account: NaiveAccount, order: NaiveOrder): void => {
  shelves.orders.put(order);
  if (isWorking(order)) account.working.set(order.orderId, order);
  else account.working.delete(order.orderId);
};

const keepStep = ({ shelves }: NaiveBooks, { lots, history }: HoldingStep): void => {
  for (const lot of lots) shelves.lots.put(lot);
  if (history !== null) shelves.position_history.put(history);
};

/** An order of the account; that of another is not its own. */
export const orderOf = (shelves: Shelves, accountId: string, orderId: string) => {
  const order = shelves.orders.get(orderId);
  return order?.accountId === accountId ? order : undefined;
};

const unknownOrder = (orderId: string): Contradiction => ({
  expected: 'an order that was submitted before',
  actual: orderId,
  message: `Nobody submitted order ${orderId} before this event.`,
});

const addTrade = (books: NaiveBooks, account: NaiveAccount, symbol: string, entry: Entry): void => {
  if (entry.kind !== 'trade') return;
  const holding = account.holdings.get(symbol) ?? newHolding(account.id, symbol, entry);
  account.holdings.set(symbol, holding);
  holding.entries?.push(entry);
  showWaiting(books, holding.position);
  keepStep(books, tradeHolding(holding, entry));
  noteOpen(books, holding);
};

/** What the entries are once an execution was taken back (null) or is another. */
export const restated = (
  entries: readonly Entry[],
  executionId: string,
  entry: Entry | null,
): Entry[] =>
  entries.flatMap((one) => {
    if (one.kind !== 'trade' || one.executionId !== executionId) return [one];
    return entry === null ? [] : [entry];
  });

/** Folds a holding anew; needs its entries, and the marks of its symbol. */
const restateHolding = (
  books: NaiveBooks,
  holding: NaiveHolding,
  entries: readonly Entry[],
  marks: readonly Mark[],
  sequence: number,
): void => {
  const { lots, position_history: history } = books.shelves;
  const { position } = holding;
  const account = books.accounts.get(position.accountId);
  const latestMark = books.quotes.get(position.symbol)?.markedAt ?? null;
  const now = refoldHolding(position, entries, marks, latestMark, sequence);
  const lotIds = new Set(now.lots.map(({ lotId }) => lotId));
  const historyIds = new Set(now.histories.map(({ id }) => id));
  for (const { id } of holding.entries ?? []) {
    if (!lotIds.has(id)) lots.remove(id);
    if (!historyIds.has(id)) history.remove(id);
  }
  for (const lot of now.lots) lots.put(lot);
  for (const one of now.histories) history.put(one);
  account?.holdings.set(position.symbol, now.holding);
  noteOpen(books, now.holding, holding);
};

const applyFill = (
  books: NaiveBooks,
  account: NaiveAccount,
  recorded: RecordedEvent,
  event: FillEvent,
  marks: readonly Mark[],
): Contradiction | null => {
  const { order_fills: fills } = books.shelves;
  const { executionId, orderId, symbol } = event;
  const before = fills.get(`${account.id}/${executionId}`);
  const execution = executionAfter(account.id, recorded, event, before);
  fills.put(execution);
  if (event.type === 'FillDisputed') return null;
  let wrong: Contradiction | null = null;
  if (event.type === 'OrderFilled') addTrade(books, account, symbol, tradeOf(execution));
  else {
    wrong = undoes(event, before);
    const holding = account.holdings.get(symbol);
    const entry = event.type === 'FillBusted' ? null : tradeOf(execution);
    if (holding !== undefined) {
      const entries = restated(holding.entries ?? [], executionId, entry);
      restateHolding(books, holding, entries, marks, recorded.sequence);
    }
  }
  if (orderId === null) return wrong;
  const order = orderOf(books.shelves, account.id, orderId);
  if (order === undefined) return unknownOrder(orderId);
  tradeOrder(order, event, recorded.sequence);
  keepOrder(books, account, order);
  return wrong;
};

const applyStep = (
  books: NaiveBooks,
  account: NaiveAccount,
  sequence: number,
  event: OrderStep,
): Contradiction | null => {
  const order = orderOf(books.shelves, account.id, event.orderId);
  if (order === undefined) return unknownOrder(event.orderId);
  stepNaively(order, event, sequence);
  keepOrder(books, account, order);
  if (event.type === 'OrderReplaced') {
    keepOrder(books, account, replacementOrder(order, event, sequence));
  }
  return null;
};

/** The split as a holding sees it. */
export const splitEntryOf = (id: string, sequence: number, event: StockSplit): Split => {
  const { at, newShares, oldShares, quantityBefore, quantityAfter, fraction, cashInLieu } = event;
  const shares = { newShares, oldShares, quantityBefore, quantityAfter, fraction };
  return { kind: 'split', id, sequence, at, ...shares, cashInLieu };
};

const applySplit = (
  books: NaiveBooks,
  account: NaiveAccount,
  { id, sequence }: RecordedEvent,
  event: StockSplit,
): Contradiction | null => {
  const { symbol, quantityBefore } = event;
  const { id: accountId } = account;
  books.shelves.stock_splits.put({ ...event, id, accountId, createdSequence: sequence, sequence });
  const held = bookOf(account, `account ${symbol}`) / 10n ** 9n;
  const holding = account.holdings.get(symbol);
  // A symbol that never traded here has no holding that a split could restate.
  if (holding !== undefined) {
    const entry = splitEntryOf(id, sequence, event);
    holding.entries?.push(entry);
    const latestMark = books.quotes.get(symbol)?.markedAt ?? null;
    showWaiting(books, holding.position);
    keepStep(books, splitHolding(holding, entry, latestMark));
    noteOpen(books, holding);
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

const apply = (
  books: NaiveBooks,
  account: NaiveAccount,
  recorded: RecordedEvent,
  event: AccountEvent,
  marks: readonly Mark[],
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
      keepOrder(books, account, submittedOrder(account.id, event, sequence));
      return null;
    case 'OrderRefused':
      keepOrder(books, account, refusedOrder(account.id, event, sequence));
      return null;
    case 'OrderFilled':
    case 'FillDisputed':
    case 'FillBusted':
    case 'FillCorrected':
      return applyFill(books, account, recorded, event, marks);
    case 'StockSplit':
      return applySplit(books, account, recorded, event);
    case 'ReportDisputed':
    case 'CashDeposited':
    case 'CashWithdrawn':
    case 'FeeCharged':
    case 'InterestPaid':
    case 'CashAdjusted':
    case 'DividendPaid':
      return null;
    default:
      return applyStep(books, account, sequence, event);
  }
};

const noLegs: readonly Leg[] = [];

/**
 * Books one event of the account. What cannot be is said, and the rest is booked as far as it goes. `marks`: all of the
 * symbol so far, where the event is a bust or a correction; the holding's entries have to be there then.
 */
export const bookNaively = (
  books: NaiveBooks,
  account: NaiveAccount,
  recorded: RecordedEvent,
  event: AccountEvent,
  marks: readonly Mark[],
): { readonly moves: Moves | null; readonly contradiction: Contradiction | null } => {
  const contradiction = apply(books, account, recorded, event, marks);
  const moves = movesOf(event);
  for (const { book, commodity, amount } of moves?.legs ?? noLegs) {
    const key = bookKey(book, commodity);
    account.books.set(key, bookOf(account, key) + amount);
  }
  // Nothing but its opening says when an account was last active before it did anything; a late event sets nothing back.
  const at = event.type === 'AccountOpened' ? event.openedAt : recorded.effectiveAt;
  if (at > account.lastActivityAt) account.lastActivityAt = at;
  account.sequence = recorded.sequence;
  return { moves, contradiction };
};
