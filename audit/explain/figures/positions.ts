import { absolute, formatQuantity, perShare } from '#domain/money.ts';
import type { MarketRecord, PriceMarkRecord } from '#projections/marks/table.ts';
import type { Tables } from '#projections/tables.ts';
import {
  closingOrders,
  dayPnlOf,
  dayStartOf,
  excursionsOf,
  valued,
} from '../../as-of/valuation.ts';
import {
  cellsOf,
  derived,
  figure,
  fromTables,
  percentOf,
  perUnit,
  together,
  total,
} from '../define.ts';
import { type Direction, excursionLines } from '../excursions.ts';
import type { Cells, Definition, FigureTable, Line, Subject, Unit } from '../explanation.ts';
import { evaluate } from '../formula.ts';
import { linesOf, type Move, type MoveNumber, ofOpenCycle } from '../position-moves.ts';
import { heldIn, movesIn, ownPriceLines, positionIn, priceLines } from '../position-values.ts';

const everything = (moves: readonly Move[]): readonly Move[] => moves;

/** A figure that is a sum of one number over the position's moves. */
const ofMoves = (
  [column, unit, summary]: readonly [column: string, unit: Unit, summary: string],
  number: MoveNumber,
  which: (moves: readonly Move[]) => readonly Move[],
): Definition =>
  fromTables(figure(`positions.${column}`, unit, summary), (tables, subject) =>
    linesOf(which(movesIn(tables, subject)), number),
  );

const quantity = ofMoves(
  ['quantity', 'quantity', 'shares held, negative for a short'],
  'quantity',
  everything,
);
const totalCost = ofMoves(
  ['total_cost', 'cash', 'cost of what is held, negative for a short'],
  'cost',
  ofOpenCycle,
);
const realized = ofMoves(
  ['realized_pnl', 'cash', 'profit realized by the open position, before commission'],
  'realized',
  ofOpenCycle,
);
const realizedEver = ofMoves(
  ['realized_pnl_lifetime', 'cash', 'profit ever realized in the symbol, before commission'],
  'realized',
  everything,
);
const commission = ofMoves(
  ['commission', 'cash', 'commission that the open position has cost'],
  'commission',
  ofOpenCycle,
);

const averageCost = perUnit(
  figure('positions.avg_cost', 'price', 'cost of a share'),
  totalCost,
  quantity,
);
const currentPrice = fromTables(
  figure(
    'positions.current_price',
    'price',
    'latest mark, or the last own fill until there is one',
  ),
  priceLines,
);
const marketValue = derived(
  figure('positions.market_value', 'cash', 'what it is worth at the current price'),
  { kind: 'product' },
  quantity,
  currentPrice,
);
const unrealized = total(
  figure('positions.unrealized_pnl', 'cash', 'market value less cost'),
  [marketValue],
  [totalCost],
);
const totalPnl = total(
  figure('positions.total_pnl', 'cash', 'realized and unrealized profit of the open position'),
  [realized, unrealized],
);

/** Shares as they were before the trading day of the last fill, or all of them on a later day. */
const sharesAtStart = fromTables(
  figure('shares when the day began', 'quantity', ''),
  (tables, subject) => {
    const moves = movesIn(tables, subject);
    const { trades } = dayStartOf(tables, positionIn(tables, subject));
    const today = moves.at(-1)?.session ?? '';
    return linesOf(trades ? moves.filter(({ session }) => session < today) : moves, 'quantity');
  },
);

/** The mark that the latest session's day starts from: the last of the session before, or its own first. */
const startMark = (
  tables: Tables,
  { symbol, session }: MarketRecord,
): PriceMarkRecord | undefined => {
  const marks = tables.priceMarks.group(symbol);
  const first = marks.findIndex((mark) => mark.session === session);
  let before: PriceMarkRecord | undefined;
  for (const mark of marks.slice(0, Math.max(0, first))) {
    if (before === undefined || mark.session >= before.session) before = mark;
  }
  return before ?? marks[first];
};

const startPriceLines = (tables: Tables, subject: Subject): readonly Line[] => {
  const position = heldIn(tables, subject);
  const market = tables.marketDataCache.get(position.symbol);
  if (market === undefined) return ownPriceLines(tables, subject);
  if (market.session < position.session) {
    const { sequence, markedAt: at, session, price: amount } = market;
    return [{ sequence, at, what: `the close of ${session}`, amount }];
  }
  const mark = startMark(tables, market);
  if (mark === undefined) return [];
  const { sequence, markedAt: at, session } = mark;
  return session < market.session
    ? [{ sequence, at, what: `the close of ${session}`, amount: mark.close }]
    : [{ sequence, at, what: `the open of ${session}`, amount: mark.open }];
};

const dayStartValue = derived(
  figure(
    'positions.day_start_value',
    'cash',
    'what was held when the day began, at the price of then',
  ),
  { kind: 'product' },
  sharesAtStart,
  fromTables(figure('price when the day began', 'price', ''), startPriceLines),
);

const cashOfDay = (tables: Tables, subject: Subject): readonly Line[] => {
  const { trades } = dayStartOf(tables, heldIn(tables, subject));
  const moves = movesIn(tables, subject);
  const today = moves.at(-1)?.session;
  return trades
    ? linesOf(
        moves.filter(({ session }) => session === today),
        'cash',
      )
    : [];
};

const dayPnl: Definition = {
  ...figure('positions.day_pnl', 'cash', 'what it made since the day began, before commission'),
  begin: (subject, most) =>
    together([marketValue, dayStartValue], subject, most, (parts, tables) => ({
      formula: { kind: 'sum', signs: [1, -1] },
      lines: cashOfDay(tables, subject),
      parts,
    })),
};

const available: Definition = {
  ...figure(
    'positions.available_quantity',
    'quantity',
    'shares that no open order would close yet',
  ),
  begin: (subject, most) =>
    together([quantity], subject, most, (parts, tables) => {
      const position = heldIn(tables, subject);
      const lines = closingOrders(tables, position).map(
        ({ orderId, side, reservedQuantity, sequence, updatedAt: at }): Line => ({
          sequence,
          at,
          what: `order ${orderId} would ${side} ${formatQuantity(reservedQuantity)}`,
          amount: -reservedQuantity,
          see: { figure: 'orders.reserved_quantity', orderId },
        }),
      );
      const signs = [position.quantity < 0n ? (-1 as const) : (1 as const)];
      return { formula: { kind: 'sum', signs }, lines, parts };
    }),
};

const excursion = (column: string, direction: Direction, summary: string): Definition =>
  fromTables(figure(`positions.${column}`, 'cash', summary), (tables, subject) => {
    const { symbol } = heldIn(tables, subject);
    const cycle = ofOpenCycle(movesIn(tables, subject));
    return excursionLines(cycle, tables.priceMarks.group(symbol), direction);
  });

const unrealizedPercent = percentOf(
  figure('positions.unrealized_pnl_pct', 'percent', 'unrealized profit in percent of the cost'),
  unrealized,
  totalCost,
);
const dayPercent = percentOf(
  figure('positions.day_pnl_pct', 'percent', 'the day’s profit in percent of its start'),
  dayPnl,
  dayStartValue,
);

const percent = (part: bigint, whole: bigint): bigint =>
  evaluate({ kind: 'percent' }, [{ value: part }, { value: whole }], []);

/** A position as the view shows it; of a flat one, what its row keeps. */
const row = (tables: Tables, subject: Subject): Cells => {
  const position = positionIn(tables, subject);
  const { quantity, cost, cycle, realizedPnlLifetime } = position;
  const kept = { quantity, totalCost: cost, realizedPnlLifetime };
  if (cycle === null) return cellsOf(kept);
  const { price, marketValue, unrealized } = valued(tables, position);
  const start = dayStartOf(tables, position);
  const dayStartValue = start.shares * start.price;
  const dayPnl = dayPnlOf(tables, position);
  const { maxFavorable, maxAdverse } = excursionsOf(tables, position);
  let closing = 0n;
  for (const { reservedQuantity } of closingOrders(tables, position)) closing += reservedQuantity;
  return cellsOf({
    ...kept,
    availableQuantity: absolute(quantity) - closing,
    avgCost: perShare(cost, quantity),
    currentPrice: price,
    marketValue,
    unrealizedPnl: unrealized,
    unrealizedPnlPct: percent(unrealized, cost),
    realizedPnl: cycle.realized,
    totalPnl: cycle.realized + unrealized,
    dayPnl,
    dayPnlPct: percent(dayPnl, dayStartValue),
    dayStartValue,
    commission: cycle.commission,
    maxFavorableExcursion: maxFavorable,
    maxAdverseExcursion: maxAdverse,
  });
};

/** The open positions at the latest marks. */
export const positions: FigureTable = {
  view: 'positions',
  needs: 'symbol',
  row,
  key: ({ accountId, symbol }) => (symbol === null ? null : [accountId, symbol]),
  figures: [
    quantity,
    available,
    totalCost,
    averageCost,
    currentPrice,
    marketValue,
    unrealized,
    unrealizedPercent,
    realized,
    totalPnl,
    dayPnl,
    dayPercent,
    dayStartValue,
    commission,
    realizedEver,
    excursion('max_favorable_excursion', 'favorable', 'the best it was ever worth beyond its cost'),
    excursion('max_adverse_excursion', 'adverse', 'the worst it was ever worth below its cost'),
  ],
};

/** For the figures of accounts, which add them up. */
export const positionFigures = { marketValue, unrealized, dayPnl };
