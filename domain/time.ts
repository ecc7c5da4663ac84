import { invariant } from './invariant.ts';

declare const kind: unique symbol;
/** UTC with microseconds, always `2014-01-03T21:00:00.000000Z`, so that text order is time order. */
export type Instant = string & { readonly [kind]: 'instant' };
/** A trading day, `2014-01-03`, as the exchange dates it. */
export type SessionDate = string & { readonly [kind]: 'session' };

const pattern = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

/** Whether a text is a date that exists: 30 February would roll over silently. */
export const isDate = (text: string): boolean => {
  const epoch = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(epoch) && new Date(epoch).toISOString().slice(0, 10) === text;
};

/** Reads any RFC 3339 instant with an offset; digits past the microsecond are cut. `undefined` if it is none, or outside 1900 to 9998. */
export const parseInstant = (text: string): Instant | undefined => {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, date, time, , offset] = match;
  if (!isDate(date ?? '')) return undefined;
  const seconds = new Date(`${date}T${time}${offset}`);
  if (Number.isNaN(seconds.getTime())) return undefined;
  const utc = seconds.toISOString();
  if (utc < '1900' || utc >= '9999') return undefined; // Also what an offset moves out of the four-digit years.
  return `${utc.slice(0, 19)}.${(match[3] ?? '').slice(0, 6).padEnd(6, '0')}Z` as Instant;
};

/** As parseInstant, for text that is known to be good. */
export const instant = (text: string): Instant => {
  const parsed = parseInstant(text);
  invariant(parsed !== undefined, `an instant: ${text}`);
  return parsed;
};

/** The later of two instants. */
export const later = (one: Instant, other: Instant): Instant => (one > other ? one : other);

export const fromMilliseconds = (epoch: number): Instant =>
  `${new Date(epoch).toISOString().slice(0, 23)}000Z` as Instant;

/** Milliseconds since 1970; microseconds are cut. */
export const toMilliseconds = (at: Instant): number => Date.parse(`${at.slice(0, 23)}Z`);
