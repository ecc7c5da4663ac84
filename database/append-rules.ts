import type { AppendRequest } from '#commands/ports/event-store.ts';
import type { NewEvent, RecordedEvent } from '#domain/recorded-event.ts';
import { EventStoreError } from './errors.ts';

/** Events in one page of a stream that is read to its end. */
export const pageSize = 1000;

const flaw = ({ stream, expectedRevision, events }: AppendRequest): string | undefined => {
  const commandId = events[0]?.commandId;
  if (commandId === undefined) return 'no events';
  if (!Number.isSafeInteger(expectedRevision) || expectedRevision < 0) {
    return `expected revision ${expectedRevision}`;
  }
  if (stream === '') return 'no stream';
  return events.some((event) => event.commandId !== commandId)
    ? 'events of more than one command'
    : undefined;
};

/** Throws EventStoreError `invalid_append` for a request that the port does not allow. */
export const checkRequests = (requests: readonly AppendRequest[]): void => {
  for (const request of requests) {
    const found = flaw(request);
    if (found !== undefined) {
      throw new EventStoreError('invalid_append', `append to ${request.stream}: ${found}`);
    }
  }
};

/** What all events of a request were made by; null if none says so. */
export const commandOf = (request: AppendRequest): NewEvent['commandId'] =>
  request.events[0]?.commandId ?? null;

/** Whether what is stored at the request's revisions are its very own events. */
export const isRepeat = (request: AppendRequest, stored: readonly RecordedEvent[]): boolean =>
  stored.length === request.events.length &&
  request.events.every(
    ({ id }, index) =>
      stored[index]?.id === id && stored[index]?.revision === request.expectedRevision + index + 1,
  );
