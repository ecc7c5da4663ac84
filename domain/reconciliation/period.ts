import { sessionDateOf } from '../market/calendar.ts';
import type { Instant, SessionDate } from '../time.ts';

/** The time that a statement speaks of, both ends included; null where it says nothing. */
export type Period = { readonly from: Instant | null; readonly to: Instant | null };

const midnight = 'T00:00:00.000000Z';

/** Whether a statement gave a day and no time: it is then midnight UTC of that day. */
const isDay = (at: Instant): boolean => at.endsWith(midnight);

/** The trading day of an instant: as the exchange dates it, or the very day where no time was given. */
export const dayOf = (at: Instant): SessionDate =>
  isDay(at) ? (at.slice(0, 10) as SessionDate) : sessionDateOf(at);

/** Whether `at` is not after the end of a statement; a day's end is the end of that day. */
export const isBy = (at: Instant, to: Instant | null): boolean =>
  to === null || (isDay(to) ? dayOf(at) <= dayOf(to) : at <= to);

/** Whether `at` is in the time that a statement speaks of. */
export const isWithin = (at: Instant, { from, to }: Period): boolean => {
  if (from === null && to === null) return false;
  if (from !== null && (isDay(from) ? dayOf(at) < dayOf(from) : at < from)) return false;
  return isBy(at, to);
};

const dayMs = 86_400_000;

/** Days between two trading days, 0 or more. */
export const daysApart = (left: Instant, right: Instant): number =>
  Math.abs(Date.parse(dayOf(left)) - Date.parse(dayOf(right))) / dayMs;

/** Whether `at` is in the period or at most so many days before or after it. */
export const isNear = (at: Instant, { from, to }: Period, days: number): boolean => {
  if (isWithin(at, { from, to })) return true;
  return [from, to].some((end) => end !== null && daysApart(at, end) <= days);
};

/** Seconds between two instants of one day; 0 where a side gave the day alone. */
export const secondsApart = (left: Instant, right: Instant): number =>
  isDay(left) || isDay(right) ? 0 : Math.abs(Date.parse(left) - Date.parse(right)) / 1_000;
