import { accept } from '#domain/decision.ts';
import { isLive } from '#domain/order/lifecycle.ts';
import type { Decide } from '../deciding.ts';
import type { BrokerReport } from '../ports/broker.ts';
import { dispute, onOrder } from './disputed.ts';

export type TrailStop = Extract<BrokerReport, { type: 'TrailStop' }>;

export const trailStop: Decide<TrailStop> = (report, state) =>
  onOrder('trailed', report, state, (order) => {
    const { orderId, highWaterMark, stopPrice, at } = report;
    if (!isLive(order.status)) return dispute('trailed', 'contradicts_status', at, report);
    if (order.highWaterMark === highWaterMark && order.trailedStopPrice === stopPrice) {
      return accept();
    }
    return accept({ type: 'StopTrailed', orderId, highWaterMark, stopPrice, trailedAt: at });
  });
