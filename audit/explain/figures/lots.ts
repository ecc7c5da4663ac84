import type { LotRecord } from '#projections/positions/table.ts';
import type { Tables } from '#projections/tables.ts';
import { cellsOf, figure, fromTables } from '../define.ts';
import {
  type Definition,
  type FigureTable,
  NoSuchFigure,
  type Subject,
  type Unit,
} from '../explanation.ts';
import { type LotNumber, lotLines } from '../lot-moves.ts';
import { movesIn } from '../position-values.ts';
import { isUuid } from './keys.ts';

/** A lot. Throws NoSuchFigure. */
const lotIn = (tables: Tables, { accountId, id }: Subject): LotRecord => {
  if (id == null) throw new NoSuchFigure('The figure is of a lot: which one?');
  const lot = tables.lots.get(id);
  if (lot?.accountId === accountId) return lot;
  throw new NoSuchFigure(`The account has no lot ${id}.`);
};

const ofLot = (column: string, unit: Unit, summary: string, number: LotNumber): Definition =>
  fromTables(figure(`lots.${column}`, unit, summary), (tables, subject) => {
    const { symbol, lotId } = lotIn(tables, subject);
    return lotLines(movesIn(tables, { ...subject, symbol }), lotId, number);
  });

/** The opening part of each fill and what first in, first out has left of it. */
export const lots: FigureTable = {
  view: 'lots',
  needs: 'id',
  idIs: 'id of the lot',
  row: (tables, subject) => cellsOf(lotIn(tables, subject)),
  key: ({ accountId, id }) => (id != null && isUuid(id) ? [accountId, id] : null),
  figures: [
    ofLot('quantity', 'quantity', 'shares that are left of it', 'quantity'),
    ofLot('cost', 'cash', 'cost of what is left', 'cost'),
    ofLot('commission', 'cash', 'commission of what is left', 'commission'),
    ofLot(
      'realized_pnl',
      'cash',
      'profit of what was taken from it, first in, first out',
      'realizedPnl',
    ),
  ],
};
