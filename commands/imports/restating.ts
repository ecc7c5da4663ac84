import type { AccountState, ExecutionState } from '#domain/account/state.ts';
import type { ExecutionId, Symbol as Ticker } from '#domain/ids.ts';
import { product, type Ratio, ratioOf, restatedTrade } from '#domain/market/split-ratio.ts';
import type { Instant } from '#domain/time.ts';
import type { StatementLine } from '../ports/broker-statement.ts';
import type { TradeLine } from '../ports/statement-line.ts';

export type DatedRatio = Ratio & { readonly at: Instant };
export type SplitLine = Extract<StatementLine, { kind: 'split' | 'split_shares' }>;

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
