import type { AccountState, OrderState } from '#domain/account/state.ts';
import { accept, refuse } from '#domain/decision.ts';
import type { ExecutionId, OrderId } from '#domain/ids.ts';
import type { OrderReport, ReportDispute } from '#domain/order/events.ts';
import { type Happening, nextStatus } from '#domain/order/lifecycle.ts';
import type { Instant } from '#domain/time.ts';
import type { AccountDecision } from '../deciding.ts';

type About = { readonly orderId?: OrderId | null; readonly executionId?: ExecutionId };

/** Keeps a report that contradicts what we know. It has been said, so it is never refused. */
export const dispute = (
  report: OrderReport,
  because: ReportDispute,
  at: Instant,
  { orderId = null, executionId }: About,
): AccountDecision =>
  accept({
    type: 'ReportDisputed',
    orderId,
    executionId: executionId ?? null,
    report,
    because,
    reportedAt: at,
  });

/** Decides a report on an order we know; disputes it on one we don't. Refused only where there is no account. */
export const onOrder = (
  report: OrderReport,
  command: { readonly orderId: OrderId; readonly at: Instant },
  state: AccountState,
  decide: (order: OrderState) => AccountDecision,
): AccountDecision => {
  if (state.status === 'unopened') return refuse({ code: 'account_not_found', details: {} });
  const order = state.orders.get(command.orderId);
  return order === undefined
    ? dispute(report, 'unknown_order', command.at, command)
    : decide(order);
};

/** Whether the lifecycle knows `happening` from where the order is. */
export const mayHappen = (order: OrderState, happening: Happening): boolean =>
  nextStatus({ ...order, accepted: order.brokerOrderId !== null }, happening) !== undefined;
