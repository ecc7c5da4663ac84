import { signedQuantity } from '#domain/account/postings.ts';
import { type Ratio, ratioOfChange } from '#domain/market/split-ratio.ts';
import { type Cash, formatQuantity, type Quantity } from '#domain/money.ts';
import type { Facts } from '#domain/reconciliation/correction.ts';
import type { Break } from '#domain/reconciliation/events.ts';
import { dayOf, isBy, isWithin } from '#domain/reconciliation/period.ts';
import type { OurSplit } from './books.ts';
import { afterSplits, breakOf, type Context, type TheirSplit } from './context.ts';
import type { SplitMatches, SplitRow } from './match-splits.ts';

const noCash = 0n as Cash;
const oneShare = 10n ** 9n;

const ourFacts = (split: OurSplit): Facts => ({
  eventId: split.id,
  symbol: split.symbol,
  newShares: String(split.newShares),
  oldShares: String(split.oldShares),
  at: split.at,
});

const lineFacts = ({ line, ratio }: TheirSplit): Facts => ({
  reference: line.reference,
  row: String(line.row),
  symbol: line.symbol,
  newShares: ratio === null ? null : String(ratio.newShares),
  oldShares: ratio === null ? null : String(ratio.oldShares),
  ...(line.kind === 'split_shares' ? { change: formatQuantity(line.change) } : {}),
  at: line.at,
  description: line.description,
});

/** What we held when the statement says that the stock split. */
const heldAt = ({ books, period }: Context, { symbol, at }: SplitRow): Quantity => {
  const isLater = (when: SplitRow['at']): boolean => when > at && isBy(when, period.to);
  let held: bigint = books.shares.get(symbol) ?? 0n;
  for (const fill of books.fills) {
    if (fill.symbol === symbol && isLater(fill.at)) held -= signedQuantity(fill);
  }
  for (const split of books.splits) {
    if (split.symbol === symbol && isLater(split.at)) held -= split.added;
  }
  return held as Quantity;
};

/** Whether the statement holds whole shares where the split alone would leave a fraction. */
const paysFractions = (
  { statement }: Context,
  { symbol }: SplitRow,
  { newShares, oldShares }: Ratio,
  held: Quantity,
): boolean => {
  const stated = statement.positions?.find((one) => one.symbol === symbol);
  const leavesFraction = (held * newShares) % (oldShares * oneShare) !== 0n;
  return leavesFraction && stated !== undefined && stated.quantity % oneShare === 0n;
};

const toDecide = (why: string): Pick<Break, 'correction' | 'why'> => ({ correction: null, why });

const splitting = (context: Context, { line, ratio }: TheirSplit) => {
  const { books } = context;
  const { symbol, at } = line;
  const quantity = books.heldNow.get(symbol) ?? (0n as Quantity);
  const lastFill = books.lastFillAt.get(symbol);
  const tradedSince = lastFill !== undefined && lastFill > at;
  const splitSince = books.splits.some((split) => split.symbol === symbol && split.at > at);
  if (tradedSince || splitSince || quantity === 0n) {
    const what = quantity === 0n ? 'holds none now' : 'was traded or split since';
    return toDecide(
      `A split changes all shares that are held when it is booked, and ${symbol} ${what}: a person has to decide.`,
    );
  }
  if (ratio === null) {
    return toDecide(
      `The statement tells the shares that came and not the ratio, and they make none of the ${formatQuantity(quantity)} ${symbol} held: a person has to find it.`,
    );
  }
  const isStatedInCash = line.kind === 'split' && line.fractionPrice !== undefined;
  const leaves = (quantity * ratio.newShares) % (ratio.oldShares * oneShare) !== 0n;
  if (isStatedInCash && leaves) {
    return toDecide(
      'The statement tells the price at which fractions of a share were paid: `ledger import` books the split with it.',
    );
  }
  const isWhole = line.kind === 'split' && line.wholeShares === true;
  const fractions: 'paid' | 'kept' =
    isWhole || paysFractions(context, line, ratio, quantity) ? 'paid' : 'kept';
  const { newShares, oldShares } = ratio;
  return {
    correction: { kind: 'split_stock', symbol, newShares, oldShares, quantity, fractions, at },
    why: `Splits the ${formatQuantity(quantity)} ${symbol} held ${newShares} for ${oldShares}.`,
  } as const;
};

const unbooked = (context: Context, split: TheirSplit): Break | undefined => {
  const { line } = split;
  if (context.absorbed.has(line)) return undefined;
  const held = heldAt(context, line);
  // Nothing was held, so nothing is wrong.
  if (held === 0n) return undefined;
  const ratio = split.ratio ?? (line.kind === 'split' ? line : ratioOfChange(held, line.change));
  const added =
    ratio === null
      ? line.kind === 'split_shares'
        ? line.change
        : 0n
      : (held * ratio.newShares) / ratio.oldShares - held;
  const what = ratio === null ? ['?', '?'] : [ratio.newShares, ratio.oldShares];
  return breakOf(context, [line.symbol, ...what, dayOf(line.at)], {
    kind: 'unbooked_split',
    symbol: line.symbol,
    at: line.at,
    ours: { symbol: line.symbol, quantity: formatQuantity(held) },
    theirs: lineFacts({ line, ratio }),
    cash: noCash,
    shares: afterSplits(context, line.symbol, line.at, added),
    ...splitting(context, { line, ratio }),
  });
};

const unknown = (context: Context, ours: OurSplit): Break =>
  breakOf(context, [ours.id], {
    kind: 'unknown_split',
    symbol: ours.symbol,
    at: ours.at,
    ours: { ...ourFacts(ours), added: formatQuantity(ours.added) },
    theirs: null,
    cash: noCash,
    shares: afterSplits(context, ours.symbol, ours.at, -ours.added),
    correction: null,
    why: 'No command undoes a split: a person has to find out whose record is right.',
  });

const timing = (context: Context, split: TheirSplit, ours: OurSplit): Break =>
  breakOf(context, [ours.id, dayOf(split.line.at), dayOf(ours.at)], {
    kind: 'timing',
    symbol: ours.symbol,
    at: split.line.at,
    ours: ourFacts(ours),
    theirs: lineFacts(split),
    cash: noCash,
    shares: (isBy(ours.at, context.period.to) ? 0n : ours.added) as Quantity,
    correction: null,
    why: `Only the day differs: the statement says ${dayOf(split.line.at)}. No command moves a booking to another day.`,
  });

/** What a statement's splits and ours differ in. */
export const splitBreaks = (context: Context, matches: SplitMatches): readonly Break[] => {
  const ratios = new Map(context.theirSplits.map(({ line, ratio }) => [line, ratio]));
  const splitOf = (line: SplitRow): TheirSplit => ({ line, ratio: ratios.get(line) ?? null });
  return [
    ...matches.missing.map((line) => unbooked(context, splitOf(line))),
    ...matches.pairs.map(({ theirs, ours }) =>
      dayOf(ours.at) === dayOf(theirs.at) ? undefined : timing(context, splitOf(theirs), ours),
    ),
    ...matches.unknown
      .filter(({ at }) => isWithin(at, context.period))
      .map((ours) => unknown(context, ours)),
  ].filter((one) => one !== undefined);
};
