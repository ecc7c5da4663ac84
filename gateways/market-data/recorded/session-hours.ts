import { invariant } from '#domain/invariant.ts';
import { fromMilliseconds, type Instant, type SessionDate } from '#domain/time.ts';

const offsetNames = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/New_York',
  timeZoneName: 'longOffset',
});
const millisecondsPerHour = 3_600_000;
/** Offsets change on the hour only, and formatting is slow. */
const offsetsByHour = new Map<number, number>();

/** How far New York's clocks are from UTC, in milliseconds; negative, as they are behind. */
const newYorkOffset = (epoch: number): number => {
  const hour = Math.floor(epoch / millisecondsPerHour);
  const known = offsetsByHour.get(hour);
  if (known !== undefined) return known;
  const name = offsetNames.formatToParts(epoch).find((part) => part.type === 'timeZoneName')?.value;
  const match = /^GMT([+-])(\d{2}):(\d{2})$/.exec(name ?? '');
  invariant(match !== null, `an offset such as GMT-05:00: ${name}`);
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  const offset = (match[1] === '-' ? -minutes : minutes) * 60_000;
  offsetsByHour.set(hour, offset);
  return offset;
};

/** The date on New York's calendars at a moment given in milliseconds since 1970. */
export const newYorkDate = (epoch: number): SessionDate =>
  new Date(epoch + newYorkOffset(epoch)).toISOString().slice(0, 10) as SessionDate;

export type SessionHours = { readonly opensAt: Instant; readonly closesAt: Instant };

/** Regular hours, 9:30 to 16:00 New York time, in UTC. Half sessions are not known here. */
export const sessionHours = (session: SessionDate): SessionHours => {
  // Clocks change at 2:00 on a Sunday; noon UTC is past that and on the same date in New York.
  const offset = newYorkOffset(Date.parse(`${session}T12:00:00Z`));
  const at = (local: string): Instant =>
    fromMilliseconds(Date.parse(`${session}T${local}Z`) - offset);
  return { opensAt: at('09:30:00'), closesAt: at('16:00:00') };
};
