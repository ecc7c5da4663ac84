import { type Cash, negate, notional, type Quantity, subtract } from '../money.ts';
import type { Execution } from '../order/events.ts';
import { unreachable } from '../unreachable.ts';
import type { AccountEvent } from './events.ts';

/** The other sides of what an account does. */
export type Book =
  /** The account's own cash or shares. */
  | 'account'
  /** Whoever bought from or sold to the account. */
  | 'market'
  /** Outside the ledger: banks. */
  | 'external'
  | 'commission'
  | 'fees'
  | 'interest'
  | 'dividends'
  | 'adjustments'
  | 'corporate_actions';

/** One line of double entry. `unit` is a currency for cash, a symbol for shares; amounts carry 18 or 9 decimals. */
export type Posting =
  | {
      readonly asset: 'cash';
      readonly book: Book;
      readonly unit: string;
      readonly amount: Cash;
    }
  | {
      readonly asset: 'shares';
      readonly book: Book;
      readonly unit: string;
      readonly amount: Quantity;
    };

const currency = 'USD';

const cashPair = (amount: Cash, against: Book): readonly Posting[] => [
  { asset: 'cash', book: 'account', unit: currency, amount },
  { asset: 'cash', book: against, unit: currency, amount: negate(amount) },
];

const sharesPair = (unit: string, amount: Quantity, against: Book): readonly Posting[] => [
  { asset: 'shares', book: 'account', unit, amount },
  { asset: 'shares', book: against, unit, amount: negate(amount) },
];

/** Shares a trade adds to the position: positive for a buy. */
export const signedQuantity = (trade: Pick<Execution, 'side' | 'quantity'>): Quantity =>
  trade.side === 'buy' ? trade.quantity : negate(trade.quantity);

/** Cash a trade adds to the account before commission: negative for a buy. */
export const tradeCash = (trade: Pick<Execution, 'side' | 'quantity' | 'price'>): Cash => {
  const value = notional(trade.price, trade.quantity);
  return trade.side === 'buy' ? negate(value) : value;
};

const tradePostings = (trade: Execution): readonly Posting[] => [
  ...sharesPair(trade.symbol, signedQuantity(trade), 'market'),
  ...cashPair(tradeCash(trade), 'market'),
  ...(trade.commission === 0n ? [] : cashPair(negate(trade.commission), 'commission')),
];

const reversed = (postings: readonly Posting[]): readonly Posting[] =>
  postings.map((posting) =>
    posting.asset === 'cash'
      ? { ...posting, amount: negate(posting.amount) }
      : { ...posting, amount: negate(posting.amount) },
  );

/** What an event moves, as lines that sum to zero per currency and per instrument. Most events move nothing. */
export const postingsOf = (event: AccountEvent): readonly Posting[] => {
  switch (event.type) {
    case 'CashDeposited':
      return cashPair(event.amount, 'external');
    case 'CashWithdrawn':
      return cashPair(negate(event.amount), 'external');
    case 'FeeCharged':
      return cashPair(negate(event.amount), 'fees');
    case 'InterestPaid':
      return cashPair(event.amount, 'interest');
    case 'CashAdjusted':
      return cashPair(event.amount, 'adjustments');
    case 'DividendPaid':
      return cashPair(event.amount, 'dividends');
    case 'StockSplit':
      return [
        ...sharesPair(
          event.symbol,
          subtract(event.quantityAfter, event.quantityBefore),
          'corporate_actions',
        ),
        ...(event.cashInLieu === 0n ? [] : cashPair(event.cashInLieu, 'corporate_actions')),
      ];
    case 'OrderFilled':
      return tradePostings(event);
    case 'FillBusted':
      return reversed(tradePostings(event));
    case 'FillCorrected':
      return [
        ...reversed(
          tradePostings({
            ...event,
            quantity: event.previousQuantity,
            price: event.previousPrice,
            commission: event.previousCommission,
          }),
        ),
        ...tradePostings(event),
      ];
    case 'AccountOpened':
    case 'AccountSuspended':
    case 'AccountReinstated':
    case 'AccountClosed':
    case 'OrderSubmitted':
    case 'OrderRefused':
    case 'OrderAccepted':
    case 'OrderRejected':
    case 'OrderTriggered':
    case 'StopTrailed':
    case 'OrderReplaceRequested':
    case 'OrderReplaced':
    case 'OrderReplaceRejected':
    case 'OrderCancelRequested':
    case 'OrderCanceled':
    case 'OrderCancelRejected':
    case 'OrderExpired':
    case 'OrderAdjusted':
    case 'FillDisputed':
    case 'ReportDisputed':
      return [];
    default:
      return unreachable(event);
  }
};
