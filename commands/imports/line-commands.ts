import type { ExecutionId } from '#domain/ids.ts';
import {
  absolute,
  type Cash,
  formatCash,
  formatPrice,
  formatQuantity,
  notional,
} from '#domain/money.ts';
import type { AccountCommand } from '../commands.ts';
import type { StatementLine } from '../ports/broker-statement.ts';
import type { PlannedKind } from './import-plan.ts';
import type { TradeLine } from './restating.ts';
import { outsideReference } from './sourced-line.ts';

/** A command and what it may be repeated under. */
export type KeyedCommand = {
  readonly kind: PlannedKind;
  readonly command: AccountCommand;
  readonly key: string | null;
};

export const executionIdOf = (source: string, reference: string): ExecutionId =>
  outsideReference(source, reference) as ExecutionId;
const keyOf = (source: string, reference: string): string =>
  `import:${outsideReference(source, reference)}`;

type CashLine = Extract<StatementLine, { kind: 'cash' }>;

const cashCommand = (line: CashLine, source: string): AccountCommand => {
  const { category, amount, at } = line;
  const movement = {
    amount: absolute(amount),
    description: category === 'tax' ? `Tax: ${line.description}` : line.description,
    externalReference: outsideReference(source, line.reference),
    at,
  };
  switch (category) {
    case 'deposit':
    case 'withdrawal':
    case 'conversion':
      return amount > 0n
        ? { ...movement, type: 'DepositCash' }
        : { ...movement, type: 'ReportWithdrawal' };
    case 'fee':
    case 'tax':
      if (amount < 0n) return { ...movement, type: 'ChargeFee' };
      return { ...movement, type: 'AdjustCash', amount, reason: `${category} given back` };
    case 'interest':
      return { ...movement, type: 'PayInterest', amount };
    case 'adjustment':
      return { ...movement, type: 'AdjustCash', amount, reason: line.description || category };
  }
};

const fillCommand = (line: TradeLine, source: string): AccountCommand => ({
  type: 'Fill',
  executionId: executionIdOf(source, line.reference),
  orderId: null,
  symbol: line.symbol,
  side: line.side,
  quantity: line.quantity,
  price: line.price,
  commission: line.commission,
  liquidity: 'unknown',
  venue: '',
  at: line.at,
});

/** What a trade did to the cash by its own figures. */
const computed = ({ side, quantity, price, commission }: TradeLine): bigint => {
  const value = notional(price, quantity);
  return (side === 'buy' ? -value : value) - commission;
};

const tradeCommands = (line: TradeLine, source: string): readonly KeyedCommand[] => {
  const fill = { kind: line.side, key: null, command: fillCommand(line, source) };
  const off = ((line.amount ?? computed(line)) - computed(line)) as Cash;
  if (off === 0n) return [fill];
  const said = `${formatQuantity(line.quantity)} ${line.symbol} at ${formatPrice(line.price)}`;
  const rounding: AccountCommand = {
    type: 'AdjustCash',
    amount: off,
    description: `Rounding: ${line.side} ${said} as stated, ${formatCash(absolute(line.amount ?? off))} in cash`,
    externalReference: outsideReference(source, line.reference),
    reason: 'rounding in the statement',
    at: line.at,
  };
  const key = `${keyOf(source, line.reference)}:rounding`;
  return [fill, { kind: 'rounding', key, command: rounding }];
};

/** A line whose split, if it is one, has a ratio. */
export type BookableLine = Exclude<StatementLine, { kind: 'split_shares' }>;

/** The commands that book what a line says, first to last. */
export const commandsOf = (line: BookableLine, source: string): readonly KeyedCommand[] => {
  const { at } = line;
  const key = keyOf(source, line.reference);
  const externalReference = outsideReference(source, line.reference);
  switch (line.kind) {
    case 'trade':
      return tradeCommands(line, source);
    case 'cash':
      return [{ kind: line.category, key, command: cashCommand(line, source) }];
    case 'dividend': {
      const { symbol, amount, quantity, perShare, description } = line;
      const paid = { symbol, amount, quantity, perShare, description, externalReference, at };
      return [{ kind: 'dividend', key, command: { type: 'ReportDividend', ...paid } }];
    }
    case 'split': {
      const { symbol, newShares, oldShares, wholeShares = false } = line;
      const referencePrice = line.fractionPrice ?? null;
      const split = { symbol, newShares, oldShares, wholeShares, referencePrice, at };
      return [{ kind: 'split', key, command: { type: 'SplitStock', ...split } }];
    }
    case 'bust': {
      const executionId = executionIdOf(source, line.trade);
      const { reason } = line;
      return [{ kind: 'bust', key, command: { type: 'BustFill', executionId, reason, at } }];
    }
    case 'correction': {
      const { quantity, price, commission, reason } = line;
      const executionId = executionIdOf(source, line.trade);
      const corrected = { executionId, quantity, price, commission, reason, at };
      return [{ kind: 'correction', key, command: { type: 'CorrectFill', ...corrected } }];
    }
  }
};
