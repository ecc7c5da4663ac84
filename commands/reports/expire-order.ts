import { accept } from '#domain/decision.ts';
import type { Decide } from '../deciding.ts';
import type { BrokerReport } from '../ports/broker.ts';
import { dispute, mayHappen, onOrder } from './disputed.ts';

export type ExpireOrder = Extract<BrokerReport, { type: 'ExpireOrder' }>;

export const expireOrder: Decide<ExpireOrder> = (report, state) =>
  onOrder('expired', report, state, (order) => {
    if (order.status === 'expired') return accept();
    if (!mayHappen(order, 'expire')) {
      return dispute('expired', 'contradicts_status', report.at, report);
    }
    return accept({ type: 'OrderExpired', orderId: report.orderId, expiredAt: report.at });
  });
