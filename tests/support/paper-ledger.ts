import type { BrokerReport, RoutedOrder, WorkingOrder } from '#commands/ports/broker.ts';
import type { OrderId } from '#domain/ids.ts';
import {
  add,
  affordable,
  notional,
  type Quantity,
  subtract,
  zeroCash,
  zeroQuantity,
} from '#domain/money.ts';
import { unreachable } from '#domain/unreachable.ts';
import { brokerOrderIdOf } from '#gateways/brokers/paper/paper-order.ts';

/** What a ledger knows from the orders it sent and the reports it recorded: enough to restore a paper broker from. */
export type PaperLedger = {
  readonly sent: (order: RoutedOrder) => void;
  readonly recorded: (report: BrokerReport) => void;
  /** The working orders, in no order that means anything. */
  readonly working: () => readonly WorkingOrder[];
};

/** An order that begins to work; `filled` = what the order that it replaces has filled. */
const accepted = (order: RoutedOrder, filled: Quantity): WorkingOrder => ({
  ...order,
  terms: {
    ...order.terms,
    quantity: order.terms.quantity === null ? null : subtract(order.terms.quantity, filled),
  },
  brokerOrderId: brokerOrderIdOf(order.orderId),
  filledQuantity: zeroQuantity,
  filledNotional: zeroCash,
  fillCount: 0,
  triggered: false,
  highWaterMark: null,
  trailedStopPrice: null,
});

const isFilled = (order: WorkingOrder, report: Extract<BrokerReport, { type: 'Fill' }>): boolean =>
  order.terms.quantity === null
    ? affordable(subtract(order.terms.notional ?? zeroCash, order.filledNotional), report.price) ===
      0n
    : order.filledQuantity >= order.terms.quantity;

export const paperLedger = (): PaperLedger => {
  const sent = new Map<OrderId, RoutedOrder>();
  const working = new Map<OrderId, WorkingOrder>();
  const end = (orderId: OrderId): void => {
    working.delete(orderId);
  };
  const change = (
    orderId: OrderId | null,
    by: (order: WorkingOrder) => Partial<WorkingOrder>,
  ): void => {
    const order = orderId === null ? undefined : working.get(orderId);
    if (order !== undefined) working.set(order.orderId, { ...order, ...by(order) });
  };
  const filled = (report: Extract<BrokerReport, { type: 'Fill' }>): void => {
    change(report.orderId, (order) => ({
      filledQuantity: add(order.filledQuantity, report.quantity),
      filledNotional: add(order.filledNotional, notional(report.price, report.quantity)),
      fillCount: order.fillCount + 1,
    }));
    const order = report.orderId === null ? undefined : working.get(report.orderId);
    if (order !== undefined && isFilled(order, report)) end(order.orderId);
  };
  const replaced = (orderId: OrderId, replacementId: OrderId): void => {
    const old = working.get(orderId);
    const replacement = sent.get(replacementId);
    if (old === undefined || replacement === undefined) return;
    end(orderId);
    working.set(replacementId, accepted(replacement, old.filledQuantity));
  };
  const recorded = (report: BrokerReport): void => {
    switch (report.type) {
      case 'AcceptOrder': {
        const order = sent.get(report.orderId);
        if (order !== undefined) working.set(report.orderId, accepted(order, zeroQuantity));
        return;
      }
      case 'TriggerOrder':
        change(report.orderId, () => ({ triggered: true }));
        return;
      case 'TrailStop': {
        const { highWaterMark, stopPrice } = report;
        change(report.orderId, () => ({ highWaterMark, trailedStopPrice: stopPrice }));
        return;
      }
      case 'Fill':
        filled(report);
        return;
      case 'ConfirmReplace':
        replaced(report.orderId, report.replacementId);
        return;
      case 'RejectReplace':
        end(report.replacementId);
        return;
      case 'ConfirmCancel':
      case 'ExpireOrder':
      case 'RejectOrder':
        end(report.orderId);
        return;
      case 'RejectCancel':
      case 'BustFill':
      case 'CorrectFill':
        return;
      default:
        unreachable(report);
    }
  };
  return {
    sent: (order) => void sent.set(order.orderId, order),
    recorded,
    working: () => [...working.values()],
  };
};
