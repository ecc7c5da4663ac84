import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Symbol } from '#domain/ids.ts';
import type { SessionDate } from '#domain/time.ts';
import type { Bar } from './bar.ts';
import { BarFileError } from './bar-file-error.ts';
import { readDailyCsv } from './daily-csv.ts';
import { readMinuteText } from './minute-text.ts';

export type RecordedSession = {
  readonly date: SessionDate;
  /** Symbols in the order of the alphabet, each with its bars in the order of time. */
  readonly bars: ReadonlyMap<Symbol, readonly Bar[]>;
};

/** Sessions oldest first. */
export type RecordedBars = {
  readonly symbols: readonly Symbol[];
  readonly sessions: readonly RecordedSession[];
};

export type BarFile =
  | { readonly format: 'daily'; readonly path: string }
  | { readonly format: 'minute'; readonly path: string; readonly symbol: Symbol };

const byName = (left: readonly [string, unknown], right: readonly [string, unknown]): number =>
  left[0] < right[0] ? -1 : 1;

/** Puts bars of any symbols into sessions. A symbol's bars must come in the order of time. */
export const intoSessions = (bars: Iterable<Bar>): RecordedBars => {
  const sessions = new Map<SessionDate, Map<Symbol, Bar[]>>();
  const symbols = new Set<Symbol>();
  for (const bar of bars) {
    symbols.add(bar.symbol);
    const session = sessions.get(bar.session) ?? new Map<Symbol, Bar[]>();
    sessions.set(bar.session, session);
    const inSession = session.get(bar.symbol);
    if (inSession === undefined) session.set(bar.symbol, [bar]);
    else inSession.push(bar);
  }
  return {
    symbols: [...symbols].sort(),
    sessions: [...sessions]
      .sort(byName)
      .map(([date, session]) => ({ date, bars: new Map([...session].sort(byName)) })),
  };
};

const readFile = (file: BarFile): AsyncIterable<Bar> =>
  file.format === 'daily' ? readDailyCsv(file.path) : readMinuteText(file.path, file.symbol);

/** Reads bar files into memory; a symbol belongs to one file. Throws BarFileError. */
export const loadBars = async (files: readonly BarFile[]): Promise<RecordedBars> => {
  const bars: Bar[] = [];
  const owners = new Map<Symbol, string>();
  for (const file of files) {
    for await (const bar of readFile(file)) {
      const owner = owners.get(bar.symbol) ?? file.path;
      if (owner !== file.path) {
        throw new BarFileError('out_of_order', file.path, 0, `${bar.symbol} is in ${owner} too`);
      }
      owners.set(bar.symbol, owner);
      bars.push(bar);
    }
  }
  return intoSessions(bars);
};

/** Every `.csv` and `.csv.gz` of a folder as a file of daily bars. */
export const dailyFiles = async (folder: string): Promise<readonly BarFile[]> => {
  const names = (await readdir(folder)).filter((name) => /\.csv(\.gz)?$/.test(name)).sort();
  return names.map((name) => ({ format: 'daily', path: join(folder, name) }));
};

/** Twelve S&P 500 symbols, 2013-02-08 to 2018-02-07; see PROVENANCE.md beside them. */
export const shippedDailyBars = join(import.meta.dirname, 'data', 'daily-sp500');
