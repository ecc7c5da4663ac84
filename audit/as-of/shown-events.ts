import { type AccountId, accountStream } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { PastReader, Shown } from '../ports/past.ts';
import { readFacts } from './facts.ts';
import { endOf, freshHappenings, keptHappenings, start } from './fold.ts';
import { type Happening, isBy } from './truth.ts';

const pageMost = 500;

/** When events of an account happened that come after its last segment. */
const happenedSince = async (
  reader: PastReader,
  accountId: AccountId,
  until: number,
): Promise<ReadonlyMap<number, Happening>> => {
  const whole = { until: Number.MAX_SAFE_INTEGER, end: null };
  const last = await reader.base(accountId, whole);
  const at = { accountId, through: last?.through ?? 0 };
  const known = last === undefined ? null : readFacts(last.facts);
  const { happenings } = freshHappenings(reader, at, known);
  const found = new Map<number, Happening>();
  let { revision } = last === undefined ? start : endOf(last);
  for (;;) {
    const page = await reader.streamAfter(accountStream(accountId), revision, until, pageMost);
    for (const [sequence, happening] of await happenings(page)) found.set(sequence, happening);
    if (page.length < pageMost) return found;
    revision = page.at(-1)?.revision ?? revision;
  }
};

/** Of events of an account, in the order of the log, those that a view shows. */
export const eventsShown = async (
  reader: PastReader,
  accountId: AccountId,
  { until, end }: Shown,
  events: readonly RecordedEvent[],
): Promise<readonly RecordedEvent[]> => {
  const known = events.filter(({ sequence }) => sequence <= until);
  const [first, last] = [known[0], known.at(-1)];
  if (end === null || first === undefined || last === undefined) return known;
  const stretch = { until: last.sequence, end: null };
  const segments = await reader.segmentsAfter(accountId, first.sequence - 1, stretch);
  const found = new Map<number, Happening>();
  for (const { floor, through, facts } of segments) {
    const inside = known.filter(({ sequence }) => sequence > floor && sequence <= through);
    const happenings = await keptHappenings(readFacts(facts))(inside);
    for (const [sequence, happening] of happenings) found.set(sequence, happening);
  }
  if (!found.has(last.sequence)) {
    const since = await happenedSince(reader, accountId, last.sequence);
    for (const [sequence, happening] of since) found.set(sequence, happening);
  }
  return known.filter((event) => {
    const happening = found.get(event.sequence);
    return happening !== undefined && isBy(end, happening);
  });
};
