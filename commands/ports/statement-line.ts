import type { MovementCategory } from '#domain/account/movement.ts';
import type { CommandId } from '#domain/ids.ts';
import { computedAmount } from '#domain/market/split-ratio.ts';
import { type Cash, subtract } from '#domain/money.ts';
import { unreachable } from '#domain/unreachable.ts';
import type { StatementLine } from './broker-statement.ts';

// What importing and reconciling have to say alike of a line: what it is called, and what it is booked as.

export type CashLine = Extract<StatementLine, { readonly kind: 'cash' }>;
export type TradeLine = Extract<StatementLine, { readonly kind: 'trade' }>;

/** A source's reference as everybody else sees it: of cash the external reference, of a trade the execution id. */
export const outsideReference = (source: string, reference: string): string =>
  `${source}:${reference}`;

/** The reference of what a trade's stated amount differs by from price × quantity. `reference`: the trade's. */
export const roundingReference = (reference: string): string => `${reference}:rounding`;

const imported = 'import:';

/** The idempotency key under which an import books what has this reference outside. */
export const importKey = (reference: string): string => `${imported}${reference}`;
/** What an import called what it booked; null where no import did. */
export const importedReference = (commandId: CommandId | null): string | null => {
  const prefix = `c:${imported}`;
  return commandId?.startsWith(prefix) === true ? commandId.slice(prefix.length) : null;
};

export type BookedAs = Exclude<MovementCategory, 'dividend'>;

/** What a movement of cash is in books that hold one currency: of either sign, a command of ours. */
export const bookedAs = ({ category, amount }: Pick<CashLine, 'category' | 'amount'>): BookedAs => {
  switch (category) {
    case 'deposit':
    case 'withdrawal':
    case 'conversion':
      return amount > 0n ? 'deposit' : 'withdrawal';
    case 'fee':
    case 'tax':
      return amount < 0n ? 'fee' : 'adjustment';
    case 'interest':
    case 'adjustment':
      return category;
    default:
      return unreachable(category);
  }
};

/** As its booking describes it: a tax among the fees says that it is one. */
export const describedAs = ({ category, description }: CashLine): string =>
  category === 'tax' ? `Tax: ${description}` : description;

/** Why an adjustment stands for it. */
export const adjustedFor = ({ category, description }: CashLine): string =>
  category === 'fee' || category === 'tax' ? `${category} given back` : description || category;

/** What a trade's stated amount is off by from price × quantity and commission; 0 where none is stated. */
export const roundingOf = (trade: TradeLine): Cash =>
  trade.amount === undefined ? (0n as Cash) : subtract(trade.amount, computedAmount(trade));
