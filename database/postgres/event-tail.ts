import type { RecordedEvent } from '#domain/recorded-event.ts';

/** The newest events that this process wrote, so that its subscribers need not ask the database for them. */
export type EventTail = {
  readonly add: (events: readonly RecordedEvent[]) => void;
  /** What follows `after`; undefined where the tail does not reach back that far or knows of nothing newer. */
  readonly after: (after: number, limit: number) => readonly RecordedEvent[] | undefined;
};

/** A tail of `capacity` to twice as many events, always contiguous. */
export const createEventTail = (capacity: number): EventTail => {
  let events: RecordedEvent[] = [];
  return {
    add: (added) => {
      const [first] = added;
      const last = events.at(-1);
      if (first === undefined) return;
      // Another process wrote in between: what came before is of no use to anybody who follows in order.
      if (last !== undefined && first.sequence !== last.sequence + 1) events = [];
      events.push(...added);
      if (events.length > 2 * capacity) events = events.slice(-capacity);
    },
    after: (after, limit) => {
      const [first] = events;
      if (first === undefined || after < first.sequence - 1) return undefined;
      const start = after - first.sequence + 1;
      return start < events.length ? events.slice(start, start + limit) : undefined;
    },
  };
};
