import type { LogReader, StoredEvent } from '#audit/ports/log-reader.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { type Instant, parseInstant } from '#domain/time.ts';
import type { TruthEnd } from './truth.ts';

/** A place in time, as somebody asks for it: an instant, or the place of an event in the log. */
export type Point =
  | { readonly kind: 'instant'; readonly at: Instant }
  | { readonly kind: 'sequence'; readonly sequence: number };

/**
 * Which past is asked for. The two times are independent of each other; null is the end of the log.
 *
 * `known`, what the ledger knew then: the log up to that sequence, or up to the last event recorded by that instant.
 * What came in later (a late fill, a bust, a correction) is not known. With `known` alone the answer is what the read
 * tables said then.
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

const storedAt = async (log: LogReader, sequence: number): Promise<StoredEvent> => {
  const filter = { fromSequence: sequence, toSequence: sequence };
  for await (const [stored] of log.events(filter)) if (stored !== undefined) return stored;
  throw new NoSuchPast(`There is no event ${sequence}: the log ends at ${await log.head()}.`);
};

/** The event at a place of the log; throws NoSuchPast where there is none. */
export const eventAt = async (log: LogReader, sequence: number): Promise<RecordedEvent> =>
  log.decode(await storedAt(log, sequence));

/**
 * The last sequence that was recorded by `at`, 0 where none was; found by halving. Within a stream recording times never
 * go back, in the log only where the machine's clock was set back: the log is then cut at one of the places where it
 * passes `at`, so that what is known has no gap.
 */
export const recordedBy = async (log: LogReader, at: Instant): Promise<number> => {
  let [low, high] = [0, await log.head()];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((await storedAt(log, middle)).recordedAt <= at) low = middle;
    else high = middle - 1;
  }
  return low;
};

/** A view with its places looked up: of the log up to `until`, what had happened by `end` (null: all of it). */
export type Seen = {
  readonly until: number;
  readonly end: TruthEnd | null;
  /** The instant that the answer is as of: decides with an account's last event what has settled (present.ts). */
  readonly at: Instant;
};

const untilOf = async (log: LogReader, known: Point | null, head: number): Promise<number> => {
  if (known === null) return head;
  if (known.kind === 'instant') return recordedBy(log, known.at);
  if (known.sequence <= head) return known.sequence;
  throw new NoSuchPast(`There is no event ${known.sequence}: the log ends at ${head}.`);
};

const endOf = async (log: LogReader, asOf: Point | null): Promise<TruthEnd | null> => {
  if (asOf === null) return null;
  if (asOf.kind === 'instant') return { at: asOf.at, sequence: 0 };
  const { effectiveAt } = await eventAt(log, asOf.sequence);
  return { at: effectiveAt, sequence: asOf.sequence };
};

/** Looks up the places of a view. Throws NoSuchPast for what is beyond the log. */
export const placesOf = async (
  log: LogReader,
  { known, asOf }: View,
): Promise<Omit<Seen, 'at'>> => ({
  until: await untilOf(log, known, await log.head()),
  end: await endOf(log, asOf),
});

/** The same with its instant; `now`: the market's clock. */
export const seenIn = async (log: LogReader, view: View, now: Instant): Promise<Seen> => ({
  ...(await placesOf(log, view)),
  at: await instantOf(log, view, now),
});

/** The instant that a view is as of: what was asked for, or `now`, the market's clock. */
const instantOf = async (log: LogReader, { asOf, known }: View, now: Instant): Promise<Instant> => {
  const point = asOf ?? known;
  if (point === null) return now;
  if (point.kind === 'instant') return point.at;
  return point.sequence === 0 ? now : (await eventAt(log, point.sequence)).effectiveAt;
};
