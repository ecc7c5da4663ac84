import { accountOf, holdingKey } from '#projections/keys.ts';
import type { LogReader } from '../ports/log-reader.ts';
import { type ExportRange, eventsUntil } from './range.ts';

/** How often fills of a holding are taken back or corrected within the range, by account and symbol. */
export type Restated = ReadonlyMap<string, number>;

/** Looks ahead: only a holding that will be restated has its fills remembered, so that memory is flat for all others. */
export const findRestated = async (log: LogReader, range: ExportRange): Promise<Restated> => {
  const counts = new Map<string, number>();
  for await (const { stream, data } of eventsUntil(log, range, ['FillBusted', 'FillCorrected'])) {
    if (data.type !== 'FillBusted' && data.type !== 'FillCorrected') continue;
    const key = holdingKey(accountOf(stream), data.symbol);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
};
