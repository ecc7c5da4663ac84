import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '#commands/ports/clock.ts';
import type { StreamName } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import { commandOf } from '../append-rules.ts';
import { EventStoreError } from '../errors.ts';
import {
  type Facts,
  type Pending,
  type PlannedStream,
  planStream,
  settleByFacts,
  settleWritten,
} from './append-plan.ts';
import { failureOf, type StoreLog } from './connection.ts';
import {
  appendEvents,
  type EventRow,
  eventOf,
  selectCommand,
  selectHeads,
  selectStream,
} from './event-sql.ts';
import { emptyHead, type Head, type HeadCache } from './head-cache.ts';
import type { PatientQueries } from './patient-queries.ts';

export type AppendWriter = (pendings: readonly Pending[]) => Promise<void>;

export type WriterParts = {
  readonly queries: PatientQueries;
  readonly heads: HeadCache;
  readonly clock: Clock;
  /** Names this store to others that listen. */
  readonly name: string;
  readonly onWritten: (events: readonly RecordedEvent[]) => void;
  /** A write's answer was lost: events may be there that nobody was told of. */
  readonly lookForNew: () => Promise<void>;
  readonly log: StoreLog;
  /** Milliseconds before each new try of a write that the connection or the server failed. */
  readonly retryDelaysMs: readonly number[];
};

/** Rounds of one batch in which other writers were faster each time, before we take it for a fault of our own. */
const fruitlessMax = 100;

const byStream = (pendings: readonly Pending[]): Map<StreamName, Pending[]> => {
  const groups = new Map<StreamName, Pending[]>();
  for (const pending of pendings) {
    if (pending.outcome !== undefined) continue;
    const group = groups.get(pending.request.stream);
    if (group === undefined) groups.set(pending.request.stream, [pending]);
    else group.push(pending);
  }
  return groups;
};

const sizeOf = (groups: ReadonlyMap<StreamName, readonly Pending[]>): number =>
  [...groups.values()].reduce((sum, group) => sum + group.length, 0);

const readHeads = async (
  queries: PatientQueries,
  streams: readonly StreamName[],
): Promise<Map<StreamName, Head>> => {
  const { rows } = await queries.query<[string, string, string, string]>(selectHeads(streams));
  return new Map(
    rows.map(([stream, revision, hash, recordedAt]) => [
      stream as StreamName,
      { revision: Number(revision), hash, recordedAt: recordedAt as Instant },
    ]),
  );
};

const readFacts = async (queries: PatientQueries, { request }: Pending): Promise<Facts> => {
  const { stream, expectedRevision, events } = request;
  const stored = await queries.query<EventRow>(
    selectStream(stream, expectedRevision, events.length),
  );
  const commandId = commandOf(request);
  if (commandId === null) return { stored: stored.rows.map(eventOf), made: [] };
  const made = await queries.query<EventRow>(selectCommand(stream, commandId));
  return { stored: stored.rows.map(eventOf), made: made.rows.map(eventOf) };
};

/** Requests that may have been written before, or too late: settled by what is stored, as far as that goes. */
const settleSuspects = async (
  queries: PatientQueries,
  heads: HeadCache,
  suspects: readonly (readonly [StreamName, readonly Pending[]])[],
): Promise<readonly (readonly [StreamName, readonly Pending[], Head])[]> => {
  const fresh = await readHeads(
    queries,
    suspects.map(([stream]) => stream),
  );
  const open: (readonly [StreamName, readonly Pending[], Head])[] = [];
  for (const [stream, group] of suspects) {
    const facts = new Map<Pending, Facts>();
    await Promise.all(
      group.map(async (pending) => facts.set(pending, await readFacts(queries, pending))),
    );
    const head = fresh.get(stream) ?? emptyHead;
    heads.set(stream, head);
    open.push([stream, settleByFacts(group, head, (pending) => facts.get(pending) as Facts), head]);
  }
  return open.filter(([, group]) => group.length > 0);
};

/** Heads that are not in the cache. A stream that is expected to be new is taken at its word: the database compares. */
const learnHeads = async (
  queries: PatientQueries,
  heads: HeadCache,
  groups: ReadonlyMap<StreamName, readonly Pending[]>,
): Promise<void> => {
  const unknown: StreamName[] = [];
  for (const [stream, [first]] of groups) {
    if (heads.get(stream) !== undefined) continue;
    if (first?.request.expectedRevision === 0) heads.set(stream, emptyHead);
    else unknown.push(stream);
  }
  if (unknown.length === 0) return;
  const found = await readHeads(queries, unknown);
  for (const stream of unknown) heads.set(stream, found.get(stream) ?? emptyHead);
};

/** One round: settles what cannot be written, writes what can; leaves open what depends on the outcome. */
const writeRound = async (
  parts: WriterParts,
  groups: ReadonlyMap<StreamName, readonly Pending[]>,
  suspects: Set<StreamName>,
): Promise<void> => {
  const { queries, heads, clock } = parts;
  await learnHeads(queries, heads, groups);
  const toSettle: (readonly [StreamName, readonly Pending[]])[] = [];
  const plan: PlannedStream[] = [];
  for (const [stream, group] of groups) {
    const head = heads.get(stream) ?? emptyHead;
    const fits = group[0]?.request.expectedRevision === head.revision;
    if (suspects.has(stream) || !fits) toSettle.push([stream, group]);
    else plan.push(planStream(stream, group, head, clock));
  }
  if (toSettle.length > 0) {
    for (const [stream, group, head] of await settleSuspects(queries, heads, toSettle)) {
      plan.push(planStream(stream, group, head, clock));
    }
  }
  suspects.clear();
  if (plan.length > 0) await sendPlan(parts, plan, suspects);
  // What is open after this has met something unexpected: look before the next try.
  for (const [stream, group] of groups) {
    if (group.some(({ outcome }) => outcome === undefined)) suspects.add(stream);
  }
};

const sendPlan = async (
  { queries, heads, name, onWritten }: WriterParts,
  plan: readonly PlannedStream[],
  suspects: Set<StreamName>,
): Promise<void> => {
  const { rows } = await queries.query<[string, string]>(appendEvents(name, plan));
  const [beforeFirst, fallenJson] = rows[0] as [string, string];
  const fallen = new Set<StreamName>(JSON.parse(fallenJson));
  for (const { stream, after } of plan) {
    if (fallen.has(stream)) suspects.add(stream);
    else heads.set(stream, after);
  }
  const written = settleWritten(plan, Number(beforeFirst), fallen);
  if (written.length > 0) onWritten(written);
};

const duplicateId = (error: unknown): boolean =>
  error instanceof Error && 'constraint' in error && error.constraint === 'events_id';

/** Waits before another try, or throws what the failure means for the callers once there is none. */
const pauseOrThrow = async (error: unknown, delay: number | undefined, lost: boolean) => {
  if (duplicateId(error)) {
    throw new EventStoreError('duplicate_event_id', 'an event id is in use', error);
  }
  if (failureOf(error) === 'other') throw error;
  if (delay !== undefined) return sleep(delay);
  const code = lost ? 'outcome_unknown' : 'unavailable';
  throw new EventStoreError(code, 'the database did not take the events', error);
};

/**
 * Writes a batch and gives each of its requests an outcome. A write whose answer was lost is looked up and,
 * if it is not there, sent again: the events' ids and the expected revisions make that safe, even while
 * the lost write may still be under way on the server.
 */
export const createAppendWriter =
  (parts: WriterParts): AppendWriter =>
  async (pendings) => {
    const suspects = new Set<StreamName>();
    const delays = parts.retryDelaysMs.values();
    let lost = false;
    let fruitless = 0;
    for (let open = byStream(pendings); open.size > 0; ) {
      try {
        await writeRound(parts, open, suspects);
      } catch (error) {
        lost ||= failureOf(error) === 'connection_lost';
        await pauseOrThrow(error, delays.next().value, lost);
        parts.log.warn({ err: error }, 'an append failed, trying again');
        for (const stream of open.keys()) suspects.add(stream);
      }
      const left = byStream(pendings);
      fruitless = sizeOf(left) < sizeOf(open) ? 0 : fruitless + 1;
      invariant(fruitless < fruitlessMax, 'each round of an append settles some of it');
      open = left;
    }
    if (lost) await parts.lookForNew();
  };
