import type { Symbol } from '#domain/ids.ts';
import { fromMilliseconds, type Instant, type SessionDate, toMilliseconds } from '#domain/time.ts';
import type { Bar } from './bar.ts';
import { BarFileError } from './bar-file-error.ts';
import { type Line, readLines } from './read-lines.ts';
import { checkedBar, type Row, rowAt } from './row.ts';
import { newYorkDate, sessionHours } from './session-hours.ts';

const timePattern = /^(\d{4})(\d{2})(\d{2}) (\d{2})(\d{2})(\d{2})$/;

/** `20110103 143100`, UTC, the end of the minute. */
const readTime = (row: Row, text: string): number => {
  const iso = text.replace(timePattern, '$1-$2-$3T$4:$5:$6');
  const epoch = iso === text ? Number.NaN : Date.parse(`${iso}Z`);
  // 30 February parses and rolls over.
  return !Number.isNaN(epoch) && new Date(epoch).toISOString().startsWith(iso)
    ? epoch
    : row.fail('bad_time', `time is "${text}"`);
};

const readBar = (row: Row, line: Line, symbol: Symbol): Bar => {
  const [time = '', open, high, low, close, volume, ...more] = line.text.split(';');
  if (volume === undefined || more.length > 0) {
    return row.fail('bad_columns', 'wants time;open;high;low;close;volume');
  }
  const end = readTime(row, time);
  return checkedBar(row, {
    symbol,
    session: newYorkDate(end - 1),
    endsAt: fromMilliseconds(end),
    open: row.price(open, 'open'),
    high: row.price(high, 'high'),
    low: row.price(low, 'low'),
    close: row.price(close, 'close'),
    volume: row.volume(volume),
  });
};

const regularHours = (): ((session: SessionDate, endsAt: Instant) => boolean) => {
  let known: SessionDate | undefined;
  let opensAt = 0;
  let closesAt = 0;
  return (session, endsAt) => {
    if (session !== known) {
      const hours = sessionHours(session);
      known = session;
      opensAt = toMilliseconds(hours.opensAt);
      closesAt = toMilliseconds(hours.closesAt);
    }
    const end = toMilliseconds(endsAt);
    return end > opensAt && end <= closesAt;
  };
};

/**
 * Minute bars of one symbol from `YYYYMMDD HHMMSS;open;high;low;close;volume` (UTC, the end of the minute),
 * oldest first; those outside regular hours are checked and left out. Throws BarFileError.
 */
export async function* readMinuteText(file: string, symbol: Symbol): AsyncGenerator<Bar> {
  const isRegular = regularHours();
  let before = '';
  for await (const line of readLines(file)) {
    const row = rowAt(file, line);
    const bar = readBar(row, line, symbol);
    const endsAt = bar.endsAt ?? row.fail('bad_time', 'a minute without an end');
    if (before >= endsAt) row.fail('out_of_order', `${endsAt} comes after ${before}`);
    before = endsAt;
    if (isRegular(bar.session, endsAt)) yield bar;
  }
  if (before === '') throw new BarFileError('no_rows', file, 0, 'there is no bar in it');
}
