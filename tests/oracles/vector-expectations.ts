import type { Symbol as Ticker } from '#domain/ids.ts';
import type { Quantity } from '#domain/money.ts';
import type { Lot } from '#domain/position/lots.ts';
import type { ClosedTrade } from './closed-trades.ts';
import {
  type Exact,
  meets,
  ofAverage,
  ofCash,
  ofQuantity,
  type Precision,
  shown,
} from './exact.ts';
import type { Checks } from './report.ts';
import { type Fields, fields, listOf, onlyKnown, optionalText, text } from './vector.ts';
import { accountId } from './vector-account.ts';
import { figures, type View } from './vector-figures.ts';
import type { MatchedPart, VectorRun } from './vector-run.ts';

const checkNumber = (
  checks: Checks,
  where: string,
  expected: unknown,
  actual: Exact,
  precision: Precision,
): void => {
  const wanted = text(expected, where);
  checks.check(
    meets(wanted, actual, precision),
    () => `${where}: expected ${wanted}, got ${shown(actual)}`,
  );
};

type Part = { readonly quantity: Exact; readonly cost: Exact; readonly date: string | null };

const partOf = ({ quantity, cost, date }: MatchedPart): Part => ({
  quantity: ofQuantity(quantity),
  cost,
  date,
});

const lotPart = (lot: Lot): Part => ({
  quantity: ofQuantity(lot.quantity),
  cost: ofAverage(lot.cost, lot.quantity),
  date: lot.openedAt.slice(0, 10),
});

const fits = (wanted: Fields, part: Part, where: string): boolean => {
  onlyKnown(wanted, ['symbol', 'qty', 'cost', 'date'], where);
  const date = optionalText(wanted['date'], where);
  return (
    meets(text(wanted['qty'], where), part.quantity, 'exact') &&
    meets(text(wanted['cost'], where), part.cost, 'stated') &&
    (date === null || date === part.date)
  );
};

const shownParts = (parts: readonly Part[]): string =>
  `[${parts.map(({ quantity, cost }) => `${shown(quantity)}@${shown(cost)}`).join(', ')}]`;

/** `inOrder`: what is taken is taken in an order; what is left has none. */
const checkParts = (
  checks: Checks,
  where: string,
  expected: unknown,
  parts: readonly Part[],
  inOrder: boolean,
): void => {
  const wanted = listOf(expected, where);
  const left = [...parts];
  const all = wanted.every((item) => {
    const found = inOrder ? 0 : left.findIndex((part) => fits(item, part, where));
    const part = left[found];
    if (part === undefined || !fits(item, part, where)) return false;
    left.splice(found, 1);
    return true;
  });
  checks.check(
    all && left.length === 0,
    () => `${where}: expected ${JSON.stringify(wanted)}, got ${shownParts(parts)}`,
  );
};

/** At average cost all shares are one lot. */
const remaining = (run: VectorRun, symbol: Ticker): readonly Part[] => {
  if (run.matching !== 'average') return run.lots.lotsOf(symbol).map(lotPart);
  const position = run.account.position(symbol);
  if (position === undefined || position.quantity === 0n) return [];
  const { quantity, cost } = position;
  return [{ quantity: ofQuantity(quantity), cost: ofAverage(cost, quantity), date: null }];
};

type TradeField = (trade: ClosedTrade) => readonly [Exact, Precision];

const tradeFields: Readonly<Record<string, TradeField>> = {
  qty: (trade) => [ofQuantity(trade.quantity), 'exact'],
  entry: (trade) => [trade.entry, 'stated'],
  exit: (trade) => [trade.exit, 'stated'],
  pnl: (trade) => [ofCash(trade.pnl), 'cents'],
  fees: (trade) => [ofCash(trade.fees), 'cents'],
};

const checkTrade = (checks: Checks, where: string, wanted: Fields, trade: ClosedTrade): void => {
  for (const [name, value] of Object.entries(wanted)) {
    const field = tradeFields[name];
    if (name === 'direction') {
      checks.check(value === trade.direction, () => `${where}.direction: got ${trade.direction}`);
    } else if (field === undefined) {
      checks.differ(`${where}: unknown field ${name}`);
    } else {
      checkNumber(checks, `${where}.${name}`, value, ...field(trade));
    }
  }
};

const checkTrades = (checks: Checks, where: string, expected: unknown, run: VectorRun): void => {
  const wanted = listOf(expected, where);
  const { trades } = run.trades;
  checks.check(
    wanted.length === trades.length,
    () => `${where}: expected ${wanted.length} trades, got ${trades.length}`,
  );
  for (const [index, item] of wanted.entries()) {
    const trade = trades[index];
    if (trade !== undefined) checkTrade(checks, `${where}[${index}]`, item, trade);
  }
};

/** All that is held, by symbol: its shares, or an object of expectations. */
const checkHoldings = (checks: Checks, where: string, expected: unknown, run: VectorRun): void => {
  const held = new Map<Ticker, Quantity>();
  for (const row of run.account.world.tables.positions.group(accountId)) {
    held.set(row.symbol, row.quantity);
  }
  for (const [name, value] of Object.entries(fields(expected, where))) {
    const symbol = name as Ticker;
    const shares = ofQuantity(held.get(symbol) ?? (0n as Quantity));
    held.delete(symbol);
    if (typeof value === 'object') checkEntry(checks, run, fields(value, where), { where, symbol });
    else checkNumber(checks, `${where}.${name}`, value, shares, 'exact');
  }
  checks.check(held.size === 0, () => `${where}: holds ${[...held.keys()].join(', ')} as well`);
};

const errorClasses: readonly (readonly [RegExp, RegExp])[] = [
  [/not enough|exceed|insufficient|more than/i, /^(exceeds_lots|insufficient_\w+)$/],
  [/ambig/i, /^ambiguous$/],
  [/no (match|lot|position)|not found|unknown|not held/i, /^(unknown_lot|position_not_found)$/],
];

/** Error texts are the source's; ours is a code of the same meaning. */
const checkError = (checks: Checks, where: string, expected: unknown, run: VectorRun): void => {
  const wanted = text(expected, where);
  const codes = errorClasses.find(([words]) => words.test(wanted))?.[1];
  const got = run.error;
  run.error = null; // Expected, so not a difference by itself.
  const met = got !== null && codes?.test(got) === true;
  checks.check(met, () => `${where}: expected "${wanted}", got ${got ?? 'no error'}`);
};

const sideOf = ({ position }: View): string => {
  const quantity = position?.quantity ?? 0n;
  if (quantity === 0n) return 'flat';
  return quantity > 0n ? 'long' : 'short';
};

const structured: Readonly<
  Record<string, (checks: Checks, where: string, expected: unknown, view: View) => void>
> = {
  side: (checks, where, expected, view) =>
    checks.check(
      text(expected, where).toLowerCase() === sideOf(view),
      () => `${where}: expected ${String(expected)}, got ${sideOf(view)}`,
    ),
  closed_trades: (checks, where, expected, { run }) => checkTrades(checks, where, expected, run),
  matched: (checks, where, expected, { run }) =>
    checkParts(checks, where, expected, run.matched.map(partOf), run.matching !== 'strict'),
  lots: (checks, where, expected, { run, symbol }) =>
    checkParts(checks, where, expected, remaining(run, symbol), false),
  positions: (checks, where, expected, { run }) => checkHoldings(checks, where, expected, run),
  error: (checks, where, expected, { run }) => checkError(checks, where, expected, run),
};

/** Checks one expected field; a field that nothing here knows is a difference. */
export const checkField = (
  checks: Checks,
  where: string,
  name: string,
  expected: unknown,
  view: View,
): void => {
  const figure = figures[name];
  const structure = structured[name];
  if (figure !== undefined) checkNumber(checks, where, expected, figure.of(view), figure.precision);
  else if (structure !== undefined) structure(checks, where, expected, view);
  else checks.differ(`${where}: unknown field`);
};

/** Looks at the symbol the entry names, or else at the one that moved last. */
export const viewOf = (run: VectorRun, symbol: Ticker | null): View => {
  const subject = symbol ?? run.symbol;
  return {
    run,
    symbol: subject,
    position: run.account.position(subject),
    onlySymbol: symbol !== null,
  };
};

const checkEntry = (
  checks: Checks,
  run: VectorRun,
  entry: Fields,
  { where, symbol }: { readonly where: string; readonly symbol: Ticker },
): void => {
  const view = viewOf(run, symbol);
  for (const [name, expected] of Object.entries(entry)) {
    checkField(checks, `${where}.${symbol}.${name}`, name, expected, view);
  }
};
