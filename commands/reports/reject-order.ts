import { accept } from '#domain/decision.ts';
import type { Decide } from '../deciding.ts';
import type { BrokerReport } from '../ports/broker.ts';
import { dispute, mayHappen, onOrder } from './disputed.ts';

export type RejectOrder = Extract<BrokerReport, { type: 'RejectOrder' }>;

export const rejectOrder: Decide<RejectOrder> = (report, state) =>
  onOrder('rejected', report, state, (order) => {
    const { orderId, reason, at } = report;
    if (order.status === 'rejected') return accept();
    if (order.filledQuantity > 0n || !mayHappen(order, 'reject')) {
      return dispute('rejected', 'contradicts_status', at, report);
    }
    return accept({ type: 'OrderRejected', orderId, reason, rejectedAt: at });
  });
