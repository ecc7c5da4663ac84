import type { AccountId } from '#domain/ids.ts';
import type { EventType, RecordedEvent } from '#domain/recorded-event.ts';
import { type Instant, isDate, parseInstant } from '#domain/time.ts';
import type { EventFilter, LogReader, StoredEvent } from '../ports/log-reader.ts';

/** A place in the log: by its number, or by when it was written down. */
export type Bound = { readonly sequence: number } | { readonly recordedAt: Instant };

/** What is exported; bounds are inclusive. What came before `from` is carried forward in one sum. */
export type ExportRange = {
  readonly accountId?: AccountId | undefined;
  readonly from?: Bound | undefined;
  readonly to?: Bound | undefined;
};

/** Reads a sequence, an instant, or a date in UTC; `undefined` if it is none. */
export const parseBound = (text: string, side: 'from' | 'to'): Bound | undefined => {
  if (/^[1-9]\d{0,14}$/.test(text)) return { sequence: Number(text) };
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) && isDate(text);
  const time = side === 'from' ? '00:00:00Z' : '23:59:59.999999Z';
  const recordedAt = parseInstant(day ? `${text}T${time}` : text);
  return recordedAt === undefined ? undefined : { recordedAt };
};

/** Those that open an account, or move cash or shares. */
export const bookedTypes = [
  'AccountOpened',
  'CashDeposited',
  'CashWithdrawn',
  'FeeCharged',
  'InterestPaid',
  'CashAdjusted',
  'DividendPaid',
  'StockSplit',
  'OrderFilled',
  'FillBusted',
  'FillCorrected',
] as const satisfies readonly EventType[];

const filterOf = ({ accountId, to }: ExportRange): EventFilter => ({
  ...(accountId === undefined ? {} : { accountId }),
  ...(to === undefined ? {} : 'sequence' in to ? { toSequence: to.sequence } : {}),
  ...(to === undefined ? {} : 'recordedAt' in to ? { recordedTo: to.recordedAt } : {}),
});

/** Events of these types, of all without any, from the beginning of the log to the end of the range, as they rest. */
export async function* storedUntil(
  log: LogReader,
  range: ExportRange,
  types: readonly EventType[] | undefined,
): AsyncGenerator<StoredEvent, void, void> {
  const filter = types === undefined ? filterOf(range) : { ...filterOf(range), types };
  for await (const page of log.events(filter)) yield* page;
}

/** Events of these types from the beginning of the log to the end of the range, decoded, in the log's order. */
export async function* eventsUntil(
  log: LogReader,
  range: ExportRange,
  types: readonly EventType[],
): AsyncGenerator<RecordedEvent, void, void> {
  for await (const stored of storedUntil(log, range, types)) yield log.decode(stored);
}

/** Whether an event lies in the range and not before it. */
export const isWithin = (
  { from }: ExportRange,
  event: Pick<StoredEvent, 'sequence' | 'recordedAt'>,
): boolean => {
  if (from === undefined) return true;
  return 'sequence' in from ? event.sequence >= from.sequence : event.recordedAt >= from.recordedAt;
};
