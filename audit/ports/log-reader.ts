import type { AccountId, EventId, StreamName } from '#domain/ids.ts';
import type { EventType, RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';

/** An event as it rests, before anybody believes it. */
export type StoredEvent = {
  readonly sequence: number;
  readonly stream: StreamName;
  readonly revision: number;
  readonly id: EventId;
  readonly type: string;
  readonly recordedAt: Instant;
  readonly effectiveAt: Instant;
  readonly hash: string;
  /** The exact text that the hash was computed over. */
  readonly body: string;
};

/**
 * Accounts by their ids: from `from` on and before `to`, as texts in the order of their bytes. null: without a bound.
 */
export type AccountRange = { readonly from: string | null; readonly to: string | null };

/** Which events; what is left out does not restrict. Bounds are inclusive. */
export type EventFilter = {
  readonly accountId?: AccountId;
  /** The streams of these accounts and of their reconciliations, and all streams that are no account's. */
  readonly accounts?: AccountRange;
  readonly stream?: StreamName;
  readonly types?: readonly EventType[];
  readonly fromSequence?: number;
  readonly toSequence?: number;
  /** By when it was written down. */
  readonly recordedFrom?: Instant;
  readonly recordedTo?: Instant;
};

/** The log as an auditor reads it: in pages, never held as a whole. */
export type LogReader = {
  /** The last sequence, or the last that JavaScript counts exactly where that is less; 0 for an empty log. */
  readonly head: () => Promise<number>;
  /** Pages in the order of the log. */
  readonly events: (filter: EventFilter) => AsyncIterable<readonly StoredEvent[]>;
  /** Throws where the text is no event of ours, or the columns beside it say something else. */
  readonly decode: (stored: StoredEvent) => RecordedEvent;
};

/** With what only `verify` asks for. */
export type VerifyLogReader = LogReader & {
  /** The sequence of the first event after this one; null where there is none. */
  readonly firstAfter: (sequence: number) => Promise<number | null>;
};
