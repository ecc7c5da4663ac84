import type { ClientBase } from 'pg';
import type {
  AccountRange,
  EventFilter,
  StoredEvent,
  VerifyLogReader,
} from '#audit/ports/log-reader.ts';
import { accountStream, type StreamName } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import { CorruptEvent } from '../../errors.ts';
import { eventCodec } from '../../event-codec.ts';
import { asText } from '../read-tables/read-tables.ts';
import { type EventRow, eventColumns, storedEventOf } from './event-row.ts';

/** Events in a page: 1 to 2 kB each. */
const pageSize = 2_000;
/** Places that one statement looks at, so that a rare type in a long log keeps none busy for long. */
const windowSize = 100_000;

// The store gives no place beyond what JavaScript counts exactly; whatever is there comes with the last place that it does.
const selectHead = `
  SELECT least(coalesce(max(sequence), 0), ${Number.MAX_SAFE_INTEGER}) AS place FROM ledger.events`;
const selectFirstAfter = 'SELECT min(sequence) AS place FROM ledger.events WHERE sequence > $1';

// The primary key.
const selectAlongLog = `
  SELECT ${eventColumns} FROM ledger.events
  WHERE sequence > $1 AND sequence <= $2 AND ($3::text[] IS NULL OR type = ANY ($3))
    AND ($4::timestamptz IS NULL OR recorded_at >= $4)
    AND ($5::timestamptz IS NULL OR recorded_at <= $5)
  ORDER BY sequence LIMIT $6`;
// In the order of bytes, everything that begins with `account-` is before `account.`, which comes next.
const selectSomeAccounts = `
  SELECT ${eventColumns} FROM ledger.events
  WHERE sequence > $1 AND sequence <= $2 AND ($3::text[] IS NULL OR type = ANY ($3))
    AND ($4::timestamptz IS NULL OR recorded_at >= $4)
    AND ($5::timestamptz IS NULL OR recorded_at <= $5)
    AND CASE
      WHEN starts_with(stream, 'account-')
        THEN stream COLLATE "C" >= $7 AND stream COLLATE "C" < $8
      WHEN starts_with(stream, 'reconciliation-')
        THEN stream COLLATE "C" >= $9 AND stream COLLATE "C" < $10
      ELSE true
    END
  ORDER BY sequence LIMIT $6`;

// events_stream_revision
const selectStreamHead = `
  SELECT least(coalesce(max(revision), 0), ${Number.MAX_SAFE_INTEGER}) AS place FROM ledger.events
  WHERE stream = $1`;
const selectRevisionAfter =
  'SELECT min(revision) AS place FROM ledger.events WHERE revision > $1 AND stream = $2';
const selectAlongStream = `
  SELECT ${eventColumns} FROM ledger.events
  WHERE revision > $1 AND revision <= $2 AND ($3::text[] IS NULL OR type = ANY ($3))
    AND ($4::timestamptz IS NULL OR recorded_at >= $4)
    AND ($5::timestamptz IS NULL OR recorded_at <= $5)
    AND stream = $7 AND sequence >= $8 AND sequence <= $9
  ORDER BY revision LIMIT $6`;

/** An upper bound as Postgres takes it. */
const boundOf = (place: number): number | string =>
  place === Number.MAX_SAFE_INTEGER ? '9223372036854775807' : place;

const decode = (stored: StoredEvent): RecordedEvent => {
  const event = eventCodec.decode(stored);
  const agree = (column: string, beside: unknown, inside: unknown): void => {
    if (beside === inside) return;
    const reason = `${column} is ${beside} in its column and ${inside} in its body`;
    throw new CorruptEvent(stored.sequence, reason);
  };
  agree('stream', stored.stream, event.stream);
  agree('revision', stored.revision, event.revision);
  agree('id', stored.id, event.id);
  agree('type', stored.type, event.data.type);
  agree('recorded_at', stored.recordedAt, event.recordedAt);
  agree('effective_at', stored.effectiveAt, event.effectiveAt);
  return event;
};

/** First and last names of the streams of some accounts. */
const streamBounds = ({ from, to }: AccountRange): readonly string[] =>
  ['account', 'reconciliation'].flatMap((kind) => [
    `${kind}-${from ?? ''}`,
    to === null ? `${kind}.` : `${kind}-${to}`,
  ]);

/** The one stream that a filter leaves; undefined for all, null for none. */
const streamOf = ({ accountId, stream }: EventFilter): StreamName | null | undefined => {
  if (accountId === undefined) return stream;
  const ofAccount = accountStream(accountId);
  return stream === undefined || stream === ofAccount ? ofAccount : null;
};

/** A way through the log along an index. */
type Way = {
  /** Reads a page of a window: takes its bounds, types, instants of recording and the page's size, then `more`. */
  readonly text: string;
  readonly more: readonly unknown[];
  readonly first: number;
  readonly last: number;
  readonly placeOf: (event: StoredEvent) => number;
  /** The first place after another that anything is at; null where there is none. */
  readonly placeAfter: (place: number) => Promise<number | null>;
};

/** The log in the transaction that `client` is in; its session writes instants in UTC. */
export const createLogReader = (client: ClientBase): VerifyLogReader => {
  const placeIn = async (text: string, values: unknown[]): Promise<number | null> => {
    const { rows } = await client.query<{ place: string | null }>(text, values);
    const place = rows[0]?.place ?? null;
    return place === null ? null : Number(place);
  };
  const read = async (text: string, values: unknown[]): Promise<readonly StoredEvent[]> => {
    const { rows } = await client.query<EventRow>({
      text,
      values,
      rowMode: 'array',
      types: asText,
    });
    return rows.map(storedEventOf);
  };
  const head = async (): Promise<number> => (await placeIn(selectHead, [])) ?? 0;
  const firstAfter = (sequence: number): Promise<number | null> =>
    placeIn(selectFirstAfter, [sequence]);

  const alongStream = async (stream: StreamName, from: number, to: number): Promise<Way> => ({
    text: selectAlongStream,
    more: [stream, from, boundOf(to)],
    first: 1,
    last: (await placeIn(selectStreamHead, [stream])) ?? 0,
    placeOf: ({ revision }) => revision,
    placeAfter: (revision) => placeIn(selectRevisionAfter, [revision, stream]),
  });

  const alongLog = async (
    accounts: AccountRange | undefined,
    from: number,
    to: number,
  ): Promise<Way> => ({
    text: accounts === undefined ? selectAlongLog : selectSomeAccounts,
    more: accounts === undefined ? [] : streamBounds(accounts),
    first: Math.max(1, from),
    // A single place needs no end to stop at: questions about the past look up many.
    last: from === to ? to : Math.min(to, await head()),
    placeOf: ({ sequence }) => sequence,
    placeAfter: firstAfter,
  });

  const readWindow = (
    { text, more }: Way,
    { types = null, recordedFrom = null, recordedTo = null }: NullableFilter,
    after: number,
    until: number,
  ): Promise<readonly StoredEvent[]> => {
    const bounds = [after, boundOf(until)];
    const page = read(text, [...bounds, types, recordedFrom, recordedTo, pageSize, ...more]);
    page.catch(() => {}); // Thrown where it is awaited, if anybody still wants it.
    return page;
  };

  const endOfWindow = ({ last }: Way, after: number): number => Math.min(after + windowSize, last);

  /** The place to go on after, behind the page of a window. A gap as wide as an insider makes it is not gone through. */
  const onwards = async (
    way: Way,
    after: number,
    page: readonly StoredEvent[],
  ): Promise<number> => {
    const newest = page.at(-1);
    const until = endOfWindow(way, after);
    if (newest !== undefined) return page.length === pageSize ? way.placeOf(newest) : until;
    const place = until < way.last ? await way.placeAfter(until) : null;
    return place === null ? way.last : Math.min(place, way.last) - 1;
  };

  /** Pages along an index, a window of places after the other. */
  async function* walk(
    way: Way,
    filter: NullableFilter,
  ): AsyncGenerator<readonly StoredEvent[], void, void> {
    const ask = (after: number) => readWindow(way, filter, after, endOfWindow(way, after));
    let after = way.first - 1;
    let next = after < way.last ? ask(after) : undefined;
    while (next !== undefined) {
      const page: readonly StoredEvent[] = await next;
      after = await onwards(way, after, page);
      // Postgres reads the following page while somebody works on this one.
      next = after < way.last ? ask(after) : undefined;
      if (page.length > 0) yield page;
    }
  }

  return {
    head,
    firstAfter,
    /**
     * A stream is walked by its revisions, everything else by sequence; both are the log's order as long as nobody
     * has changed the log.
     */
    events: async function* (filter) {
      const stream = streamOf(filter);
      if (stream === null) return;
      const { accounts, fromSequence: from = 1, toSequence: to = Number.MAX_SAFE_INTEGER } = filter;
      const isAlongLog = stream === undefined;
      const way = isAlongLog ? alongLog(accounts, from, to) : alongStream(stream, from, to);
      yield* walk(await way, filter);
    },
    decode,
  };
};

type NullableFilter = {
  readonly types?: EventFilter['types'] | null;
  readonly recordedFrom?: Instant | null;
  readonly recordedTo?: Instant | null;
};
