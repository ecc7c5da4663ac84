import { sessionClose, sessionOpen } from '#domain/market/calendar.ts';
import {
  fromMilliseconds,
  type Instant,
  isDate,
  parseInstant,
  type SessionDate,
} from '#domain/time.ts';
import { RowTrouble } from './row-trouble.ts';

const checked = (date: string, text: string): SessionDate => {
  if (!isDate(date) || date < '1900' || date > '9998-12-31') {
    throw new RowTrouble('bad_date', `"${text}" is no date`);
  }
  return date as SessionDate;
};

const dated =
  (pattern: RegExp, order: readonly [year: number, month: number, day: number]) =>
  (text: string): SessionDate => {
    const match = pattern.exec(text.trim());
    if (match === null) throw new RowTrouble('bad_date', `"${text}" is no date`);
    return checked(order.map((place) => match[place]).join('-'), text);
  };

/** `11/30/2023` */
export const monthFirst = dated(/^(\d{2})\/(\d{2})\/(\d{4})$/, [3, 1, 2]);
/** `30-11-2023` */
export const dayFirst = dated(/^(\d{2})-(\d{2})-(\d{4})$/, [3, 2, 1]);
/** `20231130` or `2023-11-30` */
export const yearFirst = dated(/^(\d{4})-?(\d{2})-?(\d{2})$/, [1, 2, 3]);

/** A trade of which only the day is known: when the session in New York closed. */
export const atClose = (date: SessionDate): Instant => sessionClose(date);
/** What holds from the beginning of a day: when the session in New York opened. */
export const atOpen = (date: SessionDate): Instant => sessionOpen(date);

const wallClocks = new Map<string, Intl.DateTimeFormat>();
const wallClock = (zone: string): Intl.DateTimeFormat => {
  const known = wallClocks.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  wallClocks.set(zone, made);
  return made;
};

/** A zone's distance from UTC at an instant, milliseconds. */
const offsetAt = (epoch: number, zone: string): number => {
  const part: Record<string, string> = {};
  for (const { type, value } of wallClock(zone).formatToParts(epoch)) part[type] = value;
  const local = `${part['year']}-${part['month']}-${part['day']}T${part['hour']}:${part['minute']}:${part['second']}Z`;
  return Date.parse(local) - Math.floor(epoch / 1000) * 1000;
};

const timePattern = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,6}))?)?$/;

/** A date and `HH:MM[:SS[.ffffff]]` as a zone's clocks show them. In the hour that comes twice in autumn: the first time. */
export const atWallClock = (date: SessionDate, time: string, zone: string): Instant => {
  const match = timePattern.exec(time.trim());
  if (match === null) throw new RowTrouble('bad_date', `"${time}" is no time of day`);
  const [, hours, minutes, seconds = '00', fraction = ''] = match;
  const local = Date.parse(`${date}T${hours}:${minutes}:${seconds}Z`);
  // By the offset of the day before: in autumn that is the first of the two hours.
  const first = local - offsetAt(local - 86_400_000, zone);
  const second = local - offsetAt(first, zone);
  // Neither fits where the clocks leap over the time.
  const epoch = local - offsetAt(second, zone) === second ? second : first;
  const whole = fromMilliseconds(epoch);
  return parseInstant(`${whole.slice(0, 19)}.${fraction.padEnd(6, '0')}Z`) ?? whole;
};
