import type { AccountEvent } from '#domain/account/events.ts';
import { tradeCash } from '#domain/account/postings.ts';
import { type Cash, formatPrice, formatQuantity, negate, subtract } from '#domain/money.ts';
import type { Execution, FillCorrected } from '#domain/order/events.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { unreachable } from '#domain/unreachable.ts';
import { accountOf } from '../keys.ts';
import type { Tables } from '../tables.ts';
import type { TransactionRecord } from './table.ts';

type Line = Pick<TransactionRecord, 'type' | 'amount' | 'description'> & Partial<TransactionRecord>;

const tradeLines = (
  fill: Execution,
  verb: string,
  amounts: { readonly trade: Cash; readonly commission: Cash },
  rest: Partial<TransactionRecord>,
): readonly Line[] => {
  const what = `${formatQuantity(fill.quantity)} ${fill.symbol} at ${formatPrice(fill.price)}`;
  const { orderId, executionId, symbol, quantity, price } = fill;
  const about = { orderId, executionId, symbol, quantity, price, ...rest };
  const trade: Line = {
    ...about,
    type: 'trade',
    amount: amounts.trade,
    description: `${verb} ${what}`,
  };
  if (amounts.commission === 0n) return [trade];
  const commission: Line = {
    ...about,
    type: 'commission',
    amount: amounts.commission,
    description: `Commission: ${verb.toLowerCase()} ${what}`,
  };
  return [trade, commission];
};

const correction = (event: FillCorrected): readonly Line[] => {
  const previous = { ...event, quantity: event.previousQuantity, price: event.previousPrice };
  const amounts = {
    trade: subtract(tradeCash(event), tradeCash(previous)),
    commission: subtract(event.previousCommission, event.commission),
  };
  return tradeLines(event, `Correction to ${event.side}`, amounts, {
    transactionDate: event.correctedAt,
  });
};

/** The lines of an account's statement that an event makes: signed, in the order they change the balance. */
const linesOf = (event: AccountEvent): readonly Line[] => {
  switch (event.type) {
    case 'CashDeposited':
      return [{ ...moved(event), type: 'deposit', amount: event.amount }];
    case 'CashWithdrawn':
      return [{ ...moved(event), type: 'withdrawal', amount: negate(event.amount) }];
    case 'FeeCharged':
      return [{ ...moved(event), type: 'fee', amount: negate(event.amount) }];
    case 'InterestPaid':
      return [{ ...moved(event), type: 'interest', amount: event.amount }];
    case 'CashAdjusted':
      return [{ ...moved(event), type: 'adjustment', amount: event.amount }];
    case 'DividendPaid': {
      const { symbol, quantity, perShare: price } = event;
      return [{ ...moved(event), type: 'dividend', amount: event.amount, symbol, quantity, price }];
    }
    case 'StockSplit':
      if (event.cashInLieu === 0n) return [];
      return [
        {
          type: 'split_cash',
          amount: event.cashInLieu,
          description: `Cash in lieu of ${formatQuantity(event.fraction)} ${event.symbol}`,
          symbol: event.symbol,
          quantity: event.fraction,
          price: event.referencePrice,
          transactionDate: event.at,
        },
      ];
    case 'OrderFilled':
      return tradeLines(
        event,
        event.side === 'buy' ? 'Buy' : 'Sell',
        { trade: tradeCash(event), commission: negate(event.commission) },
        { transactionDate: event.executedAt, settlesAt: event.settlesAt },
      );
    case 'FillBusted':
      return tradeLines(
        event,
        `Bust of ${event.side}`,
        { trade: negate(tradeCash(event)), commission: event.commission },
        { transactionDate: event.bustedAt },
      );
    case 'FillCorrected':
      return correction(event);
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

const moved = (movement: {
  readonly description: string;
  readonly externalReference: string | null;
  readonly at: TransactionRecord['transactionDate'];
}) => ({
  description: movement.description,
  externalReference: movement.externalReference,
  transactionDate: movement.at,
});

/** Appends the event's statement lines; returns what they sum to. `balance`: the account's cash before it. */
export const projectTransactions = (
  event: RecordedEvent<AccountEvent>,
  tables: Tables,
  balance: Cash,
): Cash => {
  let total = 0n;
  for (const [index, line] of linesOf(event.data).entries()) {
    total += line.amount;
    tables.transactions.put({
      orderId: null,
      executionId: null,
      symbol: null,
      quantity: null,
      price: null,
      externalReference: null,
      transactionDate: event.effectiveAt,
      settlesAt: null,
      ...line,
      accountId: accountOf(event.stream),
      balanceAfter: (balance + total) as Cash,
      eventId: event.id,
      line: index + 1,
      sequence: event.sequence,
    });
  }
  return total as Cash;
};
