import type { StoredEvent } from '#audit/ports/log-reader.ts';
import type { EventId, StreamName } from '#domain/ids.ts';
import type { Instant } from '#domain/time.ts';

/** A row of an event's columns, as texts. */
export type EventRow = [
  sequence: string,
  stream: string,
  revision: string,
  id: string,
  type: string,
  recordedAt: string,
  effectiveAt: string,
  hash: string,
  body: string,
];

/** What an EventRow is read with. */
export const eventColumns =
  'sequence, stream, revision, id, type, recorded_at, effective_at, hash, body';

const timestamp = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/;
const whole = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00$/;
/** Postgres's text in UTC as an Instant. What is none (`infinity`) stays as it is: no body will say the same. */
const instantOf = (text: string): Instant => {
  // Mostly it has all six decimals, as an Instant does.
  if (text.length === 29 && whole.test(text)) {
    return `${text.slice(0, 10)}T${text.slice(11, 26)}Z` as Instant;
  }
  const match = timestamp.exec(text);
  if (match === null) return text as Instant;
  return `${match[1]}T${match[2]}.${(match[3] ?? '').padEnd(6, '0')}Z` as Instant;
};

/** An event as it rests, believed in nothing. */
export const storedEventOf = (row: EventRow): StoredEvent => ({
  sequence: Number(row[0]),
  stream: row[1] as StreamName,
  revision: Number(row[2]),
  id: row[3] as EventId,
  type: row[4],
  recordedAt: instantOf(row[5]),
  effectiveAt: instantOf(row[6]),
  hash: row[7],
  body: row[8],
});
