import type { Clock } from '#commands/ports/clock.ts';
import type { AppendOutcome, AppendRequest } from '#commands/ports/event-store.ts';
import type { CommandId, StreamName } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { commandOf, isRepeat } from '../append-rules.ts';
import { eventCodec } from '../event-codec.ts';
import { chainHash } from '../hash-chain.ts';
import type { Head } from './head-cache.ts';

/** A request on its way, the `place`th of its batch; `outcome` comes when it is known. */
export type Pending = {
  readonly place: number;
  readonly request: AppendRequest;
  outcome?: AppendOutcome;
};

/** An event as it would be stored if its stream's head is what we think; it has no sequence yet. */
export type PlannedEvent = {
  readonly event: Omit<RecordedEvent, 'sequence'>;
  readonly body: string;
};

export type PlannedRequest = {
  readonly pending: Pending;
  readonly events: readonly PlannedEvent[];
};

/** One stream's share of a write: what we think is there, what follows it. */
export type PlannedStream = {
  readonly stream: StreamName;
  readonly before: Head;
  readonly after: Head;
  readonly requests: readonly PlannedRequest[];
};

/** What the database says about a request that may have been written before. */
export type Facts = {
  /** What is stored at the request's revisions. */
  readonly stored: readonly RecordedEvent[];
  /** What its command made in the stream. */
  readonly made: readonly RecordedEvent[];
};

/**
 * Settles one stream's requests that cannot be written any more, in order, by what is stored. Once one has
 * fallen, so have all after it. Stops at the first that still fits the head; returns it with those behind it
 * that nothing is known of either, to be written next.
 */
export const settleByFacts = (
  pendings: readonly Pending[],
  head: Head,
  factsOf: (pending: Pending) => Facts,
): readonly Pending[] => {
  let fallen = false;
  for (const [index, pending] of pendings.entries()) {
    const { stored, made } = factsOf(pending);
    const { request } = pending;
    if (isRepeat(request, stored)) {
      pending.outcome = { kind: 'appended', events: stored, repeated: true };
    } else if (made.length > 0) {
      pending.outcome = { kind: 'known_command', events: made };
      fallen = true;
    } else if (fallen || request.expectedRevision !== head.revision) {
      pending.outcome = { kind: 'conflict', actualRevision: head.revision };
      fallen = true;
    } else {
      // A known command among them would make the database refuse them all.
      const rest = pendings.slice(index);
      const known = rest.findIndex((later) => factsOf(later).made.length > 0);
      return known === -1 ? rest : rest.slice(0, known);
    }
  }
  return [];
};

const planRequest = (pending: Pending, before: Head, clock: Clock): [PlannedRequest, Head] => {
  const { stream, events } = pending.request;
  const now = clock.now();
  const recordedAt =
    before.recordedAt !== null && before.recordedAt > now ? before.recordedAt : now;
  let { revision, hash } = before;
  const planned = events.map((event): PlannedEvent => {
    revision += 1;
    const body = eventCodec.encode(event, { stream, revision, recordedAt });
    hash = chainHash(hash, body);
    const version = eventCodec.versionOf(event.data.type);
    return { event: { ...event, stream, revision, version, recordedAt, hash }, body };
  });
  return [
    { pending, events: planned },
    { revision, hash, recordedAt },
  ];
};

/**
 * Plans as many of one stream's requests as follow from each other. The rest waits for the outcome:
 * it either expects another revision or repeats a command of the same plan.
 */
export const planStream = (
  stream: StreamName,
  pendings: readonly Pending[],
  before: Head,
  clock: Clock,
): PlannedStream => {
  const requests: PlannedRequest[] = [];
  const commands = new Set<CommandId>();
  let head = before;
  for (const pending of pendings) {
    const commandId = commandOf(pending.request);
    if (pending.request.expectedRevision !== head.revision) break;
    if (commandId !== null && commands.has(commandId)) break;
    if (commandId !== null) commands.add(commandId);
    const [request, after] = planRequest(pending, head, clock);
    requests.push(request);
    head = after;
  }
  return { stream, before, after: head, requests };
};

/** What is planned, in the order of the batch: so it is numbered. */
export const inOrder = (plan: readonly PlannedStream[]): readonly PlannedRequest[] =>
  plan
    .flatMap(({ requests }) => requests)
    .sort((left, right) => left.pending.place - right.pending.place);

/** Gives what stands of a plan its sequences, as the database numbered it; returns it as one run. */
export const settleWritten = (
  plan: readonly PlannedStream[],
  beforeFirst: number,
  fallen: ReadonlySet<string>,
): readonly RecordedEvent[] => {
  const written: RecordedEvent[] = [];
  for (const { pending, events } of inOrder(plan)) {
    if (fallen.has(pending.request.stream)) continue;
    const recorded = events.map(({ event }, index) => ({
      ...event,
      sequence: beforeFirst + written.length + index + 1,
    }));
    written.push(...recorded);
    pending.outcome = { kind: 'appended', events: recorded, repeated: false };
  }
  return written;
};
