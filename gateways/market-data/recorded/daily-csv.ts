import type { Symbol } from '#domain/ids.ts';
import type { SessionDate } from '#domain/time.ts';
import type { Bar } from './bar.ts';
import { BarFileError } from './bar-file-error.ts';
import { type Line, readLines } from './read-lines.ts';
import { checkedBar, type Row, rowAt } from './row.ts';

const header = 'date,open,high,low,close,volume,Name';
const datePattern = /^\d{4}-\d{2}-\d{2}$/;
const symbolPattern = /^[A-Z][A-Z0-9.-]{0,15}$/;

const isDate = (text: string): boolean => {
  const epoch = datePattern.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // 30 February parses and rolls over.
  return !Number.isNaN(epoch) && new Date(epoch).toISOString().startsWith(text);
};

const readBar = (row: Row, line: Line): Bar => {
  const [date = '', open, high, low, close, volume, name = '', ...more] = line.text.split(',');
  if (close === undefined || name === '' || more.length > 0) {
    return row.fail('bad_columns', `wants ${header}`);
  }
  if (!isDate(date)) return row.fail('bad_time', `date is "${date}"`);
  if (!symbolPattern.test(name)) return row.fail('bad_symbol', `Name is "${name}"`);
  return checkedBar(row, {
    symbol: name as Symbol,
    session: date as SessionDate,
    endsAt: null,
    open: row.price(open, 'open'),
    high: row.price(high, 'high'),
    low: row.price(low, 'low'),
    close: row.price(close, 'close'),
    volume: row.volume(volume),
  });
};

/** Bars of whole sessions from `date,open,high,low,close,volume,Name`, oldest first. Throws BarFileError. */
export async function* readDailyCsv(file: string): AsyncGenerator<Bar> {
  const latest = new Map<Symbol, SessionDate>();
  for await (const line of readLines(file)) {
    const row = rowAt(file, line);
    if (line.number === 1) {
      if (line.text !== header) row.fail('bad_header', `wants ${header}`);
      continue;
    }
    const bar = readBar(row, line);
    const before = latest.get(bar.symbol);
    if (before !== undefined && before >= bar.session) {
      row.fail('out_of_order', `${bar.session} comes after ${before}`);
    }
    latest.set(bar.symbol, bar.session);
    yield bar;
  }
  if (latest.size === 0) throw new BarFileError('no_rows', file, 0, 'there is no bar in it');
}
