import type { AccountState } from '#domain/account/state.ts';
import { unreachable } from '#domain/unreachable.ts';
import {
  type CloseAccount,
  closeAccount,
  type ReinstateAccount,
  reinstateAccount,
  type SuspendAccount,
  suspendAccount,
} from './account/account-standing.ts';
import { type AdjustCash, adjustCash } from './account/adjust-cash.ts';
import { type ChargeFee, chargeFee } from './account/charge-fee.ts';
import { type DepositCash, depositCash } from './account/deposit-cash.ts';
import { type OpenAccount, openAccount } from './account/open-account.ts';
import { type PayDividend, payDividend } from './account/pay-dividend.ts';
import { type PayInterest, payInterest } from './account/pay-interest.ts';
import { type ReportDividend, reportDividend } from './account/report-dividend.ts';
import { type ReportWithdrawal, reportWithdrawal } from './account/report-withdrawal.ts';
import { type SplitStock, splitStock } from './account/split-stock.ts';
import { type WithdrawCash, withdrawCash } from './account/withdraw-cash.ts';
import type { AccountDecision } from './deciding.ts';
import { type CancelAllOrders, cancelAllOrders } from './orders/cancel-all-orders.ts';
import { type CancelOrder, cancelOrder } from './orders/cancel-order.ts';
import { type ClosePosition, closePosition } from './orders/close-position.ts';
import { type ReplaceOrder, replaceOrder } from './orders/replace-order.ts';
import { type SubmitOrder, submitOrder } from './orders/submit-order.ts';
import type { BrokerReport } from './ports/broker.ts';
import type { Quotes } from './ports/quotes.ts';
import { acceptOrder } from './reports/accept-order.ts';
import { bustFill } from './reports/bust-fill.ts';
import { confirmCancel } from './reports/confirm-cancel.ts';
import { confirmReplace } from './reports/confirm-replace.ts';
import { correctFill } from './reports/correct-fill.ts';
import { expireOrder } from './reports/expire-order.ts';
import { fill } from './reports/fill.ts';
import { rejectCancel } from './reports/reject-cancel.ts';
import { rejectOrder } from './reports/reject-order.ts';
import { rejectReplace } from './reports/reject-replace.ts';
import { trailStop } from './reports/trail-stop.ts';
import { triggerOrder } from './reports/trigger-order.ts';

/** What one may ask for. It may be refused. */
export type Intention =
  | OpenAccount
  | DepositCash
  | WithdrawCash
  | ChargeFee
  | PayInterest
  | PayDividend
  | AdjustCash
  | SplitStock
  | SuspendAccount
  | ReinstateAccount
  | CloseAccount
  | SubmitOrder
  | ReplaceOrder
  | CancelOrder
  | CancelAllOrders
  | ClosePosition;

/** What happened to an account's cash outside this ledger; the rest is a fill, or cannot be refused for want of cash anyway. */
export type CashReport = ReportWithdrawal | ReportDividend;

/** Everything an account can be told: intentions, and reports of what has happened already. */
export type AccountCommand = Intention | BrokerReport | CashReport;

/** Events for a command, or why not. Pure: the same command, state and quotes always decide the same. */
export const decide = (
  command: AccountCommand,
  state: AccountState,
  quotes: Quotes,
): AccountDecision => {
  switch (command.type) {
    case 'OpenAccount':
      return openAccount(command, state, quotes);
    case 'DepositCash':
      return depositCash(command, state, quotes);
    case 'WithdrawCash':
      return withdrawCash(command, state, quotes);
    case 'ChargeFee':
      return chargeFee(command, state, quotes);
    case 'PayInterest':
      return payInterest(command, state, quotes);
    case 'PayDividend':
      return payDividend(command, state, quotes);
    case 'AdjustCash':
      return adjustCash(command, state, quotes);
    case 'SplitStock':
      return splitStock(command, state, quotes);
    case 'ReportWithdrawal':
      return reportWithdrawal(command, state, quotes);
    case 'ReportDividend':
      return reportDividend(command, state, quotes);
    case 'SuspendAccount':
      return suspendAccount(command, state, quotes);
    case 'ReinstateAccount':
      return reinstateAccount(command, state, quotes);
    case 'CloseAccount':
      return closeAccount(command, state, quotes);
    case 'SubmitOrder':
      return submitOrder(command, state, quotes);
    case 'ReplaceOrder':
      return replaceOrder(command, state, quotes);
    case 'CancelOrder':
      return cancelOrder(command, state, quotes);
    case 'CancelAllOrders':
      return cancelAllOrders(command, state, quotes);
    case 'ClosePosition':
      return closePosition(command, state, quotes);
    case 'AcceptOrder':
      return acceptOrder(command, state, quotes);
    case 'RejectOrder':
      return rejectOrder(command, state, quotes);
    case 'TriggerOrder':
      return triggerOrder(command, state, quotes);
    case 'TrailStop':
      return trailStop(command, state, quotes);
    case 'ConfirmCancel':
      return confirmCancel(command, state, quotes);
    case 'RejectCancel':
      return rejectCancel(command, state, quotes);
    case 'ConfirmReplace':
      return confirmReplace(command, state, quotes);
    case 'RejectReplace':
      return rejectReplace(command, state, quotes);
    case 'ExpireOrder':
      return expireOrder(command, state, quotes);
    case 'Fill':
      return fill(command, state, quotes);
    case 'BustFill':
      return bustFill(command, state, quotes);
    case 'CorrectFill':
      return correctFill(command, state, quotes);
    default:
      return unreachable(command);
  }
};
