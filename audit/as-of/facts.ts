import type { ExecutionId, OrderId, Symbol as Ticker } from '#domain/ids.ts';
import type { Instant } from '#domain/time.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import { type Facts, type Happening, noFacts, type OrderTimes, type SymbolTimes } from './truth.ts';

/** What a segment keeps beside rows, so that a fold can go on from its end; all of it as JSON text. */
export type SegmentFacts = {
  readonly opened: Instant | null;
  readonly symbols: Readonly<Record<Ticker, SymbolTimes>>;
  /** Events of the segment that happened at another time than they took effect, or that tell of an earlier event. */
  readonly happenings: readonly (readonly [sequence: number, at: Instant, origin: number])[];
  /** The market of every symbol that is held at the end; one without marks is missing. */
  readonly market: readonly StoredRow[];
  /** The latest time at which a sale up to the end settles. */
  readonly settles: Instant | null;
};

export const writeFacts = (facts: SegmentFacts): string => JSON.stringify(facts);
/** Our own text, as `writeFacts` made it. */
export const readFacts = (text: string): SegmentFacts => JSON.parse(text) as SegmentFacts;

export const writeOrderTimes = ({ latest, fillsFrom }: OrderTimes): string =>
  `${latest} ${fillsFrom}`;
const readOrderTimes = (text: string): OrderTimes => {
  const [latest, fillsFrom] = text.split(' ') as [Instant, Instant];
  return { latest, fillsFrom };
};

export const writeFillTimes = ({ at, origin }: Happening): string => `${at} ${origin}`;
const readFillTimes = (text: string): Happening => {
  const [at, origin] = text.split(' ') as [Instant, string];
  return { at, origin: Number(origin) };
};

/** What is known at the end of a segment, before any order or fill was asked for. */
export const factsFrom = (segment: SegmentFacts | null): Facts => {
  const facts = noFacts();
  if (segment === null) return facts;
  facts.opened = segment.opened;
  for (const [symbol, times] of Object.entries(segment.symbols)) {
    facts.symbols.set(symbol as Ticker, times);
  }
  return facts;
};

/** Takes in the times of orders and fills as they are kept, by `table/key`. */
export const learn = (facts: Facts, times: ReadonlyMap<string, string>): void => {
  for (const [name, text] of times) {
    const [table, key] = [name.slice(0, name.indexOf('/')), name.slice(name.indexOf('/') + 1)];
    if (table === 'orders') facts.orders.set(key as OrderId, readOrderTimes(text));
    else facts.fills.set(key as ExecutionId, readFillTimes(text));
  }
};
