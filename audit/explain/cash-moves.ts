import type { AccountEvent } from '#domain/account/events.ts';
import type { Book } from '#domain/account/postings.ts';
import { formatPrice, formatQuantity } from '#domain/money.ts';
import type { Execution } from '#domain/order/events.ts';
import { isAccountEvent, type RecordedEvent } from '#domain/recorded-event.ts';
import type { Line } from './explanation.ts';
import { lineOf } from './lines.ts';

/** One movement of an account's cash and the book on the other side of it. */
export type CashMove = { readonly book: Book; readonly line: Line };

type Part = { readonly book: Book; readonly what: string; readonly amount: bigint };
type Traded = Pick<Execution, 'side' | 'symbol' | 'quantity' | 'price' | 'commission'>;

/** `10 AAPL × 199.25` */
export const product = ({ quantity, symbol, price }: Omit<Traded, 'side' | 'commission'>): string =>
  `${formatQuantity(quantity)} ${symbol} × ${formatPrice(price)}`;

const trade = (fill: Traded, verb: string, sign: 1n | -1n): readonly Part[] => {
  const value = fill.quantity * fill.price * sign;
  const traded: Part = {
    book: 'market',
    what: `${verb} ${product(fill)}`,
    amount: fill.side === 'buy' ? -value : value,
  };
  if (fill.commission === 0n) return [traded];
  const amount = -fill.commission * sign;
  return [traded, { book: 'commission', what: `${verb}: commission`, amount }];
};

/** What an event does to the account's cash, computed from the event alone. */
const partsOf = (event: AccountEvent): readonly Part[] => {
  switch (event.type) {
    case 'CashDeposited':
      return [{ book: 'external', what: `deposit: ${event.description}`, amount: event.amount }];
    case 'CashWithdrawn':
      return [
        { book: 'external', what: `withdrawal: ${event.description}`, amount: -event.amount },
      ];
    case 'FeeCharged':
      return [{ book: 'fees', what: `fee: ${event.description}`, amount: -event.amount }];
    case 'InterestPaid':
      return [{ book: 'interest', what: `interest: ${event.description}`, amount: event.amount }];
    case 'CashAdjusted':
      return [{ book: 'adjustments', what: `adjustment (${event.reason})`, amount: event.amount }];
    case 'DividendPaid': {
      const what = `dividend ${product({ ...event, price: event.perShare })}`;
      return [{ book: 'dividends', what, amount: event.amount }];
    }
    case 'StockSplit': {
      if (event.cashInLieu === 0n) return [];
      const what = `split: cash in lieu of ${formatQuantity(event.fraction)} ${event.symbol}`;
      return [{ book: 'corporate_actions', what, amount: event.cashInLieu }];
    }
    case 'OrderFilled':
      return trade(event, event.side, 1n);
    case 'FillBusted':
      return trade(event, `busted ${event.side}`, -1n);
    case 'FillCorrected': {
      const before = {
        ...event,
        quantity: event.previousQuantity,
        price: event.previousPrice,
        commission: event.previousCommission,
      };
      return [
        ...trade(before, `correction, undo ${event.side}`, -1n),
        ...trade(event, `correction, ${event.side}`, 1n),
      ];
    }
    default:
      return []; // Every other event moves no cash; a new one that did would not sum to the figure.
  }
};

/** What an event adds to its account's cash. */
export const cashMoves = (event: RecordedEvent): readonly CashMove[] => {
  const { data } = event;
  if (!isAccountEvent(data)) return [];
  return partsOf(data).map(({ book, what, amount }) => ({
    book,
    line: lineOf(event, what, amount),
  }));
};
