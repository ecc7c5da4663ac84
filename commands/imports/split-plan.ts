import type { AccountState } from '#domain/account/state.ts';
import { holdingOf } from '#domain/account/state.ts';
import type { Symbol as Ticker } from '#domain/ids.ts';
import { type Ratio, ratioOfChange } from '#domain/market/split-ratio.ts';
import type { Instant } from '#domain/time.ts';
import type { AccountKnowledge } from './knowledge.ts';
import { executionIdOf } from './line-commands.ts';
import { absorbed, type DatedRatio, type SplitLine } from './restating.ts';
import { referenceOf, type SourcedLine } from './sourced-line.ts';

/** What is to be done with the splits of an import, by their references, before any of its rows is booked. */
export type SplitPlan = {
  /** The account has newer trades already: the older ones are told in shares after these splits instead. */
  readonly absorbed: ReadonlyMap<string, SymbolSplit>;
  /** Neither that nor an ordinary booking would restate the right shares. */
  readonly tooLate: ReadonlySet<string>;
};

export type SymbolSplit = DatedRatio & { readonly symbol: Ticker };

type Sourced = SourcedLine & { readonly line: SplitLine };

const isSplit = (one: SourcedLine): one is Sourced =>
  one.line.kind === 'split' || one.line.kind === 'split_shares';

const earlierTrades = (lines: readonly SourcedLine[], split: Sourced) => {
  const trades = new Map<
    string,
    { readonly id: ReturnType<typeof executionIdOf>; line: TradeOf }
  >();
  for (const { line, source } of lines) {
    if (line === split.line) break;
    if (line.kind !== 'trade' || line.symbol !== split.line.symbol) continue;
    const id = executionIdOf(source, line.reference);
    trades.set(id, { id, line });
  }
  return [...trades.values()];
};
type TradeOf = Extract<SourcedLine['line'], { kind: 'trade' }>;

/** Splits of a symbol from `from` on. One of the very instant of a trade came after it. */
export const splitsFrom = (
  splits: Iterable<SymbolSplit>,
  symbol: Ticker,
  from: Instant,
): readonly SymbolSplit[] => [...splits].filter((one) => one.symbol === symbol && one.at >= from);

/** Decides on every split that is not booked yet, the newest first, as each restates what older ones did. */
export const planSplits = (
  lines: readonly SourcedLine[],
  isKnown: (line: SourcedLine) => boolean,
  { state, splits }: AccountKnowledge,
): SplitPlan => {
  const found = new Map<string, SymbolSplit>();
  const tooLate = new Set<string>();
  // Files that overlap tell a split more than once.
  const fresh = new Map<string, Sourced>();
  for (const one of lines.filter(isSplit)) {
    if (!isKnown(one) && !fresh.has(referenceOf(one))) fresh.set(referenceOf(one), one);
  }
  for (const [reference, split] of [...fresh].reverse()) {
    const { line } = split;
    const { symbol, at } = line;
    const later = [...found.values()].filter((one) => one.symbol === symbol);
    const ratio = absorbed(
      line,
      earlierTrades(lines, split),
      [...later, ...splitsFrom(splits, symbol, at)],
      state,
    );
    if (ratio === null) tooLate.add(reference);
    else if (ratio !== undefined) found.set(reference, { ...ratio, symbol });
  }
  return { absorbed: found, tooLate };
};

/** The ratio of a split of which only the change in shares is known, from what is held when it is booked. */
export const ratioFromHeld = (
  { symbol, change }: Extract<SplitLine, { kind: 'split_shares' }>,
  state: AccountState,
): Ratio | null => ratioOfChange(holdingOf(state, symbol).quantity, change);
