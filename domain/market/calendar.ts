import { fromMilliseconds, type Instant, type SessionDate, toMilliseconds } from '../time.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** The n-th (1-based) Sunday of a month, as milliseconds at 00:00 UTC. `month` counts from 0. */
const sunday = (year: number, month: number, nth: number): number => {
  const first = new Date(Date.UTC(year, month, 1));
  return Date.UTC(year, month, 1 + ((7 - first.getUTCDay()) % 7) + (nth - 1) * 7);
};

const lastSunday = (year: number, month: number): number => {
  const last = new Date(Date.UTC(year, month + 1, 0));
  return Date.UTC(year, month, last.getUTCDate() - last.getUTCDay());
};

/** When summer time begins and ends in a year, milliseconds at 00:00 UTC of the day. */
const summerTime = (year: number): readonly [number, number] => {
  if (year >= 2007) return [sunday(year, 2, 2), sunday(year, 10, 1)];
  const begins = year >= 1987 ? sunday(year, 3, 1) : lastSunday(year, 3);
  return [begins, lastSunday(year, 9)];
};

/**
 * New York's distance from UTC, milliseconds. Summer time begins and ends at 2:00 local time: Energy Policy Act of
 * 2005 from 2007 on, Uniform Time Act of 1966 (amended 1986) before; the emergency rules of 1974 and 1975 are left out.
 */
const newYorkOffset = (epoch: number): number => {
  const [begin, end] = summerTime(new Date(epoch).getUTCFullYear());
  const summer = epoch >= begin + 7 * hour && epoch < end + 6 * hour;
  return (summer ? -4 : -5) * hour;
};

const dateOf = (epoch: number): SessionDate =>
  new Date(epoch).toISOString().slice(0, 10) as SessionDate;

/** The date in New York at an instant: the day a US trade belongs to. */
export const sessionDateOf = (at: Instant): SessionDate => {
  const epoch = toMilliseconds(at);
  return dateOf(epoch + newYorkOffset(epoch));
};

const newYorkTime = (date: SessionDate, minutes: number): Instant => {
  const local = Date.parse(`${date}T00:00:00Z`) + minutes * 60_000;
  return fromMilliseconds(local - newYorkOffset(local + 5 * hour));
};

/** Before every session: of a holding that has been in none. */
export const beforeAllSessions = '0001-01-01' as SessionDate;

/** 9:30 in New York. */
export const sessionOpen = (date: SessionDate): Instant => newYorkTime(date, 9 * 60 + 30);
/** 16:00 in New York. */
export const sessionClose = (date: SessionDate): Instant => newYorkTime(date, 16 * 60);

/** `count` weekdays after `date`. Exchange holidays are not known here and count as business days. */
export const addBusinessDays = (date: SessionDate, count: number): SessionDate => {
  let epoch = Date.parse(`${date}T00:00:00Z`);
  for (let left = count; left > 0; ) {
    epoch += day;
    const weekday = new Date(epoch).getUTCDay();
    if (weekday !== 0 && weekday !== 6) left -= 1;
  }
  return dateOf(epoch);
};

/** When a trade's cash settles: at the open, `businessDays` after the trade date; at once for 0. */
export const settlesAt = (executedAt: Instant, businessDays: number): Instant =>
  businessDays === 0
    ? executedAt
    : sessionOpen(addBusinessDays(sessionDateOf(executedAt), businessDays));
