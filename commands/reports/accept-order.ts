import { accept } from '#domain/decision.ts';
import type { Decide } from '../deciding.ts';
import type { BrokerReport } from '../ports/broker.ts';
import { dispute, mayHappen, onOrder } from './disputed.ts';

export type AcceptOrder = Extract<BrokerReport, { type: 'AcceptOrder' }>;

export const acceptOrder: Decide<AcceptOrder> = (report, state) =>
  onOrder('accepted', report, state, (order) => {
    const { orderId, brokerOrderId, at } = report;
    if (order.brokerOrderId === brokerOrderId) return accept(); // Brokers repeat themselves.
    if (order.brokerOrderId !== null || !mayHappen(order, 'accept')) {
      return dispute('accepted', 'contradicts_status', at, report);
    }
    return accept({ type: 'OrderAccepted', orderId, brokerOrderId, acceptedAt: at });
  });
