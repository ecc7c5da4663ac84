import { settledCash } from '#domain/account/state.ts';
import type { EventId, Symbol as Ticker } from '#domain/ids.ts';
import {
  absolute,
  add,
  type Cash,
  larger,
  type Quantity,
  subtract,
  zeroCash,
  zeroQuantity,
} from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { createTradeBook, type TradeBook, type TradeGrouping } from './closed-trades.ts';
import { type Exact, ofAverage, zero } from './exact.ts';
import { createFeesInCost, type FeesInCost } from './fees-in-cost.ts';
import { createLotBook, type LotBook, type LotKind, type LotTrade } from './lot-book.ts';
import {
  type Fields,
  listOf,
  onlyKnown,
  optionalText,
  text,
  toCash,
  toPrice,
  toQuantity,
  type Vector,
} from './vector.ts';
import {
  accountId,
  adjustCash,
  openVectorAccount,
  trade,
  type VectorAccount,
} from './vector-account.ts';

export type Matching = 'average' | 'strict' | LotKind;

export type MatchedPart = {
  readonly quantity: Quantity;
  /** One share's. */
  readonly cost: Exact;
  readonly date: string | null;
};

/** What stood before the last event, for expectations about that event alone. */
type Before = { readonly cash: Cash; readonly realized: Cash; readonly feesInCost: Cash };

/** A vector on its way, with what its expectations may ask for beyond the ledger's own tables. */
export type VectorRun = {
  readonly account: VectorAccount;
  readonly method: string;
  readonly matching: Matching;
  readonly lotKind: LotKind;
  readonly settlementDays: number;
  readonly lots: LotBook;
  readonly trades: TradeBook;
  readonly fees: FeesInCost;
  readonly labels: Map<EventId, string>;
  /** The largest position since the symbol was last flat. */
  readonly peaks: Map<Ticker, Quantity>;
  /** The average price of what is held, or was held before it was closed. */
  readonly openAverages: Map<Ticker, Exact>;
  symbol: Ticker;
  before: Before;
  lastTrade: LotTrade | null;
  matched: readonly MatchedPart[];
  error: string | null;
  settlement: { readonly cash: Cash; readonly unsettled: Cash };
};

const matchingOf = (method: string): Matching => {
  if (/lifo/.test(method)) return 'lifo';
  if (/hifo|highest/.test(method)) return 'highest_cost';
  if (/fifo|fill-to-fill|flat-to|wash/.test(method)) return 'fifo';
  if (/strict|specific/.test(method)) return 'strict';
  if (/average|pool|section 104|s104/.test(method)) return 'average';
  throw new TypeError(`method: unknown: ${method}`);
};

const groupingOf = (method: string): TradeGrouping => {
  if (/flat-to-flat/.test(method)) return 'flat-to-flat';
  return /flat-to-reduced/.test(method) ? 'flat-to-reduced' : 'fill-to-fill';
};

/** Business days from a trade to its cash, where the vector says: in its start, its note or its title. */
const settlementDaysOf = ({ start, note, title, expect }: Vector): number => {
  const stated = optionalText(start['settlement_days'], 'start.settlement_days');
  const words = /settlement delay (\d+)|T\+(\d+)|(\d+) business day/i.exec(`${note} ${title}`);
  const days = stated ?? words?.[1] ?? words?.[2] ?? words?.[3];
  if (days !== undefined) return Number(days);
  if (expect.some((entry) => entry['unsettled_cash'] !== undefined)) {
    throw new TypeError('settlement delay: not stated');
  }
  return 0;
};

const track = (run: VectorRun, event: RecordedEvent): void => {
  const { data } = event;
  run.fees.see(event);
  const lotTrade = run.lots.follow(event);
  if (data.type !== 'OrderFilled' && data.type !== 'StockSplit') return;
  const { symbol } = data;
  run.symbol = symbol;
  const position = run.account.position(symbol);
  const held = position?.quantity ?? zeroQuantity;
  if (lotTrade !== null) {
    run.lastTrade = lotTrade;
    run.trades.follow(lotTrade, held);
  }
  const reopened =
    lotTrade?.opened != null && absolute(lotTrade.opened.quantity) === absolute(held);
  const peak = reopened ? zeroQuantity : (run.peaks.get(symbol) ?? zeroQuantity);
  run.peaks.set(symbol, larger(peak, absolute(held)));
  if (position !== undefined && held !== 0n) {
    run.openAverages.set(symbol, ofAverage(position.cost, held));
  }
};

/** Takes in what was recorded since, and the settled cash at the present time. */
export const observe = async (run: VectorRun): Promise<void> => {
  await run.account.catchUp((event) => track(run, event));
  run.settlement = await run.account.world.ledger.inspect(accountId, (state) => {
    const now = run.account.now();
    // Fees are due at once in these cases, and what settles is the sale alone: ours settles net of its commission.
    let fees = zeroCash;
    for (const { executionId, settlesAt } of state.unsettled.values()) {
      const commission = state.executions.get(executionId)?.commission ?? zeroCash;
      if (settlesAt > now) fees = add(fees, commission);
    }
    const settled = subtract(settledCash(state, now), fees);
    return { cash: settled, unsettled: subtract(state.cash, settled) };
  });
};

/** Remembers how things stand, before an event. */
export const rememberBefore = (run: VectorRun): void => {
  const { cash, realizedPnl } = run.account.row();
  run.before = { cash, realized: realizedPnl, feesInCost: run.fees.feesOf(run.symbol) };
  run.matched = [];
  run.lastTrade = null;
  run.error = null;
};

const startLots = async (run: VectorRun, lots: readonly Fields[]): Promise<void> => {
  const dated = lots.map((lot, index) => {
    const where = `start.lots[${index}]`;
    onlyKnown(lot, ['symbol', 'qty', 'cost', 'date', 'label'], where);
    return { lot, where, date: optionalText(lot['date'], `${where}.date`) };
  });
  for (const { lot, where, date } of dated.toSorted((left, right) =>
    (left.date ?? '').localeCompare(right.date ?? ''),
  )) {
    run.account.advance(date);
    const symbol = text(lot['symbol'], `${where}.symbol`) as Ticker;
    const price = toPrice(lot['cost'], `${where}.cost`);
    const handled = await trade(run.account, symbol, toQuantity(lot['qty'], where), { price });
    const label = optionalText(lot['label'], `${where}.label`);
    const [event] = handled.kind === 'done' ? handled.events : [];
    if (label !== null && event !== undefined) run.labels.set(event.id, label);
  }
};

/** What is held at the start was bought at its average; an unknown one (null) counts as nothing paid. */
const startPositions = async (run: VectorRun, positions: readonly Fields[]): Promise<void> => {
  for (const [index, position] of positions.entries()) {
    const where = `start.positions[${index}]`;
    onlyKnown(position, ['symbol', 'qty', 'avg_price'], where);
    run.account.advance(null);
    const symbol = text(position['symbol'], `${where}.symbol`) as Ticker;
    const price = toPrice(position['avg_price'] ?? '0', `${where}.avg_price`);
    await trade(run.account, symbol, toQuantity(position['qty'], where), { price });
  }
};

/** Opens the account and brings it to where the vector starts: shares by fills, cash by an adjustment. */
export const startRun = async (vector: Vector): Promise<VectorRun> => {
  const method = vector.method.toLowerCase();
  const matching = matchingOf(method);
  const settlementDays = settlementDaysOf(vector);
  const account = await openVectorAccount(settlementDays);
  const lotKind = matching === 'average' || matching === 'strict' ? 'fifo' : matching;
  const run: VectorRun = {
    account,
    method,
    matching,
    lotKind,
    settlementDays,
    lots: createLotBook(account.world.tables, lotKind),
    trades: createTradeBook(groupingOf(method)),
    fees: createFeesInCost('entries', () => zeroCash),
    labels: new Map(),
    peaks: new Map(),
    openAverages: new Map(),
    symbol: '' as Ticker,
    before: { cash: zeroCash, realized: zeroCash, feesInCost: zeroCash },
    lastTrade: null,
    matched: [],
    error: null,
    settlement: { cash: zeroCash, unsettled: zeroCash },
  };
  const { start } = vector;
  onlyKnown(start, ['cash', 'positions', 'lots', 'settlement_days'], 'start');
  await startLots(run, listOf(start['lots'] ?? [], 'start.lots'));
  await startPositions(run, listOf(start['positions'] ?? [], 'start.positions'));
  await observe(run);
  const wanted = toCash(start['cash'] ?? '0', 'start.cash');
  await adjustCash(account, subtract(wanted, account.row().cash), 'cash at the start');
  await observe(run);
  rememberBefore(run);
  return run;
};

export const averageOpen = (run: VectorRun, symbol: Ticker): Exact =>
  run.openAverages.get(symbol) ?? zero;
