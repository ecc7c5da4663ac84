import { InvariantViolation } from '#domain/invariant.ts';

/** A stored event that cannot be read as what it claims to be. Nothing after it can be trusted, so it stops the process. */
export class CorruptEvent extends InvariantViolation {
  readonly code = 'corrupt_event';
  readonly sequence: number;
  readonly reason: string;

  constructor(sequence: number, reason: string) {
    super(`event ${sequence} is corrupt: ${reason}`);
    this.sequence = sequence;
    this.reason = reason;
  }
}

export type EventStoreErrorCode =
  /** The connection broke while a write was under way and stayed broken: it may or may not be stored. Append the same events again. */
  | 'outcome_unknown'
  /** The store could not be reached or did not answer in time; nothing of the call was written. */
  | 'unavailable'
  /** An event carries an id that another event has already; nothing of the call was written. */
  | 'duplicate_event_id'
  /** The caller broke the port's contract; nothing of the call was written. */
  | 'invalid_append'
  /** The store was closed. */
  | 'closed';

/** Why an event store could not do what it was asked; `code` is stable. */
export class EventStoreError extends Error {
  override readonly name = 'EventStoreError';
  readonly code: EventStoreErrorCode;

  constructor(code: EventStoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
