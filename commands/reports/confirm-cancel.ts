import { accept } from '#domain/decision.ts';
import type { Decide } from '../deciding.ts';
import type { BrokerReport } from '../ports/broker.ts';
import { dispute, mayHappen, onOrder } from './disputed.ts';

export type ConfirmCancel = Extract<BrokerReport, { type: 'ConfirmCancel' }>;

export const confirmCancel: Decide<ConfirmCancel> = (report, state) =>
  onOrder('canceled', report, state, (order) => {
    const { orderId, reason, at } = report;
    if (order.status === 'canceled') return accept();
    if (!mayHappen(order, 'cancel')) return dispute('canceled', 'contradicts_status', at, report);
    return accept({ type: 'OrderCanceled', orderId, reason, canceledAt: at });
  });
