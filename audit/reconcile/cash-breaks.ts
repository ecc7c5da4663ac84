import {
  absolute,
  type Cash,
  divide,
  formatCash,
  formatPrice,
  formatQuantity,
  negate,
  notional,
  type Price,
} from '#domain/money.ts';
import type { BreakType } from '#domain/reconciliation/break-types.ts';
import type { Correction, Facts } from '#domain/reconciliation/correction.ts';
import type { Break } from '#domain/reconciliation/events.ts';
import { dayOf, isBy } from '#domain/reconciliation/period.ts';
import { unreachable } from '#domain/unreachable.ts';
import { amending, type OurMovement } from './books.ts';
import { breakOf, type Context, splitSince } from './context.ts';
import type { CashLine, CashMatches } from './match-cash.ts';

const noShares = 0n as Break['shares'];
const kindOf = (line: CashLine): string => (line.kind === 'dividend' ? 'dividend' : line.category);

const lineFacts = (line: CashLine): Facts => ({
  reference: line.reference,
  row: String(line.row),
  category: kindOf(line),
  amount: formatCash(line.amount),
  ...(line.kind === 'dividend'
    ? {
        symbol: line.symbol,
        quantity: line.quantity === null ? null : formatQuantity(line.quantity),
        perShare: line.perShare === null ? null : formatPrice(line.perShare),
      }
    : {}),
  at: line.at,
  description: line.description,
});

const movementFacts = (movement: OurMovement): Facts => ({
  eventId: movement.id,
  category: movement.category,
  amount: formatCash(movement.amount),
  ...(movement.symbol === null ? {} : { symbol: movement.symbol }),
  reference: movement.reference,
  at: movement.at,
  description: movement.description,
});

type Proposal = Pick<Break, 'correction' | 'why'>;

const adjusting = (line: CashLine, reason: string): Correction => ({
  kind: 'adjust_cash',
  amount: line.amount,
  description: line.description,
  externalReference: line.reference,
  at: line.at,
  reason,
});

/** What a share paid: as told, or else where the amount comes out even on the shares that we hold. */
const perShareOf = (line: Extract<CashLine, { kind: 'dividend' }>, held: bigint): Price | null => {
  if (line.perShare !== null) return line.perShare;
  return held === 0n ? null : (divide(line.amount, held) as Price);
};

const payingDividend = (
  context: Context,
  line: Extract<CashLine, { kind: 'dividend' }>,
): Proposal => {
  const held = context.books.heldNow.get(line.symbol) ?? (0n as Break['shares']);
  const perShare = perShareOf(line, held);
  const isExact =
    perShare !== null &&
    perShare > 0n &&
    held !== 0n &&
    notional(perShare, held) === line.amount &&
    !splitSince(context, line.symbol, line.at);
  if (!isExact || perShare === null) {
    return {
      correction: adjusting(line, `dividend of ${line.symbol} on shares that are not held now`),
      why: `Adjusts the cash: the dividend does not come out of the ${formatQuantity(held)} ${line.symbol} held now.`,
    };
  }
  const { symbol, amount, description, reference: externalReference, at } = line;
  return {
    correction: {
      kind: 'pay_dividend',
      symbol,
      perShare,
      amount,
      description,
      externalReference,
      at,
    },
    why: `Pays ${formatPrice(perShare)} a share on the ${formatQuantity(held)} ${symbol} held.`,
  };
};

const booking = (line: Extract<CashLine, { kind: 'cash' }>): Proposal => {
  const { description, reference: externalReference, at, category } = line;
  const movement = { description, externalReference, at };
  const amount = absolute(line.amount);
  switch (category) {
    case 'deposit':
      if (line.amount < 0n) break;
      return {
        correction: { kind: 'deposit_cash', amount, ...movement },
        why: 'Books the deposit.',
      };
    case 'withdrawal':
      if (line.amount > 0n) break;
      return {
        correction: { kind: 'withdraw_cash', amount, ...movement },
        why: 'Books the withdrawal, where that much is free.',
      };
    case 'fee':
    case 'tax':
      if (line.amount > 0n) break;
      return {
        correction: { kind: 'charge_fee', amount, ...movement },
        why: `Books the ${category}.`,
      };
    case 'interest':
      return {
        correction: { kind: 'pay_interest', amount: line.amount, ...movement },
        why: 'Books the interest.',
      };
    case 'conversion':
    case 'adjustment':
      break;
    default:
      return unreachable(category);
  }
  return {
    correction: adjusting(line, `the broker's statement has this ${category}`),
    why: `Adjusts the cash: there is no command for ${category === 'adjustment' ? 'it' : `a ${category} of this sign`}.`,
  };
};

const missing = (context: Context, line: CashLine): Break => {
  const isDividend = line.kind === 'dividend';
  return breakOf(context, [line.reference, kindOf(line), line.amount], {
    kind: isDividend ? 'unbooked_dividend' : 'missing_cash',
    symbol: isDividend ? line.symbol : null,
    at: line.at,
    ours: null,
    theirs: lineFacts(line),
    cash: line.amount,
    shares: noShares,
    ...(isDividend ? payingDividend(context, line) : booking(line)),
  });
};

/** Adds to a booking what brings it to another amount. */
const amendment = (ours: OurMovement, by: Cash, reason: string): Proposal => ({
  correction: {
    kind: 'adjust_cash',
    amount: by,
    description: ours.description,
    externalReference: amending(ours),
    at: ours.at,
    reason,
  },
  why: `Adjusts the cash by ${formatCash(by)}: ${reason}.`,
});

const atEnd = (
  { period }: Context,
  movement: { readonly at: CashLine['at']; readonly amount: Cash },
): bigint => (isBy(movement.at, period.to) ? movement.amount : 0n);

const unknown = (context: Context, ours: OurMovement): Break =>
  breakOf(context, [ours.id, ours.amount], {
    kind: 'unknown_cash',
    symbol: ours.symbol,
    at: ours.at,
    ours: movementFacts(ours),
    theirs: null,
    cash: -atEnd(context, ours) as Cash,
    shares: noShares,
    ...amendment(
      ours,
      negate(ours.amount),
      `the broker's statement does not have this ${ours.category}`,
    ),
  });

const ofPair = (context: Context, theirs: CashLine, ours: OurMovement): Break | undefined => {
  const differs = theirs.amount !== ours.amount;
  const isLate = dayOf(theirs.at) !== dayOf(ours.at);
  if (!differs && !isLate) return undefined;
  const kind: BreakType = differs ? 'amount' : 'timing';
  const by = (theirs.amount - ours.amount) as Cash;
  const days = isLate ? [dayOf(theirs.at), dayOf(ours.at)] : [];
  return breakOf(context, [ours.id, theirs.reference, theirs.amount, ours.amount, ...days], {
    kind,
    symbol: ours.symbol,
    at: theirs.at,
    ours: movementFacts(ours),
    theirs: lineFacts(theirs),
    cash: (atEnd(context, theirs) - atEnd(context, ours)) as Cash,
    shares: noShares,
    ...(differs
      ? amendment(ours, by, "the broker's statement has another amount")
      : {
          correction: null,
          why: `Only the day differs: the statement says ${dayOf(theirs.at)}. No command moves a booking to another day.`,
        }),
  });
};

const repeated = (context: Context, line: CashLine): Break =>
  breakOf(context, ['theirs', line.reference], {
    kind: 'missing_cash',
    symbol: null,
    at: line.at,
    ours: null,
    theirs: lineFacts(line),
    cash: 0n as Cash,
    shares: noShares,
    correction: null,
    why: `The statement has the reference ${line.reference} more than once: ask the broker.`,
  });

/** What a statement's movements of cash and ours differ in. */
export const cashBreaks = (context: Context, matches: CashMatches): readonly Break[] =>
  [
    ...matches.pairs.map(({ theirs, ours }) => ofPair(context, theirs, ours)),
    ...matches.missing.map((line) => missing(context, line)),
    ...matches.unknown.map((ours) => unknown(context, ours)),
    ...matches.repeated.map((line) => repeated(context, line)),
  ].filter((one) => one !== undefined);
