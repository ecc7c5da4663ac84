import type { AppendOutcome, AppendRequest } from '#commands/ports/event-store.ts';
import type { StreamName } from '#domain/ids.ts';
import { createBrokenLines } from '../broken-lines.ts';
import { EventStoreError } from '../errors.ts';
import type { Pending } from './append-plan.ts';
import type { AppendWriter } from './append-writer.ts';
import { failureOf } from './connection.ts';

type Call = {
  readonly requests: readonly AppendRequest[];
  readonly resolve: (outcomes: readonly AppendOutcome[]) => void;
  readonly reject: (error: unknown) => void;
};

export type AppendQueue = {
  readonly append: (requests: readonly AppendRequest[]) => Promise<readonly AppendOutcome[]>;
  /** Resolves when all that was queued is settled. */
  readonly idle: () => Promise<void>;
  /** Resolves when the writes that are under way now are settled. */
  readonly settled: () => Promise<void>;
};

const pendingsOf = (requests: readonly AppendRequest[]): readonly Pending[] =>
  requests.map((request, place) => ({ place, request }));

const failureIn = async (
  work: () => Promise<void>,
): Promise<{ readonly error: unknown } | undefined> => {
  try {
    await work();
    return undefined;
  } catch (error) {
    return { error };
  }
};

/** Whether the error may be the fault of one caller's events, so that the others should be tried without them. */
const mayBeOneCallers = (error: unknown): boolean =>
  error instanceof EventStoreError
    ? error.code === 'duplicate_event_id'
    : failureOf(error) === 'other';

/**
 * Group commit: what arrives while a write is under way goes into the next one together. At most `inFlightMax`
 * writes at a time, never two with a stream in common, so each stream's requests are written as they came.
 */
export const createAppendQueue = (
  write: AppendWriter,
  { eventsMax, inFlightMax }: { readonly eventsMax: number; readonly inFlightMax: number },
): AppendQueue => {
  let waiting: Call[] = [];
  const busy = new Set<StreamName>();
  const writing = new Set<Promise<void>>();
  let scheduled = false;
  const whenIdle: (() => void)[] = [];
  const brokenLines = createBrokenLines();

  /** Writes what is left of a batch when the requests of broken lines have fallen. */
  const writeSound = async (pendings: readonly Pending[]): Promise<void> => {
    for (const pending of pendings) {
      if (pending.outcome !== undefined || !brokenLines.has(pending.request)) continue;
      pending.outcome = { kind: 'conflict', actualRevision: pending.request.expectedRevision };
    }
    const sound = pendings.filter(({ outcome }) => outcome === undefined);
    if (sound.length > 0) await write(sound);
  };

  const breakLines = (pendings: readonly Pending[]): void => {
    for (const { request, outcome } of pendings) {
      if (outcome?.kind !== 'appended') brokenLines.add(request);
    }
  };

  const writeTogether = async (calls: readonly Call[]): Promise<void> => {
    const pendings = pendingsOf(calls.flatMap(({ requests }) => requests));
    const failed = await failureIn(() => writeSound(pendings));
    let from = 0;
    for (const { requests, resolve, reject } of calls) {
      const own = pendings.slice(from, from + requests.length);
      from += requests.length;
      const settled = own.every(({ outcome }) => outcome !== undefined);
      const alone = calls.length > 1 && failed !== undefined && mayBeOneCallers(failed.error);
      const again = alone ? await failureIn(() => writeSound(own)) : failed;
      const failure = settled ? undefined : again;
      breakLines(own);
      if (failure === undefined) resolve(own.map(({ outcome }) => outcome as AppendOutcome));
      else reject(failure.error);
    }
  };

  /** The next batch: calls in order, but those of a stream that is being written, and all after them on it, wait. */
  const take = (): readonly Call[] => {
    const blocked = new Set(busy);
    const taken: Call[] = [];
    const left: Call[] = [];
    let events = 0;
    for (const call of waiting) {
      const size = call.requests.reduce((sum, request) => sum + request.events.length, 0);
      const full = taken.length > 0 && events + size > eventsMax;
      if (full || call.requests.some(({ stream }) => blocked.has(stream))) {
        for (const { stream } of call.requests) blocked.add(stream);
        left.push(call);
      } else {
        taken.push(call);
        events += size;
      }
    }
    waiting = left;
    return taken;
  };

  const pump = (): void => {
    scheduled = false;
    while (writing.size < inFlightMax) {
      const calls = take();
      if (calls.length === 0) break;
      const streams = calls.flatMap(({ requests }) => requests.map(({ stream }) => stream));
      for (const stream of streams) busy.add(stream);
      const underWay = writeTogether(calls).finally(() => {
        for (const stream of streams) busy.delete(stream);
        writing.delete(underWay);
        // Not at once: callers that were just answered come back with their next request in this same turn.
        schedule(setImmediate);
      });
      writing.add(underWay);
    }
    if (writing.size > 0 || waiting.length > 0) return;
    for (const resolve of whenIdle.splice(0)) resolve();
  };

  const schedule = (later: (work: () => void) => void): void => {
    if (scheduled) return;
    scheduled = true;
    later(pump);
  };

  return {
    append: (requests) =>
      new Promise((resolve, reject) => {
        waiting.push({ requests, resolve, reject });
        // A batch forms while a write is under way; with none, waiting for more would only cost time.
        if (writing.size < inFlightMax) schedule(queueMicrotask);
      }),
    idle: () =>
      new Promise((resolve) => {
        whenIdle.push(resolve);
        schedule(setImmediate);
      }),
    settled: async () => {
      await Promise.allSettled(writing);
    },
  };
};
