import type { LogReader } from '#audit/ports/log-reader.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { type Instant, parseInstant } from '#domain/time.ts';

/** A place in time, as somebody asks for it: an instant, or the place of an event in the log. */
export type Point =
  | { readonly kind: 'instant'; readonly at: Instant }
  | { readonly kind: 'sequence'; readonly sequence: number };

/**
 * Which past is asked for. The two times are independent of each other; null is the end of the log.
 *
 * `known`, what the ledger knew then: only events recorded by that instant, or up to that sequence. What came in later
 * (a late fill, a bust, a correction) is not known. With `known` alone the answer is what the read tables said then.
 *
 * `asOf`, what was true then, as far as it is known: only what had happened in the world by that instant (truth.ts says
 * when an event counts as having happened). A fill reported late counts from its execution on, a busted fill never
 * counts, a corrected one counts with its corrected figures from its execution on. A sequence stands for the instant at
 * which that event took effect; everything up to that sequence counts as having happened by then.
 */
export type View = { readonly asOf: Point | null; readonly known: Point | null };

export const wholeLog: View = { asOf: null, known: null };

/** Reads `120` as a sequence and an RFC 3339 instant as that; undefined for anything else. */
export const parsePoint = (text: string): Point | undefined => {
  if (/^\d{1,15}$/.test(text)) return { kind: 'sequence', sequence: Number(text) };
  const at = parseInstant(text);
  return at === undefined ? undefined : { kind: 'instant', at };
};

/** What somebody asked for that the log cannot answer. */
export class NoSuchPast extends Error {
  override readonly name = 'NoSuchPast';
}

/** The event at a place of the log; throws NoSuchPast where there is none. */
export const eventAt = async (log: LogReader, sequence: number): Promise<RecordedEvent> => {
  const filter = { fromSequence: sequence, toSequence: sequence };
  for await (const [stored] of log.events(filter)) {
    if (stored !== undefined) return log.decode(stored);
  }
  throw new NoSuchPast(`There is no event ${sequence}: the log ends at ${await log.head()}.`);
};

/** The instant that a view is as of: what was asked for, or `now` for the end of the log. */
export const instantOf = async (
  log: LogReader,
  { asOf, known }: View,
  now: Instant,
): Promise<Instant> => {
  const point = asOf ?? known;
  if (point === null) return now;
  if (point.kind === 'instant') return point.at;
  return point.sequence === 0 ? now : (await eventAt(log, point.sequence)).effectiveAt;
};
