import type {
  BrokerStatement,
  StatementLine,
  StatementProblem,
} from '#commands/ports/broker-statement.ts';
import { roundingOf, roundingReference, type TradeLine } from '#commands/ports/statement-line.ts';
import {
  computedAmount,
  product,
  type Ratio,
  restatedTrade,
  waysToTell,
} from '#domain/market/split-ratio.ts';
import { absolute, type Cash, formatCash } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import { brokersId, type OurBooks, type OurFill } from './books.ts';
import type { CashLine } from './match-cash.ts';
import { matchSplits, ratiosFromTrades, type SplitMatches, type SplitRow } from './match-splits.ts';

export type BustLine = Extract<StatementLine, { readonly kind: 'bust' }>;
type CorrectionLine = Extract<StatementLine, { readonly kind: 'correction' }>;

/** A row that says something which nothing can be compared with, and why. */
export type NotCompared = StatementProblem;

/** What a statement says in the form in which it would be booked, beside what is booked. */
export type AsBooked = {
  /** As they stand after corrections, without those that were taken back. */
  readonly trades: readonly TradeLine[];
  /** With what stated amounts of trades are off by from their price × quantity. */
  readonly moves: readonly CashLine[];
  readonly splits: SplitMatches;
  readonly ratios: ReadonlyMap<SplitRow, Ratio>;
  /** Splits that our books have in the shares of older trades instead. */
  readonly absorbed: ReadonlySet<SplitRow>;
  /** Booked, and taken back by the broker. */
  readonly takenBack: readonly { readonly line: BustLine; readonly ours: OurFill }[];
  /** Ours that are to be matched. */
  readonly fills: OurBooks['fills'];
  readonly movements: OurBooks['movements'];
  readonly notCompared: readonly NotCompared[];
};

type SplitSince = Ratio & { readonly at: Instant; readonly row: SplitRow | null };

const ofKind = <Kind extends StatementLine['kind']>(
  lines: readonly StatementLine[],
  ...kinds: readonly Kind[]
): readonly Extract<StatementLine, { readonly kind: Kind }>[] =>
  lines.filter((line): line is Extract<StatementLine, { readonly kind: Kind }> =>
    kinds.some((kind) => kind === line.kind),
  );

const byId = (fills: readonly OurFill[]): ReadonlyMap<string, OurFill> => {
  const found = new Map<string, OurFill>();
  for (const fill of fills) if (!found.has(brokersId(fill))) found.set(brokersId(fill), fill);
  return found;
};

/** A trade with the figures that a later row gives it; what is booked of its stated amount stays. */
const corrected = (
  { amount: _, ...trade }: TradeLine,
  { quantity, price, commission }: CorrectionLine,
): TradeLine => ({ ...trade, quantity, price, commission });

/** A row that corrects a trade which the statement itself does not have: it is then our own that it speaks of. */
const fromOurs = (ours: OurFill, line: CorrectionLine): TradeLine => {
  const { row, reason: description, quantity, price, commission } = line;
  const { symbol, side, at } = ours;
  const figures = { quantity, price, commission };
  return { kind: 'trade', row, reference: line.trade, description, symbol, side, at, ...figures };
};

type Told = {
  readonly stated: TradeLine;
  readonly final: TradeLine;
  readonly by: readonly SplitSince[];
};

/** A trade in the shares in which we have it: one that came after a split of later than itself is told in newer ones. */
const toldAsOurs = (
  stated: TradeLine,
  final: TradeLine,
  ours: OurFill | undefined,
  splits: readonly SplitSince[],
): Told => {
  const asIs = { stated, final, by: [] };
  if (ours === undefined || ours.quantity === final.quantity) return asIs;
  for (const by of waysToTell(splits)) {
    const ratio = product(by);
    const [before, after] = [restatedTrade(stated, ratio), restatedTrade(final, ratio)];
    if (before !== null && after?.quantity === ours.quantity) {
      return { stated: before, final: after, by };
    }
  }
  return asIs;
};

/** What a stated amount is off by, as the movement of cash that it is booked as. */
const roundingLine = (trade: TradeLine): CashLine | null => {
  const amount = roundingOf(trade);
  if (amount === 0n) return null;
  const { row, at, reference } = trade;
  const said = formatCash(absolute((trade.amount ?? computedAmount(trade)) as Cash));
  return {
    kind: 'cash',
    category: 'adjustment',
    row,
    at,
    reference: roundingReference(reference),
    description: `Rounding: ${trade.side} ${trade.symbol}, ${said} in cash as stated`,
    amount,
  };
};

const splitsSince = (
  { splits }: OurBooks,
  { missing }: SplitMatches,
  ratios: ReadonlyMap<SplitRow, Ratio>,
  { symbol, at }: TradeLine,
): readonly SplitSince[] => {
  const theirs = missing.flatMap((row) => {
    const ratio = ratios.get(row);
    return ratio === undefined || row.symbol !== symbol
      ? []
      : [{ newShares: ratio.newShares, oldShares: ratio.oldShares, at: row.at, row }];
  });
  const ours = splits
    .filter((split) => split.symbol === symbol)
    .map((split): SplitSince => ({ ...split, row: null }));
  return [...theirs, ...ours]
    .filter((one) => one.at >= at)
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
};

const figuresOf = (
  lines: readonly StatementLine[],
  known: ReadonlyMap<string, OurFill>,
): {
  readonly corrections: ReadonlyMap<string, CorrectionLine>;
  readonly alone: TradeLine[];
  readonly notCompared: NotCompared[];
} => {
  const corrections = new Map(ofKind(lines, 'correction').map((line) => [line.trade, line]));
  const stated = new Set(ofKind(lines, 'trade').map(({ reference }) => reference));
  const [alone, notCompared]: [TradeLine[], NotCompared[]] = [[], []];
  for (const line of corrections.values()) {
    if (stated.has(line.trade)) continue;
    const ours = known.get(line.trade);
    if (ours !== undefined) alone.push(fromOurs(ours, line));
    else {
      const message = `It corrects ${line.trade}, which is neither in the statement nor booked.`;
      notCompared.push({ row: line.row, code: 'trade_unknown', message });
    }
  }
  return { corrections, alone, notCompared };
};

/** Cash in lieu that a statement tells with its split has no row of its own. */
const withoutInLieu = ({ movements }: OurBooks, { pairs }: SplitMatches): OurBooks['movements'] => {
  const told = new Set(
    pairs
      .filter(({ theirs }) => theirs.kind === 'split')
      .filter(
        ({ theirs }) =>
          'fractionPrice' in theirs || ('wholeShares' in theirs && theirs.wholeShares),
      )
      .map(({ ours }) => ours.id),
  );
  return movements.filter(({ id }) => !told.has(id));
};

/** Brings a statement into the form of what is booked: corrections and busts done, amounts taken apart, splits found. */
export const asBooked = (
  { lines }: BrokerStatement,
  books: OurBooks,
  slackDays: number,
): AsBooked => {
  const known = byId(books.fills);
  const busts = new Map(ofKind(lines, 'bust').map((line) => [line.trade, line]));
  const { corrections, alone, notCompared } = figuresOf(lines, known);
  const stated = [...ofKind(lines, 'trade'), ...alone];
  const standing = stated.filter(({ reference }) => !busts.has(reference));
  const finalOf = (trade: TradeLine): TradeLine => {
    const correction = corrections.get(trade.reference);
    return correction === undefined ? trade : corrected(trade, correction);
  };
  const rows = ofKind(lines, 'split', 'split_shares');
  const ratios = ratiosFromTrades(rows, standing.map(finalOf));
  const splits = matchSplits(rows, books.splits, ratios, slackDays);
  const told = standing.map((trade) => {
    const since = splitsSince(books, splits, ratios, trade);
    return toldAsOurs(trade, finalOf(trade), known.get(trade.reference), since);
  });
  const booked = new Set(books.movements.map(({ reference }) => reference));
  const takenFromUs = stated
    .filter((trade) => busts.has(trade.reference))
    .filter(({ reference }) => booked.has(roundingReference(reference)));
  const rounding = [...told.map((one) => one.stated), ...takenFromUs].flatMap(
    (trade) => roundingLine(trade) ?? [],
  );
  const takenBack = [...busts].flatMap(([trade, line]) => {
    const ours = known.get(trade);
    return ours === undefined ? [] : [{ line, ours }];
  });
  const gone = new Set(takenBack.map(({ ours }) => ours));
  const moves = ofKind(lines, 'cash', 'dividend').filter(({ amount }) => amount !== 0n);
  return {
    trades: told.map(({ final }) => final),
    moves: [...moves, ...rounding],
    splits,
    ratios,
    absorbed: new Set(told.flatMap(({ by }) => by.flatMap(({ row }) => row ?? []))),
    takenBack,
    fills: books.fills.filter((fill) => !gone.has(fill)),
    movements: withoutInLieu(books, splits),
    notCompared,
  };
};
