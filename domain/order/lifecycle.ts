import type { Quantity } from '../money.ts';

export const orderStatuses = [
  'submitted',
  'accepted',
  'partially_filled',
  'pending_cancel',
  'pending_replace',
  'filled',
  'canceled',
  'rejected',
  'expired',
  'replaced',
] as const;
export type OrderStatus = (typeof orderStatuses)[number];

/** What can befall an order, as its lifecycle sees it. */
export const happenings = [
  'accept',
  'reject',
  'trigger',
  'part_fill',
  'full_fill',
  'take_back',
  'ask_cancel',
  'cancel',
  'deny_cancel',
  'ask_replace',
  'replace',
  'deny_replace',
  'expire',
] as const;
export type Happening = (typeof happenings)[number];

/** Where a denied request leaves the order: what it would be had nobody asked. See `resumed`. */
type Next = OrderStatus | 'resume';

/** status × happening → status. What is not here cannot happen: an intention is refused, a report disputed. */
export const lifecycle: Readonly<Record<OrderStatus, Partial<Readonly<Record<Happening, Next>>>>> =
  {
    submitted: {
      accept: 'accepted',
      reject: 'rejected',
      trigger: 'submitted',
      part_fill: 'partially_filled', // A fill may overtake the broker's acceptance.
      full_fill: 'filled',
      ask_cancel: 'pending_cancel',
      cancel: 'canceled', // Nobody asked: an ioc or fok order that found nothing.
      ask_replace: 'pending_replace',
      expire: 'expired',
    },
    accepted: {
      reject: 'rejected', // Brokers do reject late, after accepting.
      trigger: 'accepted',
      part_fill: 'partially_filled',
      full_fill: 'filled',
      ask_cancel: 'pending_cancel',
      cancel: 'canceled',
      ask_replace: 'pending_replace',
      expire: 'expired',
    },
    partially_filled: {
      accept: 'partially_filled', // The acceptance that the first fill overtook.
      trigger: 'partially_filled',
      part_fill: 'partially_filled',
      full_fill: 'filled',
      take_back: 'resume',
      ask_cancel: 'pending_cancel',
      cancel: 'canceled',
      ask_replace: 'pending_replace',
      expire: 'expired',
    },
    pending_cancel: {
      accept: 'pending_cancel',
      reject: 'rejected',
      trigger: 'pending_cancel',
      part_fill: 'pending_cancel',
      full_fill: 'filled', // The fill won the race.
      take_back: 'pending_cancel',
      ask_cancel: 'pending_cancel',
      cancel: 'canceled',
      deny_cancel: 'resume',
      replace: 'replaced', // A replacement asked for before the cancel.
      deny_replace: 'pending_cancel',
      expire: 'expired',
    },
    pending_replace: {
      accept: 'pending_replace',
      reject: 'rejected',
      trigger: 'pending_replace',
      part_fill: 'pending_replace',
      full_fill: 'filled', // The fill won the race; the broker will deny the replacement.
      take_back: 'pending_replace',
      ask_cancel: 'pending_cancel',
      cancel: 'canceled',
      replace: 'replaced',
      deny_replace: 'resume',
      expire: 'expired',
    },
    filled: {
      accept: 'filled',
      part_fill: 'filled', // By notional only: what was left bought next to nothing, yet it bought.
      full_fill: 'filled',
      take_back: 'canceled', // Busted shares are not worked again: the order ends short of its quantity.
      deny_replace: 'filled',
    },
    canceled: {
      part_fill: 'canceled', // A fill can cross our cancel on the wire: it happened, so it counts.
      full_fill: 'filled',
      take_back: 'canceled',
      deny_replace: 'canceled',
    },
    rejected: { deny_replace: 'rejected' },
    expired: {
      part_fill: 'expired',
      full_fill: 'filled',
      take_back: 'expired',
      deny_replace: 'expired',
    },
    replaced: {
      part_fill: 'replaced', // Crossed the replacement on the wire.
      full_fill: 'replaced',
      take_back: 'replaced',
    },
  };

/** Orders that may still trade and so keep something reserved. */
export const liveStatuses: ReadonlySet<OrderStatus> = new Set([
  'submitted',
  'accepted',
  'partially_filled',
  'pending_cancel',
  'pending_replace',
]);

export const isLive = (status: OrderStatus): boolean => liveStatuses.has(status);

type Progress = {
  readonly status: OrderStatus;
  readonly filledQuantity: Quantity;
  readonly accepted: boolean;
  /** A replacement the broker has not answered yet. */
  readonly replacement: unknown;
};

const resumed = (order: Progress): OrderStatus => {
  if (order.replacement !== null) return 'pending_replace';
  if (order.filledQuantity > 0n) return 'partially_filled';
  return order.accepted ? 'accepted' : 'submitted';
};

/** The status after `happening`, or undefined where the lifecycle knows no such step. `order` holds what is true after it. */
export const nextStatus = (order: Progress, happening: Happening): OrderStatus | undefined => {
  const next = lifecycle[order.status][happening];
  return next === 'resume' ? resumed(order) : next;
};
