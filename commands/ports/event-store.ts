import type { CommandId, StreamName } from '#domain/ids.ts';
import type { NewEvent, RecordedEvent } from '#domain/recorded-event.ts';

/** One stream's share of a write. */
export type AppendRequest = {
  readonly stream: StreamName;
  /** The revision the caller decided at; 0 = the stream must not exist yet. */
  readonly expectedRevision: number;
  /** At least one. All carry the same command id, or none does. */
  readonly events: readonly NewEvent[];
  /**
   * Names a line of decisions that rest one on another while their writes are under way. Once a request of it is
   * not appended, all later ones fall: that somebody else's events bring the stream to the revision they
   * expect does not make them right.
   */
  readonly line?: object;
};

export type AppendOutcome =
  /** Durable. `repeated`: the very same events (by id) were there already; nothing was written now. */
  | {
      readonly kind: 'appended';
      readonly events: readonly RecordedEvent[];
      readonly repeated: boolean;
    }
  /** Somebody else wrote first. `actualRevision` is what the stream has now. */
  | { readonly kind: 'conflict'; readonly actualRevision: number }
  /** The command id is in this stream already, from an earlier write; `events` are those it made then. */
  | { readonly kind: 'known_command'; readonly events: readonly RecordedEvent[] };

/**
 * Where events rest. Appending is atomic per request: a batch is one durable write, in which each
 * request stands or falls alone. Requests to the same stream in one batch are applied in order, so a
 * later one may expect the revision that an earlier one makes; if that one falls, so does it.
 * Rejects only when the outcome is unknown or the store is broken; appending the same again is then safe.
 */
export type EventStore = {
  /** Outcomes in the order of the requests. Resolves when all that is `appended` is durable. */
  readonly append: (requests: readonly AppendRequest[]) => Promise<readonly AppendOutcome[]>;
  /** One stream's events with revision > `after` (default 0), oldest first, in pages of bounded size. */
  readonly readStream: (
    stream: StreamName,
    options?: { readonly after?: number },
  ) => AsyncIterable<readonly RecordedEvent[]>;
  /** One stream's newest events first, at most `limit`, with revision < `before` if that is given. */
  readonly readStreamBackward: (
    stream: StreamName,
    options: { readonly before?: number; readonly limit: number },
  ) => Promise<readonly RecordedEvent[]>;
  /** The events one command made in a stream; empty if the stream has not seen it. */
  readonly readCommand: (
    stream: StreamName,
    commandId: CommandId,
  ) => Promise<readonly RecordedEvent[]>;
  /** Events with sequence > `after`, oldest first, at most `limit`. */
  readonly readAll: (options: {
    readonly after: number;
    readonly limit: number;
  }) => Promise<readonly RecordedEvent[]>;
  /** The last sequence in the log; 0 when it is empty. */
  readonly head: () => Promise<number>;
  /**
   * Everything after `after`, in order and without a gap or a repeat, first what is there, then what comes.
   * A slow reader holds nothing in memory but its current batch. Ends when `signal` aborts.
   */
  readonly subscribe: (options: {
    readonly after: number;
    readonly batchMax?: number;
    readonly signal: AbortSignal;
  }) => AsyncIterable<readonly RecordedEvent[]>;
  readonly close: () => Promise<void>;
};
