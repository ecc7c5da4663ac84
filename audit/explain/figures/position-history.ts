import type { PositionHistoryRecord } from '#projections/positions/table.ts';
import type { Tables } from '#projections/tables.ts';
import { cellsOf, figure, fromTables, percentOf, perUnit, total } from '../define.ts';
import { type Direction, excursionLines } from '../excursions.ts';
import {
  type Cells,
  type Definition,
  type FigureTable,
  type Line,
  NoSuchFigure,
  type Subject,
  type Unit,
} from '../explanation.ts';
import { evaluate } from '../formula.ts';
import { linesOf, type Move, type MoveNumber, ofCycleEndedBy } from '../position-moves.ts';
import { movesIn } from '../position-values.ts';
import { isUuid } from './keys.ts';

type Named = readonly [column: string, unit: Unit, summary: string];

/** A position from flat to flat. Throws NoSuchFigure. */
const closedIn = (tables: Tables, { accountId, id }: Subject): PositionHistoryRecord => {
  if (id == null) throw new NoSuchFigure('The figure is of a closed position: which one?');
  const closed = tables.positionHistory.get(id);
  if (closed?.accountId === accountId) return closed;
  throw new NoSuchFigure(`The account has no closed position ${id}.`);
};

const cycleIn = (tables: Tables, subject: Subject): readonly Move[] => {
  const { symbol, id } = closedIn(tables, subject);
  return ofCycleEndedBy(movesIn(tables, { ...subject, symbol }), id);
};

const ofMoves = ([column, unit, summary]: Named, number: MoveNumber): Definition =>
  fromTables(figure(column, unit, summary), (tables, subject) =>
    linesOf(cycleIn(tables, subject), number),
  );

const named = (column: string, unit: Unit, summary: string): Named => [
  `position_history.${column}`,
  unit,
  summary,
];

const excursion = (column: string, direction: Direction, summary: string): Definition =>
  fromTables(figure(...named(column, 'cash', summary)), (tables, subject) => {
    const { symbol } = closedIn(tables, subject);
    return excursionLines(cycleIn(tables, subject), tables.priceMarks.group(symbol), direction);
  });

const holdLines = (tables: Tables, subject: Subject): readonly Line[] => {
  const cycle = cycleIn(tables, subject).filter(({ kind }) => kind !== 'undone');
  const [first, last] = [cycle[0], cycle.at(-1)];
  if (first === undefined || last === undefined) return [];
  const seconds = Math.floor((Date.parse(last.at) - Date.parse(first.at)) / 1000);
  const what = `from ${first.at} (event ${first.sequence}) to ${last.at}, whole seconds`;
  return [{ sequence: last.sequence, at: last.at, what, amount: BigInt(Math.max(0, seconds)) }];
};

const quantity = ofMoves(
  named('quantity', 'quantity', 'all shares that it opened, in the shares of its end'),
  'opened',
);
const entryValue = ofMoves(named('entry_value', 'cash', 'what opening it came to'), 'entryValue');
const exitValue = ofMoves(named('exit_value', 'cash', 'what closing it came to'), 'exitValue');
const closedShares = ofMoves(['shares closed', 'quantity', ''], 'closed');
const realized = ofMoves(named('realized_pnl', 'cash', 'profit, before commission'), 'realized');
const commission = ofMoves(named('commission', 'cash', 'commission that it cost'), 'commission');

const row = (tables: Tables, subject: Subject): Cells => {
  const closed = closedIn(tables, subject);
  const { realizedPnl, commission: paid, entryValue: entered } = closed;
  const ratio = [{ value: realizedPnl }, { value: entered }];
  return cellsOf({
    ...closed,
    avgEntryPrice: closed.averageEntryPrice,
    realizedPnlNet: realizedPnl - paid,
    realizedPnlPct: evaluate({ kind: 'percent' }, ratio, []),
  });
};

/** Closed positions, from flat to flat. */
export const positionHistory: FigureTable = {
  view: 'position_history',
  needs: 'id',
  idIs: 'id of the closed position',
  row,
  key: ({ accountId, id }) => (id != null && isUuid(id) ? [accountId, id] : null),
  figures: [
    quantity,
    perUnit(
      figure(...named('average_entry_price', 'price', 'average price of opening')),
      entryValue,
      quantity,
    ),
    perUnit(
      figure(...named('average_exit_price', 'price', 'average price of closing')),
      exitValue,
      closedShares,
    ),
    entryValue,
    exitValue,
    realized,
    commission,
    total(
      figure(...named('realized_pnl_net', 'cash', 'profit, after commission')),
      [realized],
      [commission],
    ),
    percentOf(
      figure(...named('realized_pnl_pct', 'percent', 'profit in percent of what opening came to')),
      realized,
      entryValue,
    ),
    excursion('max_favorable_excursion', 'favorable', 'the best it was ever worth beyond its cost'),
    excursion('max_adverse_excursion', 'adverse', 'the worst it was ever worth below its cost'),
    fromTables(figure(...named('hold_seconds', 'seconds', 'how long it was held')), holdLines),
  ],
};
