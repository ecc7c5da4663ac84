import { accept } from '#domain/decision.ts';
import type { Decide } from '../deciding.ts';
import type { BrokerReport } from '../ports/broker.ts';
import { dispute, mayHappen, onOrder } from './disputed.ts';

export type TriggerOrder = Extract<BrokerReport, { type: 'TriggerOrder' }>;

export const triggerOrder: Decide<TriggerOrder> = (report, state) =>
  onOrder('triggered', report, state, (order) => {
    const { orderId, triggerPrice, at } = report;
    if (order.triggered) return accept();
    if (!mayHappen(order, 'trigger')) return dispute('triggered', 'contradicts_status', at, report);
    return accept({ type: 'OrderTriggered', orderId, triggerPrice, triggeredAt: at });
  });
