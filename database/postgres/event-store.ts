import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Clock } from '#commands/ports/clock.ts';
import type { EventStore } from '#commands/ports/event-store.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { checkRequests, pageSize } from '../append-rules.ts';
import { createBell } from '../bell.ts';
import { EventStoreError } from '../errors.ts';
import { follow } from '../follow.ts';
import { createAppendQueue } from './append-queue.ts';
import { createAppendWriter } from './append-writer.ts';
import { connectionSettings, failureOf, patienceMs, type StoreLog } from './connection.ts';
import {
  type EventRow,
  eventOf,
  selectAll,
  selectCommand,
  selectLastSequence,
  selectStream,
  selectStreamBackward,
} from './event-sql.ts';
import { createEventTail } from './event-tail.ts';
import { createHeadCache } from './head-cache.ts';
import { type LogListener, listenToLog } from './log-listener.ts';
import { createPatientQueries } from './patient-queries.ts';

/** Events kept in memory for subscribers that are nearly up to date: 1 to 2 kB each. */
const tailCapacity = 4_096;
const headCapacity = 50_000;
/** Events in one write. */
const batchMax = 1_000;
const subscriptionRetryMs = 250;
/** About 6 s in all. */
const appendRetryDelaysMs = [10, 25, 50, 100, 250, 500, 1_000, 2_000, 2_000];

export type PostgresEventStoreSettings = {
  readonly connectionString: string;
  readonly clock: Clock;
  readonly log?: StoreLog;
  /** Connections besides the one that listens. */
  readonly connectionsMax?: number;
  /** Writes on their way at the same time. */
  readonly writesInFlightMax?: number;
  /** Waits before the tries of a write that failed; when they are used up, it is rejected. */
  readonly appendRetryDelaysMs?: readonly number[];
};

/** The event store in Postgres. The database must have been migrated. It owns its connections until `close`. */
export const createPostgresEventStore = (settings: PostgresEventStoreSettings): EventStore => {
  const { connectionString, clock, log = { warn: () => {} } } = settings;
  const name = randomUUID();
  const pool = new pg.Pool({
    ...connectionSettings(connectionString),
    max: settings.connectionsMax ?? 6,
  });
  const queries = createPatientQueries(pool, patienceMs);
  const bell = createBell();
  const tail = createEventTail(tailCapacity);
  const closing = new AbortController();
  // An idle connection that breaks is replaced by the next that is asked for; one of a closed store is not missed.
  pool.on('error', (error) => {
    // Its message alone: the error holds the connection, with what it takes to cancel its queries.
    if (!closing.signal.aborted) log.warn({ reason: error.message }, 'an idle connection broke');
  });
  let listener: LogListener | undefined;
  let lastHeard = 0;

  const head = async (): Promise<number> => {
    const { rows } = await queries.query<[string]>(selectLastSequence());
    return Number(rows[0]?.[0]);
  };

  const heard = (sequence: number): void => {
    if (sequence <= lastHeard) return;
    lastHeard = sequence;
    bell.ring();
  };
  const queue = createAppendQueue(
    createAppendWriter({
      queries,
      heads: createHeadCache(headCapacity),
      clock,
      name,
      onWritten: (events) => {
        tail.add(events);
        heard(events.at(-1)?.sequence ?? 0);
      },
      lookForNew: () => head().then(heard, () => {}),
      log,
      retryDelaysMs: settings.appendRetryDelaysMs ?? appendRetryDelaysMs,
    }),
    { eventsMax: batchMax, inFlightMax: settings.writesInFlightMax ?? 1 },
  );

  /** Where the log ends, once what this process itself has under way up to there is in the tail. */
  const look = async (): Promise<number> => {
    const sequence = await head();
    await queue.settled();
    return sequence;
  };

  const read = async (query: pg.QueryArrayConfig): Promise<readonly RecordedEvent[]> => {
    if (closing.signal.aborted) throw new EventStoreError('closed', 'the event store is closed');
    const { rows } = await queries.query<EventRow>(query);
    return rows.map(eventOf);
  };
  /** Reads on until it can: a broken connection ends no subscription, what follows will still be there. */
  const readPatiently = async (
    after: number,
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly RecordedEvent[]> => {
    while (!signal.aborted) {
      try {
        return await read(selectAll(after, limit));
      } catch (error) {
        if (signal.aborted || failureOf(error) === 'other') throw error;
        log.warn({ err: error, after }, 'a subscription cannot read, trying again');
        await sleep(subscriptionRetryMs, undefined, { signal }).catch(() => {});
      }
    }
    return [];
  };

  async function* subscribe(
    options: Parameters<EventStore['subscribe']>[0],
  ): AsyncGenerator<readonly RecordedEvent[], void, void> {
    listener ??= listenToLog({ connectionString, name, look, heard, log });
    const signal = AbortSignal.any([options.signal, closing.signal]);
    const readOn = async (after: number, limit: number): Promise<readonly RecordedEvent[]> =>
      tail.after(after, limit) ??
      (after < lastHeard ? await readPatiently(after, limit, signal) : []);
    yield* follow(bell, readOn, { ...options, signal });
  }

  return {
    append: async (requests) => {
      if (closing.signal.aborted) throw new EventStoreError('closed', 'the event store is closed');
      checkRequests(requests);
      return requests.length === 0 ? [] : queue.append(requests);
    },
    readStream: async function* (stream, { after = 0 } = {}) {
      for (let last = after; ; ) {
        const page = await read(selectStream(stream, last, pageSize));
        const newest = page.at(-1);
        if (newest === undefined) return;
        last = newest.revision;
        yield page;
        if (page.length < pageSize) return;
      }
    },
    readStreamBackward: (stream, { before = Number.MAX_SAFE_INTEGER, limit }) =>
      read(selectStreamBackward(stream, before, limit)),
    readCommand: (stream, commandId) => read(selectCommand(stream, commandId)),
    readAll: ({ after, limit }) => read(selectAll(after, limit)),
    head,
    subscribe,
    close: async () => {
      if (closing.signal.aborted) return;
      closing.abort();
      await queue.idle();
      await listener?.close();
      await queries.end();
    },
  };
};
