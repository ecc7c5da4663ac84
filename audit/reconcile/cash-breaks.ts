import { adjustedFor, bookedAs, describedAs } from '#commands/ports/statement-line.ts';
import {
  absolute,
  type Cash,
  formatCash,
  formatPrice,
  formatQuantity,
  negate,
} from '#domain/money.ts';
import { amending } from '#domain/reconciliation/amendment.ts';
import type { BreakType } from '#domain/reconciliation/break-types.ts';
import type { Facts } from '#domain/reconciliation/correction.ts';
import type { Break } from '#domain/reconciliation/events.ts';
import { dayOf, isBy } from '#domain/reconciliation/period.ts';
import { unreachable } from '#domain/unreachable.ts';
import type { OurMovement } from './books.ts';
import { breakOf, type Context, whyKept } from './context.ts';
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

const booking = (line: Extract<CashLine, { kind: 'cash' }>): Proposal => {
  const movement = {
    amount: absolute(line.amount),
    description: describedAs(line),
    externalReference: line.reference,
    at: line.at,
  };
  const booked = bookedAs(line);
  const what = line.category === booked ? booked : `${line.category} as a ${booked}`;
  switch (booked) {
    case 'deposit':
      return { correction: { kind: 'deposit_cash', ...movement }, why: `Books the ${what}.` };
    case 'withdrawal':
      return {
        correction: { kind: 'report_withdrawal', ...movement },
        why: `Books the ${what}: it has left already.`,
      };
    case 'fee':
      return { correction: { kind: 'charge_fee', ...movement }, why: `Books the ${what}.` };
    case 'interest': {
      const correction = { kind: 'pay_interest', ...movement, amount: line.amount } as const;
      return { correction, why: `Books the ${what}.` };
    }
    case 'adjustment': {
      const reason = adjustedFor(line);
      const correction = { kind: 'adjust_cash', ...movement, amount: line.amount, reason } as const;
      return { correction, why: `Adjusts the cash: ${reason}.` };
    }
    default:
      return unreachable(booked);
  }
};

const reporting = (line: Extract<CashLine, { kind: 'dividend' }>): Proposal => {
  const {
    symbol,
    amount,
    quantity,
    perShare,
    description,
    reference: externalReference,
    at,
  } = line;
  const paid = { symbol, amount, quantity, perShare, description, externalReference, at };
  return {
    correction: { kind: 'report_dividend', ...paid },
    why: `Books the dividend of ${symbol} as it was paid.`,
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
    ...(isDividend ? reporting(line) : booking(line)),
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

const unknown = (context: Context, ours: OurMovement): Break => {
  const kept = whyKept(context);
  return breakOf(context, [ours.id, ours.amount], {
    kind: 'unknown_cash',
    symbol: ours.symbol,
    at: ours.at,
    ours: movementFacts(ours),
    theirs: null,
    cash: -atEnd(context, ours) as Cash,
    shares: noShares,
    ...(kept === null
      ? amendment(
          ours,
          negate(ours.amount),
          `the broker's statement does not have this ${ours.category}`,
        )
      : { correction: null, why: kept }),
  });
};

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
