import type { AccountState, ExecutionState } from '#domain/account/state.ts';
import type { ExecutionId, Symbol as Ticker } from '#domain/ids.ts';
import { divide, notional, type Price, type Quantity } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import type { StatementLine } from '../ports/broker-statement.ts';

export type Ratio = { readonly newShares: bigint; readonly oldShares: bigint };
export type DatedRatio = Ratio & { readonly at: Instant };
export type TradeLine = Extract<StatementLine, { kind: 'trade' }>;
export type SplitLine = Extract<StatementLine, { kind: 'split' | 'split_shares' }>;

const largest = 1_000n;

/** The ratio of two numbers in lowest terms; null where it is none that a company would choose. */
export const ratioOf = (after: bigint, before: bigint): Ratio | null => {
  if (after <= 0n || before <= 0n || after === before) return null;
  let [left, right] = [after, before];
  while (right !== 0n) [left, right] = [right, left % right];
  const [newShares, oldShares] = [after / left, before / left];
  return newShares > largest || oldShares > largest ? null : { newShares, oldShares };
};

/** All of these, one after another. */
export const product = (ratios: Iterable<Ratio>): Ratio => {
  let [newShares, oldShares] = [1n, 1n];
  for (const one of ratios) {
    newShares *= one.newShares;
    oldShares *= one.oldShares;
  }
  return { newShares, oldShares };
};

/** Shares in the unit after splits; null where they do not come out even. */
export const restatedQuantity = (quantity: Quantity, { newShares, oldShares }: Ratio) =>
  (quantity * newShares) % oldShares === 0n
    ? (((quantity * newShares) / oldShares) as Quantity)
    : null;

/** A trade in the shares after splits, its cash as it was; null where its shares do not come out even. */
export const restatedTrade = (trade: TradeLine, ratio: Ratio): TradeLine | null => {
  if (ratio.newShares === ratio.oldShares) return trade;
  const quantity = restatedQuantity(trade.quantity, ratio);
  if (quantity === null) return null;
  const price = divide(trade.price * ratio.oldShares, ratio.newShares) as Price;
  const value = notional(trade.price, trade.quantity);
  const signed = trade.side === 'buy' ? -value : value;
  const amount = trade.amount ?? ((signed - trade.commission) as typeof trade.commission);
  return { ...trade, quantity, price, amount };
};

export type TradesOfSymbol = readonly {
  readonly id: ExecutionId;
  readonly line: TradeLine;
}[];

const saysTheSame = (known: ExecutionState, line: TradeLine): boolean =>
  known.side === line.side && known.quantity === line.quantity && known.price === line.price;

const heldAfter = (trades: TradesOfSymbol): bigint =>
  trades.reduce(
    (held, { line }) => held + (line.side === 'buy' ? line.quantity : -line.quantity),
    0n,
  );

/**
 * How a split is booked where the account has trades of the symbol from after it already: their shares count as they
 * are, so it is the older trades that are told in shares after the split. That needs that none of these is booked
 * otherwise. Null where it cannot be; undefined where nothing stands in the way of booking the split itself.
 */
export const absorbed = (
  split: SplitLine,
  earlier: TradesOfSymbol,
  splitsAfter: readonly DatedRatio[],
  state: AccountState,
): DatedRatio | null | undefined => {
  const booked = executionsOf(state, split.symbol);
  if (!booked.some(([, { executedAt }]) => executedAt > split.at)) return undefined;
  const held = heldAfter(earlier);
  const ratio =
    split.kind === 'split'
      ? { newShares: split.newShares, oldShares: split.oldShares }
      : ratioOf(held + split.change, held);
  if (ratio === null) return null;
  const told = product([ratio, ...splitsAfter]);
  const lines = new Map(earlier.map(({ id, line }) => [id, restatedTrade(line, told)]));
  const isTold = ([id, known]: readonly [ExecutionId, ExecutionState]): boolean => {
    const line = lines.get(id);
    return line != null && saysTheSame(known, line);
  };
  const before = booked.filter(([, { executedAt }]) => executedAt <= split.at);
  return before.every(isTold) ? { ...ratio, at: split.at } : null;
};

const executionsOf = (state: AccountState, symbol: Ticker) =>
  [...state.executions].filter(
    ([, { symbol: one, standing }]) => one === symbol && standing !== 'disputed',
  );
