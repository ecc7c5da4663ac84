import type { ExecutionId } from '#domain/ids.ts';
import { absolute, formatCash, formatPrice, formatQuantity } from '#domain/money.ts';
import { unreachable } from '#domain/unreachable.ts';
import type { AccountCommand } from '../commands.ts';
import type { StatementLine } from '../ports/broker-statement.ts';
import {
  adjustedFor,
  bookedAs,
  type CashLine,
  describedAs,
  importKey,
  outsideReference,
  roundingOf,
  roundingReference,
  type TradeLine,
} from '../ports/statement-line.ts';
import type { PlannedKind } from './import-plan.ts';

/** A command and what it may be repeated under. */
export type KeyedCommand = {
  readonly kind: PlannedKind;
  readonly command: AccountCommand;
  readonly key: string | null;
};

export const executionIdOf = (source: string, reference: string): ExecutionId =>
  outsideReference(source, reference) as ExecutionId;

const cashCommand = (line: CashLine, source: string): AccountCommand => {
  const { amount, at } = line;
  const movement = {
    amount: absolute(amount),
    description: describedAs(line),
    externalReference: outsideReference(source, line.reference),
    at,
  };
  const booked = bookedAs(line);
  switch (booked) {
    case 'deposit':
      return { ...movement, type: 'DepositCash' };
    case 'withdrawal':
      return { ...movement, type: 'ReportWithdrawal' };
    case 'fee':
      return { ...movement, type: 'ChargeFee' };
    case 'interest':
      return { ...movement, type: 'PayInterest', amount };
    case 'adjustment':
      return { ...movement, type: 'AdjustCash', amount, reason: adjustedFor(line) };
    default:
      return unreachable(booked);
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

const tradeCommands = (line: TradeLine, source: string): readonly KeyedCommand[] => {
  const fill = { kind: line.side, key: null, command: fillCommand(line, source) };
  const off = roundingOf(line);
  if (off === 0n) return [fill];
  const reference = roundingReference(outsideReference(source, line.reference));
  const said = `${formatQuantity(line.quantity)} ${line.symbol} at ${formatPrice(line.price)}`;
  const rounding: AccountCommand = {
    type: 'AdjustCash',
    amount: off,
    description: `Rounding: ${line.side} ${said} as stated, ${formatCash(absolute(line.amount ?? off))} in cash`,
    externalReference: reference,
    reason: 'rounding in the statement',
    at: line.at,
  };
  return [fill, { kind: 'rounding', key: importKey(reference), command: rounding }];
};

/** A line whose split, if it is one, has a ratio. */
export type BookableLine = Exclude<StatementLine, { kind: 'split_shares' }>;

/** The commands that book what a line says, first to last. */
export const commandsOf = (line: BookableLine, source: string): readonly KeyedCommand[] => {
  const { at } = line;
  const externalReference = outsideReference(source, line.reference);
  const key = importKey(externalReference);
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
