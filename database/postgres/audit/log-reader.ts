import type { ClientBase } from 'pg';
import type { AccountRange, EventFilter, LogReader, StoredEvent } from '#audit/ports/log-reader.ts';
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

const selectHead = 'SELECT coalesce(max(sequence), 0) AS head FROM ledger.events';

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
const selectStreamHead =
  'SELECT coalesce(max(revision), 0) AS head FROM ledger.events WHERE stream = $1';
const selectAlongStream = `
  SELECT ${eventColumns} FROM ledger.events
  WHERE revision > $1 AND revision <= $2 AND ($3::text[] IS NULL OR type = ANY ($3))
    AND ($4::timestamptz IS NULL OR recorded_at >= $4)
    AND ($5::timestamptz IS NULL OR recorded_at <= $5)
    AND stream = $7 AND sequence >= $8 AND sequence <= $9
  ORDER BY revision LIMIT $6`;

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

/** The log in the transaction that `client` is in; its session writes instants in UTC. */
export const createLogReader = (client: ClientBase): LogReader => {
  const numberOf = async (text: string, values: unknown[]): Promise<number> => {
    const { rows } = await client.query<{ head: string }>(text, values);
    return Number(rows[0]?.head);
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
  const head = (): Promise<number> => numberOf(selectHead, []);

  /** Pages along an index, a window of places after the other. */
  async function* walk(
    text: string,
    first: number,
    last: number,
    placeOf: (event: StoredEvent) => number,
    { types = null, recordedFrom = null, recordedTo = null }: NullableFilter,
    more: unknown[] = [],
  ): AsyncGenerator<readonly StoredEvent[], void, void> {
    const ask = (after: number): Promise<readonly StoredEvent[]> => {
      const until = Math.min(after + windowSize, last);
      const values = [after, until, types, recordedFrom, recordedTo, pageSize, ...more];
      const page = read(text, values);
      page.catch(() => {}); // Thrown where it is awaited, if anybody still wants it.
      return page;
    };
    let after = first - 1;
    let next = after < last ? ask(after) : undefined;
    while (next !== undefined) {
      const page: readonly StoredEvent[] = await next;
      const newest = page.at(-1);
      const isFull = newest !== undefined && page.length === pageSize;
      after = isFull ? placeOf(newest) : Math.min(after + windowSize, last);
      // Postgres reads the following page while somebody works on this one.
      next = after < last ? ask(after) : undefined;
      if (newest !== undefined) yield page;
    }
  }

  return {
    head,
    /**
     * A stream is walked by its revisions, everything else by sequence; both are the log's order as long as nobody
     * has changed the log.
     */
    events: async function* (filter) {
      const stream = streamOf(filter);
      if (stream === null) return;
      const from = filter.fromSequence ?? 1;
      const to = filter.toSequence ?? Number.MAX_SAFE_INTEGER;
      if (stream === undefined) {
        // A single place needs no end to stop at: questions about the past look up many.
        const last = from === to ? to : Math.min(to, await head());
        const { accounts } = filter;
        const text = accounts === undefined ? selectAlongLog : selectSomeAccounts;
        const names = accounts === undefined ? [] : streamBounds(accounts);
        const placeOf = ({ sequence }: StoredEvent): number => sequence;
        yield* walk(text, Math.max(1, from), last, placeOf, filter, [...names]);
        return;
      }
      const last = await numberOf(selectStreamHead, [stream]);
      const bounds = [stream, from, to];
      yield* walk(selectAlongStream, 1, last, ({ revision }) => revision, filter, bounds);
    },
    decode,
  };
};

type NullableFilter = {
  readonly types?: EventFilter['types'] | null;
  readonly recordedFrom?: Instant | null;
  readonly recordedTo?: Instant | null;
};
