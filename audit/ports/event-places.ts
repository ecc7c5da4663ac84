import type { EventId } from '#domain/ids.ts';

/** Where in the log an event is, for who knows only its id. */
export type EventPlaces = {
  /** Undefined where no event has this id. */
  readonly sequenceOf: (id: EventId) => Promise<number | undefined>;
};
