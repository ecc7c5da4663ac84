import type { RecordedEvent } from '#domain/recorded-event.ts';

/** What projections need of an event store: the whole log in order, from anywhere, and then what comes. */
export type EventFeed = {
  /** Events with sequence > `after`, oldest first, at most `limit`. */
  readonly readAll: (options: {
    readonly after: number;
    readonly limit: number;
  }) => Promise<readonly RecordedEvent[]>;
  /** The last sequence in the log; 0 when it is empty. */
  readonly head: () => Promise<number>;
  /** Everything after `after` without a gap or a repeat; ends when `signal` aborts. */
  readonly subscribe: (options: {
    readonly after: number;
    readonly batchMax?: number;
    readonly signal: AbortSignal;
  }) => AsyncIterable<readonly RecordedEvent[]>;
};
