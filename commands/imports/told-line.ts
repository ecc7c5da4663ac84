import type { Symbol as Ticker } from '#domain/ids.ts';
import { product, restatedTrade, waysToTell } from '#domain/market/split-ratio.ts';
import { formatQuantity } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import { outsideReference, type TradeLine } from '../ports/statement-line.ts';
import { type BookableLine, commandsOf, executionIdOf } from './line-commands.ts';
import { isBooked, type Rehearsal, refusedBy, type Verdict } from './rehearsal.ts';
import type { DatedRatio, SplitLine } from './restating.ts';
import type { SourcedLine } from './sourced-line.ts';
import { ratioFromHeld, splitsFrom } from './split-plan.ts';

/** A line as it is to be booked in this account, or why it is not. */
export type Told = {
  readonly line: BookableLine;
  readonly verdict?: Verdict;
  readonly why?: string;
};

/** Splits from a trade's time on in the order in which the account came to know them. */
const splitsSince = (
  { knowledge, splits, passed }: Rehearsal,
  { symbol, at }: TradeLine,
): readonly DatedRatio[] =>
  splitsFrom([...knowledge.splits, ...splits.absorbed.values()], symbol, at).filter(
    (split) => !passed.has(placeOf(split)),
  );

/** Where a split is among others. */
export const placeOf = ({ symbol, at }: { readonly symbol: Ticker; readonly at: Instant }) =>
  `${symbol} ${at}`;

/** A trade as it was stated, or in shares after some of the splits since, or all: each is what an earlier import may have booked. */
const tellings = (line: TradeLine, since: readonly DatedRatio[]): readonly TradeLine[] =>
  waysToTell(since).flatMap((ratios) => restatedTrade(line, product(ratios)) ?? []);

const toldTrade = (rehearsal: Rehearsal, line: TradeLine, source: string): Told => {
  const since = splitsSince(rehearsal, line);
  if (since.length === 0) return { line };
  const known = tellings(line, since).find((one) =>
    commandsOf(one, source).some((keyed) => isBooked(rehearsal, keyed)),
  );
  if (known !== undefined) return { line: known };
  const restated = restatedTrade(line, product(since));
  if (restated === null) return { line, verdict: refusedBy('older_than_split') };
  const stated = `${formatQuantity(line.quantity)} as stated`;
  return { line: restated, why: `${stated}, told in shares after the splits since` };
};

type CorrectionLine = Extract<BookableLine, { kind: 'correction' }>;

/** A correction speaks of the shares that its trade was stated in. */
const toldCorrection = (rehearsal: Rehearsal, line: CorrectionLine, source: string): Told => {
  const trade = rehearsal.state.executions.get(executionIdOf(source, line.trade));
  if (trade === undefined || trade.splitSince) return { line };
  const { symbol, side, executedAt: at } = trade;
  const stated: TradeLine = { ...line, kind: 'trade', symbol, side, at };
  const restated = restatedTrade(stated, product(splitsSince(rehearsal, stated)));
  if (restated === null) return { line, verdict: refusedBy('older_than_split') };
  return { line: { ...line, quantity: restated.quantity, price: restated.price } };
};

const toldSplit = ({ splits, state }: Rehearsal, line: SplitLine, source: string): Told => {
  const reference = outsideReference(source, line.reference);
  const taken = splits.absorbed.get(reference);
  const ratio = taken ?? (line.kind === 'split' ? line : ratioFromHeld(line, state));
  // Without a ratio it is only told, never booked.
  const { newShares, oldShares } = ratio ?? { newShares: 0n, oldShares: 0n };
  const told: BookableLine =
    line.kind === 'split' ? line : { ...line, kind: 'split', newShares, oldShares };
  const inWords = `${newShares} for ${oldShares}`;
  if (taken !== undefined) {
    const why = `${inWords}: the account has newer trades, so older ones are booked in shares after it`;
    return { line: told, verdict: { outcome: 'no_effect', why } };
  }
  if (splits.tooLate.has(reference)) return { line: told, verdict: refusedBy('split_too_late') };
  if (ratio === null) return { line: told, verdict: refusedBy('split_ratio_unknown') };
  return { line: told, why: inWords };
};

/** A split with its ratio, a trade in the shares of the account's own count. */
export const toldLine = (rehearsal: Rehearsal, { line, source }: SourcedLine): Told => {
  switch (line.kind) {
    case 'trade':
      return toldTrade(rehearsal, line, source);
    case 'correction':
      return toldCorrection(rehearsal, line, source);
    case 'split':
    case 'split_shares':
      return toldSplit(rehearsal, line, source);
    default:
      return { line };
  }
};
