import { accept } from '#domain/decision.ts';
import type { Decide } from '../deciding.ts';
import type { BrokerReport } from '../ports/broker.ts';
import { onOrder } from './disputed.ts';

export type RejectReplace = Extract<BrokerReport, { type: 'RejectReplace' }>;

/** Says something only while the replacement is still in flight. */
export const rejectReplace: Decide<RejectReplace> = (report, state) =>
  onOrder('replace_rejected', report, state, (order) => {
    const { orderId, replacementId, reason, at } = report;
    if (order.replacement?.orderId !== replacementId) return accept();
    return accept({ type: 'OrderReplaceRejected', orderId, replacementId, reason, rejectedAt: at });
  });
