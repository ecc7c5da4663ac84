import { signedQuantity, tradeCash } from '#domain/account/postings.ts';
import type { ExecutionId, Symbol as Ticker } from '#domain/ids.ts';
import { type Cash, formatCash, formatPrice, formatQuantity, sum } from '#domain/money.ts';
import type { BreakType } from '#domain/reconciliation/break-types.ts';
import type { Correction, Facts } from '#domain/reconciliation/correction.ts';
import type { Break } from '#domain/reconciliation/events.ts';
import { dayOf, isBy } from '#domain/reconciliation/period.ts';
import type { Instant } from '#domain/time.ts';
import type { AsBooked } from './as-booked.ts';
import { type OurFill, rebookedId } from './books.ts';
import { afterSplits, breakOf, type Context, splitSince, whyKept } from './context.ts';
import type { FillMatches, TradeLine } from './match-fills.ts';

const lineFacts = (line: TradeLine, statesFees: boolean): Facts => ({
  reference: line.reference,
  row: String(line.row),
  symbol: line.symbol,
  side: line.side,
  quantity: formatQuantity(line.quantity),
  price: formatPrice(line.price),
  commission: statesFees ? formatCash(line.commission) : null,
  at: line.at,
  description: line.description,
});

const fillFacts = (fill: OurFill): Facts => ({
  executionId: fill.executionId,
  orderId: fill.orderId,
  symbol: fill.symbol,
  side: fill.side,
  quantity: formatQuantity(fill.quantity),
  price: formatPrice(fill.price),
  commission: formatCash(fill.commission),
  at: fill.at,
});

type Effect = { readonly cash: bigint; readonly shares: bigint };
const none: Effect = { cash: 0n, shares: 0n };

type Fill = Pick<OurFill, 'symbol' | 'side' | 'quantity' | 'price' | 'at'>;

/** What a fill does to the end of the statement: nothing where it comes after it. */
const effectOf = (context: Context, fill: Fill, commission: Cash): Effect => {
  if (!isBy(fill.at, context.period.to)) return none;
  return {
    cash: tradeCash(fill) - commission,
    shares: afterSplits(context, fill.symbol, fill.at, signedQuantity(fill)),
  };
};

const lineEffect = (context: Context, line: TradeLine, commissionOfOurs: Cash): Effect =>
  effectOf(context, line, context.statesFees ? line.commission : commissionOfOurs);
const fillEffect = (context: Context, fill: OurFill): Effect =>
  effectOf(context, fill, fill.commission);

const less = (left: Effect, right: Effect) => ({
  cash: (left.cash - right.cash) as Break['cash'],
  shares: (left.shares - right.shares) as Break['shares'],
});

const splitWords = (symbol: Ticker): string =>
  `${symbol} split after it, so shares of then and now do not match one for one: a person has to enter the difference in today's shares.`;
const missingBeforeSplit = (symbol: Ticker): string =>
  `${symbol} split after it, so shares of then and now do not match one for one: \`ledger import\` books it in shares after the split, else a person has to.`;

type Proposal = Pick<Break, 'correction' | 'why'>;
const toDecide = (why: string): Proposal => ({ correction: null, why });

/** The id to book an execution under: its own, or another where its own is known and moves nothing. */
const freeId = ({ books, bookedIds }: Context, reference: string): ExecutionId | null => {
  const own = reference as ExecutionId;
  const taken = (id: ExecutionId): boolean => books.unbooked.has(id) || bookedIds.has(id);
  if (!taken(own)) return own;
  return taken(rebookedId(own)) ? null : rebookedId(own);
};

const bookingOf = (context: Context, line: TradeLine): Proposal => {
  if (splitSince(context, line.symbol, line.at)) {
    return toDecide(missingBeforeSplit(line.symbol));
  }
  const executionId = freeId(context, line.reference);
  if (executionId === null) {
    return toDecide(
      'It was booked and taken back before, twice: a person has to say which is right.',
    );
  }
  const { symbol, side, quantity, price, at } = line;
  const commission = context.statesFees ? line.commission : null;
  const { source: venue } = context.statement;
  return {
    correction: {
      kind: 'fill',
      executionId,
      symbol,
      side,
      quantity,
      price,
      commission,
      venue,
      at,
    },
    why: `Books the broker's execution ${line.reference}, of no order of ours.`,
  };
};

const missing = (context: Context, line: TradeLine): Break => {
  const id = line.reference as ExecutionId;
  const standing = context.books.unbooked.get(id);
  const ours = standing === undefined ? null : { executionId: id, standing };
  return breakOf(context, [line.reference, line.symbol, line.side, line.quantity, line.price], {
    kind: 'missing_fill',
    symbol: line.symbol,
    at: line.at,
    ours,
    theirs: lineFacts(line, context.statesFees),
    ...less(lineEffect(context, line, 0n as Cash), none),
    ...bookingOf(context, line),
  });
};

/** What the statement does not have, as far as it could be read. */
const bustingUnknown = (context: Context, fill: OurFill): Proposal => {
  const kept = whyKept(context);
  if (kept !== null) return toDecide(kept);
  return busting(fill, "the broker's statement does not have it");
};

const busting = (fill: OurFill, reason: string): Proposal =>
  fill.splitSince
    ? toDecide(splitWords(fill.symbol))
    : {
        correction: { kind: 'bust_fill', executionId: fill.executionId, reason },
        why: `Takes back ${fill.executionId}: ${reason}.`,
      };

const unknown = (context: Context, fill: OurFill): Break =>
  breakOf(context, [fill.executionId, fill.quantity, fill.price], {
    kind: 'unknown_fill',
    symbol: fill.symbol,
    at: fill.at,
    ours: fillFacts(fill),
    theirs: null,
    ...less(none, fillEffect(context, fill)),
    ...bustingUnknown(context, fill),
  });

const takenBack = (context: Context, { line, ours }: AsBooked['takenBack'][number]): Break => {
  const { row, reference, trade, at, description } = line;
  return breakOf(context, [ours.executionId, ours.quantity, ours.price], {
    kind: 'unknown_fill',
    symbol: ours.symbol,
    at: ours.at,
    ours: fillFacts(ours),
    theirs: { reference, row: String(row), takenBack: trade, at, description },
    ...less(none, fillEffect(context, ours)),
    ...busting(ours, `the broker has taken it back${line.reason === '' ? '' : `: ${line.reason}`}`),
  });
};

const ourDuplicate = (context: Context, extra: OurFill, of: OurFill): Break => {
  const kept = whyKept(context);
  return breakOf(context, ['ours', extra.executionId, of.executionId], {
    kind: 'duplicate_fill',
    symbol: extra.symbol,
    at: extra.at,
    ours: { ...fillFacts(extra), sameAs: of.executionId },
    theirs: null,
    ...less(none, fillEffect(context, extra)),
    ...(kept === null
      ? busting(extra, `the broker has it once, and it is booked as ${of.executionId} too`)
      : toDecide(kept)),
  });
};

const theirDuplicate = (context: Context, line: TradeLine): Break =>
  breakOf(context, ['theirs', line.reference], {
    kind: 'duplicate_fill',
    symbol: line.symbol,
    at: line.at,
    ours: null,
    theirs: lineFacts(line, context.statesFees),
    // Which of the rows counts is not known, so it explains nothing.
    ...less(none, none),
    ...toDecide(
      `The statement has the reference ${line.reference} more than once: ask the broker.`,
    ),
  });

const correctionOf = (
  context: Context,
  theirs: TradeLine,
  ours: OurFill,
  differing: readonly string[],
): Proposal => {
  if (ours.splitSince) return toDecide(splitWords(ours.symbol));
  const reason = `the broker's statement has another ${differing.join(', ')}`;
  const { executionId } = ours;
  const { quantity, price } = theirs;
  const commission = context.statesFees ? theirs.commission : ours.commission;
  return {
    correction: { kind: 'correct_fill', executionId, quantity, price, commission, reason },
    why: `Restates ${executionId}: ${reason}.`,
  };
};

const timing = (at: Instant): Proposal =>
  toDecide(
    `Only the day differs: the statement says ${dayOf(at)}. No command moves a booking to another day; where the day matters, take ours back and book it anew.`,
  );

/** The break of two executions that belong together; undefined where they agree. */
const ofPair = (context: Context, theirs: TradeLine, ours: OurFill): Break | undefined => {
  const differing: BreakType[] = [];
  if (theirs.quantity !== ours.quantity) differing.push('quantity');
  if (theirs.price !== ours.price) differing.push('price');
  if (context.statesFees && theirs.commission !== ours.commission) differing.push('fee');
  const [first] = differing;
  const isLate = dayOf(theirs.at) !== dayOf(ours.at);
  if (first === undefined && !isLate) return undefined;
  const subject = [ours.executionId, theirs.reference].concat(
    [
      [theirs.quantity, ours.quantity],
      [theirs.price, ours.price],
      context.statesFees ? [theirs.commission, ours.commission] : [],
      isLate ? [dayOf(theirs.at), dayOf(ours.at)] : [],
    ].map(String),
  );
  return breakOf(context, subject, {
    kind: first ?? 'timing',
    symbol: ours.symbol,
    at: theirs.at,
    ours: fillFacts(ours),
    theirs: lineFacts(theirs, context.statesFees),
    ...less(lineEffect(context, theirs, ours.commission), fillEffect(context, ours)),
    ...(first === undefined ? timing(theirs.at) : correctionOf(context, theirs, ours, differing)),
  });
};

/** Totals agree in shares and value; what is left to differ is the fee, and the last part takes the difference. */
const ofGroup = (context: Context, group: FillMatches['groups'][number]): Break | undefined => {
  const { theirs, ours } = group;
  const line = theirs[0];
  const last = ours.at(-1);
  if (!context.statesFees || line === undefined || last === undefined) return undefined;
  const theirFee = sum(theirs.map(({ commission }) => commission));
  const ourFee = sum(ours.map(({ commission }) => commission));
  const more = theirFee - ourFee;
  if (more === 0n) return undefined;
  const commission = (last.commission + more) as Cash;
  const { executionId, quantity, price } = last;
  const reason = "the broker's statement has another fee";
  const correction: Correction | null =
    commission < 0n || last.splitSince
      ? null
      : { kind: 'correct_fill', executionId, quantity, price, commission, reason };
  const parts = ours.map((fill) => fill.executionId).join(' ');
  return breakOf(context, [line.reference, parts, theirFee, ourFee], {
    kind: 'fee',
    symbol: line.symbol,
    at: line.at,
    ours: { executionIds: parts, commission: formatCash(ourFee) },
    theirs: {
      ...lineFacts(line, true),
      commission: formatCash(theirFee),
      rows: `${theirs.length}`,
      ...(theirs.length > 1
        ? { references: theirs.map(({ reference }) => reference).join(' ') }
        : {}),
    },
    cash: -more as Cash,
    shares: 0n as Break['shares'],
    correction,
    why:
      correction === null
        ? 'The difference does not fit into the commission of one execution: a person has to spread it.'
        : `Restates ${executionId}, the last of them, with the difference of all.`,
  });
};

/** What a statement's executions and ours differ in, and how much of the end of the statement that explains. */
export const fillBreaks = (
  context: Context,
  matches: FillMatches,
  gone: AsBooked['takenBack'],
): readonly Break[] =>
  [
    ...gone.map((one) => takenBack(context, one)),
    ...matches.pairs.map(({ theirs, ours }) => ofPair(context, theirs, ours)),
    ...matches.groups.map((group) => ofGroup(context, group)),
    ...matches.missing.map((line) => missing(context, line)),
    ...matches.unknown.map((fill) => unknown(context, fill)),
    ...matches.ourDuplicates.map(({ extra, of }) => ourDuplicate(context, extra, of)),
    ...matches.theirDuplicates.map((line) => theirDuplicate(context, line)),
  ].filter((one) => one !== undefined);
