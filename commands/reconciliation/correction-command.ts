import type { Correction } from '#domain/reconciliation/correction.ts';
import type { Instant } from '#domain/time.ts';
import { unreachable } from '#domain/unreachable.ts';
import type { AccountCommand } from '../commands.ts';

/** The command that a correction stands for. `now`: when a fill is taken back or restated; what else there is has its own time. */
export const commandOf = (correction: Correction, now: Instant): AccountCommand => {
  switch (correction.kind) {
    case 'fill': {
      const { kind: _, ...execution } = correction;
      return { type: 'Fill', orderId: null, liquidity: 'unknown', ...execution };
    }
    case 'bust_fill': {
      const { executionId, reason } = correction;
      return { type: 'BustFill', executionId, reason, at: now };
    }
    case 'correct_fill': {
      const { kind: _, ...restated } = correction;
      return { type: 'CorrectFill', ...restated, at: now };
    }
    case 'report_dividend': {
      const { kind: _, ...paid } = correction;
      return { type: 'ReportDividend', ...paid };
    }
    case 'pay_dividend': {
      const { symbol, perShare, description, externalReference, at } = correction;
      return { type: 'PayDividend', symbol, perShare, description, externalReference, at };
    }
    case 'split_stock': {
      const { symbol, newShares, oldShares, fractions, at } = correction;
      const wholeShares = fractions === 'paid';
      const referencePrice = null;
      return { type: 'SplitStock', symbol, newShares, oldShares, wholeShares, referencePrice, at };
    }
    case 'deposit_cash': {
      const { kind: _, ...movement } = correction;
      return { type: 'DepositCash', ...movement };
    }
    case 'report_withdrawal': {
      const { kind: _, ...movement } = correction;
      return { type: 'ReportWithdrawal', ...movement };
    }
    case 'withdraw_cash': {
      const { kind: _, ...movement } = correction;
      return { type: 'WithdrawCash', ...movement };
    }
    case 'charge_fee': {
      const { kind: _, ...movement } = correction;
      return { type: 'ChargeFee', ...movement };
    }
    case 'pay_interest': {
      const { kind: _, ...movement } = correction;
      return { type: 'PayInterest', ...movement };
    }
    case 'adjust_cash': {
      const { kind: _, ...movement } = correction;
      return { type: 'AdjustCash', ...movement };
    }
    default:
      return unreachable(correction);
  }
};
