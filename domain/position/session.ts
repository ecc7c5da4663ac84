import { type Instant, type SessionDate, toMilliseconds } from '../time.ts';

const newYork = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'America/New_York',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
});

// New York is a whole number of hours from UTC, so an hour of UTC lies within one day there.
const byHour = new Map<string, SessionDate>();
const HOURS_KEPT_MAX = 50_000;

/** The New York date at an instant: the session a fill belongs to. */
export const sessionOf = (at: Instant): SessionDate => {
  const hour = at.slice(0, 13);
  const known = byHour.get(hour);
  if (known !== undefined) return known;
  if (byHour.size >= HOURS_KEPT_MAX) byHour.clear();
  const session = newYork.format(toMilliseconds(at)) as SessionDate;
  byHour.set(hour, session);
  return session;
};
