import { computedAmount } from '#domain/market/split-ratio.ts';
import { type Cash, negate, type Price, type Quantity, zeroCash } from '#domain/money.ts';
import type { AccountCommand } from '../commands.ts';
import type { KeyedCommand } from './line-commands.ts';

/** What a command would do to the cash by its own figures. */
export const amountOf = (command: AccountCommand): Cash => {
  switch (command.type) {
    case 'Fill':
      return computedAmount({ ...command, commission: command.commission ?? zeroCash });
    case 'ReportWithdrawal':
    case 'ChargeFee':
      return negate(command.amount);
    case 'DepositCash':
    case 'AdjustCash':
    case 'PayInterest':
    case 'ReportDividend':
      return command.amount;
    default:
      return zeroCash;
  }
};

type Figures = {
  readonly quantity: Quantity | null;
  readonly price: Price | null;
  readonly commission: Cash | null;
};

/** What a command says of shares and prices. */
export const figuresOf = ({ command }: KeyedCommand): Figures => {
  switch (command.type) {
    case 'Fill':
    case 'CorrectFill': {
      const { quantity, price, commission } = command;
      return { quantity, price, commission };
    }
    case 'ReportDividend':
      return { quantity: command.quantity, price: command.perShare, commission: null };
    default:
      return { quantity: null, price: null, commission: null };
  }
};
