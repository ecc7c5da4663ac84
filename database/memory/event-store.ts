import type { Clock } from '#commands/ports/clock.ts';
import type { AppendOutcome, AppendRequest, EventStore } from '#commands/ports/event-store.ts';
import type { CommandId, StreamName } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { checkRequests, commandOf, isRepeat, pageSize } from '../append-rules.ts';
import { createBell } from '../bell.ts';
import { type BrokenLines, createBrokenLines } from '../broken-lines.ts';
import { EventStoreError } from '../errors.ts';
import { eventCodec } from '../event-codec.ts';
import { follow } from '../follow.ts';
import { chainHash, firstHash } from '../hash-chain.ts';

type Stream = {
  readonly events: RecordedEvent[];
  readonly commands: Map<CommandId, RecordedEvent[]>;
};

type Shelf = {
  readonly log: RecordedEvent[];
  readonly streams: Map<StreamName, Stream>;
  readonly ids: Set<string>;
  readonly brokenLines: BrokenLines;
};

const put = ({ log, streams, ids }: Shelf, event: RecordedEvent): void => {
  let stream = streams.get(event.stream);
  if (stream === undefined) {
    stream = { events: [], commands: new Map() };
    streams.set(event.stream, stream);
  }
  log.push(event);
  ids.add(event.id);
  stream.events.push(event);
  if (event.commandId === null) return;
  const made = stream.commands.get(event.commandId);
  if (made === undefined) stream.commands.set(event.commandId, [event]);
  else made.push(event);
};

/** Takes back what was put since the log had `length` events. A command's events came together, so they go together. */
const takeBack = ({ log, streams, ids }: Shelf, length: number): void => {
  for (const event of log.splice(length).reverse()) {
    ids.delete(event.id);
    const stream = streams.get(event.stream);
    stream?.events.pop();
    if (event.commandId !== null) stream?.commands.delete(event.commandId);
    if (stream?.events.length === 0) streams.delete(event.stream);
  }
};

const write = (shelf: Shelf, request: AppendRequest, clock: Clock): AppendOutcome => {
  const { stream } = request;
  const head = shelf.streams.get(stream)?.events.at(-1);
  const now = clock.now();
  const recordedAt = head !== undefined && head.recordedAt > now ? head.recordedAt : now;
  let previous = head?.hash ?? firstHash;
  const events = request.events.map((event, index): RecordedEvent => {
    if (shelf.ids.has(event.id)) {
      throw new EventStoreError('duplicate_event_id', `event id ${event.id} is in use`);
    }
    const revision = request.expectedRevision + index + 1;
    previous = chainHash(previous, eventCodec.encode(event, { stream, revision, recordedAt }));
    const sequence = shelf.log.length + 1;
    const version = eventCodec.versionOf(event.data.type);
    const recorded = { ...event, sequence, stream, revision, version, recordedAt, hash: previous };
    put(shelf, recorded);
    return recorded;
  });
  return { kind: 'appended', events, repeated: false };
};

/** `fallen`: streams of which an earlier request of the same call was not appended. */
const settle = (
  shelf: Shelf,
  fallen: Set<StreamName>,
  request: AppendRequest,
  clock: Clock,
): AppendOutcome => {
  const { stream, expectedRevision } = request;
  const present = shelf.streams.get(stream);
  const actualRevision = present?.events.length ?? 0;
  const stored =
    present?.events.slice(expectedRevision, expectedRevision + request.events.length) ?? [];
  if (isRepeat(request, stored)) return { kind: 'appended', events: stored, repeated: true };
  const commandId = commandOf(request);
  const made = commandId === null ? undefined : present?.commands.get(commandId);
  if (made !== undefined) {
    fallen.add(stream);
    return { kind: 'known_command', events: [...made] };
  }
  const broken = fallen.has(stream) || shelf.brokenLines.has(request);
  if (broken || actualRevision !== expectedRevision) {
    fallen.add(stream);
    return { kind: 'conflict', actualRevision };
  }
  return write(shelf, request, clock);
};

const settleAll = (
  shelf: Shelf,
  requests: readonly AppendRequest[],
  clock: Clock,
): readonly AppendOutcome[] => {
  const length = shelf.log.length;
  const fallen = new Set<StreamName>();
  try {
    return requests.map((request) => {
      const outcome = settle(shelf, fallen, request, clock);
      if (outcome.kind !== 'appended') shelf.brokenLines.add(request);
      return outcome;
    });
  } catch (error) {
    takeBack(shelf, length);
    for (const request of requests) shelf.brokenLines.add(request);
    throw error;
  }
};

/** An event store that lasts as long as the process: for tests, simulations and what-ifs. */
export const createMemoryEventStore = ({ clock }: { readonly clock: Clock }): EventStore => {
  const shelf: Shelf = {
    log: [],
    streams: new Map(),
    ids: new Set(),
    brokenLines: createBrokenLines(),
  };
  const bell = createBell();
  const closing = new AbortController();
  const streamOf = (stream: StreamName): readonly RecordedEvent[] =>
    shelf.streams.get(stream)?.events ?? [];
  const readAll = async (after: number, limit: number): Promise<readonly RecordedEvent[]> =>
    shelf.log.slice(after, after + limit);

  return {
    append: async (requests) => {
      if (closing.signal.aborted) throw new EventStoreError('closed', 'the event store is closed');
      checkRequests(requests);
      const length = shelf.log.length;
      const outcomes = settleAll(shelf, requests, clock);
      if (shelf.log.length > length) bell.ring();
      return outcomes;
    },
    readStream: async function* (stream, { after = 0 } = {}) {
      for (let from = after; from < streamOf(stream).length; from += pageSize) {
        yield streamOf(stream).slice(from, from + pageSize);
      }
    },
    readStreamBackward: async (stream, { before, limit }) => {
      const end = before === undefined ? undefined : Math.max(0, before - 1);
      return streamOf(stream).slice(0, end).reverse().slice(0, limit);
    },
    readCommand: async (stream, commandId) => [
      ...(shelf.streams.get(stream)?.commands.get(commandId) ?? []),
    ],
    readAll: ({ after, limit }) => readAll(after, limit),
    head: async () => shelf.log.length,
    subscribe: (options) =>
      follow(bell, readAll, {
        ...options,
        signal: AbortSignal.any([options.signal, closing.signal]),
      }),
    close: async () => closing.abort(),
  };
};
