import { accept } from '#domain/decision.ts';
import type { Decide } from '../deciding.ts';
import { replaced } from '../orders/replace-order.ts';
import type { BrokerReport } from '../ports/broker.ts';
import { dispute, mayHappen, onOrder } from './disputed.ts';

export type ConfirmReplace = Extract<BrokerReport, { type: 'ConfirmReplace' }>;

export const confirmReplace: Decide<ConfirmReplace> = (report, state) =>
  onOrder('replaced', report, state, (order) => {
    const { replacementId, brokerOrderId, at } = report;
    if (order.replacedBy === replacementId) return accept();
    if (order.replacement?.orderId !== replacementId) {
      return dispute('replaced', 'unknown_replacement', at, report);
    }
    if (!mayHappen(order, 'replace')) return dispute('replaced', 'contradicts_status', at, report);
    const event = replaced(order, order.replacement, brokerOrderId, at);
    return (event.terms.quantity ?? 0n) > 0n
      ? accept(event)
      : dispute('replaced', 'filled_meanwhile', at, report);
  });
