import type { EventId, Symbol as Ticker } from '#domain/ids.ts';
import { absolute, type Quantity, sum } from '#domain/money.ts';
import { type Lot, type LotMethod, reduceLots } from '#domain/position/lots.ts';
import { fromText, minus, ofAverage } from './exact.ts';
import { type Fields, onlyKnown, optionalText, text, toQuantity } from './vector.ts';
import type { MatchedPart, VectorRun } from './vector-run.ts';

/** What a reduction says about the lots it means. */
export type LotWish = {
  readonly cost: string | null;
  readonly date: string | null;
  readonly label: string | null;
  readonly picks: readonly Fields[];
};

const same = (cost: string, lot: Lot): boolean =>
  minus(fromText(cost), ofAverage(lot.cost, lot.quantity)).numerator === 0n;

const candidates = (run: VectorRun, lots: readonly Lot[], wish: Omit<LotWish, 'picks'>) =>
  lots.filter(
    (lot) =>
      (wish.cost === null || same(wish.cost, lot)) &&
      (wish.date === null || lot.openedAt.startsWith(wish.date)) &&
      (wish.label === null || run.labels.get(lot.lotId) === wish.label),
  );

type Specific = Extract<LotMethod, { readonly kind: 'specific' }>['picks'];

/** The lot ids behind a list of descriptions; each must describe one lot. */
const picksOf = (
  run: VectorRun,
  lots: readonly Lot[],
  picks: readonly Fields[],
): Specific | string => {
  const found: { lotId: EventId; quantity: Quantity }[] = [];
  for (const pick of picks) {
    onlyKnown(pick, ['qty', 'cost', 'date', 'label'], 'lots');
    const wish = {
      cost: optionalText(pick['cost'], 'cost'),
      date: optionalText(pick['date'], 'date'),
      label: optionalText(pick['label'], 'label'),
    };
    const matching = candidates(run, lots, wish);
    const [lot] = matching;
    if (lot === undefined) return 'unknown_lot';
    if (matching.length > 1) return 'ambiguous';
    found.push({ lotId: lot.lotId, quantity: toQuantity(text(pick['qty'], 'qty'), 'qty') });
  }
  return found;
};

/**
 * The ledger takes specific lots by id and never guesses. A description that fits several lots names none of them,
 * unless all of them go.
 */
const strictPicks = (
  run: VectorRun,
  lots: readonly Lot[],
  quantity: Quantity,
): Specific | string => {
  if (lots.length === 0) return 'unknown_lot';
  const total = absolute(sum(lots.map((lot) => lot.quantity)));
  if (total === quantity) {
    return lots.map((lot) => ({ lotId: lot.lotId, quantity: absolute(lot.quantity) }));
  }
  const sized = run.method.includes('size')
    ? lots.find((lot) => absolute(lot.quantity) === quantity)
    : undefined;
  const only = sized ?? (lots.length === 1 ? lots[0] : undefined);
  return only === undefined ? 'ambiguous' : [{ lotId: only.lotId, quantity }];
};

/** Average cost has no lots: what goes, goes at the average. */
const averageReduction = (run: VectorRun, symbol: Ticker, quantity: Quantity): string | null => {
  const position = run.account.position(symbol);
  if (position === undefined || absolute(position.quantity) < quantity) return 'exceeds_lots';
  run.matched = [{ quantity, cost: ofAverage(position.cost, position.quantity), date: null }];
  return null;
};

const matchedOf = (lot: Lot, quantity: Quantity): MatchedPart => ({
  quantity,
  cost: ofAverage(lot.cost, lot.quantity),
  date: lot.openedAt.slice(0, 10),
});

const methodOf = (
  run: VectorRun,
  lots: readonly Lot[],
  quantity: Quantity,
  picks: readonly Fields[],
): LotMethod | string => {
  if (picks.length > 0) {
    const specific = picksOf(run, lots, picks);
    return typeof specific === 'string' ? specific : { kind: 'specific', picks: specific };
  }
  if (run.matching !== 'strict') return { kind: run.lotKind };
  const specific = strictPicks(run, lots, quantity);
  return typeof specific === 'string' ? specific : { kind: 'specific', picks: specific };
};

/** Matches a reduction under the vector's method through the ledger's own lots; returns why it cannot be. */
export const reduceByMethod = (
  run: VectorRun,
  symbol: Ticker,
  quantity: Quantity,
  wish: LotWish,
): string | null => {
  if (run.matching === 'average') return averageReduction(run, symbol, quantity);
  const all = run.lots.lotsOf(symbol);
  const meant = candidates(run, all, wish);
  const method = methodOf(run, meant, quantity, wish.picks);
  if (typeof method === 'string') return method;
  const reduction = reduceLots(meant, quantity, method);
  if (reduction.kind !== 'reduced') return reduction.kind;
  run.matched = reduction.taken.map((part) => matchedOf(part.lot, part.quantity));
  if (method.kind === 'specific' || meant.length < all.length) {
    const left = new Map(reduction.lots.map((lot) => [lot.lotId, lot]));
    const touched = new Set(meant.map((lot) => lot.lotId));
    run.lots.replaceNext(
      symbol,
      all.flatMap((lot) => (touched.has(lot.lotId) ? (left.get(lot.lotId) ?? []) : [lot])),
    );
  }
  return null;
};
