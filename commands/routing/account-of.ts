import type { AccountId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';

const prefix = 'account-';

/** The account an event belongs to; null for the market's streams. */
export const accountOf = (event: Pick<RecordedEvent, 'stream'>): AccountId | null =>
  event.stream.startsWith(prefix) ? (event.stream.slice(prefix.length) as AccountId) : null;
