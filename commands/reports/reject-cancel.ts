import { accept } from '#domain/decision.ts';
import type { Decide } from '../deciding.ts';
import type { BrokerReport } from '../ports/broker.ts';
import { onOrder } from './disputed.ts';

export type RejectCancel = Extract<BrokerReport, { type: 'RejectCancel' }>;

/** Says something only to an order that waits for the answer: a fill may have ended it meanwhile. */
export const rejectCancel: Decide<RejectCancel> = (report, state) =>
  onOrder('cancel_rejected', report, state, (order) => {
    const { orderId, reason, at } = report;
    if (order.status !== 'pending_cancel') return accept();
    return accept({ type: 'OrderCancelRejected', orderId, reason, rejectedAt: at });
  });
