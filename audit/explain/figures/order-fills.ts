import { formatCash, formatPrice, formatQuantity } from '#domain/money.ts';
import type { Execution, FillCorrected } from '#domain/order/events.ts';
import type { LedgerEvent } from '#domain/recorded-event.ts';
import type { FillRecord } from '#projections/order-fills/table.ts';
import type { Tables } from '#projections/tables.ts';
import { cellsOf, derived, figure, told } from '../define.ts';
import {
  type Cells,
  type Definition,
  type FigureTable,
  NoSuchFigure,
  type Subject,
  type Unit,
} from '../explanation.ts';
import { createLines, lineOf } from '../lines.ts';
import { watchLast } from '../order-moves.ts';

type Named = readonly [column: string, unit: Unit, summary: string];
type Executed = Extract<LedgerEvent, Execution>;

const executionIn = (data: LedgerEvent, id: string | null | undefined): Executed | null =>
  'venue' in data && data.executionId === id ? data : null;

const words = ({ type, quantity, price, commission, symbol, side }: Executed): string => {
  const what = `${side} ${formatQuantity(quantity)} ${symbol} at ${formatPrice(price)}`;
  return `${type}: ${what}, commission ${formatCash(commission)}`;
};

/** A number of an execution: as it was reported, and what corrections changed about it. A bust leaves it as it is. */
const reported = (
  [column, unit, summary]: Named,
  field: 'quantity' | 'price' | 'commission',
): Definition => ({
  ...figure(`order_fills.${column}`, unit, summary),
  begin: ({ id }, most) => {
    const { add, lines } = createLines(most);
    let value = 0n;
    return {
      see: (event) => {
        const data = executionIn(event.data, id);
        if (data === null || data.type === 'FillBusted') return;
        add(lineOf(event, words(data), data[field] - value));
        value = data[field];
      },
      tell: () => told(lines()),
    };
  },
});

const previous = (
  [column, unit, summary]: Named,
  numberIn: (correction: FillCorrected) => bigint,
): Definition => ({
  ...figure(`order_fills.${column}`, unit, summary),
  begin: ({ id }) =>
    watchLast(({ data }) =>
      data.type === 'FillCorrected' && data.executionId === id
        ? { value: numberIn(data), what: 'what the last correction replaced' }
        : undefined,
    ),
});

/** An execution by its id. Throws NoSuchFigure. */
const fillIn = (tables: Tables, { accountId, id }: Subject): FillRecord => {
  if (id == null) throw new NoSuchFigure('The figure is of an execution: which one?');
  const fill = tables.orderFills.get(`${accountId}/${id}`);
  if (fill !== undefined) return fill;
  throw new NoSuchFigure(`The account has no execution ${id}.`);
};

const quantity = reported(['quantity', 'quantity', 'shares, as corrected'], 'quantity');
const price = reported(['price', 'price', 'price, as corrected'], 'price');

/** Every execution, also those busted or disputed. */
export const orderFills: FigureTable = {
  view: 'order_fills',
  needs: 'id',
  idIs: 'execution id',
  row: (tables, subject): Cells => cellsOf(fillIn(tables, subject)),
  key: ({ accountId, id }) => (id == null ? null : [accountId, id]),
  figures: [
    quantity,
    price,
    derived(
      figure('order_fills.value', 'cash', 'price × quantity, as corrected'),
      { kind: 'product' },
      quantity,
      price,
    ),
    reported(['commission', 'cash', 'commission, as corrected'], 'commission'),
    previous(
      ['previous_quantity', 'quantity', 'shares before the last correction'],
      ({ previousQuantity }) => previousQuantity,
    ),
    previous(
      ['previous_price', 'price', 'price before the last correction'],
      ({ previousPrice }) => previousPrice,
    ),
    previous(
      ['previous_commission', 'cash', 'commission before the last correction'],
      ({ previousCommission }) => previousCommission,
    ),
  ],
};
