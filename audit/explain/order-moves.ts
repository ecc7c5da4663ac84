import type { OrderId } from '#domain/ids.ts';
import { formatQuantity } from '#domain/money.ts';
import type { Execution } from '#domain/order/events.ts';
import type { OrderTerms } from '#domain/order/terms.ts';
import type { LedgerEvent, RecordedEvent } from '#domain/recorded-event.ts';
import type { Tables } from '#projections/tables.ts';
import { product } from './cash-moves.ts';
import { told } from './define.ts';
import type { Line, Run } from './explanation.ts';
import { createLines, lineOf } from './lines.ts';

/** What an execution adds to its order, or takes back. */
export type Filled = {
  readonly quantity: bigint;
  readonly value: bigint;
  readonly commission: bigint;
  readonly fills: bigint;
};

type Change = { readonly what: string; readonly filled: Filled };

const filledBy = ({ quantity, price, commission }: Execution, fills: bigint): Filled => ({
  quantity,
  value: quantity * price,
  commission,
  fills,
});

const less = (left: Filled, right: Filled): Filled => ({
  quantity: left.quantity - right.quantity,
  value: left.value - right.value,
  commission: left.commission - right.commission,
  fills: left.fills - right.fills,
});

const none: Filled = { quantity: 0n, value: 0n, commission: 0n, fills: 0n };

const changeOf = (data: LedgerEvent): Change | null => {
  switch (data.type) {
    case 'OrderFilled':
      return { what: `${data.side} ${product(data)}`, filled: filledBy(data, 1n) };
    case 'FillBusted':
      return {
        what: `busted: ${data.side} ${product(data)}`,
        filled: less(none, filledBy(data, 0n)),
      };
    case 'FillCorrected': {
      const before = {
        ...data,
        quantity: data.previousQuantity,
        price: data.previousPrice,
        commission: data.previousCommission,
      };
      return {
        what: `corrected: ${data.side} ${product(before)} becomes ${product(data)}`,
        filled: less(filledBy(data, 0n), filledBy(before, 0n)),
      };
    }
    default:
      return null;
  }
};

/** Watches what executions did to one order; a split restates the shares that it has filled, not what they cost. */
export const watchFilled = (number: keyof Filled, orderId: OrderId | null, most: number): Run => {
  const { add, lines } = createLines(most);
  let total = 0n;
  const put = (line: Line): void => {
    if (line.amount === 0n) return;
    total += line.amount;
    add(line);
  };
  return {
    see: (event) => {
      const { data } = event;
      if (!('orderId' in data) || data.orderId !== orderId) return;
      if (data.type === 'OrderAdjusted' && number === 'quantity') {
        const what = `${formatQuantity(data.filledQuantity)} filled, in the new shares`;
        put(lineOf(event, what, data.filledQuantity - total));
      }
      const change = changeOf(data);
      if (change !== null) put(lineOf(event, change.what, change.filled[number]));
    },
    tell: () => told(lines()),
  };
};

/** Watches what of one order was taken back; a correction upward takes from that first. */
export const watchBusted = (orderId: OrderId | null, most: number): Run => {
  const { add, lines } = createLines(most);
  let total = 0n;
  const put = (event: RecordedEvent, what: string, amount: bigint): void => {
    if (amount === 0n) return;
    total += amount;
    add(lineOf(event, what, amount));
  };
  return {
    see: (event) => {
      const { data } = event;
      if (!('orderId' in data) || data.orderId !== orderId) return;
      if (data.type === 'FillBusted') put(event, `busted: ${product(data)}`, data.quantity);
      if (data.type === 'FillCorrected') {
        const change = data.quantity - data.previousQuantity;
        const returned = change < total ? change : total;
        const what = `corrected from ${formatQuantity(data.previousQuantity)} to ${formatQuantity(data.quantity)}`;
        put(event, what, -returned);
      }
      if (data.type === 'OrderAdjusted') {
        put(event, 'restated in the new shares', data.bustedQuantity - total);
      }
    },
    tell: () => told(lines()),
  };
};

export type TermNumber = {
  [Name in keyof OrderTerms]: OrderTerms[Name] extends bigint | null ? Name : never;
}[keyof OrderTerms];

/** The terms that an event gives an order; undefined where it leaves them alone. */
const termsIn = (data: LedgerEvent, orderId: OrderId): OrderTerms | undefined => {
  switch (data.type) {
    case 'OrderSubmitted':
    case 'OrderRefused':
    case 'OrderAdjusted':
      return data.orderId === orderId ? data.terms : undefined;
    case 'OrderReplaced':
      return data.replacementId === orderId ? data.terms : undefined;
    default:
      return undefined;
  }
};

type Setting = { readonly value: bigint | null; readonly what: string };

/** Watches for the event that set a number last; undefined where an event leaves it alone. */
export const watchLast = (
  numberIn: (event: RecordedEvent, tables: Tables) => Setting | undefined,
): Run => {
  let last: Line | null = null;
  return {
    see: (event, tables) => {
      const found = numberIn(event, tables);
      if (found === undefined) return;
      last = found.value === null ? null : lineOf(event, found.what, found.value);
    },
    tell: () => told(last === null ? [] : [last]),
  };
};

/** Watches the event that gave an order its terms as they are. */
export const watchTerm = (name: TermNumber, orderId: OrderId | null): Run =>
  watchLast(({ data }) => {
    const terms = orderId === null ? undefined : termsIn(data, orderId);
    return terms && { value: terms[name], what: `${data.type}: the order’s terms` };
  });
