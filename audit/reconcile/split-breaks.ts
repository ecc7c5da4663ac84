import { signedQuantity } from '#domain/account/postings.ts';
import { type Cash, formatQuantity, type Quantity } from '#domain/money.ts';
import type { Facts } from '#domain/reconciliation/correction.ts';
import type { Break } from '#domain/reconciliation/events.ts';
import { dayOf, daysApart, isBy, isWithin } from '#domain/reconciliation/period.ts';
import type { OurSplit } from './books.ts';
import { afterSplits, breakOf, type Context, type SplitLine } from './context.ts';

const noCash = 0n as Cash;
const oneShare = 10n ** 9n;

const facts = (split: SplitLine | OurSplit): Facts => ({
  symbol: split.symbol,
  newShares: String(split.newShares),
  oldShares: String(split.oldShares),
  at: split.at,
});

const lineFacts = (line: SplitLine): Facts => ({
  reference: line.reference,
  row: String(line.row),
  ...facts(line),
  description: line.description,
});

const isSame = (line: SplitLine, ours: OurSplit): boolean =>
  line.symbol === ours.symbol &&
  line.newShares * ours.oldShares === ours.newShares * line.oldShares;

/** What we held when the statement says that the stock split. */
const heldAt = ({ books, period }: Context, { symbol, at }: SplitLine): Quantity => {
  const isLater = (when: SplitLine['at']): boolean => when > at && isBy(when, period.to);
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
const paysFractions = ({ statement }: Context, line: SplitLine, held: Quantity): boolean => {
  const stated = statement.positions?.find(({ symbol }) => symbol === line.symbol);
  const leavesFraction = (held * line.newShares) % (line.oldShares * oneShare) !== 0n;
  return leavesFraction && stated !== undefined && stated.quantity % oneShare === 0n;
};

const splitting = (context: Context, line: SplitLine): Pick<Break, 'correction' | 'why'> => {
  const { books } = context;
  const { symbol, newShares, oldShares, at } = line;
  const quantity = books.heldNow.get(symbol) ?? (0n as Quantity);
  const lastFill = books.lastFillAt.get(symbol);
  const tradedSince = lastFill !== undefined && lastFill > at;
  const splitSince = books.splits.some((split) => split.symbol === symbol && split.at > at);
  if (tradedSince || splitSince || quantity === 0n) {
    const what = quantity === 0n ? 'holds none now' : 'was traded or split since';
    return {
      correction: null,
      why: `A split changes all shares that are held when it is booked, and ${symbol} ${what}: a person has to decide.`,
    };
  }
  const fractions = paysFractions(context, line, quantity) ? 'paid' : 'kept';
  return {
    correction: { kind: 'split_stock', symbol, newShares, oldShares, quantity, fractions, at },
    why: `Splits the ${formatQuantity(quantity)} ${symbol} held ${newShares} for ${oldShares}.`,
  };
};

const unbooked = (context: Context, line: SplitLine): Break | undefined => {
  const held = heldAt(context, line);
  // Nothing was held, so nothing is wrong.
  if (held === 0n && !context.books.heldNow.get(line.symbol)) return undefined;
  const added = (held * line.newShares) / line.oldShares - held;
  return breakOf(context, [line.symbol, line.newShares, line.oldShares, dayOf(line.at)], {
    kind: 'unbooked_split',
    symbol: line.symbol,
    at: line.at,
    ours: { symbol: line.symbol, quantity: formatQuantity(held) },
    theirs: lineFacts(line),
    cash: noCash,
    shares: afterSplits(context, line.symbol, line.at, added),
    ...splitting(context, line),
  });
};

const unknown = (context: Context, ours: OurSplit): Break =>
  breakOf(context, [ours.id], {
    kind: 'unknown_split',
    symbol: ours.symbol,
    at: ours.at,
    ours: { eventId: ours.id, ...facts(ours), added: formatQuantity(ours.added) },
    theirs: null,
    cash: noCash,
    shares: afterSplits(context, ours.symbol, ours.at, -ours.added),
    correction: null,
    why: 'No command undoes a split: a person has to find out whose record is right.',
  });

const timing = (context: Context, line: SplitLine, ours: OurSplit): Break =>
  breakOf(context, [ours.id, dayOf(line.at), dayOf(ours.at)], {
    kind: 'timing',
    symbol: ours.symbol,
    at: line.at,
    ours: { eventId: ours.id, ...facts(ours) },
    theirs: lineFacts(line),
    cash: noCash,
    shares: (isBy(ours.at, context.period.to) ? 0n : ours.added) as Quantity,
    correction: null,
    why: `Only the day differs: the statement says ${dayOf(line.at)}. No command moves a booking to another day.`,
  });

/** What a statement's splits and ours differ in. */
export const splitBreaks = (context: Context, slackDays: number): readonly Break[] => {
  const left = new Set(context.books.splits);
  const breaks: (Break | undefined)[] = [];
  for (const line of context.theirSplits) {
    const [ours] = [...left]
      .filter((split) => isSame(line, split) && daysApart(line.at, split.at) <= slackDays)
      .sort((a, b) => daysApart(line.at, a.at) - daysApart(line.at, b.at));
    if (ours !== undefined) left.delete(ours);
    if (ours === undefined) breaks.push(unbooked(context, line));
    else if (dayOf(ours.at) !== dayOf(line.at)) breaks.push(timing(context, line, ours));
  }
  for (const ours of left) {
    if (isWithin(ours.at, context.period)) breaks.push(unknown(context, ours));
  }
  return breaks.filter((one) => one !== undefined);
};
