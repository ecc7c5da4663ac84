import { type AccountId, accountStream } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import { allTables } from '#projections/batch.ts';
import { project } from '#projections/ledger.ts';
import { createTables } from '#projections/tables.ts';
import type { KeptRow, SegmentRange } from '../ports/past.ts';
import { bearingOn } from './account-history.ts';
import type { PastLook } from './keep-segments.ts';
import { digestOf, type Stretch, segmentOf } from './segment.ts';
import { type Happening, happeningOf, noFacts } from './truth.ts';

/** A kept segment that is not what the log makes of that stretch. */
export type SegmentFinding = {
  readonly accountId: AccountId;
  readonly through: number;
  /** digest: it is not of these rows and facts. log: the events make another one. */
  readonly kind: 'digest' | 'log';
  readonly expected: string;
  readonly found: string;
};

const isOf = (accountId: AccountId, { stream }: RecordedEvent): boolean =>
  stream === accountStream(accountId);

/** The events that bear on an account up to one place after the other. */
const createSource = (events: AsyncGenerator<RecordedEvent, void, void>) => {
  let next = events.next();
  return {
    upTo: async (through: number): Promise<readonly RecordedEvent[]> => {
      const found: RecordedEvent[] = [];
      for (;;) {
        const result = await next;
        if (result.done === true || result.value.sequence > through) return found;
        found.push(result.value);
        next = events.next();
      }
    },
    end: () => events.return(),
  };
};

type Heard = {
  readonly events: RecordedEvent[];
  readonly happenings: Map<number, Happening>;
  readonly marketTimes: Instant[];
  /** Of marks from before a symbol's first fill: they come with that. */
  readonly earlier: Instant[];
};

/** Sorts what was heard of a stretch: the account's own events, and when the others happened. */
const hear = (
  heard: Heard,
  accountId: AccountId,
  floor: number,
  event: RecordedEvent,
  happening: Happening,
): void => {
  if (isOf(accountId, event)) {
    heard.events.push(event);
    heard.happenings.set(event.sequence, happening);
  } else if (event.sequence > floor) heard.marketTimes.push(happening.at);
  else heard.earlier.push(happening.at);
};

const standingIn =
  (kept: ReadonlySet<string>): Stretch['standing'] =>
  async (table, keys) =>
    new Set(keys.filter((key) => kept.has(`${table}/${key}`)));

const keep = (kept: Set<string>, { table, key, row }: KeptRow): void => {
  if (row === null) kept.delete(`${table}/${key}`);
  else kept.add(`${table}/${key}`);
};

/** Folds an account from its first event on, whole and in memory, and makes segments that end where it is told. */
const createRemaker = (look: PastLook, accountId: AccountId, until: number) => {
  const tables = createTables(true);
  const facts = noFacts();
  const kept = new Set<string>();
  const source = createSource(bearingOn(look.log, accountId, { toSequence: until }));
  let before: Stretch['before'];
  let sessions = 0;

  const remake = async (through: number) => {
    const floor = before?.through ?? 0;
    const heard: Heard = { events: [], happenings: new Map(), marketTimes: [], earlier: [] };
    for (const event of await source.upTo(through)) {
      hear(heard, accountId, floor, event, happeningOf(event, facts));
      if (event.data.type === 'SessionClosed') sessions = event.revision;
      project(event, tables);
    }
    const { earlier, ...rest } = heard;
    const earlierMark = earlier.toSorted().at(-1) ?? null;
    const standing = standingIn(kept);
    const stretch = { accountId, before, through, sessions, ...rest, earlierMark };
    const made = await segmentOf({ ...stretch, tables, facts, standing });
    for (const row of made.rows) keep(kept, row);
    for (const table of allTables(tables)) table.settle(0);
    before = made.segment;
    return made.segment;
  };
  return { remake, end: source.end };
};

const keptDigest = (before: string, segment: SegmentRange, rows: readonly KeptRow[]): string => {
  const { digest: _, revisionBefore: __, sessionsBefore: ___, ...rest } = segment;
  return digestOf(before, rest, rows);
};

/**
 * Holds every kept segment of an account against its own digest and against the log, folded from its first event on by
 * other rows than the kept ones. Holds the account's rows in memory; a segment at a time besides. `onChecked`: after each.
 */
export async function* recheckSegments(
  look: PastLook,
  accountId: AccountId,
  onChecked: (through: number) => void = () => {},
): AsyncGenerator<SegmentFinding, void, void> {
  const shown = { until: Number.MAX_SAFE_INTEGER, end: null };
  const segments = await look.past.segmentsAfter(accountId, 0, shown);
  const remaker = createRemaker(look, accountId, segments.at(-1)?.through ?? 0);
  let before = '';
  try {
    for (const segment of segments) {
      const { through, digest } = segment;
      const rows = await look.past.rowsOf({ accountId, through });
      const ofRows = keptDigest(before, segment, rows);
      if (ofRows !== digest) {
        yield { accountId, through, kind: 'digest', expected: digest, found: ofRows };
      }
      const ofLog = await remaker.remake(through);
      if (ofLog.digest !== digest) {
        yield { accountId, through, kind: 'log', expected: ofLog.digest, found: digest };
      }
      before = digest;
      onChecked(through);
    }
  } finally {
    await remaker.end();
  }
}
