import { formatPrice, formatQuantity } from '#domain/money.ts';
import type { Execution } from '#domain/order/events.ts';
import type { LedgerEvent } from '#domain/recorded-event.ts';
import { oneLine } from './entry.ts';

const traded = ({ quantity, symbol, price }: Execution): string =>
  `${formatQuantity(quantity)} ${symbol} at ${formatPrice(price)}`;

const labels = {
  CashDeposited: 'Deposit',
  CashWithdrawn: 'Withdrawal',
  FeeCharged: 'Fee',
  InterestPaid: 'Interest',
  CashAdjusted: 'Adjustment',
  DividendPaid: 'Dividend',
} as const;

/** One line that says what an event was. */
export const narrationOf = (event: LedgerEvent): string => {
  switch (event.type) {
    case 'OrderFilled':
      return oneLine(`${event.side === 'buy' ? 'Buy' : 'Sell'} ${traded(event)}`);
    case 'FillBusted':
      return oneLine(`Bust: ${event.side} ${traded(event)}`);
    case 'FillCorrected':
      return oneLine(`Correction: ${event.side} ${traded(event)}`);
    case 'StockSplit':
      return oneLine(`Split ${event.symbol}, ${event.newShares} for ${event.oldShares}`);
    case 'CashDeposited':
    case 'CashWithdrawn':
    case 'FeeCharged':
    case 'InterestPaid':
    case 'CashAdjusted':
    case 'DividendPaid':
      return oneLine(`${labels[event.type]}: ${event.description}`);
    default:
      return event.type;
  }
};
