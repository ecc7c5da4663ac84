import type { Symbol as Ticker } from '#domain/ids.ts';
import { add, type Cash, negate, subtract, sum, zeroCash, zeroQuantity } from '#domain/money.ts';
import type { PositionHistoryRecord, PositionRecord } from '#projections/positions/table.ts';
import { currentPrice, marketValue } from '#projections/positions/value.ts';
import {
  type Exact,
  minus,
  ofAverage,
  ofCash,
  ofPrice,
  ofQuantity,
  type Precision,
  quotient,
  zero,
} from './exact.ts';
import { accountId } from './vector-account.ts';
import { averageOpen, type VectorRun } from './vector-run.ts';

/** Where an expectation looks: at the account, or, where it names a symbol, at that symbol alone. */
export type View = {
  readonly run: VectorRun;
  readonly symbol: Ticker;
  readonly position: PositionRecord | undefined;
  readonly onlySymbol: boolean;
};

export type Figure = { readonly precision: Precision; readonly of: (view: View) => Exact };

const heldPositions = ({ run, position, onlySymbol }: View): readonly PositionRecord[] => {
  if (onlySymbol) return position === undefined ? [] : [position];
  return run.account.world.tables.positions.group(accountId);
};

const marketOf = ({ run }: View, { symbol }: PositionRecord) =>
  run.account.world.tables.marketDataCache.get(symbol);

const valueOf = (view: View): Cash =>
  sum(heldPositions(view).map((held) => marketValue(held, marketOf(view, held))));

const costOf = (view: View): Cash => sum(heldPositions(view).map((held) => held.cost));
const unrealized = (view: View): Cash => subtract(valueOf(view), costOf(view));

const realized = ({ run, position, onlySymbol }: View): Cash =>
  onlySymbol ? (position?.realizedPnlLifetime ?? zeroCash) : run.account.row().realizedPnl;

const fees = ({ run, position, onlySymbol }: View): Cash => {
  if (onlySymbol) return position?.commissionLifetime ?? zeroCash;
  const { commission, fees: charged } = run.account.row();
  return add(commission, charged);
};

const realizedNet = (view: View): Cash => subtract(realized(view), fees(view));
const tradingNet = (view: View): Cash => add(realizedNet(view), unrealized(view));

const lastCycle = ({ run, symbol }: View): PositionHistoryRecord | undefined =>
  [...run.account.world.tables.positionHistory.values()].findLast((row) => row.symbol === symbol);

/** The running cycle, or the last one where the position is flat. */
const netOfCycle = (view: View): Cash => {
  const cycle = view.position?.cycle;
  if (cycle != null) return subtract(cycle.realized, cycle.commission);
  const last = lastCycle(view);
  return last === undefined ? zeroCash : subtract(last.realizedPnl, last.commission);
};

const averageClose = (view: View): Exact => {
  const cycle = view.position?.cycle;
  if (cycle != null) return ofAverage(cycle.exitValue, cycle.exitQuantity);
  const last = lastCycle(view);
  if (last === undefined) return zero;
  // The row keeps an average of nine decimals; the cycle's exits are everything it opened.
  return ofAverage(last.exitValue, last.quantity);
};

/** (exit − entry) ÷ entry, the other way round for a short. */
const returnOf = (view: View): Exact => {
  const entry = averageOpen(view.run, view.symbol);
  const exit = averageClose(view);
  const side = view.position?.cycle?.side ?? lastCycle(view)?.side;
  return quotient(side === 'short' ? minus(entry, exit) : minus(exit, entry), entry);
};

const closedQuantity = ({ run: { lastTrade } }: View) => {
  if (lastTrade === null) return zeroQuantity;
  const closed = sum(lastTrade.taken.map((part) => part.quantity));
  return lastTrade.fill.side === 'sell' ? negate(closed) : closed;
};

/** Gain of the last fill with fees in cost: what left the pool of fees, and the fill's own, reduce it. */
const gain = (view: View): Cash => {
  const { run } = view;
  const released = subtract(run.before.feesInCost, run.fees.feesOf(view.symbol));
  const gross = subtract(run.account.row().realizedPnl, run.before.realized);
  return subtract(subtract(gross, released), run.lastTrade?.fill.commission ?? zeroCash);
};

const averageWithFees = ({ run, symbol, position }: View): Exact =>
  position === undefined
    ? zero
    : ofAverage(add(position.cost, run.fees.feesOf(symbol)), position.quantity);

const cashOf = ({ run }: View): Cash =>
  run.settlementDays > 0 ? run.settlement.cash : run.account.row().cash;

const equity = (view: View): Cash => add(view.run.account.row().cash, valueOf(view));

const figure = (precision: Precision, of: (view: View) => Exact): Figure => ({ precision, of });
const money = (of: (view: View) => Cash): Figure => figure('cents', (view) => ofCash(of(view)));
const shares = (of: (view: View) => Parameters<typeof ofQuantity>[0]): Figure =>
  figure('exact', (view) => ofQuantity(of(view)));

/**
 * Each number a vector may expect, and how near it is to be met. Shares and cash balances are exact in our books; what a
 * division is in (averages, returns, P&L of a part) is met to the decimals it is stated with, money to two at least.
 */
export const figures: Readonly<Record<string, Figure>> = {
  qty: shares(({ position }) => position?.quantity ?? zeroQuantity),
  closed_qty: shares(closedQuantity),
  opened_qty: shares(({ run }) => run.lastTrade?.opened?.quantity ?? zeroQuantity),
  peak_qty: shares(({ run, symbol }) => run.peaks.get(symbol) ?? zeroQuantity),
  cash: figure('exact', (view) => ofCash(cashOf(view))),
  unsettled_cash: figure('exact', ({ run }) => ofCash(run.settlement.unsettled)),
  cash_change: figure('exact', ({ run }) =>
    ofCash(subtract(run.account.row().cash, run.before.cash)),
  ),
  fees: figure('exact', (view) => ofCash(fees(view))),
  dividends: figure('exact', ({ run }) => ofCash(run.account.row().dividends)),
  interest: figure('exact', ({ run }) => ofCash(run.account.row().interest)),
  last_price: figure('exact', (view) =>
    view.position === undefined
      ? zero
      : ofPrice(currentPrice(view.position, marketOf(view, view.position))),
  ),
  equity: figure('exact', (view) => ofCash(equity(view))),
  portfolio_value: figure('exact', (view) => ofCash(equity(view))),
  market_value: figure('exact', (view) => ofCash(valueOf(view))),
  cost: money(costOf),
  avg_price: figure('stated', ({ position }) =>
    position === undefined ? zero : ofAverage(position.cost, position.quantity),
  ),
  avg_price_open: figure('stated', ({ run, symbol }) => averageOpen(run, symbol)),
  avg_price_close: figure('stated', averageClose),
  avg_cost_incl_fees: figure('stated', averageWithFees),
  realized_gross: money(realized),
  realized_net: money(realizedNet),
  realized_net_cycle: money(netOfCycle),
  realized_gross_last: money(({ run }) =>
    subtract(run.account.row().realizedPnl, run.before.realized),
  ),
  realized_return: figure('stated', returnOf),
  unrealized: money(unrealized),
  total_net_ex_dividend: money(tradingNet),
  total_net: money((view) => {
    if (view.onlySymbol) return tradingNet(view);
    const { dividends, interest } = view.run.account.row();
    return add(tradingNet(view), add(dividends, interest));
  }),
  gain_whole_pounds: figure('whole', (view) => ofCash(gain(view))),
};
