import { setTimeout as sleep } from 'node:timers/promises';
import type { ProjectionStatus, Waited } from '#projections/ports/queries.ts';

/** How far the read tables are, as this process knows: the projector tells it, readers wait on it. */
export type Progress = {
  readonly reached: (sequence: number) => void;
  /** Resolves at `sequence`, or after `timeoutMs`. */
  readonly wait: (sequence: number, timeoutMs: number, poll: Poll) => Promise<Waited>;
};
type Poll = () => Promise<ProjectionStatus>;

// Another process may be the one that projects: then only the database knows.
const POLL_MS = 20;

export const createProgress = (): Progress => {
  let known = 0;
  let asking: Promise<ProjectionStatus> | undefined;
  const waiting = new Set<{ readonly sequence: number; readonly wake: () => void }>();

  const reached = (sequence: number): void => {
    if (sequence <= known) return;
    known = sequence;
    for (const waiter of waiting) if (waiter.sequence <= sequence) waiter.wake();
  };
  const told = (sequence: number, ms: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { sequence, wake: resolve };
    waiting.add(waiter);
    const timer = new AbortController();
    const late = sleep(ms, undefined, { signal: timer.signal }).catch(() => {});
    return Promise.race([promise, late]).finally(() => {
      waiting.delete(waiter);
      timer.abort();
    });
  };
  const wait = async (sequence: number, timeoutMs: number, poll: Poll): Promise<Waited> => {
    const deadline = performance.now() + timeoutMs;
    while (known < sequence) {
      const left = deadline - performance.now();
      if (left <= 0) return 'timed_out';
      await told(sequence, Math.min(left, POLL_MS));
      if (known >= sequence) break;
      // One question for all who wait, however many they are.
      asking ??= poll().finally(() => {
        asking = undefined;
      });
      const { checkpoint, state } = await asking;
      reached(checkpoint);
      if (checkpoint < sequence && state === 'stopped') return 'stopped';
    }
    return 'reached';
  };
  return { reached, wait };
};
