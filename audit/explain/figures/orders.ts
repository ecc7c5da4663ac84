import { perShare } from '#domain/money.ts';
import type { OrderRecord } from '#projections/orders/table.ts';
import type { Tables } from '#projections/tables.ts';
import { cellsOf, figure, perUnit, total } from '../define.ts';
import {
  type Cells,
  type Definition,
  type FigureTable,
  NoSuchFigure,
  type Run,
  type Subject,
  type Unit,
} from '../explanation.ts';
import {
  type Filled,
  type TermNumber,
  watchBusted,
  watchFilled,
  watchLast,
  watchTerm,
} from '../order-moves.ts';
import { watchReserved } from '../reserve-moves.ts';

type Begin = (subject: Subject, most: number) => Run;
type Named = readonly [column: string, unit: Unit, summary: string];

const of = ([column, unit, summary]: Named, begin: Begin): Definition => ({
  ...figure(`orders.${column}`, unit, summary),
  begin,
});

const filledBy = (named: Named, number: keyof Filled): Definition =>
  of(named, ({ orderId }, most) => watchFilled(number, orderId, most));

const term = (named: Named, name: TermNumber): Definition =>
  of(named, ({ orderId }) => watchTerm(name, orderId));

const trailed = (column: string, summary: string, field: 'highWaterMark' | 'stopPrice') =>
  of([column, 'price', summary], ({ orderId }) =>
    watchLast(({ data }) =>
      data.type === 'StopTrailed' && data.orderId === orderId
        ? { value: data[field], what: 'the stop followed the market' }
        : undefined,
    ),
  );

const quantity = term(['quantity', 'quantity', 'shares ordered'], 'quantity');
const filledQuantity = filledBy(['filled_quantity', 'quantity', 'shares filled'], 'quantity');
const filledValue = filledBy(['filled_value', 'cash', 'price × quantity of its fills'], 'value');
const bustedQuantity = of(
  ['busted_quantity', 'quantity', 'shares that were filled and taken back'],
  ({ orderId }, most) => watchBusted(orderId, most),
);
const referencePrice = of(
  ['reference_price', 'price', 'the quote that it was checked against'],
  ({ orderId }) =>
    watchLast(({ data }, tables) => {
      if (data.type === 'OrderSubmitted' && data.orderId === orderId) {
        return { value: data.referencePrice, what: 'the quote when it was submitted' };
      }
      if (data.type !== 'OrderReplaced' || data.replacementId !== orderId) return undefined;
      const value = tables.orders.get(data.orderId)?.referencePrice ?? null;
      return { value, what: `the quote of order ${data.orderId}, which it replaces` };
    }),
);

/** One of the account's orders. Throws NoSuchFigure. */
const orderIn = (tables: Tables, { accountId, orderId }: Subject): OrderRecord => {
  if (orderId === null) throw new NoSuchFigure('The figure is of an order: which one?');
  const order = tables.orders.get(orderId);
  if (order?.accountId === accountId) return order;
  throw new NoSuchFigure(`The account has no order ${orderId}.`);
};

const row = (tables: Tables, subject: Subject): Cells => {
  const order = orderIn(tables, subject);
  const { quantity, filledQuantity, filledValue, bustedQuantity } = order;
  return cellsOf({
    ...order,
    remainingQuantity: quantity === null ? null : quantity - filledQuantity - bustedQuantity,
    avgFillPrice: filledQuantity === 0n ? null : perShare(filledValue, filledQuantity),
  });
};

/** The orders and what became of them. */
export const orders: FigureTable = {
  view: 'orders',
  needs: 'order',
  row,
  key: ({ accountId, orderId }) => (orderId === null ? null : [accountId, orderId]),
  figures: [
    quantity,
    filledQuantity,
    total(
      figure('orders.remaining_quantity', 'quantity', 'shares that are still to be filled'),
      [quantity],
      [filledQuantity, bustedQuantity],
    ),
    filledValue,
    perUnit(
      figure('orders.avg_fill_price', 'price', 'average price of its fills'),
      filledValue,
      filledQuantity,
    ),
    bustedQuantity,
    filledBy(['fill_count', 'count', 'fills, those taken back later too'], 'fills'),
    filledBy(['commission', 'cash', 'commission of its fills'], 'commission'),
    of(['reserved_cash', 'cash', 'cash that the order keeps aside'], ({ orderId }, most) =>
      watchReserved('cash', orderId, most),
    ),
    of(
      ['reserved_quantity', 'quantity', 'shares of the position that it keeps aside'],
      ({ orderId }, most) => watchReserved('quantity', orderId, most),
    ),
    trailed('high_water_mark', 'how far the market went in its favour', 'highWaterMark'),
    trailed('trailed_stop_price', 'where the trailing stop is', 'stopPrice'),
    referencePrice,
    term(['notional', 'cash', 'amount ordered instead of shares'], 'notional'),
    term(['limit_price', 'price', 'its limit'], 'limitPrice'),
    term(['stop_price', 'price', 'its stop'], 'stopPrice'),
    term(['trail_amount', 'price', 'distance of its trailing stop'], 'trailAmount'),
    term(['trail_percent', 'percent', 'distance of its trailing stop in percent'], 'trailPercent'),
  ],
};
