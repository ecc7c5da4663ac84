import type { StatementLine } from '#commands/ports/broker-statement.ts';
import { type Ratio, ratioOfChange } from '#domain/market/split-ratio.ts';
import { daysApart } from '#domain/reconciliation/period.ts';
import type { OurSplit } from './books.ts';

/** A split as a statement tells it: by its ratio, or by the shares that came. */
export type SplitRow = Extract<StatementLine, { readonly kind: 'split' | 'split_shares' }>;
type TradeLine = Extract<StatementLine, { readonly kind: 'trade' }>;

export type SplitMatches = {
  readonly pairs: readonly { readonly theirs: SplitRow; readonly ours: OurSplit }[];
  readonly missing: readonly SplitRow[];
  readonly unknown: readonly OurSplit[];
};

/** Each split once, oldest first. */
const inOrder = (rows: readonly SplitRow[]): readonly SplitRow[] => {
  const once = new Map(rows.map((row) => [row.reference, row]));
  return [...once.values()].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.row - b.row));
};

const ratioIn = (row: SplitRow, held: bigint): Ratio | null =>
  row.kind === 'split' ? row : ratioOfChange(held, row.change);

/** The ratio of each split of which a statement tells the shares, from what its own trades before it come to. */
export const ratiosFromTrades = (
  rows: readonly SplitRow[],
  trades: readonly TradeLine[],
): ReadonlyMap<SplitRow, Ratio> => {
  const ratios = new Map<SplitRow, Ratio>();
  const held = new Map<string, bigint>();
  // A split of the very instant of a trade came after it.
  const steps = [...trades, ...inOrder(rows)].toSorted((a, b) =>
    a.at < b.at ? -1 : a.at > b.at ? 1 : 0,
  );
  for (const step of steps) {
    const before = held.get(step.symbol) ?? 0n;
    if (step.kind === 'trade') {
      held.set(step.symbol, before + (step.side === 'buy' ? step.quantity : -step.quantity));
      continue;
    }
    const ratio = ratioIn(step, before);
    if (ratio === null) continue;
    ratios.set(step, ratio);
    held.set(step.symbol, (before * ratio.newShares) / ratio.oldShares);
  }
  return ratios;
};

const isSame = (theirs: SplitRow, ours: OurSplit, ratio: Ratio | undefined): boolean => {
  if (theirs.symbol !== ours.symbol) return false;
  if (theirs.kind === 'split_shares' && theirs.change === ours.added) return true;
  return (
    ratio !== undefined && ratio.newShares * ours.oldShares === ours.newShares * ratio.oldShares
  );
};

/** Puts a statement's splits and ours together: as an import called them; else by ratio, or by shares, the nearest day first. */
export const matchSplits = (
  rows: readonly SplitRow[],
  splits: readonly OurSplit[],
  ratios: ReadonlyMap<SplitRow, Ratio>,
  slackDays: number,
): SplitMatches => {
  const left = new Set(splits);
  const pairs: { theirs: SplitRow; ours: OurSplit }[] = [];
  const open = new Set(inOrder(rows));
  const settle = (theirs: SplitRow, ours: OurSplit | undefined): void => {
    if (ours === undefined) return;
    left.delete(ours);
    open.delete(theirs);
    pairs.push({ theirs, ours });
  };
  for (const theirs of [...open]) {
    const known = [...left].find(({ reference }) => reference === theirs.reference);
    settle(theirs, known);
  }
  for (const theirs of [...open]) {
    const [nearest] = [...left]
      .filter((ours) => isSame(theirs, ours, ratios.get(theirs)))
      .filter((ours) => daysApart(theirs.at, ours.at) <= slackDays)
      .sort((a, b) => daysApart(theirs.at, a.at) - daysApart(theirs.at, b.at));
    settle(theirs, nearest);
  }
  return { pairs, missing: [...open], unknown: [...left] };
};
