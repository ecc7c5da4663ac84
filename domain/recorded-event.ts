import type { AccountEvent } from './account/events.ts';
import type { Actor, CommandId, EventId, StreamName } from './ids.ts';
import type { MarketEvent } from './market/events.ts';
import type { ReconciliationEvent } from './reconciliation/events.ts';
import type { Instant } from './time.ts';

export type LedgerEvent = AccountEvent | MarketEvent | ReconciliationEvent;
export type EventType = LedgerEvent['type'];

const marketTypes = {
  PriceMarked: true,
  SessionClosed: true,
} as const satisfies Record<MarketEvent['type'], true>;
const reconciliationTypes = {
  StatementReconciled: true,
  BreakFound: true,
  BreakResolved: true,
  BreakApproved: true,
  BreakDismissed: true,
} as const satisfies Record<ReconciliationEvent['type'], true>;

export const isMarketEvent = (event: LedgerEvent): event is MarketEvent =>
  Object.hasOwn(marketTypes, event.type);
export const isReconciliationEvent = (event: LedgerEvent): event is ReconciliationEvent =>
  Object.hasOwn(reconciliationTypes, event.type);
/** Whether an event is an account's own: it may move cash, shares or orders. */
export const isAccountEvent = (event: LedgerEvent): event is AccountEvent =>
  !isMarketEvent(event) && !isReconciliationEvent(event);

/** What every event says about itself. */
export type EventEnvelope = {
  readonly id: EventId;
  /** When it was so in the world, as opposed to when we wrote it down. */
  readonly effectiveAt: Instant;
  /** The first cause of a chain of events. */
  readonly correlationId: EventId;
  /** The event that caused this one; null where a command from outside did. */
  readonly causationId: EventId | null;
  /** Null only for a broker's reports that are idempotent by the state they report. */
  readonly commandId: CommandId | null;
  /** SHA-256, hex, of what the command asked for; tells a retry from another command under the same id. */
  readonly commandDigest: string | null;
  readonly actor: Actor;
};

/** An event that is not yet in the store. */
export type NewEvent = EventEnvelope & { readonly data: LedgerEvent };

/** An event as the store keeps it. */
export type RecordedEvent<Event extends LedgerEvent = LedgerEvent> = EventEnvelope & {
  /** Place in the global log: 1, 2, 3 … without a gap, in commit order. */
  readonly sequence: number;
  readonly stream: StreamName;
  /** Place in its stream: 1, 2, 3 … */
  readonly revision: number;
  /** Version of the event's schema. */
  readonly version: number;
  readonly recordedAt: Instant;
  /** SHA-256, hex, of the previous hash in the stream followed by the stored bytes. */
  readonly hash: string;
  readonly data: Event;
};
