import type { Clock } from '#commands/ports/clock.ts';
import { fromMilliseconds } from '#domain/time.ts';

type Alarm = { readonly at: number; readonly run: () => void };

/** Real time that only moves when a test says so. */
export type ManualTime = {
  readonly clock: Clock;
  readonly timer: (milliseconds: number, run: () => void) => () => void;
  /** Moves on, ringing what is due in order, and lets everything that follows from it come to rest. */
  readonly pass: (milliseconds: number) => Promise<void>;
  readonly alarms: () => number;
};

/** Lets promises that wait for nothing else come to rest. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const manualTime = (start = Date.parse('2026-01-01T00:00:00Z')): ManualTime => {
  let now = start;
  const alarms = new Set<Alarm>();
  const next = (until: number): Alarm | undefined =>
    [...alarms].filter(({ at }) => at <= until).sort((left, right) => left.at - right.at)[0];
  return {
    clock: { now: () => fromMilliseconds(now) },
    timer: (milliseconds, run) => {
      const alarm = { at: now + milliseconds, run };
      alarms.add(alarm);
      return () => void alarms.delete(alarm);
    },
    pass: async (milliseconds) => {
      const until = now + milliseconds;
      await settle();
      for (let alarm = next(until); alarm !== undefined; alarm = next(until)) {
        alarms.delete(alarm);
        now = Math.max(now, alarm.at);
        alarm.run();
        await settle();
      }
      now = until;
    },
    alarms: () => alarms.size,
  };
};
