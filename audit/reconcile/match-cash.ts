import type { StatementLine } from '#commands/ports/broker-statement.ts';
import { bookedAs } from '#commands/ports/statement-line.ts';
import type { Cash } from '#domain/money.ts';
import { dayOf, daysApart, isWithin, type Period } from '#domain/reconciliation/period.ts';
import type { OurMovement } from './books.ts';

/** A row that moves cash and no shares. */
export type CashLine = Extract<StatementLine, { readonly kind: 'cash' | 'dividend' }>;

export type CashMatches = {
  readonly pairs: readonly { readonly theirs: CashLine; readonly ours: OurMovement }[];
  readonly missing: readonly CashLine[];
  readonly unknown: readonly OurMovement[];
  /** Rows that have the reference of an earlier one. */
  readonly repeated: readonly CashLine[];
};

type Pair = CashMatches['pairs'][number];
type Open = { readonly theirs: Set<CashLine>; readonly ours: Set<OurMovement> };
type Cost = (theirs: CashLine, ours: OurMovement) => number | null;

/** Of books that hold one currency: a tax is a fee, a conversion a deposit or a withdrawal. */
const categoryOf = (line: CashLine): OurMovement['category'] =>
  line.kind === 'dividend' ? 'dividend' : bookedAs(line);

const isSameKind = (line: CashLine, ours: OurMovement): boolean => {
  if (line.kind === 'dividend' && ours.category === 'dividend') return line.symbol === ours.symbol;
  return categoryOf(line) === ours.category;
};
/** Whatever has no command of its own is an adjustment. */
const mayBeSameKind = (line: CashLine, ours: OurMovement): boolean =>
  isSameKind(line, ours) || categoryOf(line) === 'adjustment' || ours.category === 'adjustment';

/** Names of the places in which something of ours may be that belongs to a row, and of the place in which it is. */
type Places = {
  readonly ofLine: (line: CashLine) => readonly string[];
  readonly ofOurs: (movement: OurMovement) => string;
};

const dayMs = 86_400_000;
const daysAround = (at: CashLine['at'], slackDays: number): readonly string[] =>
  Array.from({ length: 2 * slackDays + 1 }, (_, place) =>
    new Date(Date.parse(dayOf(at)) + (place - slackDays) * dayMs).toISOString().slice(0, 10),
  );

const byAmount = (slackDays: number): Places => ({
  ofLine: ({ amount, at }) => daysAround(at, slackDays).map((day) => `${amount} ${day}`),
  ofOurs: ({ amount, at }) => `${amount} ${dayOf(at)}`,
});
const byDay: Places = { ofLine: ({ at }) => [dayOf(at)], ofOurs: ({ at }) => dayOf(at) };

/** Pairs the cheapest first; a cost of null is no pair. Ties go to the earliest. */
const pairUp = (open: Open, pairs: Pair[], costOf: Cost, { ofLine, ofOurs }: Places): void => {
  const places = Map.groupBy(open.ours, ofOurs);
  const candidates = [...open.theirs].flatMap((theirs) =>
    ofLine(theirs).flatMap((place) =>
      (places.get(place) ?? []).flatMap((ours) => {
        const cost = costOf(theirs, ours);
        return cost === null ? [] : [{ theirs, ours, cost }];
      }),
    ),
  );
  candidates.sort((a, b) => a.cost - b.cost);
  for (const { theirs, ours } of candidates) {
    if (!open.theirs.has(theirs) || !open.ours.has(ours)) continue;
    open.theirs.delete(theirs);
    open.ours.delete(ours);
    pairs.push({ theirs, ours });
  }
};

const distance = (left: Cash, right: Cash): number =>
  Number(left > right ? left - right : right - left);

const byText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

const withoutRepeats = (lines: readonly CashLine[]) => {
  const seen = new Set<string>();
  const first: CashLine[] = [];
  const repeated: CashLine[] = [];
  for (const line of lines) {
    (seen.has(line.reference) ? repeated : first).push(line);
    seen.add(line.reference);
  }
  return { first, repeated };
};

/**
 * Puts a statement's movements of cash and ours together: by reference; by kind and amount, the nearest day first;
 * by kind and day where only the amount differs. `sameAs`: references of theirs that stand for one of ours.
 */
export const matchCash = (
  lines: readonly CashLine[],
  movements: readonly OurMovement[],
  sameAs: ReadonlyMap<string, string>,
  { period, slackDays }: { readonly period: Period; readonly slackDays: number },
): CashMatches => {
  const inOrder = lines.toSorted(
    (a, b) => byText(a.at, b.at) || byText(a.reference, b.reference) || a.row - b.row,
  );
  const { first, repeated } = withoutRepeats(inOrder);
  const open: Open = {
    theirs: new Set(first),
    ours: new Set(movements.toSorted((a, b) => byText(a.at, b.at) || byText(a.id, b.id))),
  };
  const pairs: Pair[] = [];
  const byReference = new Map<string, OurMovement>();
  for (const ours of open.ours) {
    if (ours.reference !== null) byReference.set(ours.reference, ours);
  }
  for (const theirs of [...open.theirs]) {
    const ours =
      byReference.get(theirs.reference) ?? byReference.get(sameAs.get(theirs.reference) ?? '');
    if (ours === undefined || !open.ours.has(ours) || !mayBeSameKind(theirs, ours)) continue;
    open.theirs.delete(theirs);
    open.ours.delete(ours);
    pairs.push({ theirs, ours });
  }
  const sameAmount =
    (fits: typeof isSameKind): Cost =>
    (theirs, ours) =>
      fits(theirs, ours) ? daysApart(theirs.at, ours.at) : null;
  pairUp(open, pairs, sameAmount(isSameKind), byAmount(slackDays));
  pairUp(open, pairs, sameAmount(mayBeSameKind), byAmount(slackDays));
  const sameDay: Cost = (theirs, ours) =>
    isSameKind(theirs, ours) && theirs.amount > 0n === ours.amount > 0n
      ? distance(theirs.amount, ours.amount)
      : null;
  pairUp(open, pairs, sameDay, byDay);
  return {
    pairs,
    missing: [...open.theirs],
    unknown: [...open.ours].filter(({ at }) => isWithin(at, period)),
    repeated,
  };
};
